"""The nearest of every product, itself left out."""

import numpy as np

from search.engine.mapping import neighbours
from tests.engine.mapping.islands import rows


def test_agrees_with_a_sort_of_all_products():
    vectors = rows()

    found = neighbours.among_all(vectors, k=7)

    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    assert np.allclose(found.cosines, -np.sort(-cosines, axis=1)[:, :7], atol=1e-5)


def test_no_product_is_in_its_own_list_though_others_are_equal_to_it():
    vectors = np.repeat(rows(kinds=2, of_each=1), 12, axis=0)

    found = neighbours.among_all(vectors, k=5)

    assert not (found.rows == np.arange(24)[:, np.newaxis]).any()
    assert np.allclose(found.cosines, 1, atol=1e-5)


def test_pads_where_fewer_exist():
    found = neighbours.among_all(rows(kinds=1, of_each=3), k=5)

    assert np.array_equal((found.rows < 0).sum(axis=1), [3, 3, 3])
    assert np.array_equal(found.cosines[found.rows < 0], np.full(9, -1))


def test_lists_find_most_of_what_a_sort_finds(monkeypatch):
    vectors = rows(kinds=20, of_each=100)
    exact = neighbours.among_all(vectors, k=10)
    monkeypatch.setattr(neighbours, "EXACT_TO", 100)

    found = neighbours.among_all(vectors, k=10)

    shared = [len(np.intersect1d(a, b)) for a, b in zip(exact.rows, found.rows, strict=True)]
    assert np.mean(shared) > 6
