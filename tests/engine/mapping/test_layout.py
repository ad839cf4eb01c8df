"""Places on the map: what is alike lies together, and stays where it was."""

import numpy as np
import pytest

from search.engine.mapping import layout
from tests.engine.mapping.islands import kinds_of, rows


@pytest.fixture(scope="module")
def plane() -> np.ndarray:
    return layout.lay_out(rows())


def kept(places: np.ndarray, kinds: np.ndarray) -> float:
    """Of the five nearest on the plane, the share that is of the same kind."""
    apart = np.square(places[:, np.newaxis] - places).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((kinds[np.argsort(apart, axis=1)[:, :5]] == kinds[:, np.newaxis]).mean())


def test_what_is_alike_lies_together(plane):
    assert plane.shape == (200, 2)
    assert np.isfinite(plane).all()
    assert kept(plane, kinds_of()) > 0.95


def test_equal_catalogues_have_equal_maps(plane):
    assert np.allclose(layout.lay_out(rows()), plane, atol=1e-3)


def test_a_new_map_starts_from_the_last_one(plane):
    more = np.vstack([rows(), rows(kinds=5, of_each=1, seed=0)])
    start = np.vstack([plane, np.full((5, 2), np.nan, dtype=np.float32)])

    again = layout.lay_out(more, start=start)

    width = float(np.ptp(plane, axis=0).max())
    moved = np.linalg.norm(again[:200] - plane, axis=1)
    anew = np.linalg.norm(layout.lay_out(more, seed=1)[:200] - plane, axis=1)
    assert np.median(moved) < 0.15 * width
    assert np.median(moved) < np.median(anew)


def test_those_outside_of_the_sample_lie_among_their_like():
    places = layout.lay_out(rows(of_each=80), most=100)

    assert np.isfinite(places).all()
    assert kept(places, kinds_of(of_each=80)) > 0.9


def test_new_products_start_where_their_nearest_were():
    near = layout.neighbours.among_all(rows(), k=10)
    start = kinds_of().repeat(2).reshape(-1, 2).astype(np.float32)
    start[::40] = np.nan

    begun = layout.resumed(start, near)

    assert np.allclose(begun[::40, 0], np.arange(5))


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9])
def test_few_products_have_a_map_too(count):
    places = layout.lay_out(rows(kinds=1, of_each=count) if count else np.zeros((0, 32), "f4"))

    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == count


def test_equal_products_break_nothing():
    places = layout.lay_out(np.repeat(rows(kinds=1, of_each=1), 30, axis=0))

    assert np.isfinite(places).all()
