"""Hashes of spans of code points and of n-grams, without a loop over them.

The hash of a span is a polynomial of its code points modulo 2**64. Sums of the polynomial up to every
position are kept, so that the hash of any span is a difference, a multiplication and a mix. Equal spans have
equal hashes anywhere in any batch; unequal ones collide with a probability of about 2**-64 a pair.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]

BASE: Final = 0x9E3779B97F4A7C15
INVERSE: Final = pow(BASE, -1, 1 << 64)
BLOCK_BITS: Final = 16
BLOCK: Final = 1 << BLOCK_BITS
WINDOW_BLOCK: Final = 1 << 14
"""Windows hashed at a time: their arrays stay in a core's first caches."""

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
            if start:
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


def windows(codepoints: NDArray[np.uint32], length: int) -> Hashes:
    """Return the hash of each window of `length` code points, by its start; high bits are mixed best."""
    count = max(0, len(codepoints) - length + 1)
    result = np.empty(count, dtype=np.uint64)
    for start in range(0, count, WINDOW_BLOCK):
        end = min(start + WINDOW_BLOCK, count)
        result[start:end] = _windows(codepoints[start : end + length - 1], length)
    return result


def _windows(codepoints: NDArray[np.uint32], length: int) -> Hashes:
    """Join windows of 1, 2, 4 … code points, so that a window of 10 takes four steps."""
    power = codepoints.astype(np.uint64)
    power += np.uint64(1)
    result, covered, width = None, 0, 1
    while True:
        if length & width:
            result, covered = (
                (power, width) if result is None else (_joined(power, result, width), covered + width)
            )
        if covered == length and result is not None:
            return result * np.uint64(BASE)  # the last code point changes only low bits before
        power = _joined(power, power, width)
        width *= 2


def _joined(left: Hashes, right: Hashes, width: int) -> Hashes:
    """Return the hashes of windows of `width` followed at once by other windows."""
    count = max(0, min(len(left), len(right) - width))
    result: Hashes = left[:count] * np.uint64(pow(BASE, width, 1 << 64))
    result += right[width : width + count]
    return result


def row_hashes(values: Hashes, offsets: Positions) -> Hashes:
    """Return a hash of the sequence of values of each row; 0 for an empty row."""
    rows = len(offsets) - 1
    result = np.zeros(rows, dtype=np.uint64)
    filled = offsets[1:] > offsets[:-1]
    if not filled.any():
        return result
    weighted = _weighted(values)
    starts = offsets[:-1][filled]
    total = np.add.reduceat(weighted, starts)
    total *= _powers(INVERSE)[starts & (BLOCK - 1)]
    total *= _block_powers(INVERSE, (len(values) >> BLOCK_BITS) + 1)[starts >> BLOCK_BITS]
    result[filled] = mix(total)
    return result


def _weighted(values: Hashes) -> Hashes:
    """Return (value + 1) * BASE**position."""
    result: Hashes = values + np.uint64(1)
    powers, scale, step = _powers(BASE), 1, pow(BASE, BLOCK, 1 << 64)
    for start in range(0, len(result), BLOCK):
        piece = result[start : start + BLOCK]
        piece *= powers[: len(piece)]
        if start:
            scale = scale * step & _MASK64
            piece *= np.uint64(scale)
    return result
