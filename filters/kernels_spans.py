"""Compiled loops over masks and spans; the NumPy code that gives the same is where they are called."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.compiled import kernel

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]


@kernel
def positions_of(mask: Mask, count: int) -> Positions:
    """Return where the mask is true, `count` times."""
    found, place = np.empty(count + 1, np.int64), 0
    for i in range(len(mask)):
        found[place] = i
        place += mask[i]
    return found[:count]


@kernel
def run_edges(inside: Mask, cuts: Positions) -> tuple[Positions, Positions]:
    """Return starts and ends of the runs of `inside`, cut at the ascending positions too."""
    room = len(inside) // 2 + len(cuts) + 2
    starts, ends, begun, ended, first = np.empty(room, np.int64), np.empty(room, np.int64), 0, 0, 0
    for number in range(len(cuts) + 1):
        last = max(first, min(cuts[number], len(inside))) if number < len(cuts) else len(inside)
        before = False
        for i in range(first, last):
            here = inside[i]
            starts[begun], ends[ended] = i, i
            begun += here > before
            ended += here < before
            before = here
        if before:
            ends[ended] = last
            ended += 1
        first = last
    return starts[:begun].copy(), ends[:ended].copy()


@kernel
def hold(starts: Positions, ends: Positions, mask: Mask) -> Mask:
    """Return which spans hold a position of the mask."""
    found = np.zeros(len(starts), np.bool_)
    for number in range(len(starts)):
        for i in range(starts[number], ends[number]):
            if mask[i]:
                found[number] = True
                break
    return found


@kernel
def strip_spans(starts: Positions, ends: Positions, offsets: Positions, mask: Mask) -> tuple[Positions, ...]:
    """Return starts, ends and offsets of the spans without positions of the mask at their ends."""
    left_starts, left_ends, count = np.empty_like(starts), np.empty_like(ends), 0
    before = np.empty(len(starts) + 1, np.int64)
    for number in range(len(starts)):
        before[number] = count
        start, end = starts[number], ends[number]
        while start < end and mask[start]:
            start += 1
        while start < end and mask[end - 1]:
            end -= 1
        left_starts[count], left_ends[count] = start, end
        count += start < end
    before[len(starts)] = count
    return left_starts[:count], left_ends[:count], before[offsets]


@kernel
def split_bytes(codepoints: NDArray[np.uint32], table: NDArray[np.uint32], result: NDArray[np.uint8]) -> None:
    """Put the four bytes of each code point's word of the table into the rows of `result`, lowest first."""
    for i in range(len(codepoints)):
        word = table[codepoints[i]]
        result[0, i] = word & 255
        result[1, i] = word >> 8 & 255
        result[2, i] = word >> 16 & 255
        result[3, i] = word >> 24


@kernel
def keep(values: NDArray[Any], mask: Mask, result: NDArray[Any]) -> None:
    """Put the values where the mask is true into the result, which has room for one more."""
    place = 0
    for i in range(len(mask)):
        result[place] = values[i]
        place += mask[i]
