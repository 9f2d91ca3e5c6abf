"""Hashes sorted and counted within their rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filters.counting import SORTED, order_in_rows
from tests.strategies import examples

NEAR = [0, 1, 2, 1 << 40, (1 << 40) + 1, (1 << 63) + 1, (1 << 64) - 2, (1 << 64) - 1]
"""Hashes that differ only in their last bits, too: those that the sorted key leaves out."""


def slow_order(rows: list[list[int]]) -> tuple[list[int], list[bool]]:
    """Sort each row by hash and place."""
    order, fresh, before = [], [], 0
    for row in rows:
        pairs = sorted((value, place) for place, value in enumerate(row))
        order += [before + place for _, place in pairs]
        fresh += [i == 0 or value != pairs[i - 1][0] for i, (value, _) in enumerate(pairs)]
        before += len(row)
    return order, fresh


def found_order(rows: list[list[int]]) -> tuple[list[int], list[bool]]:
    flat = np.array([value for row in rows for value in row], dtype=np.uint64)
    order, fresh = order_in_rows(flat, np.cumsum([0, *map(len, rows)]))
    return order.tolist(), fresh.tolist()


@examples(200)
@given(st.lists(st.lists(st.sampled_from(NEAR) | st.integers(0, (1 << 64) - 1), max_size=12), max_size=8))
def test_hashes_are_sorted_in_each_row_by_all_their_bits(rows: list[list[int]]) -> None:
    assert found_order(rows) == slow_order(rows)


def test_rows_of_any_size_are_sorted() -> None:
    values = np.random.default_rng(1).integers(0, 1 << 64, 3 * SORTED, dtype=np.uint64) >> np.uint64(50)
    flat = values.tolist()
    rows = [
        flat[: SORTED + 5],
        [],
        *([value] for value in flat[SORTED + 5 : SORTED + 99]),
        flat[SORTED + 99 :],
    ]
    assert found_order(rows) == slow_order(rows)
