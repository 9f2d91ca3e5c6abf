"""Compiled loops that find equal hashes in each row; the NumPy code that gives the same calls them.

Whole numbers are unsigned wherever a hash takes part, or an index is sure not to be negative.
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

TABLED: Final = 1 << 18
"""Hashes of a row that are counted in a table, which takes a hundred bytes for each."""

SMALL: Final = 32
"""Occurrences of an n-gram that are sorted by insertion."""


@kernel
def order_rows(hashes: Hashes, offsets: Positions, order: Positions, fresh: Mask, ordered: Hashes) -> None:
    """Sort each row by the first bits of its hashes, then by insertion, if few are out of their order.

    Fills the places and the hashes in their order, and where another hash than before begins.
    """
    longest, one = 1, np.uint64(1)
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    ends, places = np.empty(2 * longest + 2, np.uint32), np.empty(longest, np.uint32)
    for row in range(len(offsets) - 1):
        first, piece = offsets[row], hashes[offsets[row] : offsets[row + 1]]
        keys = ordered[first : offsets[row + 1]]
        size, bits = len(piece), one
        while 1 << bits < size:
            bits += one
        shift = np.uint64(64) - bits
        ends[: (1 << bits) + 1] = 0
        for i in range(size):
            ends[(piece[i] >> shift) + one] += np.uint32(1)
        total = np.uint32(0)
        for slot in range(1 << bits):
            total += ends[slot]
            ends[slot] = total
        for i in range(size):
            free = ends[piece[i] >> shift]
            ends[piece[i] >> shift] = free + np.uint32(1)
            keys[free], places[free] = piece[i], i
        left = np.int64(MOVES * size)
        for i in range(1, size):
            key, number, place = keys[i], places[i], np.uint64(i)
            while place > 0 and keys[place - one] > key:
                keys[place], places[place] = keys[place - one], places[place - one]
                place -= one
            keys[place], places[place] = key, number
            left -= i - np.int64(place)
            if left < 0:
                places[:size] = np.argsort(piece, kind="mergesort")
                keys[:] = piece[places[:size]]
                break
        at, begins = order[first : first + size], fresh[first : first + size]
        for i in range(size):
            at[i] = first + np.int64(places[i])
        for i in range(1, size):
            begins[i] = keys[i] != keys[i - 1]


@kernel
def repeated(order: Positions, fresh: Mask) -> tuple[Positions, Positions]:
    """Return the members of groups of two and more, and where each starts; `fresh` begins a group."""
    members, starts = np.empty(len(order) + 1, np.int64), np.empty(len(order) // 2 + 1, np.int64)
    count, begun = np.uint64(0), np.uint64(0)
    for i in range(len(order)):
        alone = i + 1 == len(order) or fresh[i + 1]
        members[count], starts[begun] = order[i], count
        count += np.uint64(not (fresh[i] and alone))
        begun += np.uint64(fresh[i] and not alone)
    return members[:count].copy(), starts[:begun].copy()


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


@kernel
def most_copies(hashes: Hashes, offsets: Positions, longest: int, most: Positions) -> None:
    """Raise `most` of each row to the copies, side by side, of a pattern of 1 to `longest` hashes.

    A hash is compared with those before it only if one of them has the same first eight bits.
    """
    last, near, count = (
        np.full(256, -longest - 1, np.int64),
        np.empty(len(hashes) + 1, np.int64),
        np.uint64(0),
    )
    for i in range(len(hashes)):
        slot = hashes[i] >> np.uint64(56)
        near[count] = i
        count += np.uint64(i - last[slot] <= longest)
        last[slot] = i
    ends, runs, row = np.zeros(longest + 1, np.int64), np.zeros(longest + 1, np.int64), 0
    for i in near[:count]:
        while offsets[row + 1] <= i:
            row += 1
        before = hashes[max(offsets[row], i - longest) : i]
        for place in range(len(before)):
            if before[place] == hashes[i]:
                period = len(before) - place
                runs[period] = runs[period] + 1 if ends[period] == i else 1
                ends[period] = i + 1
                if runs[period] >= period:
                    most[row] = max(most[row], runs[period] // period + 1)


@kernel
def most_frequent(hashes: Hashes, offsets: Positions, places: Positions, counts: Positions) -> bool:
    """Find how often the most frequent hash of each row, the first of equals, occurs, and where first.

    False, and nothing of use in them, where a row is very long or too many of its hashes begin alike.
    """
    longest, one = 1, np.uint64(1)
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    if longest > TABLED:
        return False
    keys, seen = np.empty(8 * longest, np.uint64), np.zeros(8 * longest, np.uint32)
    slots = np.empty(longest, np.uint32)
    for row in range(len(offsets) - 1):
        piece, bits, most = hashes[offsets[row] : offsets[row + 1]], one, np.uint32(0)
        while one << bits < np.uint64(4 * len(piece)):
            bits += one
        shift, last, left = np.uint64(64) - bits, (one << bits) - one, np.int64(MOVES * len(piece))
        seen[: one << bits] = 0
        for i in range(len(piece)):
            slot = piece[i] >> shift
            while seen[slot] and keys[slot] != piece[i]:
                slot = (slot + one) & last
                left -= 1
            if left < 0:
                return False
            keys[slot], slots[i] = piece[i], slot
            seen[slot] += np.uint32(1)
            most = max(most, seen[slot])
        counts[row], first = most, 0
        while most > np.uint32(1) and seen[slots[first]] < most:
            first += 1
        places[row] = offsets[row] + first
    return True
