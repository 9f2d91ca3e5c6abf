"""Locality-sensitive hashing of signatures: how many bands of how many rows, and a 64-bit key of each."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.shingles import GOLDEN, U64, mix64, place_constants
from schemas.errors import RecipeError


class Bands(NamedTuple):
    """A signature cut into `bands` pieces of `rows` values; documents with an equal piece are candidates."""

    bands: int
    rows: int


DEFAULT_BANDS = Bands(25, 5)
"""Of 128 permutations. A pair of Jaccard similarity 0.8 shares a band with a chance of 0.99995, of 0.7 with
0.99, of 0.5 with 0.55, of 0.3 with 0.06. Verification removes what is not alike, so nothing is gained by
missing pairs: the split that errs least at 0.8, 9 x 13, finds 0.40 of them. With 21 x 6 one seed in twelve
lost a pair above 0.8.
"""


def candidate_probability(similarity: float, bands: int, rows: int) -> float:
    """Return the chance that a pair of this Jaccard similarity shares a band: 1 - (1 - s^rows)^bands."""
    return float(1 - (1 - similarity**rows) ** bands)


@functools.cache
def optimal_bands(
    threshold: float,
    permutations: int,
    false_positive_weight: float = 0.5,
    false_negative_weight: float = 0.5,
) -> Bands:
    """Return the bands and rows, of at most `permutations` values, that err least at `threshold`.

    The error is the weighted area of false candidates below and of missed pairs above the threshold; of equal
    errors the one with fewer bands, then fewer rows. This is the search of datasketch (`_optimal_param`) and
    text-dedup.

    Raises:
        RecipeError: the threshold lies outside 0 to 1, or there is no permutation.
    """
    from scipy.integrate import quad  # takes half a second to import, and most runs name their bands

    if not 0 <= threshold <= 1 or permutations < 1:
        raise RecipeError(
            "minhash: expected a threshold from 0 to 1 and at least 1 permutation, "
            f"got {threshold} and {permutations}"
        )
    least, best = float("inf"), Bands(1, 1)
    for bands in range(1, permutations + 1):
        for rows in range(1, permutations // bands + 1):
            false, _ = quad(candidate_probability, 0.0, threshold, args=(bands, rows))
            found, _ = quad(candidate_probability, threshold, 1.0, args=(bands, rows))
            error = false_positive_weight * false + false_negative_weight * (1 - threshold - found)
            if error < least:
                least, best = error, Bands(bands, rows)
    return best


def check_bands(bands: int, rows: int, permutations: int) -> Bands:
    """Return the pair, or say what does not fit.

    Raises:
        RecipeError: a number is below 1, or the bands need more values than there are.
    """
    if bands < 1 or rows < 1 or bands * rows > permutations:
        raise RecipeError(
            f"minhash: expected bands x rows of at most {permutations} permutations, got {bands} x {rows}; "
            "give fewer bands, or more permutations"
        )
    return Bands(bands, rows)


def band_hashes(
    signed: NDArray[np.unsignedinteger], bands: int, rows: int, group: NDArray[np.int64] | None = None
) -> U64:
    """Return a 64-bit key of each band of each signature, one row of `bands` keys a signature.

    Keys of different bands differ, and so do keys of different groups (a language): one column holds all.

    Raises:
        RecipeError: the signatures have fewer values than the bands need.
    """
    check_bands(bands, rows, signed.shape[1])
    pieces = signed[:, : bands * rows].astype(np.uint64).reshape(len(signed), bands, rows)
    sums = (mix64(pieces) * place_constants(rows)).sum(axis=2, dtype=np.uint64)
    sums += np.arange(1, bands + 1, dtype=np.uint64) * GOLDEN
    if group is not None:
        sums ^= mix64(group.view(np.uint64) ^ GOLDEN)[:, None]
    return mix64(sums)
