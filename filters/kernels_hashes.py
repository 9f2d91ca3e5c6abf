"""Compiled loops from code points to hashes; the NumPy code with the same bits is where they are called.

Whole numbers are unsigned wherever a hash takes part: Numba makes a float of a signed and an unsigned one.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from filters.compiled import kernel

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]

SLOTS: Final = 16
MOST_SLOTS: Final = 1 << 23
"""Slots of the sieve of windows: so many for each at least, but no more than a core's second cache holds."""


@kernel
def prefix_sums(codepoints: NDArray[np.uint32], base: np.uint64, sums: Hashes) -> None:
    """Sum (code point + 1) * base**place: four chains of multiplications that do not wait for each other."""
    total, one, pair = np.uint64(0), np.uint64(1), base * base
    power, second, third, fourth, step = one, base, pair, pair * base, pair * pair
    sums[0], fours = total, len(codepoints) // 4 * 4
    for i in range(0, fours, 4):
        first = (np.uint64(codepoints[i]) + one) * power
        two = first + (np.uint64(codepoints[i + 1]) + one) * second
        three = two + (np.uint64(codepoints[i + 2]) + one) * third
        sums[i + 1], sums[i + 2], sums[i + 3] = total + first, total + two, total + three
        total += three + (np.uint64(codepoints[i + 3]) + one) * fourth
        sums[i + 4] = total
        power, second, third, fourth = power * step, second * step, third * step, fourth * step
    for i in range(fours, len(codepoints)):
        total += (np.uint64(codepoints[i]) + one) * power
        sums[i + 1] = total
        power *= base


@kernel
def row_sums(
    values: NDArray[np.unsignedinteger[Any]], offsets: Positions, base: np.uint64, sums: Hashes
) -> None:
    """Sum (value + 1) * base**place for each row, places counted from its first value."""
    one, step = np.uint64(1), base * base
    for row in range(len(sums)):
        piece = values[offsets[row] : offsets[row + 1]]
        size, even, odd, total = len(piece), one, base, np.uint64(0)  # two chains of multiplications again
        for i in range(0, size - 1, 2):
            total += (np.uint64(piece[i]) + one) * even + (np.uint64(piece[i + 1]) + one) * odd
            even *= step
            odd *= step
        if size % 2:
            total += (np.uint64(piece[size - 1]) + one) * even
        sums[row] = total


@kernel
def span_hashes(
    sums: Hashes,
    starts: Positions,
    ends: Positions,
    powers: Hashes,
    blocks: Hashes,
    bits: int,
    result: Hashes,
) -> None:
    """Take differences of sums, times the inverse power of their starts, and mix them.

    There are 1 << `bits` powers, and those of each such block.
    """
    last = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    for i in range(len(starts)):
        start = np.uint64(starts[i])
        value = (sums[np.uint64(ends[i])] - sums[start]) * powers[start & last]
        value *= blocks[start >> np.uint64(bits)]
        value ^= value >> np.uint64(33)
        value *= np.uint64(0xFF51AFD7ED558CCD)
        value ^= value >> np.uint64(33)
        value *= np.uint64(0xC4CEB9FE1A85EC53)
        result[i] = value ^ (value >> np.uint64(33))


