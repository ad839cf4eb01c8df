"""Weights learnt from labels are judged on products that they were not learnt from."""

import csv

import numpy as np
import pytest

from search.evaluation.catalogue import Catalogue
from tests.search.stalls import evaluate, serve
from tests.shelves import add_picture, add_product

HELD_OUT = ("--systems", "fusion_held_out,learnt_held_out", "--k", "5")
NOUNS = ["coffee mug", "desk lamp", "winter scarf", "garden spade"]
COLOURS = ["firebrick", "royalblue", "seagreen", "goldenrod"]


@pytest.fixture
def misleading_words(db) -> None:
    """What something is can be seen and not read: each title is shared across all kinds."""
    for kind, colour in enumerate(COLOURS):
        for number in range(8):
            product = add_product(
                f"p-{kind}-{number}", title=f"article {number}", attributes={"kind": str(kind)}
            )
            add_picture(product, color=colour, size=(60 + number, 60))
    serve()


def names(count: int) -> Catalogue:
    return Catalogue(np.arange(count), [("acme", f"sku-{number}") for number in range(count)])


def test_learns_to_trust_the_signal_that_the_labels_agree_with(misleading_words, tmp_path):
    found = evaluate(tmp_path, *HELD_OUT, "--labels", "kind")

    learnt = found.table["weights"]["learnt_held_out"]
    assert learnt["image"] > 0.5
    assert found.rows["learnt_held_out"]["ndcg"] >= found.rows["fusion_held_out"]["ndcg"]
    assert "weights of learnt_held_out" in found.said


def add_kinds(skus: list[str], *, prefix: str, alike_in_words: bool) -> None:
    """Four kinds in turn, alike within in one signal and mixed up in the other."""
    for number, sku in enumerate(skus):
        kind, other = number % 4, number // 4 % 4
        words, seen = (kind, other) if alike_in_words else (other, kind)
        product = add_product(sku, title=NOUNS[words], attributes={"kind": f"{prefix}{kind}"})
        add_picture(product, color=COLOURS[seen], size=(60 + number, 60))


def test_nothing_is_learnt_from_the_half_that_is_held_out(db, tmp_path):
    candidates = names(200)
    is_held_out = candidates.held_out(np.arange(200))
    skus = [sku for _, sku in candidates.names]
    add_kinds(
        [skus[row] for row in np.flatnonzero(is_held_out)[:32]], prefix="w", alike_in_words=True
    )
    add_kinds(
        [skus[row] for row in np.flatnonzero(~is_held_out)[:32]], prefix="p", alike_in_words=False
    )
    serve()

    found = evaluate(tmp_path, *HELD_OUT, "--labels", "kind")

    assert found.table["weights"]["learnt_held_out"]["image"] > 0.5


def test_both_rows_are_of_the_held_out_half_alone(misleading_words, tmp_path):
    lists = tmp_path / "lists"

    found = evaluate(tmp_path, *HELD_OUT, "--labels", "kind", "--lists", str(lists))

    catalogue = Catalogue.published()
    held_out = catalogue.held_out(np.arange(len(catalogue)))
    expected = {sku for (_, sku), out in zip(catalogue.names, held_out, strict=True) if out}
    assert 0 < len(expected) < 32
    for system in ("fusion_held_out", "learnt_held_out"):
        assert found.rows[system]["queries"] == len(expected)
        assert found.rows[system]["coverage"] is None
        with (lists / f"{system}.csv").open(encoding="utf-8", newline="") as handle:
            assert {row["sku"] for row in csv.DictReader(handle)} == expected


def test_nothing_is_learnt_without_labels(misleading_words, tmp_path):
    found = evaluate(tmp_path, "--systems", "fusion,learnt_held_out")

    assert list(found.rows) == ["fusion"]
    assert "weights are learnt from labels, and there are none" in found.said


def test_about_half_is_held_out():
    held_out = names(2000).held_out(np.arange(2000))

    assert 0.45 < held_out.mean() < 0.55


def test_a_product_stays_in_its_half_while_the_catalogue_grows():
    few, many = names(50), names(500)

    np.testing.assert_array_equal(few.held_out(np.arange(50)), many.held_out(np.arange(500))[:50])


def test_equal_evaluations_learn_equal_weights(misleading_words, tmp_path):
    first = evaluate(tmp_path, *HELD_OUT, "--labels", "kind").table["weights"]
    again = evaluate(tmp_path, *HELD_OUT, "--labels", "kind").table["weights"]

    assert again == first
