import numpy as np
import pytest

from search.engine.index import columns
from search.engine.index.columns import Among, Between


@pytest.fixture
def open_columns(tmp_path):
    def opened(numbers: np.ndarray) -> columns.Columns:
        columns.write(tmp_path, numbers)
        return columns.opened(tmp_path, columns=numbers.shape[1])

    return opened


@pytest.mark.parametrize("distinct", [1, 2, 256, 257, 70_000])
def test_a_mask_is_of_the_rows_that_meet_every_criterion(open_columns, distinct):
    drawn = np.random.default_rng(0)
    # Each of the numbers at least once, so that codes of every length are written.
    shops = np.concatenate([np.arange(distinct), drawn.integers(distinct, size=5000)]) * 2**40 - 7
    prices = drawn.integers(100, size=len(shops))
    wanted = frozenset(drawn.choice(shops, size=5).tolist())

    found = open_columns(np.stack([shops, prices], axis=1)).mask(
        (Among(0, wanted), Between(1, 20, 70))
    )

    expected = [
        shop in wanted and 20 <= price <= 70
        for shop, price in zip(shops.tolist(), prices.tolist(), strict=True)
    ]
    assert any(expected)
    assert found.tolist() == expected


def test_gives_back_the_numbers_that_were_written(open_columns):
    numbers = np.array([[5, -1], [-(2**63), 2**63 - 1], [5, 0], [7, -1]])

    opened = open_columns(numbers)

    assert opened.at(np.array([3, 1, 1])).tolist() == numbers[[3, 1, 1]].tolist()


def test_a_mask_may_be_written_to(open_columns):
    opened, criteria = open_columns(np.array([[1], [2], [1]])), (Among(0, frozenset([1])),)
    opened.mask(criteria)[:] = False

    assert opened.mask(criteria).tolist() == [True, False, True]


def test_numbers_that_no_row_has_admit_none(open_columns):
    opened = open_columns(np.array([[1], [2], [1]]))

    assert not opened.mask((Among(0, frozenset([3])),)).any()
    assert not opened.mask((Among(0, frozenset()),)).any()


def test_columns_without_rows(open_columns):
    opened = open_columns(np.zeros((0, 3), dtype=np.int64))

    assert opened.mask((Between(2, 0, 9),)).shape == (0,)
    assert opened.at(np.zeros(0, dtype=np.int64)).shape == (0, 3)
