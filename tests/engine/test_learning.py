"""Weights that labels teach."""

import numpy as np
import pytest

from search.engine.arrays import l2_normalize
from search.engine.learning import learn, refine

KINDS, EACH = 12, 60
EVEN = {"image": 0.5, "text": 0.5}


@pytest.fixture
def labels() -> np.ndarray:
    return np.repeat(np.arange(KINDS), EACH)[:, np.newaxis]


@pytest.fixture
def units(labels) -> dict[str, np.ndarray]:
    """Words that tell the kind, and pictures that tell nothing."""
    rng = np.random.default_rng(3)
    kinds = rng.normal(size=(KINDS, 16))
    words = kinds[labels[:, 0]] + 0.8 * rng.normal(size=(KINDS * EACH, 16))
    return {
        "image": l2_normalize(rng.normal(size=words.shape).astype(np.float32)),
        "text": l2_normalize(words.astype(np.float32)),
    }


def test_the_signal_that_tells_the_labels_gets_the_weight(units, labels):
    queries = np.arange(0, len(labels), 3)

    learnt = learn(units, labels=labels, queries=queries, k=10, near=EVEN)

    assert learnt["text"] >= 0.8


def test_refined_weights_go_halfway(units, labels):
    refined = refine(units, labels=labels, default=EVEN)

    assert 0.6 < refined["text"] <= 0.75
    assert sum(refined.values()) == pytest.approx(1)


def test_labels_that_no_signal_tells_change_nothing(units, labels):
    shuffled = np.random.default_rng(1).permutation(labels)

    assert refine(units, labels=shuffled, default=EVEN) == EVEN


def test_too_few_labelled_products_change_nothing(units, labels):
    few = np.where(np.arange(len(labels))[:, np.newaxis] < 150, labels, -1)

    assert refine(units, labels=few, default=EVEN) == EVEN


def test_among_weights_that_do_equally_well_the_nearest_to_the_default_is_taken(units, labels):
    same = {"image": units["text"], "text": units["text"]}

    learnt = learn(same, labels=labels, queries=np.arange(0, 720, 5), k=10, near=EVEN)

    assert learnt == EVEN
