"""Compiled loops over masks and spans; the NumPy code that gives the same is where they are called."""

import functools
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from filters.compiled import kernel

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

SPREAD: Final = np.uint64(0x03F79D71B4CB0A89)
"""A sequence of de Bruijn, which tells the number of a lone bit (Leiserson, Prokop and Randall 1998)."""

ASKED: Final = 2048
"""Spans that `hold` asks for their first position at a time."""

COUNTED: Final = 4
"""`sort_rows` counts values up to so many times as there are in the row."""


@kernel
def sum_rows(values: Bytes, offsets: Positions, result: Positions) -> None:
    """Sum the values of each row."""
    for row in range(len(result)):
        piece, total = values[offsets[row] : offsets[row + 1]], np.uint64(0)
        for i in range(len(piece)):
            total += np.uint64(piece[i])
        result[row] = total


@kernel
def positions_of(mask: Mask, count: int) -> Positions:
    """Return where the mask is true, `count` times."""
    found, place = np.empty(count + 1, np.int64), 0
    for i in range(len(mask)):
        found[place] = i
        place += mask[i]
    return found[:count]


@functools.cache
def bit_numbers() -> Positions:
    """Return the number of a lone bit by the highest six bits of its product with SPREAD."""
    bits = np.arange(64)
    numbers = np.empty(64, dtype=np.int64)
    numbers[(SPREAD << bits.astype(np.uint64)) >> np.uint64(58)] = bits
    return numbers


@kernel
def positions_of_bits(words: NDArray[np.uint64], count: int, numbers: Positions) -> Positions:
    """Return which bits are set, `count` of them, the lowest of the first word first."""
    found, place = np.empty(count, np.int64), np.uint64(0)
    for i in range(len(words)):
        word = words[i]
        while word:
            rest = word & (word - np.uint64(1))
            found[place] = 64 * i + numbers[((word ^ rest) * SPREAD) >> np.uint64(58)]
            place += np.uint64(1)
            word = rest
    return found


@kernel
def edges_of_runs(inside: Mask, row_offsets: Positions) -> tuple[Positions, Positions]:
    """Return starts and ends of the runs of trues in each row: they take turns."""
    flags, rows, count = inside.view(np.uint8), len(row_offsets) - 1, 0
    for i in range(1, len(flags)):
        count += flags[i] != flags[i - 1]
    edges, place = np.empty(count + 2 * rows + 2, np.int64), np.uint64(0)
    for row in range(rows):
        first, before = row_offsets[row], np.uint8(0)
        piece = flags[first : row_offsets[row + 1]]
        for i in range(len(piece)):
            edges[place] = first + i  # for good where a run starts or ends
            place += np.uint64(piece[i] ^ before)
            before = piece[i]
        edges[place] = row_offsets[row + 1]
        place += np.uint64(before)
    starts, ends = np.empty(np.int64(place) // 2, np.int64), np.empty(np.int64(place) // 2, np.int64)
    for i in range(len(starts)):
        starts[i], ends[i] = edges[2 * i], edges[2 * i + 1]
    return starts, ends


@kernel
def edges_of_kinds(kinds: Bytes, row_offsets: Positions) -> tuple[Positions, Positions]:
    """Return starts and ends of the runs of one kind in each row; 0 is none."""
    rows, count = len(row_offsets) - 1, len(row_offsets)
    for i in range(1, len(kinds)):
        count += kinds[i] != kinds[i - 1]
    starts, ends = np.empty(count, np.int64), np.empty(count, np.int64)
    begun, ended = np.uint64(0), np.uint64(0)
    for row in range(rows):
        first, before = row_offsets[row], np.uint8(0)
        piece = kinds[first : row_offsets[row + 1]]
        for i in range(len(piece)):
            kind = piece[i]
            starts[begun] = ends[ended] = first + i
            begun += np.uint64((kind != before) & (kind != np.uint8(0)))
            ended += np.uint64((kind != before) & (before != np.uint8(0)))
            before = kind
        ends[ended] = row_offsets[row + 1]
        ended += np.uint64(before != np.uint8(0))
    return starts[:begun], ends[:ended]


@kernel
def put_between(starts: Positions, ends: Positions, at: Positions) -> tuple[Positions, Positions]:
    """Return starts and ends of the spans and, in their order, of the code points `at` between them."""
    all_starts, all_ends = (
        np.empty(len(starts) + len(at), np.int64),
        np.empty(len(starts) + len(at), np.int64),
    )
    number, place = 0, np.uint64(0)
    for position in at:
        while number < len(starts) and starts[number] < position:
            all_starts[place], all_ends[place] = starts[number], ends[number]
            number, place = number + 1, place + np.uint64(1)
        all_starts[place], all_ends[place] = position, position + 1
        place += np.uint64(1)
    all_starts[place:], all_ends[place:] = starts[number:], ends[number:]
    return all_starts, all_ends


@kernel
def chosen(at: Positions, mask: Mask) -> Positions:
    """Return those of the positions where the mask is true."""
    found, count = np.empty(len(at) + 1, np.int64), 0
    for i in range(len(at)):
        found[count] = at[i]
        count += mask[at[i]]
    return found[:count].copy()


@kernel
def hold(starts: Positions, ends: Positions, mask: Mask) -> Mask:
    """Return which spans hold a position of the mask: most show it by their first, an empty one has none."""
    found, left = np.zeros(len(starts), np.bool_), np.empty(ASKED, np.int64)
    for first in range(0, len(starts) if len(mask) else 0, ASKED):
        count = np.uint64(0)
        for number in range(first, min(first + ASKED, len(starts))):
            filled = starts[number] < ends[number]
            held = filled & mask[np.uint64(starts[number]) if filled else np.uint64(0)]
            found[number], left[count] = held, number
            count += np.uint64(filled & (not held))
        for number in left[:count]:
            for i in range(starts[number] + 1, ends[number]):
                if mask[i]:
                    found[number] = True
                    break
    return found


@kernel
def sort_rows(values: Positions, offsets: Positions, result: Positions) -> None:
    """Sort the values, none negative, of each row: by counting them, if few are large."""
    most = 0
    for row in range(len(offsets) - 1):
        most = max(most, offsets[row + 1] - offsets[row])
    counts = np.zeros(COUNTED * most + COUNTED, np.int64)
    for row in range(len(offsets) - 1):
        piece, ordered = values[offsets[row] : offsets[row + 1]], result[offsets[row] : offsets[row + 1]]
        largest = 0
        for value in piece:
            largest = max(largest, value)
        if largest >= COUNTED * len(piece) + COUNTED:
            ordered[:] = np.sort(piece)
            continue
        for value in piece:
            counts[np.uint64(value)] += 1
        place = 0
        for value in range(largest + 1):
            for _ in range(counts[value]):
                ordered[place] = value
                place += 1
            counts[value] = 0


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
def keep(values: NDArray[Any], mask: Mask, result: NDArray[Any]) -> None:
    """Put the values where the mask is true into the result, which has room for one more."""
    place = 0
    for i in range(len(mask)):
        result[place] = values[i]
        place += mask[i]


@kernel
def before(at: Positions, edges: Positions) -> Positions:
    """Return how many of the ascending positions lie before each of the edges, which ascend."""
    found, place, last, far = np.empty(len(edges), np.int64), np.uint64(0), np.uint64(len(at)), np.uint64(16)
    for i in range(len(edges)):
        edge = edges[i]
        while place + far < last and at[place + far] < edge:
            place += far
        while place < last and at[place] < edge:
            place += np.uint64(1)
        found[i] = place
    return found
