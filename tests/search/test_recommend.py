"""Which products are recommended, in which order, and why."""

import pytest

from catalog.models import Product
from search import builds, recommend, runtime
from tests.shelves import add_picture, add_product


def skus(found: recommend.Recommendation) -> list[str]:
    return [neighbour.product.sku for neighbour in found.results]


def test_never_recommends_the_product_itself(indexed, shelf):
    found = recommend.similar(product=shelf["mug-red"], k=100)

    assert sorted(skus(found)) == sorted(set(shelf) - {"mug-red"})


def test_gives_k_where_k_exist_beside_the_product(indexed, shelf):
    assert len(recommend.similar(product=shelf["mug-red"], k=3).results) == 3


def test_passes_over_what_was_hidden_since_the_last_look(indexed, shelf):
    first = recommend.similar(product=shelf["mug-red"], k=2)

    # Within one poll nothing is read from the log, so only the look at serving time can tell.
    Product.objects.filter(sku=skus(first)[0]).update(published=False)
    found = recommend.similar(product=shelf["mug-red"], k=2)

    assert skus(first)[0] not in skus(found)
    assert len(found.results) == 2


def test_pictures_alone_go_by_colour_and_words_alone_by_kind(indexed, shelf):
    looks = recommend.similar(product=shelf["mug-blue"], k=1, mix={"image": 1})
    words = recommend.similar(product=shelf["mug-blue"], k=1, mix={"text": 1})

    assert skus(looks) == ["lamp-blue"]
    assert skus(words) == ["mug-red"]


def test_the_score_is_the_weighted_sum_of_the_cosines(indexed, shelf):
    found = recommend.similar(product=shelf["mug-red"], mix={"image": 3, "text": 1})

    for neighbour in found.results:
        assert neighbour.image_score is not None and neighbour.text_score is not None
        expected = 0.75 * neighbour.image_score + 0.25 * neighbour.text_score
        assert neighbour.score == pytest.approx(expected, abs=1e-3)


def test_scores_descend_from_at_most_one(indexed, shelf):
    scores = [n.score for n in recommend.similar(product=shelf["mug-red"]).results]

    assert scores == sorted(scores, reverse=True)
    assert scores[0] <= 1 + 1e-3


def test_a_signal_that_a_product_lacks_has_no_score(indexed, shelf, encode_all):
    wordy = add_product("wordy", title="Red ceramic mug")
    encode_all()
    runtime.refresh()

    found = recommend.similar(product=wordy)

    assert {neighbour.image_score for neighbour in found.results} == {None}
    assert skus(found)[0] == "mug-red"


def test_a_product_without_a_picture_has_nothing_that_looks_alike(indexed, shelf, encode_all):
    wordy = add_product("wordy", title="Red ceramic mug")
    encode_all()
    runtime.refresh()

    found = recommend.similar(product=wordy, mix={"image": 1})

    assert (found.state, found.results) == (recommend.State.BARE, [])


def test_a_product_without_words_is_found_by_its_picture(indexed, shelf, encode_all):
    mute = add_product("mute", title="")
    add_picture(mute, color="firebrick", size=(70, 60))
    encode_all()
    runtime.refresh()

    assert skus(recommend.similar(product=mute))[0] == "mug-red"


def test_names_the_words_that_both_titles_have(indexed, shelf):
    found = recommend.similar(product=shelf["mug-red"], mix={"text": 1})

    best = found.results[0]
    assert best.product.sku == "mug-blue"
    assert [(reason.signal, reason.share, reason.words) for reason in best.why] == [
        ("text", 1.0, ["ceramic", "mug"])
    ]


def test_shares_of_a_mixed_score_sum_to_one(indexed, shelf):
    for neighbour in recommend.similar(product=shelf["mug-red"]).results:
        assert sum(reason.share for reason in neighbour.why) == pytest.approx(1)


def test_the_only_product_is_alone(db, encode_all):
    builds.start_empty()
    only = add_product("only", title="Paper lantern")
    encode_all()

    found = recommend.similar(product=only)

    assert (found.state, found.results) == (recommend.State.ALONE, [])


def test_says_that_there_is_no_index_yet(shelf):
    found = recommend.similar(product=shelf["mug-red"])

    assert (found.state, found.build) == (recommend.State.BUILDING, None)


def test_equal_requests_have_equal_tokens_and_others_have_others(indexed, shelf):
    first = recommend.similar(product=shelf["mug-red"])
    again = recommend.similar(product=shelf["mug-red"])
    other = recommend.similar(product=shelf["mug-red"], mix={"image": 1})
    diverse = recommend.similar(product=shelf["mug-red"], diversity=0.5)

    assert first.id == again.id
    assert len({first.id, other.id, diverse.id}) == 3
