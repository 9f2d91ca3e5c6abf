"""Hashes of spans of code points and of n-grams, without a loop over them.

The hash of a span is a polynomial of its code points modulo 2**64. Sums of the polynomial up to every
position are kept, so that the hash of any span is a difference, a multiplication and a mix. Equal spans have
equal hashes anywhere in any batch; unequal ones collide with a probability of about 2**-64 a pair.
"""

import functools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_hashes import near_span_hashes, prefix_sums, row_sums, span_hashes, window_keys

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]

BASE: Final = 0x9E3779B97F4A7C15
INVERSE: Final = pow(BASE, -1, 1 << 64)
BLOCK_BITS: Final = 16
BLOCK: Final = 1 << BLOCK_BITS
CACHED: Final = 1 << 14
"""Hashes made at a time: their arrays stay in a core's first caches."""

DENSE: Final = 16
MUCH: Final = 4
"""One span in so many code points are many; a part of so many is much of the sequence."""

NEAR: Final = 1 << 10
"""Code points summed at a time where hashes of spans are compiled: with two tables they take 24 kB."""


def mix(hashes: Hashes) -> Hashes:
    """Spread every bit of each hash over all 64 bits (the finaliser of MurmurHash3), in place."""
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xFF51AFD7ED558CCD)
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xC4CEB9FE1A85EC53)
    hashes ^= hashes >> np.uint64(33)
    return hashes


@functools.cache
def _powers(base: int) -> Hashes:
    """Return base**0 … base**(BLOCK - 1) modulo 2**64."""
    result = np.full(BLOCK, base, dtype=np.uint64)
    result[0] = 1
    return np.multiply.accumulate(result)


@functools.cache
def _block_powers(base: int, blocks: int) -> Hashes:
    """Return base**(BLOCK * k) for k below `blocks`."""
    result = np.full(blocks, pow(base, BLOCK, 1 << 64), dtype=np.uint64)
    result[0] = 1
    return np.multiply.accumulate(result)


def _power(base: int, exponents: Positions, end: int) -> Hashes:
    """Return the powers of the base; exponents are below `end`."""
    result: Hashes = _powers(base).take(exponents & (BLOCK - 1))
    if end > BLOCK:
        result *= _block_powers(base, (end >> BLOCK_BITS) + 1).take(exponents >> BLOCK_BITS)
    return result


def _weigh(values: Hashes, start: int) -> None:
    """Multiply value i by BASE**(start + i), in place; all lie in one block of CACHED."""
    first = start & (BLOCK - 1)
    values *= _powers(BASE)[first : first + len(values)]
    if start >= BLOCK:
        values *= np.uint64(pow(BASE, start - first, 1 << 64))


@dataclass(frozen=True, slots=True)
class Replacement:
    """`new` code points instead of `old` at ascending positions."""

    at: Positions
    old: NDArray[np.uint32]
    new: NDArray[np.uint32]


