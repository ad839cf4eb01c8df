"""Items -> a ZIP with catalog.csv, shop.json and pictures; the same bytes for the same items."""

import csv
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

CATALOG = "catalog.csv"
SHOP = "shop.json"
# The earliest moment that a ZIP can hold: archives of the same items must not differ.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


class Item(NamedTuple):
    sku: str
    title: str
    description: str
    category: str
    price: int
    currency: str
    picture: bytes  # PNG
    source: str
    licence: str


class Sample(NamedTuple):
    shop: str
    attribution: str
    items: list[Item]


def pack(sample: Sample, path: Path) -> None:
    """Write the sample to `path`, whole or not at all."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
        items = sorted(sample.items, key=lambda item: item.sku)
        shop = {"name": sample.shop, "attribution": sample.attribution}
        _add(archive, SHOP, json.dumps(shop, ensure_ascii=False, indent=1).encode())
        _add(archive, CATALOG, _table(items).encode())
        for item in items:
            _add(archive, _picture_name(item), item.picture)
    Path(part).chmod(0o644)
    Path(part).replace(path)


def is_whole(path: Path) -> bool:
    """Whether `path` holds a sample that was packed to its end and isn't damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {CATALOG, SHOP} <= set(archive.namelist()) and archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def _table(items: Iterable[Item]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*(name for name in Item._fields if name != "picture"), "image"])
    for item in items:
        values = item._asdict()
        del values["picture"]
        rows.writerow([*values.values(), _picture_name(item)])
    return text.getvalue()


def _picture_name(item: Item) -> str:
    return f"images/{item.sku}.png"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.external_attr = 0o644 << 16
    # Pictures are packed already.
    packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
    archive.writestr(info, content, packed)
