"""Principal directions, the same however they are found."""

import numpy as np
import pytest

from search.engine.index.navigation import principal


@pytest.mark.parametrize(("n", "d"), [(5, 40), (39, 40), (40, 40), (200, 40)])
def test_rows_are_the_sum_of_their_parts_along_the_directions(n, d):
    rows = np.random.default_rng(n).standard_normal((n, d)).astype(np.float32)

    squares, directions = principal(rows)

    assert np.all(np.diff(squares) <= 1e-4)
    np.testing.assert_allclose(directions.T @ directions, np.eye(min(n, d)), atol=1e-4)
    np.testing.assert_allclose(rows @ directions @ directions.T, rows, atol=1e-3)
    np.testing.assert_allclose(squares.sum(), np.square(rows).sum(), rtol=1e-4)
    np.testing.assert_allclose(squares, np.linalg.svd(rows)[1] ** 2, rtol=1e-3, atol=1e-3)


def test_rows_that_repeat_span_only_what_they_span():
    rows = np.repeat(np.eye(2, 9, dtype=np.float32), 3, axis=0)

    squares, directions = principal(rows)

    np.testing.assert_allclose(squares, [3, 3], rtol=1e-5)
    assert directions.shape == (9, 2)


def test_rows_of_nothing_have_no_direction():
    squares, directions = principal(np.zeros((3, 9), dtype=np.float32))

    assert (squares.shape, directions.shape) == ((0,), (9, 0))