@kernel
def near_span_hashes(
    codepoints: NDArray[np.uint32],
    starts: Positions,
    ends: Positions,
    powers: Hashes,
    inverses: Hashes,
    is_mixed: bool,
    result: Hashes,
) -> bool:
    """Hash spans as `span_hashes` does, mixed or not, from sums over as many code points as there are powers.

    So no sums of the whole sequence are needed, and what is looked up is near. False, and nothing of use in
    the result, where spans do not ascend or many overlap, so that code points would be read again and again.
    """
    one, near, size = np.uint64(1), np.uint64(len(powers)), np.uint64(len(codepoints))
    sums, origin, known, left = (
        np.zeros(len(powers) + 1, np.uint64),
        np.uint64(0),
        np.uint64(0),
        4 * len(codepoints),
    )
    for number in range(len(starts)):
        start, end = np.uint64(starts[number]), np.uint64(ends[number])
        if start < origin or end > known:
            piece, value = codepoints[start : max(end, min(start + near, size))], np.uint64(0)
            left -= len(piece)
            if end - start > near:
                even, odd = one, powers[1]
                for i in range(0, len(piece) - 1, 2):
                    value += (np.uint64(piece[i]) + one) * even + (np.uint64(piece[i + 1]) + one) * odd
                    even *= powers[2]
                    odd *= powers[2]
                if len(piece) % 2:
                    value += (np.uint64(piece[len(piece) - 1]) + one) * even
                origin, known = end, end
            else:
                for i in range(len(piece)):
                    value += (np.uint64(piece[i]) + one) * powers[i]
                    sums[i + 1] = value
                origin, known = start, start + np.uint64(len(piece))
                value = sums[end - origin]
        else:
            value = (sums[end - origin] - sums[start - origin]) * inverses[start - origin]
        if left < 0:
            return False
        if is_mixed:
            value ^= value >> np.uint64(33)
            value *= np.uint64(0xFF51AFD7ED558CCD)
            value ^= value >> np.uint64(33)
            value *= np.uint64(0xC4CEB9FE1A85EC53)
            value ^= value >> np.uint64(33)
        result[number] = value
    return True


@kernel
def window_keys(
    sums: Hashes,
    offsets: Positions,
    groups: Positions,
    length: int,
    bits: int,
    base: np.uint64,
    step: np.uint64,
) -> Hashes:
    """Return row and hash of the windows that may occur twice in their row: what a sieve lets through.

    The hash of a window is its difference of sums times base * step**place, without its last bits; places
    begin anew at the rows `groups`. The sieve has two bits for each slot of hashes: seen once, seen again.
    """
    longest, one, pair = 1, np.uint64(1), step * step
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    sieve, windows = np.empty(max(2, SLOTS * longest // 16), np.uint64), np.empty(longest + 1, np.uint64)
    found, count, group, even = np.empty(offsets[-1] + 1, np.uint64), np.uint64(0), 0, base
    for row in range(len(offsets) - 1):
        if group < len(groups) and groups[group] == row:
            group, even = group + 1, base
        start, size = offsets[row], offsets[row + 1] - offsets[row]
        full, used = max(0, size - length + 1), np.uint64(5)
        early, late = sums[start : start + full], sums[start + length : start + length + full]
        odd = even * step  # two chains of multiplications again
        for i in range(0, full - 1, 2):
            windows[i], windows[i + 1] = (late[i] - early[i]) * even, (late[i + 1] - early[i + 1]) * odd
            even *= pair
            odd *= pair
        if full % 2:
            windows[full - 1] = (late[full - 1] - early[full - 1]) * even
            even *= step
        for _ in range(min(size, length - 1)):
            even *= step
        while one << used < np.uint64(min(SLOTS * size, MOST_SLOTS)):
            used += one
        shift, number = np.uint64(64) - used, np.uint64(row) << np.uint64(64 - bits)
        sieve[: one << (used - np.uint64(5))] = np.uint64(0)
        for i in range(full):
            slot = windows[i] >> shift
            word, bit = slot >> np.uint64(5), one << ((slot & np.uint64(31)) << one)
            held = sieve[word]
            sieve[word] = held | bit | (held & bit) << one
        for i in range(full):
            slot = windows[i] >> shift
            found[count] = (windows[i] >> np.uint64(bits)) | number
            again = sieve[slot >> np.uint64(5)] >> (((slot & np.uint64(31)) << one) | one)
            count += again & one
    return found[:count]


@kernel
def replace_values(
    values: NDArray[Any], at: Positions, pieces: NDArray[Any], numbers: Positions, result: NDArray[Any]
) -> None:
    """Put the values into the result, and in the place of each of those `at` the pieces with its number."""
    before, piece, place = 0, 0, 0
    for number in at:
        result[place : place + number - before] = values[before:number]
        place, before = place + number - before, number + 1
        while piece < len(pieces) and numbers[piece] == number:
            result[place] = pieces[piece]
            place, piece = place + 1, piece + 1
    result[place:] = values[before:]
