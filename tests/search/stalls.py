"""Twelve mugs and lamps to evaluate, and the command that does."""

import json
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management import call_command

from catalog.models import Product
from search import builds, embeddings, pipeline, runtime
from tests.shelves import add_picture, add_product

SHAPES = ["small", "large", "round", "square", "tall", "flat"]
COLORS = {"mug": "rgb({},0,0)", "lamp": "rgb(0,0,{})"}
TITLES = {"mug": "ceramic coffee mug with a handle", "lamp": "folding desk light and its switch"}


class Evaluated(NamedTuple):
    said: str
    table: dict[str, Any]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["system"]: row for row in self.table["rows"]}


def stock(*, pictures: bool = True, **fields: Any) -> list[Product]:
    """Six reddish mugs and six bluish lamps of two makers; the kind is an attribute."""
    products = []
    for kind in TITLES:
        for number, shape in enumerate(SHAPES):
            product = add_product(
                f"{kind}-{number}",
                title=f"{shape} {TITLES[kind]}",
                attributes={"kind": kind, "maker": "north" if number % 2 else "south"},
                **fields,
            )
            if pictures:
                shade = 120 + 20 * number
                add_picture(product, color=COLORS[kind].format(shade))
            products.append(product)
    return products


def serve() -> None:
    """Encode everything and publish it."""
    pipeline.fit_models()
    embeddings.refresh(product_ids=pipeline.stale_products())
    builds.publish_build(builds.build_index())
    runtime.forget()


def evaluate(folder: Path, *arguments: str) -> Evaluated:
    out = StringIO()
    file = folder / "evaluation.json"
    call_command("evaluate", "--json", str(file), *arguments, stdout=out)
    return Evaluated(out.getvalue(), json.loads(file.read_text(encoding="utf-8")))
