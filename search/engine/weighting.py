"""The catalogue's default weights, from what its own pictures and words say of each other."""

from typing import Final

from search.engine.alignment_choice import Choice

# The words that learnt from pictures carry most of what people call alike, where they learnt
# anything; the other two keep what they can't express. Chosen by benchmarks/fusion_sweep.py.
ALIGNED: Final = 0.96
PICTURE_BESIDE_ALIGNED: Final = 0.5
# Without alignment words say more than a network that never saw this shop.
PICTURE_BESIDE_WORDS: Final = 0.35
# Held-out neighbours have to look so much more alike for the aligned block to weigh all it may.
CONVINCING_GAIN: Final = 0.02


def default_weights(*, pictures: bool, words: bool, choice: Choice | None) -> dict[str, float]:
    """Weights that sum to 1, of the signals that the catalogue has.

    pictures, words : whether any product has them.
    """
    if not (pictures and words):
        return {"image": 1.0} if pictures else {"text": 1.0}
    trust = min(max(choice.gain / CONVINCING_GAIN, 0.0), 1.0) if choice else 0.0
    picture = PICTURE_BESIDE_WORDS + trust * (PICTURE_BESIDE_ALIGNED - PICTURE_BESIDE_WORDS)
    rest = 1 - trust * ALIGNED
    weights = {"image": rest * picture, "text": rest * (1 - picture), "aligned": 1 - rest}
    return {signal: weight for signal, weight in weights.items() if weight}
