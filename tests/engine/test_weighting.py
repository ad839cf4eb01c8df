"""Default weights: what the catalogue has, and how much its words learnt from its pictures."""

import numpy as np
import pytest

from search.engine.alignment import Alignment, Ridges
from search.engine.alignment_choice import Choice
from search.engine.weighting import CONVINCING_GAIN, default_weights


def choice(gain: float) -> Choice:
    nothing = np.zeros((1, 1), dtype=np.float32)
    alignment = Alignment(
        picture_mean=nothing[0],
        words_mean=nothing[0],
        picture_matrix=nothing,
        words_matrix=nothing,
    )
    return Choice(alignment, Ridges(1.0, 1.0, 1), retrieval=0.5, gain=gain)


@pytest.mark.parametrize("gain", [-1.0, 0.0, 0.001, 0.01, 0.02, 5.0, None])
def test_weights_sum_to_one_and_none_is_zero(gain):
    weights = default_weights(
        pictures=True, words=True, choice=None if gain is None else choice(gain)
    )

    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) > 0


@pytest.mark.parametrize("gain", [-5.0, -0.1, 0.0])
def test_an_alignment_that_loses_has_no_weight(gain):
    weights = default_weights(pictures=True, words=True, choice=choice(gain))

    assert weights == default_weights(pictures=True, words=True, choice=None)
    assert list(weights) == ["image", "text"]


def test_the_more_is_gained_the_more_the_aligned_block_weighs_up_to_a_limit():
    gains = [0.25, 0.5, 1.0, 2.0, 50.0]

    weights = [
        default_weights(pictures=True, words=True, choice=choice(gain * CONVINCING_GAIN))["aligned"]
        for gain in gains
    ]

    assert weights[0] < weights[1] < weights[2] == weights[3] == weights[4] < 1


def test_a_single_signal_has_all_the_weight():
    assert default_weights(pictures=False, words=True, choice=None) == {"text": 1.0}
    assert default_weights(pictures=True, words=False, choice=None) == {"image": 1.0}


def test_a_catalogue_with_nothing_yet_still_has_weights():
    assert sum(default_weights(pictures=False, words=False, choice=None).values()) == 1
