"""How often each hash occurs within its row: one sort for the whole batch, no loop over rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

COUNT_BITS = 32
SORTED: Final = 1 << 15
"""Items sorted at a time: a quarter of a megabyte."""
MOST = (1 << COUNT_BITS) - 1


@dataclass(frozen=True, slots=True)
class Repeats:
    """The values that occur more than once in their row."""

    rows: Positions  # the row of each such value, ascending
    counts: Positions  # how often it occurs there
    totals: Positions  # for each row: values, repeats included
    distinct: Positions  # for each row: different values

    @property
    def occurrences(self) -> Positions:
        """For each row: the sum of the counts of its repeated values."""
        return per_row(self.rows, self.counts, len(self.totals))


def per_row(rows: Positions, values: NDArray[np.generic], row_count: int) -> Positions:
    """Return the sum of whole numbers by row."""
    return np.bincount(rows, weights=values, minlength=row_count).astype(np.int64)


def row_bits(row_count: int) -> int:
    """Return the bits that hold a row number, and one more number for what belongs to no row."""
    return max(1, int(row_count).bit_length())


def sorted_keys(hashes: Hashes, offsets: Positions, length: int) -> Hashes:
    """Return row and hash of each window in one integer, in order, and numbers that equal no other.

    `hashes` are those of the windows of `length` items that begin at each item of the batch; where one
    reaches into the next row, there is a number of its own at the end of its row. A hash loses as many bits
    as the row takes: 48 remain for 65,535 rows. Rows are sorted some at a time, in the caches.
    """
    bits = np.uint64(row_bits(len(offsets) - 1))
    lengths = np.diff(offsets)
    keys = np.zeros(int(offsets[-1]), dtype=np.uint64)
    np.right_shift(hashes, bits, out=keys[: len(hashes)])
    most = ~np.uint64(0) >> bits
    for step in range(1, length):
        keys[(offsets[1:] - step)[lengths >= step]] = most - np.uint64(step)
    first = 0
    for last in _groups(offsets):
        rows = np.arange(first, last, dtype=np.uint64) << (np.uint64(64) - bits)
        group = keys[offsets[first] : offsets[last]]
        group |= np.repeat(rows, lengths[first:last])
        group.sort()
        first = last
    return keys


def _groups(offsets: Positions) -> Iterator[int]:
    """Yield the ends of successive groups of rows that hold about SORTED items each, or one row."""
    first, rows = 0, len(offsets) - 1
    while first < rows:
        first = max(first + 1, int(np.searchsorted(offsets, offsets[first] + SORTED, side="right")) - 1)
        yield first


def count_repeats(hashes: Hashes, offsets: Positions, length: int = 1) -> Repeats:
    """Count equal windows of `length` items within each row; arguments as for `sorted_keys`."""
    keys = sorted_keys(hashes, offsets, length)
    same = np.flatnonzero(keys[1:] == keys[:-1])
    first = np.ones(len(same), dtype=np.bool_)
    first[1:] = np.diff(same) != 1
    starts = np.flatnonzero(first)
    counts = np.diff(starts, append=len(same)) + 1
    rows = np.searchsorted(offsets, same[starts], side="right") - 1
    totals = np.maximum(np.diff(offsets) - length + 1, 0)
    return Repeats(rows, counts, totals, totals - per_row(rows, counts - 1, len(totals)))


def largest_sums(repeats: Repeats, limits: Positions) -> Positions:
    """Return for each row the sum of its `limits[row]` largest counts, of the repeated values only."""
    order = np.sort((repeats.rows << COUNT_BITS) | (MOST - repeats.counts))
    rows, counts = order >> COUNT_BITS, MOST - (order & MOST)
    groups = np.bincount(rows, minlength=len(limits))
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(groups) - groups, groups)
    chosen = rank < limits[rows]
    return per_row(rows[chosen], counts[chosen], len(limits))