class PrefixHashes:
    """The sums of one sequence's polynomial, from which the hash of every span follows."""

    def __init__(self, codepoints: NDArray[np.uint32]) -> None:
        self._codepoints = codepoints.view()
        self._codepoints.flags.writeable = False  # Numba compiles anew for what can be written to

    @functools.cached_property
    def _sums(self) -> Hashes:
        sums = np.empty(len(self._codepoints) + 1, dtype=np.uint64)
        if is_compiled():
            prefix_sums(self._codepoints, np.uint64(BASE), sums)
            return sums
        sums[0] = 0
        for start in range(0, len(self._codepoints), CACHED):
            piece = self._codepoints[start : start + CACHED].astype(np.uint64)
            piece += np.uint64(1)  # so that U+0000 counts
            _weigh(piece, start)
            piece[:1] += sums[start : start + 1]  # a scalar would warn of its overflow
            np.cumsum(piece, out=sums[start + 1 : start + 1 + len(piece)])
        return sums

    def replaced(self, change: Replacement, codepoints: NDArray[np.uint32]) -> "PrefixHashes":
        """Return the sums of the sequence that the change gives, in half the time that all sums take."""
        more = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(self._terms(change, change.at))))
        edges = np.concatenate(([0], change.at + 1, [len(self._sums)]))
        result = PrefixHashes(codepoints)
        result._sums = np.repeat(more, edges[1:] - edges[:-1])
        result._sums += self._sums
        return result

    def _terms(self, change: Replacement, exponents: Positions) -> Hashes:
        terms = (change.new.astype(np.int64) - change.old.astype(np.int64)).view(np.uint64)
        terms *= _power(BASE, exponents, len(self._codepoints))
        return terms

    def spans(self, starts: Positions, ends: Positions) -> Hashes:
        """Return the hash of each span."""
        result = np.empty(len(starts), dtype=np.uint64)
        if is_compiled():
            if not self._needs_sums(starts, ends) and self._near_hashes(starts, ends, True, result):
                return result
            blocks = _block_powers(INVERSE, (len(self._sums) >> BLOCK_BITS) + 1)
            span_hashes(self._sums, starts, ends, _powers(INVERSE), blocks, BLOCK_BITS, result)
            return result
        for first in range(0, len(starts), CACHED):
            piece, at = result[first : first + CACHED], starts[first : first + CACHED]
            self._sums.take(ends[first : first + CACHED], out=piece, mode="clip")  # all lie inside
            piece -= self._sums.take(at)
            piece *= _power(INVERSE, at, len(self._sums))
            mix(piece)
        return result

    def _needs_sums(self, starts: Positions, ends: Positions) -> bool:
        """Whether sums of the sequence give the hashes soonest: of few spans that hold much of it."""
        size = len(self._codepoints)
        few = len(starts) * DENSE < size
        return few and ("_sums" in self.__dict__ or int((ends - starts).sum()) * MUCH > size)

    def _near_hashes(self, starts: Positions, ends: Positions, mixed: bool, result: Hashes) -> bool:
        powers, inverses = _powers(BASE)[:NEAR], _powers(INVERSE)[:NEAR]
        return near_span_hashes(self._codepoints, starts, ends, powers, inverses, mixed, result)

    def joined(
        self, starts: Positions, ends: Positions, offsets: Positions, change: Replacement | None = None
    ) -> Hashes:
        """Return the hash of the code points of each row of spans, one span after another; 0 without any.

        Spans ascend and do not overlap; code points are those after the change.
        """
        terms, size = np.empty(len(starts), dtype=np.uint64), len(self._codepoints)
        if not (is_compiled() and self._near_hashes(starts, ends, False, terms)):
            self._sums.take(ends, out=terms, mode="clip")
            terms -= self._sums.take(starts)
            terms *= _power(INVERSE, starts, size + 1)
        if change is not None:
            span = starts.searchsorted(change.at, side="right") - 1
            inside = np.flatnonzero((span >= 0) & (change.at < np.append(ends, 0)[span]))
            span, at = span[inside], change.at[inside]
            held = Replacement(at, change.old[inside], change.new[inside])
            np.add.at(terms, span, self._terms(held, at - starts[span]))
        before = np.cumsum(ends - starts)
        before -= ends - starts
        terms *= _power(BASE, before, size + 1)
        filled = np.flatnonzero(offsets[1:] > offsets[:-1])
        result = np.zeros(len(offsets) - 1, dtype=np.uint64)
        if len(filled):
            first = offsets[filled]
            total = np.add.reduceat(terms, first)
            total *= _power(INVERSE, before[first], size + 1)
            result[filled] = mix(total)
        return result

    def windows(self, length: int, first: int, last: int) -> Hashes:
        """Return a hash of each window of `length` code points that begins from `first` up to `last`.

        They are equal for equal windows of one call. Where the sequence ends within a window, there is 0.
        High bits are mixed best.
        """
        result = np.zeros(last - first, dtype=np.uint64)
        full = max(min(last, len(self._sums) - length), first)
        for start in range(first, full, BLOCK):
            end = min(start + BLOCK, full)
            piece = result[start - first : end - first]
            np.subtract(self._sums[start + length : end + length], self._sums[start:end], out=piece)
            piece *= _window_powers()[: len(piece)]
            if start > first:
                piece *= np.uint64(pow(INVERSE, start - first, 1 << 64))
        return result

    def sieved_windows(self, length: int, offsets: Positions, groups: Positions, bits: int) -> Hashes:
        """Return the hashes of windows that may occur twice in their row, its number before; row after row.

        They are those of `windows` of each group of rows, without as many bits as the number takes. `groups`
        are the first rows of groups. Only where `is_compiled()`.
        """
        return window_keys(self._sums, offsets, groups, length, bits, np.uint64(BASE), np.uint64(INVERSE))


@functools.cache
def _window_powers() -> Hashes:
    """Return BASE, 1, 1 / BASE …: with 1 first, a window's first code point changes low bits only."""
    return _powers(INVERSE) * np.uint64(BASE)


def row_hashes(values: NDArray[Any], offsets: Positions) -> Hashes:
    """Return a hash of the sequence of whole numbers, none negative, of each row; 0 for an empty row."""
    result = np.zeros(len(offsets) - 1, dtype=np.uint64)
    if is_compiled():
        row_sums(values, offsets, np.uint64(BASE), result)
        return mix(result)
    filled = np.flatnonzero(offsets[1:] > offsets[:-1])
    starts = offsets[filled]
    total = np.zeros(len(filled), dtype=np.uint64)
    for start in range(0, len(values), CACHED):
        piece = values[start : start + CACHED].astype(np.uint64)
        piece += np.uint64(1)
        _weigh(piece, start)
        first = int(starts.searchsorted(start, side="right")) - 1  # the row that the piece begins in
        last = int(starts.searchsorted(start + len(piece)))
        total[first:last] += np.add.reduceat(piece, np.maximum(starts[first:last] - start, 0))
    total *= _power(INVERSE, starts, len(values))
    result[filled] = mix(total)
    return result
