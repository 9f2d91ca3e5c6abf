"""Compiled loops over hashes; the NumPy code with the same bits is where they are called.

Whole numbers are unsigned wherever a hash takes part: Numba makes a float of a signed and an unsigned one.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.compiled import kernel

Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

MOVES: Final = 32
"""Moves for each hash after which a row is sorted another way: its hashes begin with the same bits."""

SLOTS: Final = 16
MOST_SLOTS: Final = 1 << 23
"""Slots of the sieve of windows: so many for each at least, but no more than a core's second cache holds."""

SMALL: Final = 32
"""Occurrences of an n-gram that are sorted by insertion."""


@kernel
def prefix_sums(codepoints: NDArray[np.uint32], base: np.uint64, sums: Hashes) -> None:
    """Sum (code point + 1) * base**place."""
    total, one, size = np.uint64(0), np.uint64(1), len(codepoints)
    even, odd, step = one, base, base * base  # two chains of multiplications that do not wait for each other
    sums[0] = total
    for i in range(0, size - 1, 2):
        first = (np.uint64(codepoints[i]) + one) * even
        sums[i + 1] = total + first
        total += first + (np.uint64(codepoints[i + 1]) + one) * odd
        sums[i + 2] = total
        even *= step
        odd *= step
    if size % 2:
        sums[size] = total + (np.uint64(codepoints[size - 1]) + one) * even


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
    for i in range(len(starts)):
        start = starts[i]
        value = (sums[ends[i]] - sums[start]) * powers[start & ((1 << bits) - 1)]
        if start >> bits:
            value *= blocks[start >> bits]
        value ^= value >> np.uint64(33)
        value *= np.uint64(0xFF51AFD7ED558CCD)
        value ^= value >> np.uint64(33)
        value *= np.uint64(0xC4CEB9FE1A85EC53)
        result[i] = value ^ (value >> np.uint64(33))


@kernel
def order_rows(hashes: Hashes, offsets: Positions, order: Positions, fresh: Mask) -> None:
    """Sort each row by the first bits of its hashes, then by insertion, if few are out of their order."""
    longest = 1
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    ends, keys = np.empty(2 * longest + 2, np.int64), np.empty(longest, np.uint64)
    for row in range(len(offsets) - 1):
        first, size = offsets[row], offsets[row + 1] - offsets[row]
        bits = 1
        while 1 << bits < size:
            bits += 1
        shift = np.uint64(64 - bits)
        ends[: (1 << bits) + 1] = 0
        for i in range(first, first + size):
            ends[np.int64(hashes[i] >> shift) + 1] += 1
        for slot in range(1 << bits):
            ends[slot + 1] += ends[slot]
        for i in range(first, first + size):
            part = np.int64(hashes[i] >> shift)
            free = ends[part]
            ends[part] = free + 1
            keys[free], order[first + free] = hashes[i], i
        left = MOVES * size
        for i in range(1, size):
            key, at, place = keys[i], order[first + i], i
            while place > 0 and keys[place - 1] > key and left > 0:
                keys[place], order[first + place] = keys[place - 1], order[first + place - 1]
                place, left = place - 1, left - 1
            keys[place], order[first + place] = key, at
        if left == 0:
            order[first : first + size] = first + np.argsort(hashes[first : first + size], kind="mergesort")
            keys[:size] = hashes[order[first : first + size]]
        for i in range(1, size):
            fresh[first + i] = keys[i] != keys[i - 1]


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
    longest = 1
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    sieve, windows = np.empty(max(2, SLOTS * longest // 16), np.uint64), np.empty(longest, np.uint64)
    found, count, group, power = np.empty(offsets[-1], np.uint64), np.int64(0), 0, base
    for row in range(len(offsets) - 1):
        if group < len(groups) and groups[group] == row:
            group, power = group + 1, base
        start, size = offsets[row], offsets[row + 1] - offsets[row]
        used = 5
        while 1 << used < min(SLOTS * size, MOST_SLOTS):
            used += 1
        shift, one = np.uint64(64 - used), np.uint64(1)
        sieve[: 1 << (used - 5)] = np.uint64(0)
        for i in range(size - length + 1):
            window = (sums[start + i + length] - sums[start + i]) * power
            power *= step
            word, bit = (
                np.int64(window >> shift >> np.uint64(5)),
                one << (window >> shift << one & np.uint64(63)),
            )
            sieve[word] |= bit | (sieve[word] & bit) << one
            windows[i] = window
        for _ in range(min(size, length - 1)):
            power *= step
        number = np.uint64(row) << np.uint64(64 - bits)
        for i in range(size - length + 1):
            slot = windows[i] >> shift
            found[count] = (windows[i] >> np.uint64(bits)) | number
            again = sieve[np.int64(slot >> np.uint64(5))] >> (slot << one & np.uint64(63)) >> one
            count += np.int64(again & one)
    return found[:count]


@kernel
def longer_ngrams(positions: Positions, starts: Positions, offsets: Positions) -> tuple[Positions, Positions]:
    """Return positions and starts of the pairs of groups side by side in a row that occur more than once.

    Of a group, its places are sorted by the group that follows.
    """
    groups = np.full(offsets[-1] + 1, -1, np.int64)
    for group in range(len(starts)):
        end = starts[group + 1] if group + 1 < len(starts) else len(positions)
        for i in range(starts[group], end):
            groups[positions[i]] = group
    last = np.zeros(offsets[-1] + 1, np.bool_)
    for row in range(len(offsets) - 1):
        last[offsets[row + 1] - 1] = last[offsets[row + 1] - 1] or offsets[row + 1] > offsets[row]
    rights, places = np.empty(len(positions), np.int64), np.empty(len(positions), np.int64)
    found, begins, count, begun = np.empty(len(positions), np.int64), np.empty(len(positions), np.int64), 0, 0
    for group in range(len(starts)):
        end = starts[group + 1] if group + 1 < len(starts) else len(positions)
        size = 0
        for i in range(starts[group], end):
            at = positions[i]
            if groups[at + 1] < 0 or last[at]:
                continue
            place = size
            while size < SMALL and place > 0 and rights[place - 1] > groups[at + 1]:
                rights[place], places[place] = rights[place - 1], places[place - 1]
                place -= 1
            rights[place], places[place] = groups[at + 1], at
            size += 1
        if size > SMALL:
            order = np.argsort(rights[:size], kind="mergesort")
            rights[:size], places[:size] = rights[:size][order], places[:size][order]
        for i in range(size):
            before = i > 0 and rights[i - 1] == rights[i]
            if before or (i + 1 < size and rights[i + 1] == rights[i]):
                found[count] = places[i]
                begins[begun] = count
                count, begun = count + 1, begun + (not before)
    return found[:count], begins[:begun]
