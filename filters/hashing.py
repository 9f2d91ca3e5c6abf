"""Hashes of spans of code points and of n-grams, without a loop over them.

The hash of a span is a polynomial of its code points modulo 2**64. Sums of the polynomial up to every position
are kept, so that the hash of any span is a difference, a multiplication and a mix. Equal spans have equal
hashes anywhere in any batch; unequal ones collide with a probability of about 2**-64 a pair.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]

BASE: Final = 0x9E3779B97F4A7C15
INVERSE: Final = pow(BASE, -1, 1 << 64)
NGRAM_STEP: Final = np.uint64(0xD6E8FEB86659FD93)
BLOCK_BITS: Final = 16
BLOCK: Final = 1 << BLOCK_BITS
_MASK64: Final = (1 << 64) - 1


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


class PrefixHashes:
    """The sums of one sequence's polynomial, from which the hash of every span follows."""

    def __init__(self, codepoints: NDArray[np.uint32]) -> None:
        self._sums = np.empty(len(codepoints) + 1, dtype=np.uint64)
        self._sums[0] = 0
        powers = _powers(BASE)
        scale, step, total = 1, pow(BASE, BLOCK, 1 << 64), 0
        for start in range(0, len(codepoints), BLOCK):
            piece = codepoints[start : start + BLOCK].astype(np.uint64)
            piece += np.uint64(1)  # so that U+0000 counts
            piece *= powers[: len(piece)]
            sums = self._sums[start + 1 : start + 1 + len(piece)]
            np.cumsum(piece, out=sums)
            sums *= np.uint64(scale)
            sums += np.uint64(total)
            total, scale = int(sums[-1]), scale * step & _MASK64

    def spans(self, starts: Positions, ends: Positions) -> Hashes:
        """Return the hash of each span."""
        result: Hashes = self._sums[ends]
        result -= self._sums[starts]
        result *= _powers(INVERSE)[starts & (BLOCK - 1)]
        if len(self._sums) > BLOCK:
            result *= _block_powers(INVERSE, (len(self._sums) >> BLOCK_BITS) + 1)[starts >> BLOCK_BITS]
        return mix(result)

    def windows(self, length: int) -> Hashes:
        """Return the hash of each window of `length` code points, by its start."""
        count = max(0, len(self._sums) - length)
        result: Hashes = self._sums[length:] - self._sums[:count]
        powers, scale, step = _powers(INVERSE), 1, pow(INVERSE, BLOCK, 1 << 64)
        for start in range(0, count, BLOCK):
            piece = result[start : start + BLOCK]
            piece *= powers[: len(piece)]
            piece *= np.uint64(scale)
            scale = scale * step & _MASK64
        return mix(result)


def next_ngrams(ngrams: Hashes, hashes: Hashes) -> Hashes:
    """Return the hashes of the (n + 1)-grams, by start, from those of the n-grams and of the single items."""
    count = max(0, len(ngrams) - 1)
    result: Hashes = ngrams[:count] * NGRAM_STEP
    result += hashes[len(hashes) - count :]
    result ^= result >> np.uint64(29)
    return result


class PrefixWords:
    """The same sums over the hashes of words, so that the hash of any run of words follows."""

    def __init__(self, hashes: Hashes) -> None:
        self._sums = np.zeros(len(hashes) + 1, dtype=np.uint64)
        weighted = hashes * _long_powers(BASE, len(hashes))
        np.cumsum(weighted, out=self._sums[1:])

    def spans(self, starts: Positions, ends: Positions) -> Hashes:
        """Return the hash of each run of words from `starts` up to `ends`."""
        result: Hashes = self._sums[ends]
        result -= self._sums[starts]
        result *= _powers(INVERSE)[starts & (BLOCK - 1)]
        result *= _block_powers(INVERSE, (len(self._sums) >> BLOCK_BITS) + 1)[starts >> BLOCK_BITS]
        return mix(result)


def _long_powers(base: int, count: int) -> Hashes:
    blocks = _block_powers(base, (count >> BLOCK_BITS) + 1)
    return (blocks[:, np.newaxis] * _powers(base)).ravel()[:count]
