"""How often each hash occurs within its row: one sort for the whole batch, no loop over rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.hashing import PrefixHashes
from filters.kernels_ngrams import order_rows
from filters.spans import kept, steps, sums

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


def _groups(offsets: Positions) -> Iterator[int]:
    """Yield the ends of successive groups of rows that hold about SORTED items each, or one row."""
    first, rows = 0, len(offsets) - 1
    while first < rows:
        first = max(first + 1, int(np.searchsorted(offsets, offsets[first] + SORTED, side="right")) - 1)
        yield first


def order_in_rows(hashes: Hashes, offsets: Positions) -> tuple[Positions, Mask]:
    """Return the places of the hashes, sorted by hash in each row, and which of these begin another hash.

    Places of equal hashes ascend. Some rows at a time are sorted, in the caches.
    """
    if is_compiled():
        order, fresh, _ = _ordered(hashes, offsets)
        return order, fresh
    order, fresh = np.empty(len(hashes), dtype=np.int64), np.ones(len(hashes), dtype=np.bool_)
    before = 0
    for last in _groups(offsets):
        first, end = int(offsets[before]), int(offsets[last])
        _sort_rows(hashes[first:end], offsets[before : last + 1] - first, order[first:end], fresh[first:end])
        order[first:end] += first
        before = last
    return order, fresh


def distinct_in_rows(hashes: Hashes, offsets: Positions) -> tuple[Hashes, Positions]:
    """Return the hashes of each row once each, sorted, and the offsets of the rows in them."""
    if is_compiled():
        _, fresh, ordered = _ordered(hashes, offsets)
        return kept(ordered, fresh), np.concatenate(([0], np.cumsum(sums(fresh, offsets))))
    order, fresh = order_in_rows(hashes, offsets)
    at = np.flatnonzero(fresh)
    return hashes[order[at]], at.searchsorted(offsets)


def _ordered(hashes: Hashes, offsets: Positions) -> tuple[Positions, Mask, Hashes]:
    order, fresh = np.empty(len(hashes), dtype=np.int64), np.ones(len(hashes), dtype=np.bool_)
    ordered = np.empty(len(hashes), dtype=np.uint64)
    order_rows(hashes, offsets, order, fresh, ordered)
    return order, fresh, ordered


def _sort_rows(hashes: Hashes, offsets: Positions, order: Positions, fresh: Mask) -> None:
    """Sort as one integer the row, the first bits of the hash and the place, unless more bits are needed."""
    low, high = np.uint64(row_bits(len(hashes) - 1)), np.uint64(row_bits(len(offsets) - 2))
    numbers = np.arange(len(offsets) - 1, dtype=np.uint64) << (np.uint64(64) - high)
    rows = np.repeat(numbers, steps(offsets))
    keys = hashes >> (high + low)
    keys <<= low
    keys |= rows
    keys |= np.arange(len(hashes), dtype=np.uint64)
    keys.sort()
    np.bitwise_and(keys, (np.uint64(1) << low) - np.uint64(1), out=order.view(np.uint64))
    keys >>= low
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    values = hashes.take(order)
    if (~fresh[1:] & (values[1:] != values[:-1])).any():
        order[:] = np.lexsort((hashes, rows))
        fresh[1:] = (hashes[order[1:]] != hashes[order[:-1]]) | (rows[order[1:]] != rows[order[:-1]])


def count_repeats(hashes: PrefixHashes, offsets: Positions, length: int) -> Repeats:
    """Count equal windows of `length` code points within each row, some rows at a time, in the caches.

    Windows are sorted as one integer of row and hash. A hash loses as many bits as the row takes: 48 remain
    for 65,535 rows.
    """
    bits = row_bits(len(offsets) - 1)
    count = _count_sieved if is_compiled() else _count_sorted
    rows, counts = count(hashes, offsets, length, bits)
    totals = np.maximum(steps(offsets) - length + 1, 0)
    return Repeats(rows, counts, totals, totals - per_row(rows, counts - 1, len(totals)))


def _count_sorted(
    hashes: PrefixHashes, offsets: Positions, length: int, bits: int
) -> tuple[Positions, Positions]:
    """Return the row and the count of each repeated window."""
    found, before = [np.empty(0, dtype=np.int64)], 0
    for last in _groups(offsets):
        keys = hashes.windows(length, int(offsets[before]), int(offsets[last]))
        keys >>= np.uint64(bits)
        _part(keys, offsets[before : last + 1] - offsets[before], length, bits, before)
        keys.sort()
        found.append(np.flatnonzero(keys[1:] == keys[:-1]) + offsets[before])
        before = last
    same = np.concatenate(found)
    first = np.ones(len(same), dtype=np.bool_)
    first[1:] = np.diff(same) != 1
    starts = np.flatnonzero(first)
    rows = np.searchsorted(offsets, same[starts], side="right") - 1
    return rows, np.diff(starts, append=len(same)) + 1


def _count_sieved(
    hashes: PrefixHashes, offsets: Positions, length: int, bits: int
) -> tuple[Positions, Positions]:
    """Return the same, but sort only the windows that a sieve lets through."""
    keys = hashes.sieved_windows(length, offsets, np.array([0, *_groups(offsets)]), bits)
    keys.sort()
    fresh = np.ones(len(keys) + 1, dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:-1])
    starts = np.flatnonzero(fresh)
    counts = steps(starts)
    again = np.flatnonzero(counts > 1)
    return (keys[starts[again]] >> np.uint64(64 - bits)).astype(np.int64), counts[again]


def _part(keys: Hashes, offsets: Positions, length: int, bits: int, first_row: int) -> None:
    """Put the number of its row before each window; one that reaches into the next row equals no other."""
    lengths = steps(offsets)
    rows = np.arange(first_row, first_row + len(lengths), dtype=np.uint64) << np.uint64(64 - bits)
    keys |= np.repeat(rows, lengths) if len(rows) > 1 else rows
    back = np.arange(1, length)
    row, step = np.nonzero(lengths[:, None] >= back)
    most = ~np.uint64(0) >> np.uint64(bits)
    keys[offsets[row + 1] - back[step]] = rows[row] | (most - step.astype(np.uint64))


def largest_sums(repeats: Repeats, limits: Positions) -> Positions:
    """Return for each row the sum of its `limits[row]` largest counts, of the repeated values only."""
    order = np.sort((repeats.rows << COUNT_BITS) | (MOST - repeats.counts))
    rows, counts = order >> COUNT_BITS, MOST - (order & MOST)
    groups = np.bincount(rows, minlength=len(limits))
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(groups) - groups, groups)
    chosen = rank < limits[rows]
    return per_row(rows[chosen], counts[chosen], len(limits))
