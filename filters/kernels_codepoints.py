"""Compiled loops over code points; the NumPy code that gives the same is where they are called."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from filters.compiled import kernel
from filters.kernels_spans import SPREAD

Bytes = NDArray[np.uint8]
CodePoints = NDArray[np.uint32]
Positions = NDArray[np.int64]

PARTED: Final = 2048
"""Words that `split_bytes` parts at a time."""

LANE_BITS: Final = 8
FILLED: Final = (1 << LANE_BITS) - 1
"""The most that a lane of `sum_lanes` holds."""


@kernel
def longest_runs(codepoints: NDArray[np.uint32], offsets: Positions, longest: Positions) -> None:
    """Put the length of the longest run of one code point of each row into `longest`."""
    for row in range(len(longest)):
        piece, run, most = codepoints[offsets[row] : offsets[row + 1]], 0, -1
        for i in range(1, len(piece)):
            run = run + 1 if piece[i] == piece[i - 1] else 0
            most = max(most, run)
        longest[row] = max(most, min(len(piece), 1) - 1) + 1


@kernel
def split_bytes(codepoints: CodePoints, table: NDArray[np.uint32], result: Bytes) -> None:
    """Put the four bytes of each code point's word of the table into the rows of `result`, lowest first.

    Words are looked up some at a time, so that a processor parts many of them at once.
    """
    words = np.empty(PARTED, np.uint32)
    for start in range(0, len(codepoints), PARTED):
        piece = codepoints[start : start + PARTED]
        for i in range(len(piece)):
            words[i] = table[piece[i]]
        for number in range(4):
            part, shift = result[number, start : start + PARTED], np.uint32(8 * number)
            for i in range(len(piece)):
                part[i] = np.uint8(words[i] >> shift)


@kernel
def count_values(values: Bytes, offsets: Positions, counts: Positions) -> None:
    """Count each value, below the columns of `counts`, of each row: one after another, as a row has few."""
    seen = np.empty(256, np.bool_)
    for row in range(len(offsets) - 1):
        piece = values[offsets[row] : offsets[row + 1]]
        left, first = len(piece), 0
        seen[:] = False
        while left > 0:
            value, number = piece[first], 0
            for i in range(len(piece)):
                number += piece[i] == value
            counts[row, value] = number
            left -= number
            seen[value] = True
            while left > 0 and seen[piece[first]]:
                first += 1


@kernel
def sum_lanes(values: Bytes, lanes: NDArray[np.uint64], offsets: Positions, counts: Positions) -> None:
    """Add the eight lanes, each 0 or 1, of the word of each value to the eight counts of its row."""
    for row in range(len(offsets) - 1):
        piece = values[offsets[row] : offsets[row + 1]]
        for start in range(0, len(piece), FILLED):
            part, total = piece[start : start + FILLED], np.uint64(0)
            for i in range(len(part)):
                total += lanes[part[i]]
            for lane in range(len(counts)):
                counts[lane, row] += np.int64(total & np.uint64(FILLED))
                total >>= np.uint64(LANE_BITS)


@kernel
def take(table: NDArray[Any], codepoints: NDArray[np.uint32], result: NDArray[Any]) -> None:
    """Put the table's value of each code point into the result."""
    for i in range(len(codepoints)):
        result[i] = table[codepoints[i]]


@kernel
def shift_and(
    low: Bytes,
    may_begin: Bytes,
    flags: Bytes,
    begins: np.uint8,
    ends: np.uint8,
    longest: int,
    numbers: Positions,
) -> tuple[Positions, Bytes]:
    """Return where pieces of a sieve begin, and the bits of their last places (Baeza-Yates and Gonnet 1992).

    Bit k of the state of a position says that a piece of it goes on up to its place k; it begins where
    `may_begin`, if it is not empty, has its bits. The states of some positions move on together, place by
    place, and what has come to an end stays. `numbers` are those of lone bits.
    """
    places, states = np.empty(PARTED + longest, np.uint8), np.empty(PARTED, np.uint8)
    inner = np.uint8(0xFF) ^ ends
    at, bits, count = np.empty(len(low) + 1, np.int64), np.empty(len(low) + 1, np.uint8), np.uint64(0)
    for start in range(0, len(low), PARTED):
        piece = low[start : start + PARTED + longest - 1]
        places[len(piece) :] = 0
        for i in range(len(piece)):
            places[i] = flags[piece[i]]
        for i in range(PARTED):
            states[i] = places[i] & begins
        allowed = may_begin[start : start + PARTED]
        for i in range(len(allowed)):
            states[i] &= allowed[i]
        for place in range(1, longest):
            following = places[place : place + PARTED]
            for i in range(PARTED):
                states[i] = (states[i] & ends) | ((states[i] & inner) * np.uint8(2) & following[i])
        words = states.view(np.uint64)
        for number in range(len(words)):
            word = words[number]
            while word:
                i = 8 * number + numbers[((word & (~word + np.uint64(1))) * SPREAD) >> np.uint64(58)] // 8
                at[count], bits[count] = start + i, states[i]
                count += np.uint64(1)
                word &= ~(np.uint64(0xFF) << np.uint64(8 * (i - 8 * number)))
    return at[:count].copy(), bits[:count].copy()
