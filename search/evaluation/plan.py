"""From what was asked for to a comparison that can be measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from search.evaluation import labels
from search.evaluation.catalogue import Catalogue
from search.evaluation.comparison import MOST_LISTED, Comparison
from search.evaluation.labels import LEAST_ALIKE, Labels
from search.evaluation.vectors import Served


class Plan(NamedTuple):
    comparison: Comparison
    notes: list[str]  # what can't be told, and what to do about it


def make(
    *,
    wanted: Sequence[str] | None,
    file: Path | None,
    k: int,
    queries: int,
    seed: int,
    most_listed: int = MOST_LISTED,
) -> Plan:
    """Raises EvaluationError where nothing is published or served, or a label is unknown.

    wanted : columns of labels, the first of which decides; None for the usual ones.
    file : where they are read from, or None for the products themselves.
    queries : how many products to ask for at most.
    most_listed : above so many published products only those asked for get lists.
    """
    catalogue = Catalogue.published()
    served = Served(catalogue)
    if file:
        found = labels.of_file(catalogue, file, wanted)
    else:
        found = labels.of_products(catalogue, wanted)
    askable = found.askable() if found else []
    comparison = Comparison(
        catalogue=catalogue,
        served=served,
        labels=found if askable else None,
        queries=catalogue.sample(askable or range(len(catalogue)), size=queries, seed=seed),
        k=k,
        most_listed=most_listed,
    )
    return Plan(comparison, [*notes_on_labels(found, len(askable)), *notes_on_size(comparison)])


def notes_on_labels(found: Labels | None, askable: int) -> list[str]:
    if found is None:
        return [
            "nDCG and precision need labels, and no product has a category, brand or colour: "
            "name columns with --labels, or a file that has some with --labels-from"
        ]
    if not askable:
        return [
            f"nDCG and precision are left empty: no value of {found.names[0]} is shared by "
            f"{LEAST_ALIKE} products; put a broader column first in --labels"
        ]
    return []


def notes_on_size(comparison: Comparison) -> list[str]:
    if comparison.lists_all:
        return []
    return [
        f"coverage and orphans are left empty: above {comparison.most_listed:,} products only the "
        f"{len(comparison.queries):,} asked for get lists (--queries)"
    ]
