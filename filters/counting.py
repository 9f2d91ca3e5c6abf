"""How often each hash occurs within its row: one sort for the whole batch, no loop over rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]


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


def window_starts(offsets: Positions, length: int) -> tuple[Mask, Positions]:
    """Say where a window of `length` items stays in its row, and the offsets of the rows' windows.

    The mask is over the starts of all windows of the batch.
    """
    total = int(offsets[-1])
    valid = np.ones(total, dtype=np.bool_)
    for step in range(1, min(length, total + 1)):
        crossing = offsets[1:] - step
        valid[crossing[crossing >= 0]] = False
    counts = np.maximum(np.diff(offsets) - length + 1, 0)
    return valid[: max(0, total - length + 1)], np.concatenate(([0], np.cumsum(counts)))


def row_bits(row_count: int) -> int:
    """Return the bits that hold a row number."""
    return max(1, int(row_count - 1).bit_length())


def sorted_keys(hashes: Hashes, offsets: Positions) -> Hashes:
    """Return row number and hash of each value in one integer, in order.

    The hash loses as many bits as the row number takes: 48 remain for a batch of 65,536 rows.
    """
    bits = np.uint64(row_bits(len(offsets) - 1))
    keys = hashes >> bits
    rows = np.arange(len(offsets) - 1, dtype=np.uint64) << (np.uint64(64) - bits)
    keys |= np.repeat(rows, np.diff(offsets))
    keys.sort()
    return keys


def count_repeats(hashes: Hashes, offsets: Positions) -> Repeats:
    """Count equal hashes within each row; the hashes of row i are `hashes[offsets[i]:offsets[i + 1]]`."""
    keys = sorted_keys(hashes, offsets)
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
    order = np.sort(
        repeats.rows.astype(np.uint64) << np.uint64(32)
        | (np.uint64(0xFFFFFFFF) - repeats.counts.astype(np.uint64))
    )
    rows = (order >> np.uint64(32)).astype(np.int64)
    counts = (np.uint64(0xFFFFFFFF) - (order & np.uint64(0xFFFFFFFF))).astype(np.int64)
    groups = np.bincount(rows, minlength=len(limits))
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(groups) - groups, groups)
    chosen = rank < limits[rows]
    return per_row(rows[chosen], counts[chosen], len(limits))
