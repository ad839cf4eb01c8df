"""How the weights of signals are written: `image:1,text:0`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine.errors import MixError
from search.engine.fusion import (
    SIGNALS,
    format_mix,
    leaning,
    normalize,
    parse_mix,
    picture_share,
)

WEIGHTS = st.dictionaries(
    st.sampled_from(SIGNALS), st.floats(0, allow_infinity=False), min_size=1
).filter(lambda weights: any(weights.values()))


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("image:1,text:0", {"image": 1, "text": 0}),
        ("image:1,text:3", {"image": 0.25, "text": 0.75}),
        (" image : 2 , text:2,aligned:4 ", {"image": 0.25, "text": 0.25, "aligned": 0.5}),
        ("text:0.001", {"text": 1}),
        ("image:1e2,text:1e2", {"image": 0.5, "text": 0.5}),
    ],
)
def test_reads_weights_and_scales_them_to_sum_one(text, weights):
    assert parse_mix(text) == pytest.approx(weights)


def test_auto_leaves_the_weights_to_the_catalogue():
    assert parse_mix(" auto ") is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "'' is no signal: expected image, text, aligned"),
        ("colour:1", "'colour' is no signal: expected image, text, aligned"),
        ("image:1,", "'' is no signal"),
        ("image", "image: is not a weight, such as image:0.5"),
        ("image:much", "image:much is not a weight, such as image:0.5"),
        ("image:1:2", "image:1:2 is not a weight"),
        ("text:-1", "text:-1 is not a weight of 0 or more"),
        ("text:nan", "text:nan is not a weight of 0 or more"),
        ("text:inf", "text:inf is not a weight of 0 or more"),
        ("image:1,image:2", "image is named twice"),
        ("image:0,text:0", "the weights are all 0"),
    ],
)
def test_names_the_fault_in_what_it_can_not_read(text, fault):
    with pytest.raises(MixError) as caught:
        parse_mix(text)

    assert fault in str(caught.value)


def test_a_fault_is_a_value_error_so_that_settings_and_forms_catch_it():
    with pytest.raises(ValueError, match="is no signal"):
        parse_mix("sound:1")


@given(WEIGHTS)
def test_any_weights_sum_to_one_and_keep_their_order(weights):
    scaled = normalize(weights)

    assert sum(scaled.values()) == pytest.approx(1)
    assert sorted(scaled, key=weights.__getitem__) == sorted(weights, key=weights.__getitem__)
    assert all(scaled[signal] == 0 for signal, weight in weights.items() if weight == 0)


def test_no_weights_at_all_are_refused():
    with pytest.raises(MixError, match="all 0"):
        normalize({})


@given(WEIGHTS)
def test_what_is_written_reads_back_the_same_to_six_digits(weights):
    scaled = normalize(weights)

    assert parse_mix(format_mix(scaled)) == pytest.approx(scaled, rel=1e-5, abs=1e-300)


@given(
    st.fixed_dictionaries(
        {"image": st.floats(0.01, 1), "text": st.floats(0.01, 1)},
        optional={"aligned": st.floats(0, 1)},
    ),
    st.floats(0, 1),
)
def test_leaning_goes_from_words_by_way_of_the_weights_to_pictures(weights, towards):
    own = picture_share(weights)

    assert leaning(weights, towards=0)["text"] == pytest.approx(1)
    assert leaning(weights, towards=1)["image"] == pytest.approx(1)
    there, asked = leaning(weights, towards=own), normalize(weights)
    for signal in SIGNALS:
        assert there.get(signal, 0) == pytest.approx(asked.get(signal, 0), abs=1e-9)
    assert sum(leaning(weights, towards=towards).values()) == pytest.approx(1)


def test_leaning_never_turns_back():
    weights = {"image": 0.3, "text": 0.2, "aligned": 0.5}

    steps = [leaning(weights, towards=step / 20) for step in range(21)]

    assert [step["image"] for step in steps] == sorted(step["image"] for step in steps)
    assert [step["text"] for step in steps] == sorted(
        (step["text"] for step in steps), reverse=True
    )
