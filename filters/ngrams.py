"""Word n-grams that occur more than once in their row, found from the shorter ones.

An n-gram can only occur twice if the (n - 1)-grams at its ends do. So words are sorted once, and each longer
n-gram is looked for among the few places that are left; two n-grams are equal exactly if both their ends are.
Only the words themselves are compared by a hash (64 bits).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.counting import order_in_rows
from filters.kernels_ngrams import longer_ngrams, repeated
from filters.spans import rows_of

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

KEY_BITS = 64
GROUP_BITS = 31


@dataclass(frozen=True)
class Ngrams:
    """The repeated n-grams of every row of a batch of `len(word_offsets) - 1` rows.

    A group is one n-gram in one row. The groups of a row lie together, rows and positions of a group ascend.
    """

    n: int
    positions: Positions  # of the first word of each occurrence, group after group
    starts: Positions  # of each group in `positions`
    word_offsets: Positions  # the words of each row

    @classmethod
    def of_words(cls, hashes: Hashes, offsets: Positions) -> "Ngrams":
        """Return the repeated words."""
        positions, starts = _repeated(*order_in_rows(hashes, offsets))
        return cls(1, positions, starts, offsets)

    def longer(self) -> "Ngrams":
        """Return the repeated (n + 1)-grams: those whose two ends are repeated n-grams side by side."""
        if is_compiled():
            positions, starts = longer_ngrams(self.positions, self.starts, self.word_offsets)
            return Ngrams(self.n + 1, positions, starts, self.word_offsets)
        numbers = np.zeros(len(self.positions), dtype=np.int64)
        numbers[self.starts[1:]] = 1
        np.cumsum(numbers, out=numbers)
        order = np.sort((self.positions << GROUP_BITS) | numbers)
        places, groups = order >> GROUP_BITS, order & ((1 << GROUP_BITS) - 1)
        beside = np.flatnonzero(np.diff(places) == 1)
        at = places[beside]
        first_words = np.zeros(self.word_offsets[-1] + 1, dtype=np.bool_)
        first_words[self.word_offsets] = True
        same_row = np.flatnonzero(~first_words[at + 1])
        beside = beside[same_row]
        left, right = groups[beside].astype(np.uint64), groups[beside + 1].astype(np.uint64)
        positions, starts = _pairs(left, right, at[same_row].astype(np.uint64))
        return Ngrams(self.n + 1, positions, starts, self.word_offsets)

    @cached_property
    def counts(self) -> Positions:
        """The occurrences of each group."""
        return np.diff(self.starts, append=len(self.positions))

    @cached_property
    def rows(self) -> Positions:
        """The row of each group."""
        return rows_of(self.positions[self.starts], self.word_offsets)

    @cached_property
    def totals(self) -> Positions:
        """The n-grams of each row, repeats included."""
        counts: Positions = np.diff(self.word_offsets) - self.n + 1
        return counts.clip(min=0)

    @cached_property
    def occurrences(self) -> Positions:
        """The occurrences of repeated n-grams in each row."""
        return np.bincount(self.rows, weights=self.counts, minlength=len(self.totals)).astype(np.int64)

    @cached_property
    def distinct(self) -> Positions:
        """The different n-grams of each row."""
        repeats = np.bincount(self.rows, weights=self.counts - 1, minlength=len(self.totals))
        return self.totals - repeats.astype(np.int64)


def _bits(count: int) -> int:
    return max(1, int(count - 1).bit_length())


def _pairs(left: Hashes, right: Hashes, at: Hashes) -> tuple[Positions, Positions]:
    """Group positions by an exact pair of numbers."""
    if len(at) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    low, middle = _bits(int(at[-1]) + 1), _bits(int(right.max()) + 1)
    if low + middle + _bits(int(left.max()) + 1) <= KEY_BITS:
        keys = (left << np.uint64(low + middle)) | (right << np.uint64(low)) | at
        keys.sort()
        order = (keys & np.uint64((1 << low) - 1)).astype(np.int64)
        keys >>= np.uint64(low)
        return _repeated(order, _begins(keys))
    order = np.lexsort((at, right, left))
    return _repeated(at[order].astype(np.int64), _begins(left[order]) | _begins(right[order]))


def _begins(values: Hashes) -> Mask:
    """Return where another value begins."""
    fresh = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=fresh[1:])
    return fresh


def _repeated(order: Positions, fresh: Mask) -> tuple[Positions, Positions]:
    """Return the members of the groups of two and more, and where each group starts."""
    if is_compiled():
        return repeated(order, fresh)
    members = ~fresh
    members[:-1] |= members[1:]
    at = np.flatnonzero(members)
    return order[at], np.flatnonzero(fresh[at])
