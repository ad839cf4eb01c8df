"""Half floats are read fast, and as what they are."""

import numpy as np

from search.engine.arrays import singles


def test_every_finite_half_float_becomes_the_same_number():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(2, -1)

    found = singles(finite)

    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, finite.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(found), np.signbit(finite))  # -0 too


def test_what_is_mapped_from_a_file_stays_as_it_is(tmp_path):
    np.save(tmp_path / "rows.npy", np.array([[0.5, -2]], dtype=np.float16))
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")

    found = singles(mapped)
    found += 1

    assert mapped.tolist() == [[0.5, -2]]


def test_single_floats_are_given_back_as_they_are():
    rows = np.ones((2, 3), dtype=np.float32)

    assert singles(rows) is rows
