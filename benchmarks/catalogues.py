"""Catalogues as a benchmark wants them: labels taken out, pictures or words taken away."""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

# What may be read of a product. All else might be what the lists are judged by.
KEPT = frozenset({"sku", "title", "description", "image", "price", "currency", "stock", "shop"})

Row = dict[str, str]


def read(catalogue: Path) -> list[Row]:
    """The rows of `catalog.csv` in a ZIP, or of a CSV file."""
    if catalogue.suffix == ".zip":
        with zipfile.ZipFile(catalogue) as archive:
            text = archive.read("catalog.csv").decode("utf-8-sig")
    else:
        text = catalogue.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def write(source: Path, target: Path, rows: Iterable[Row]) -> None:
    """A ZIP of these rows with the pictures of `source` that they name."""
    rows = list(rows)
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("catalog.csv", table.getvalue())
        if source.suffix == ".zip":
            with zipfile.ZipFile(source) as pictures:
                for name in named_pictures(rows):
                    archive.writestr(name, pictures.read(name))


def named_pictures(rows: Iterable[Row]) -> list[str]:
    names = (name.strip() for row in rows for name in row.get("image", "").split("|"))
    return list(dict.fromkeys(name for name in names if name))


def without_labels(rows: Iterable[Row]) -> list[Row]:
    """The same rows with every column blank that lists may be judged by."""
    return [
        {column: value if column in KEPT else "" for column, value in row.items()} for row in rows
    ]


def with_some_lacking(
    rows: list[Row], take_away: Callable[[Row], Row], *, share: float, seed: int = 0
) -> tuple[list[Row], set[str]]:
    """`take_away` done to a random share of the rows; also the skus it was done to."""
    drawn = random.Random(seed).sample(range(len(rows)), round(share * len(rows)))
    lacking = set(drawn)
    changed = [take_away(row) if at in lacking else row for at, row in enumerate(rows)]
    return changed, {rows[at]["sku"] for at in drawn}


def without_picture(row: Row) -> Row:
    return {**row, "image": ""}


def without_words(row: Row) -> Row:
    return {**row, "title": "", "description": ""}
