"""Catalogues in which nothing has a picture, or nothing has words, or hardly anything has both."""

import numpy as np
import pytest

from search import builds, recommend
from search.engine.index.folder import IndexFolder
from search.models import Build
from tests.search.market import add, kind_of, photograph, serve
from tests.shelves import add_picture, add_product

FEW = ("mug", "lamp", "boot")


def opened(build: Build) -> IndexFolder:
    return IndexFolder(builds.folder_of(build))


@pytest.fixture
def wordy(db):
    """Twelve products of three kinds, none with a picture."""
    return [add(kind, number) for number in range(4) for kind in FEW]


def test_without_any_picture_words_have_all_the_weight_and_nothing_is_aligned(wordy):
    index = opened(serve())

    assert index.weights == {"text": 1.0}
    assert index.transform.alignment is None
    assert index.facts["alignment"] is None
    assert not len(index.anchor_rows)
    assert "aligned" not in {block.signal for block in index.blocks}


def test_without_any_picture_lists_are_by_words(wordy):
    serve()

    found = recommend.similar(product=wordy[0], k=3).results

    assert [kind_of(n.product.sku) for n in found] == ["mug"] * 3
    assert {n.image_score for n in found} == {None}


def test_without_any_words_lists_are_by_pictures(db):
    shop = [add(kind, number, words=False) for number in range(4) for kind in FEW]
    for product in shop:
        photograph(product, kind_of(product.sku))

    index = opened(serve())
    found = recommend.similar(product=shop[0], k=3).results

    assert index.weights == {"image": 1.0}
    assert [kind_of(n.product.sku) for n in found] == ["mug"] * 3
    assert {n.text_score for n in found} == {None}


def test_one_product_with_a_picture_among_those_without_is_no_error(wordy):
    add_picture(wordy[0], color="firebrick")

    index = opened(serve())

    assert index.transform.alignment is None
    assert index.present.sum(axis=0).tolist() == [
        {"image": 1, "text": 12}[block.signal] for block in index.blocks
    ]
    for product in wordy:
        assert len(recommend.similar(product=product, k=11).results) == 11


def test_a_product_with_neither_is_in_no_list(wordy):
    add_product("blank", title="")
    serve()

    found = recommend.similar(product=wordy[0], k=100).results

    assert "blank" not in {n.product.sku for n in found}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"text": 0.2, "aligned": 0.8}, {"text": 1.0}),
        ({"image": 0.5, "text": 0.25, "aligned": 0.25}, {"text": 1.0}),
        ({"aligned": 1.0}, {"text": 1.0}),
        ({"image": 1.0}, {"text": 1.0}),
    ],
)
def test_weights_of_what_the_catalogue_has_not_go_to_the_rest(wordy, settings, wanted, expected):
    settings.FUSION_WEIGHTS = wanted

    index = opened(serve())

    assert index.weights == pytest.approx(expected)
    assert recommend.similar(product=wordy[0]).results


def test_pictures_that_were_only_predicted_make_no_variants(wordy):
    for product in wordy:
        photograph(product, kind_of(product.sku))
    # By what their words foretell, their pictures would be the same.
    boots = [
        add_product(sku, title=f"Quorra leather ankle boot {sku}").pk for sku in ("suede", "patent")
    ]

    index = opened(serve())

    one, other = index.rows_of(np.array(boots))
    assert not index.present[one, [block.signal for block in index.blocks].index("image")]
    assert index.groups[one] != index.groups[other]
