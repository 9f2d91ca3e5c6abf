"""Compiled loops from code points to MinHash signatures; the NumPy code with the same bits calls them.

A kernel calls no other function of the project, so the finalisers of MurmurHash3 are written out; every
constant is unsigned, as Numba makes a float of a signed and an unsigned 64-bit number.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.compiled import kernel

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

SLOW_BIT: Final = np.uint32(1 << 31)
"""In the table of code points: of a word that takes more than this table to find."""
MARK_BIT: Final = np.uint32(1 << 30)
"""In the table of code points: a mark, with which no word begins."""
VALUE_BITS: Final = MARK_BIT - np.uint32(1)

# Finalizers of MurmurHash3 (public domain), 64 and 32 bits.
SHIFT_64: Final = np.uint64(33)
FIRST_64: Final = np.uint64(0xFF51AFD7ED558CCD)
SECOND_64: Final = np.uint64(0xC4CEB9FE1A85EC53)
FIRST_32: Final = np.uint32(0x85EBCA6B)
SECOND_32: Final = np.uint32(0xC2B2AE35)
SHIFT_32: Final = np.uint32(16)
MIDDLE_32: Final = np.uint32(13)


@kernel
def hash_runs(codepoints: U32, row_offsets: I64, table: U32, powers: U64, hashes: U64, offsets: I64) -> bool:
    """Hash each run of letters, numbers and marks of a row, from its first letter or number on.

    Fills `hashes`, which has room for one run more, and the row `offsets` into them. False, and nothing of
    use in them, where a code point is marked as slow or a row is longer than there are powers. No branch
    depends on where words end, which a processor cannot foresee.
    """
    none, one = np.uint64(0), np.uint64(1)
    count = none
    for row in range(len(row_offsets) - 1):
        offsets[row] = count
        total, length = none, none
        piece = codepoints[row_offsets[row] : row_offsets[row + 1]]
        if len(piece) > len(powers):
            return False
        for i in range(len(piece)):
            value = table[piece[i]]
            if value >= MARK_BIT:
                if value >= SLOW_BIT:
                    return False
                value = value & VALUE_BITS if length else np.uint32(0)
            total += np.uint64(value) * powers[length]
            hashes[count] = total  # for good where the run ends
            count += one if value == 0 and length > 0 else none
            total = total if value else none
            length = length + one if value else none
        hashes[count] = total
        count += one if length > 0 else none
    offsets[len(row_offsets) - 1] = count
    for i in range(count):
        mixed = hashes[i]
        mixed = (mixed ^ (mixed >> SHIFT_64)) * FIRST_64
        mixed = (mixed ^ (mixed >> SHIFT_64)) * SECOND_64
        hashes[i] = mixed ^ (mixed >> SHIFT_64)
    return True


@kernel
def hash_windows(units: U64, offsets: I64, constants: U64, n: int, hashes: U64, starts: I64) -> None:
    """Hash each window of `n` units of a row, or the row if it is shorter.

    `constants`: 2 n, of the places in a window and of the numbers of units in a short row. `starts`: where
    in `hashes` those of each row begin.
    """
    for row in range(len(offsets) - 1):
        count = offsets[row + 1] - offsets[row]
        found = hashes[starts[row] : starts[row + 1]]
        for i in range(len(found)):
            found[i] = constants[n + count] if count < n else np.uint64(0)
        for place in range(min(n, count)):
            constant = constants[place]
            shifted = units[offsets[row] + place : offsets[row + 1]]
            for i in range(len(found)):
                found[i] += shifted[i] * constant
        for i in range(len(found)):
            mixed = found[i]
            mixed = (mixed ^ (mixed >> SHIFT_64)) * FIRST_64
            mixed = (mixed ^ (mixed >> SHIFT_64)) * SECOND_64
            found[i] = mixed ^ (mixed >> SHIFT_64)


@kernel
def mix_bases(hashes: U64, shift: np.uint64, mixed: U32) -> None:
    """Put 32 bits of each hash, from `shift` on, through the finaliser; 1 in place of 0."""
    for at in range(len(hashes)):
        value = np.uint32(hashes[at] >> shift)
        value = np.uint32((value ^ (value >> SHIFT_32)) * FIRST_32)
        value = np.uint32((value ^ (value >> MIDDLE_32)) * SECOND_32)
        value = np.uint32(value ^ (value >> SHIFT_32))
        mixed[at] = max(value, np.uint32(1))


@kernel
def least_products(bases: U32, offsets: I64, a: U32, out: U32) -> None:
    """Lower `out`, a row of permutations for each row of bases, to the least of a x modulo 2^32.

    Eight bases are taken at a time: what is least for a permutation is then read and written once for them.
    """
    for row in range(len(offsets) - 1):
        least = out[row]
        piece = bases[offsets[row] : offsets[row + 1]]
        eights = len(piece) // 8 * 8
        for at in range(0, eights, 8):
            x0, x1, x2, x3 = piece[at], piece[at + 1], piece[at + 2], piece[at + 3]
            x4, x5, x6, x7 = piece[at + 4], piece[at + 5], piece[at + 6], piece[at + 7]
            for i in range(len(a)):
                times = a[i]
                low = min(np.uint32(x0 * times), np.uint32(x1 * times))
                low = min(low, np.uint32(x2 * times), np.uint32(x3 * times))
                low = min(low, np.uint32(x4 * times), np.uint32(x5 * times))
                low = min(low, np.uint32(x6 * times), np.uint32(x7 * times))
                least[i] = min(least[i], low)
        for at in range(eights, len(piece)):
            base = piece[at]
            for i in range(len(a)):
                least[i] = min(least[i], np.uint32(base * a[i]))
