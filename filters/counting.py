"""How often each hash occurs within its row: one sort for the whole batch, no loop over rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

COUNT_BITS = 32
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


def sorted_keys(hashes: Hashes, offsets: Positions, length: int = 1) -> tuple[Hashes, Positions]:
    """Return row and hash of each window in one integer, in order, and the offsets of the rows therein.

    `hashes` are those of the windows of `length` items that begin at each item of the batch; a window that
    reaches into the next row is left out. A hash loses as many bits as the row takes: 48 remain for 65,535
    rows.
    """
    bits = np.uint64(row_bits(len(offsets) - 1))
    lengths = np.diff(offsets)
    keys = hashes >> bits
    rows = np.arange(len(lengths), dtype=np.uint64) << (np.uint64(64) - bits)
    keys |= np.repeat(rows, lengths)[: len(keys)]
    for step in range(1, length):
        crossing = offsets[1:] - step
        keys[crossing[(crossing >= 0) & (crossing < len(keys))]] = ~np.uint64(0)
    keys.sort()
    ends = np.concatenate(([0], np.cumsum(np.maximum(lengths - length + 1, 0))))
    return keys[: ends[-1]], ends


def count_repeats(hashes: Hashes, offsets: Positions, length: int = 1) -> Repeats:
    """Count equal windows of `length` items within each row; arguments as for `sorted_keys`."""
    keys, offsets = sorted_keys(hashes, offsets, length)
    same = np.flatnonzero(keys[1:] == keys[:-1])
    first = np.ones(len(same), dtype=np.bool_)
    first[1:] = np.diff(same) != 1
    starts = np.flatnonzero(first)
    counts = np.diff(starts, append=len(same)) + 1
    rows = np.searchsorted(offsets, same[starts], side="right") - 1
    totals = np.diff(offsets)
    return Repeats(rows, counts, totals, totals - per_row(rows, counts - 1, len(totals)))


def largest_sums(repeats: Repeats, limits: Positions) -> Positions:
    """Return for each row the sum of its `limits[row]` largest counts, of the repeated values only."""
    order = np.sort((repeats.rows << COUNT_BITS) | (MOST - repeats.counts))
    rows, counts = order >> COUNT_BITS, MOST - (order & MOST)
    groups = np.bincount(rows, minlength=len(limits))
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(groups) - groups, groups)
    chosen = rank < limits[rows]
    return per_row(rows[chosen], counts[chosen], len(limits))
