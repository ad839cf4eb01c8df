"""Scaling rows to unit length."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from search.engine.arrays import l2_normalize

ROWS = arrays_of.arrays(
    np.float32,
    arrays_of.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.floats(-1000, 1000, width=32).filter(lambda x: x == 0 or abs(x) > 1e-3),
)


@settings(max_examples=50)
@given(ROWS)
def test_rows_have_length_one_and_keep_their_direction_and_zero_rows_stay_zero(rows):
    before = rows.copy()

    unit = l2_normalize(rows)

    lengths = np.linalg.norm(rows.astype(float), axis=1, keepdims=True)
    np.testing.assert_allclose(unit * lengths, rows, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        np.linalg.norm(unit, axis=1), np.any(rows, axis=1).astype(float), atol=1e-5
    )
    assert unit.dtype == np.float32
    np.testing.assert_array_equal(rows, before)


def test_no_rows_give_no_rows():
    assert l2_normalize(np.zeros((0, 5), dtype=np.float32)).shape == (0, 5)
