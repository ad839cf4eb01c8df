"""Search by words: whole titles, a few words of them, categories' names, with and without slips.

    python -m benchmarks.words DIR [--json FILE]

DIR is the data folder of a site with a published build. Questions are drawn with a seed from its
own products and categories. A slip leaves out, doubles or swaps a letter of the longest word.
Letters and meaning are weighed anew for each column of the table.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.serving import percentiles
from benchmarks.site import measure_inside

SEED: Final = 2
QUESTIONS: Final = 150
DEPTH: Final = 10
WORDS: Final = 3
LEAST_PRODUCTS: Final = 10  # of a category whose name is asked for
WEIGHTS: Final = (0.0, 0.4, 0.6, 0.8, 1.0)  # of letters


class Item(NamedTuple):
    title: str
    category: str  # tree path, "" without one


class Question(NamedTuple):
    words: str
    wanted: Callable[[list[int]], float]  # how good the first products are, 0..1


def slip(words: str, drawn: random.Random) -> str:
    longest = max(words.split(), key=len)
    if len(longest) < 4:
        return words
    at = drawn.randrange(1, len(longest) - 2)
    one, two = longest[at], longest[at + 1]
    changed = drawn.choice(["", one + one, two + one])
    rest = longest[at + 2 :] if changed == two + one else longest[at + 1 :]
    return words.replace(longest, longest[:at] + changed + rest, 1)


def questions(
    items: dict[int, Item], categories: dict[str, str], drawn: random.Random
) -> dict[str, list[Question]]:
    """categories : tree path -> name."""

    def itself(pk: int) -> Callable[[list[int]], float]:
        return lambda found: float(pk in found)

    def within(path: str) -> Callable[[list[int]], float]:
        return lambda found: sum(items[pk].category.startswith(path) for pk in found) / DEPTH

    some = drawn.sample(sorted(items), min(QUESTIONS, len(items)))
    named = [path for path in categories if within(path)([*items]) * DEPTH >= LEAST_PRODUCTS]
    titles = [Question(items[pk].title, itself(pk)) for pk in some]
    parts = [
        Question(" ".join(drawn.sample(words, min(WORDS, len(words)))), within(items[pk].category))
        for pk in some
        if items[pk].category and len(words := items[pk].title.split()) >= WORDS
    ]
    names = [Question(categories[path], within(path)) for path in named]
    kinds = {"title": titles, "words of a title": parts, "category": names}
    slipped = {
        f"{kind}, one slip": [Question(slip(words, drawn), wanted) for words, wanted in asked]
        for kind, asked in kinds.items()
    }
    return kinds | slipped


def measure(out: str | None) -> None:
    """In a process that has the site's settings and services."""
    from catalog.models import Category, Product
    from search import matching
    from search.filters import Filters

    rows = Product.objects.published().values_list("pk", "title", "category__path")
    items = {pk: Item(title, path or "") for pk, title, path in rows if title}
    categories = dict(Category.objects.values_list("path", "name"))
    asked = questions(items, categories, random.Random(SEED))
    found: dict[str, Any] = {}
    for kind, some in asked.items():
        told, seconds = {}, []
        for weight in WEIGHTS:
            matching.LETTERS = weight  # type: ignore[misc]
            good = []
            for question in some:
                started = time.perf_counter()
                listed = matching.matches(question.words, filters=Filters.none())
                seconds.append(time.perf_counter() - started)
                good.append(question.wanted([match.product_id for match in listed[:DEPTH]]))
            told[str(weight)] = round(statistics.mean(good), 3)
        found[kind] = {"questions": len(some), "by letters": told, "ms": percentiles(seconds)}
    text = json.dumps(found, indent=1)
    sys.stderr.write(text + "\n")
    if out:
        Path(out).write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    out = str(options.json.resolve()) if options.json else None
    measure_inside(options.data, "benchmarks.words", out)


if __name__ == "__main__":
    main()
