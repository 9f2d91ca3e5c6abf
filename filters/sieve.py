"""Where one of many strings may begin: a byte of flags for each code point, and a table of hashes.

A piece of a few characters is taken of each string. The flags of a code point say at which places of a piece
it may stand, in either case; the flags of successive code points, shifted and put together, leave few
positions, and the hashes of the pieces there fewer.
"""

import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from filters import spans
from filters.compiled import is_compiled
from filters.kernels_codepoints import shift_and
from filters.kernels_spans import bit_numbers
from filters.text import TextBatch
from filters.unicode_tables import CODE_POINTS, tables

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

HASH_STEP: Final = np.uint32(0x9E3779B1)
SLOT_BITS: Final = 16
SLOTS: Final = 1 << SLOT_BITS
"""Places in a table that is asked by a part of a hash: as many bytes stay in a core's second cache."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """Lets through pieces of some sizes, and some more: a code point is known by its lowest byte only."""

    sizes: tuple[int, ...]  # of the pieces; together at most 8
    flags: NDArray[np.uint8]  # by lowest byte; from the lowest bit, the places of each size

    @classmethod
    def of(cls, places: Sequence[Sequence[Collection[int]]]) -> "Sieve":
        """Return the sieve for what the characters of each size may be, case-folded, place by place."""
        fold, flags = tables().fold, np.zeros(256, dtype=np.uint8)
        capitals = _folding()
        for number, place in enumerate(place for size in places for place in size):
            wanted = np.array(list(place), dtype=np.uint32)
            for alike in (wanted, capitals[np.isin(fold[capitals], wanted)]):
                flags[alike.astype(np.uint8)] |= np.uint8(1 << number)
        return cls(tuple(map(len, places)), flags)

    def __or__(self, other: "Sieve") -> "Sieve":
        """Return the sieve for the pieces of both, which have the same sizes."""
        return Sieve(self.sizes, self.flags | other.flags)

    def passing(self, text: TextBatch, where: Mask | None = None) -> Iterator[Positions]:
        """Yield for each size where its pieces may begin, of where the mask is true if it is given."""
        yield from (self._passing if is_compiled() else self._passing_shifted)(text, where)

    def _passing(self, text: TextBatch, where: Mask | None) -> Iterator[Positions]:
        sizes = np.array(self.sizes)
        lasts = np.cumsum(sizes) - 1
        begins, ends = _bits(lasts - sizes + 1), _bits(lasts)
        may_begin = np.empty(0, dtype=np.uint8) if where is None else -where.view(np.uint8)
        longest = max(self.sizes)
        at, bits = shift_and(text.low_bytes(), may_begin, self.flags, begins, ends, longest, bit_numbers())
        for last in lasts.tolist():
            yield at[np.flatnonzero(bits & np.uint8(1 << last))]

    def _passing_shifted(self, text: TextBatch, where: Mask | None) -> Iterator[Positions]:
        low = text.low_bytes()
        flags = (low.tobytes() + bytes(-len(low) % 8)).translate(self.flags.tobytes())
        eight, first = np.frombuffer(flags, dtype=np.uint64), 0  # shifted together; only lowest bits count
        for size in self.sizes:
            begins = np.uint8(1 << first)
            count = max(0, len(low) - size + 1) if (self.flags & begins).any() else 0
            passed = (eight >> np.uint64(first)).view(np.uint8)[:count]
            if where is not None:
                passed &= where[:count].view(np.uint8)
            for place in range(1, size):
                passed &= (eight >> np.uint64(first + place)).view(np.uint8)[place : place + count]
            passed &= np.uint8(1)
            yield spans.where(passed.view(np.bool_))
            first += size


def _bits(places: Positions) -> np.uint8:
    return np.uint8(sum(1 << place for place in places.tolist()))


@functools.cache
def _folding() -> Positions:
    """Return the code points that case folding changes."""
    return np.flatnonzero(tables().fold != np.arange(CODE_POINTS))


def piece_hashes(folded: NDArray[np.uint32], at: Positions, size: int) -> NDArray[np.uint32]:
    """Return a hash of the `size` code points from each position on; its high bits are mixed best."""
    result = folded[at]
    result *= HASH_STEP
    for step in range(1, size):
        result += folded[at + step]
        result *= HASH_STEP
    return result


def slots_of(hashes: NDArray[np.unsignedinteger[Any]]) -> Positions:
    """Return the highest SLOT_BITS of each hash."""
    return (hashes >> hashes.dtype.type(8 * hashes.itemsize - SLOT_BITS)).astype(np.int64)
