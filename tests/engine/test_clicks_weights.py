"""Weights that clicks teach: towards what visitors follow, and by nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine.clicks_weights import (
    LEAST_EVIDENCE,
    MOST_LEARNT,
    Shown,
    evidence,
    learn,
    prepared,
)
from tests.engine.shop import CURRENT, SIGNALS, K, simulate, together

TEXT = (0.0, 8.0, 0.0)
UNCHANGED = pytest.approx(CURRENT)


def moved(learnt: dict[str, float]) -> float:
    return max(abs(learnt[signal] - weight) for signal, weight in CURRENT.items())


def test_the_signal_that_clicks_follow_gains_and_gains_more_by_more_clicks():
    texts = [
        learn(simulate(views, slopes=TEXT).shown, current=CURRENT)["text"]
        for views in (100, 300, 1000, 3000, 10_000)
    ]

    assert np.all(np.diff([CURRENT["text"], *texts]) > 0)
    assert texts[0] < 0.4 and texts[-1] > 0.75


def test_signals_that_clicks_do_not_follow_lose_and_keep_a_fifth():
    learnt = learn(simulate(10_000, slopes=TEXT).shown, current=CURRENT)

    for signal in ("image", "aligned"):
        assert (1 - MOST_LEARNT) * CURRENT[signal] <= learnt[signal] < 0.4 * CURRENT[signal]


def test_a_signal_that_clicks_shun_loses_as_well():
    learnt = learn(simulate(3000, slopes=(0.0, -8.0, 0.0)).shown, current=CURRENT)

    assert learnt["text"] < 0.5 * CURRENT["text"]


def test_a_signal_outside_of_the_current_mix_comes_in():
    current = {"image": 1.0, "text": 0.0, "aligned": 0.0}

    learnt = learn(simulate(3000, slopes=TEXT).shown, current=current)

    assert learnt["text"] > 0.5


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("views", [300, 3000])
def test_clicks_that_follow_no_signal_move_next_to_nothing(views, seed):
    learnt = learn(simulate(views, seed=seed, taste=4).shown, current=CURRENT)

    assert moved(learnt) < 0.05


def test_clicks_that_follow_the_current_mix_leave_it():
    slopes = tuple(8 * CURRENT[signal] for signal in SIGNALS)

    assert moved(learn(simulate(10_000, slopes=slopes).shown, current=CURRENT)) < 0.05


def test_a_few_dozen_clicks_move_nothing():
    few = simulate(50, slopes=TEXT).shown

    assert 20 < few.clicked.sum() < 50
    assert learn(few, current=CURRENT) == UNCHANGED


def test_nothing_shown_moves_nothing():
    nothing = Shown(SIGNALS, np.zeros((0, 3)), *np.zeros((4, 0), dtype=int))

    assert learn(nothing, current=CURRENT) == UNCHANGED


def flood(visitor: int) -> Shown:
    """Ten thousand clicks on the products whose words are most alike."""
    clicking = simulate(5000, slopes=(0.0, 60.0, 0.0), attraction_logit=0).shown
    greatest = np.argsort(-clicking.cosines[:, 1])[:10_000]
    clicked = np.zeros(len(clicking.clicked), dtype=bool)
    clicked[greatest] = True
    return clicking._replace(clicked=clicked, visitors=np.full(len(clicked), visitor))


@pytest.mark.parametrize("slopes", [(0.0, 0.0, 0.0), TEXT, (6.0, 0.0, 6.0)])
def test_ten_thousand_clicks_of_one_visitor_change_next_to_nothing(slopes):
    honest = simulate(1000, slopes=slopes).shown
    expected = learn(honest, current=CURRENT)

    learnt = learn(together(honest, flood(visitor=-1)), current=CURRENT)

    assert all(abs(learnt[signal] - expected[signal]) < 0.03 for signal in SIGNALS)


def test_the_same_ten_thousand_clicks_of_many_visitors_would_have_moved_the_weights():
    honest, many = simulate(1000).shown, flood(visitor=-1)
    many = many._replace(visitors=3000 + np.arange(len(many.visitors)) // K)

    assert learn(together(honest, many), current=CURRENT)["text"] > 0.7


def test_nine_visitors_move_nothing_however_much_they_agree():
    nine = simulate(2000, slopes=TEXT, visitors=9).shown
    _, rows = prepared(nine)

    assert evidence(rows, np.array([*CURRENT.values()]), visitors=nine.visitors) < 9
    assert learn(nine, current=CURRENT) == UNCHANGED


def test_chance_exceeds_the_least_evidence_about_once_in_a_hundred():
    mix = np.array([*CURRENT.values()])
    found, by_click = [], []
    # Visitors of strong tastes who come often, so that their clicks hang together.
    for seed in range(150):
        shown = simulate(600, seed=seed, taste=6, visitors=150).shown
        _, rows = prepared(shown)
        found.append(evidence(rows, mix, visitors=shown.visitors))
        by_click.append(evidence(rows, mix, visitors=np.arange(len(shown.clicked))))

    assert np.mean(np.array(found) > LEAST_EVIDENCE) <= 0.03
    assert np.mean(by_click) > 1.25 * np.mean(found)  # what independent clicks would make of it


def test_lists_of_close_matches_that_are_clicked_more_teach_nothing():
    shown = simulate(5000).shown
    rng = np.random.default_rng(0)
    popular = np.unique(shown.lists)[::2]
    in_popular = np.isin(shown.lists, popular)
    cosines = shown.cosines + [0, 0.3, 0] * in_popular[:, np.newaxis]
    clicked = shown.clicked | (in_popular & (rng.random(len(in_popular)) < shown.examination * 0.1))

    learnt = learn(shown._replace(cosines=cosines, clicked=clicked), current=CURRENT)

    assert moved(learnt) < 0.05


def test_without_examination_the_current_mix_would_be_confirmed_by_its_own_order():
    shown = simulate(10_000, slopes=TEXT).shown
    flat = shown._replace(examination=np.ones(len(shown.clicked)))

    assert learn(flat, current=CURRENT)["text"] < learn(shown, current=CURRENT)["text"] - 0.2


def test_products_that_lack_a_signal_teach_what_they_have():
    shown = simulate(5000, slopes=TEXT).shown
    lacks = np.random.default_rng(2).random(shown.cosines.shape) < [0.3, 0.4, 0]
    # Clicked less for lack of words, which says nothing of how alike words should weigh.
    clicked = shown.clicked & ~(lacks[:, 1] & (np.arange(len(lacks)) % 2 == 0))
    partly = shown._replace(cosines=np.where(lacks, np.nan, shown.cosines), clicked=clicked)

    assert learn(partly, current=CURRENT)["text"] > 0.65


@pytest.mark.parametrize("absent", [np.nan, 0.5])
def test_a_signal_whose_cosines_say_nothing_keeps_its_weight(absent):
    shown = simulate(5000, slopes=TEXT).shown
    cosines = shown.cosines.copy()
    cosines[:, 2] = absent

    learnt = learn(shown._replace(cosines=cosines), current=CURRENT)

    assert learnt["aligned"] == pytest.approx(CURRENT["aligned"])
    assert learnt["text"] > 0.55
    assert sum(learnt.values()) == pytest.approx(1)


def test_the_order_of_rows_does_not_matter():
    shown = simulate(1000, slopes=TEXT).shown
    order = np.random.default_rng(3).permutation(len(shown.clicked))
    shuffled = Shown(SIGNALS, *(column[order] for column in shown[1:]))

    assert learn(shuffled, current=CURRENT) == pytest.approx(learn(shown, current=CURRENT))


@given(
    seed=st.integers(0, 2**32),
    rate=st.floats(0, 1),
    lacking=st.floats(0, 1),
    current=st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda ws: sum(ws) > 0.01),
)
def test_whatever_is_clicked_the_weights_are_weights_and_near_the_current_ones(
    seed, rate, lacking, current
):
    rng = np.random.default_rng(seed)
    cosines = np.where(rng.random((400, 3)) < lacking, np.nan, rng.uniform(-1, 1, size=(400, 3)))
    shown = Shown(
        signals=SIGNALS,
        cosines=cosines,
        clicked=rng.random(400) < rate,
        examination=rng.uniform(0.01, 1, size=400),
        visitors=rng.integers(100, size=400),
        lists=rng.integers(20, size=400),
    )
    mix = {signal: weight / sum(current) for signal, weight in zip(SIGNALS, current, strict=True)}

    learnt = learn(shown, current=mix)

    assert sum(learnt.values()) == pytest.approx(1)
    for signal in SIGNALS:
        assert (1 - MOST_LEARNT) * mix[signal] - 1e-9 <= learnt[signal] <= 1
