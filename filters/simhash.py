"""SimHash: 64 bits of which near-copies differ in few, and keys by which those few are found (Charikar 2002).

ROOTS (BigScience, data-preparation 9d05884, `deduplicate/`) takes documents as copies whose hashes differ in
at most 4 bits, found by cutting the hash into 6 blocks: two hashes that differ in 4 bits agree in 2 blocks at
least, so each choice of 2 blocks of the 6 is a key.
"""

from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from filters.shingles import GOLDEN, U64, Shingles, mix64
from schemas.errors import RecipeError

BITS = 64
BLOCK = 1 << 12
"""Shingles whose bits are counted at once: a quarter of a megabyte."""
MOST = 255
"""Shingles whose bits a byte can count."""


def simhashes(shingles: Shingles) -> U64:
    """Return for each row the bits that more than half of its shingle hashes have; 0 where it has none."""
    sums = np.zeros((len(shingles), BITS), np.int64)
    rows = np.repeat(np.arange(len(shingles)), shingles.counts)
    for first in range(0, len(rows), BLOCK):
        bits = np.unpackbits(shingles.hashes[first : first + BLOCK].view(np.uint8).reshape(-1, 8), axis=1)
        block = rows[first : first + BLOCK]
        begins = np.append(True, block[1:] != block[:-1])
        begins[::MOST] = True
        starts = np.flatnonzero(begins)
        counts = np.add.reduceat(bits.view(np.uint64), starts, axis=0).view(np.uint8)  # eight in a number
        groups = block[starts]
        firsts = np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))
        sums[groups[firsts]] += np.add.reduceat(counts, firsts, axis=0, dtype=np.int64)
    packed = np.packbits(2 * sums > shingles.counts[:, None], axis=1)
    return packed.reshape(-1).view(np.uint64)


def distances(left: U64, right: U64) -> NDArray[np.int64]:
    """Return the number of bits in which two columns of hashes differ."""
    counts: NDArray[np.int64] = np.bitwise_count(left ^ right).astype(np.int64)
    return counts


def block_keys(hashes: U64, distance: int, blocks: int) -> U64:
    """Return keys, one row for each hash, of which hashes that differ in at most `distance` bits share one.

    Raises:
        RecipeError: there are no more blocks than bits may differ, or more than 64.
    """
    if not 0 <= distance < blocks <= BITS:
        raise RecipeError(
            f"simhash: expected a distance below the number of blocks, at most {BITS}, "
            f"got {distance} and {blocks}"
        )
    bounds = np.linspace(0, BITS, blocks + 1).astype(int)
    masks = [sum(1 << bit for bit in range(a, b)) for a, b in pairwise(bounds)]
    chosen = [sum(pieces) for pieces in combinations(masks, blocks - distance)]
    kept = hashes[:, None] & np.array(chosen, np.uint64)[None, :]
    return mix64(mix64(kept) + np.arange(1, len(chosen) + 1, dtype=np.uint64) * GOLDEN)
