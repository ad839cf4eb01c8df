"""Delivery terms below every product: recognised, discounted, and nothing else is."""

import numpy as np
import pytest

from search.engine.text.boilerplate import Boilerplate
from search.engine.text.words import WordsModel

_TERMS = "free delivery on all orders above fifty".split()
_KINDS = ["teapot", "violin", "sofa", "boot", "lamp", "kettle"]


def _own(number):
    return ["item", f"n{number}", "made", "of", "clay"]


def test_a_sentence_below_every_product_counts_for_nothing():
    found = Boilerplate.fit([[_own(number), _TERMS] for number in range(200)])

    assert found.of(_TERMS) == 0
    assert found.of(_own(7)) == 1


def test_it_counts_the_less_the_more_products_carry_it():
    def weight(carriers):
        texts = [[_own(n), *([_TERMS] if n < carriers else [])] for n in range(1000)]
        return Boilerplate.fit(texts).of(_TERMS)

    weights = [weight(carriers) for carriers in (40, 80, 150, 400)]

    assert weights[0] == 1
    assert weights == sorted(weights, reverse=True)
    assert 0 < weights[2] < weights[1] < 1
    assert weights[3] == 0


def test_the_description_that_ten_variants_share_counts_in_full():
    shared = "a pot with a lid of bamboo".split()
    texts = [[shared] if number < 10 else [_own(number)] for number in range(60)]

    assert Boilerplate.fit(texts).of(shared) == 1


def test_two_words_are_too_few_for_a_sentence():
    texts = [[["pure", "cotton"], _own(number)] for number in range(200)]

    assert Boilerplate.fit(texts).of(["pure", "cotton"]) == 1


def test_terms_of_one_shop_are_found_among_many_shops():
    shops = [number // 100 for number in range(1000)]
    texts = [[_own(n), *([_TERMS] if shop == 3 else [])] for n, shop in enumerate(shops)]

    assert Boilerplate.fit(texts, shops=shops).of(_TERMS) == 0
    assert Boilerplate.fit(texts).of(_TERMS) > 0.5


def test_half_of_the_products_with_terms_are_no_less_like_the_other_half():
    rng = np.random.default_rng(4)
    words = {kind: [f"{kind}{number}" for number in range(6)] for kind in _KINDS}
    kinds = [_KINDS[number % len(_KINDS)] for number in range(240)]
    own = [" ".join(rng.choice(words[kind], size=2)) for kind in kinds]
    terms = ["Delivered free of charge within three working days.", "Returns accepted for a month."]
    planted = [
        (f"name{number}", f"{text}. {' '.join(terms) if rng.random() < 0.5 else ''}")
        for number, text in enumerate(own)
    ]

    rows = WordsModel.fit(planted).encode(planted)

    scores = rows @ rows.T
    np.fill_diagonal(scores, -1)
    nearest = np.argsort(-scores, axis=1)[:, :10]
    agreeing = np.mean([[kinds[j] == kinds[i] for j in row] for i, row in enumerate(nearest)])
    assert agreeing > 0.99


def test_a_title_is_never_boilerplate():
    documents = [("Small clay teapot", f"Batch n{number} from the kiln") for number in range(60)]
    documents += [("Large oak table", f"Batch m{number} from the mill") for number in range(60)]
    model = WordsModel.fit(documents)

    teapot = model.encode([("Small clay teapot", "")])[0]

    rows = model.encode(documents)
    assert (rows[:60] @ teapot).min() > (rows[60:] @ teapot).max()


@pytest.mark.parametrize("texts", [[], [[]], [[[]]]])
def test_nothing_to_read_discounts_nothing(texts):
    assert Boilerplate.fit(texts).of(_TERMS) == 1
