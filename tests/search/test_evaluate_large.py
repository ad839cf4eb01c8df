"""A catalogue too large for everybody's list: the sample alone is measured."""

import pytest

from search.evaluation import plan
from search.evaluation.comparison import Comparison, System
from tests.search.stalls import serve, stock


def made(*, most_listed: int) -> plan.Plan:
    return plan.make(wanted=["kind"], file=None, k=3, queries=5, seed=0, most_listed=most_listed)


@pytest.fixture
def served(db) -> None:
    stock(pictures=False)
    serve()


def quality(comparison: Comparison) -> tuple[float | None, float | None]:
    row = comparison.measure(System.TEXT)
    return row.ndcg, row.precision


def test_makes_lists_for_the_products_asked_for_and_no_others(served):
    comparison = made(most_listed=11).comparison

    row = comparison.measure(System.TEXT)

    assert row.lists.queries.tolist() == comparison.queries.tolist()
    assert len(row.lists.found) == 5


def test_coverage_and_orphans_are_empty_and_a_line_says_why(served):
    comparison, notes = made(most_listed=11)

    row = comparison.measure(System.TEXT)

    assert (row.coverage, row.orphans) == (None, None)
    assert any("coverage and orphans are left empty" in note for note in notes)


def test_quality_is_the_same_as_with_everybodys_lists(served):
    assert quality(made(most_listed=11).comparison) == quality(made(most_listed=12).comparison)
