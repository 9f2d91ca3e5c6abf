"""Sets of n-gram hashes per row, from any flat array of unit hashes (words, code points) with row offsets.

An n-gram hash is a sum of the n unit hashes, each times an odd constant of its place, put through a 64-bit
finalizer. Everything here is arithmetic on flat arrays; no loop runs over rows, words or characters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.counting import distinct_in_rows
from filters.hashing import CACHED, mix
from filters.kernels_signatures import hash_windows
from filters.shingle_words import shingle_word_hashes, shingle_words
from filters.spans import span_positions
from filters.text import TextBatch
from filters.unicode_tables import SEGMENTED

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

# 2^64 divided by the golden ratio, odd: spreads consecutive integers (Knuth, The Art of Computer Programming
# 3, 6.4).
GOLDEN = np.uint64(0x9E3779B97F4A7C15)

SHINGLE_SIZE = 5  # words; the size of every published web recipe but RedPajama-V2 (13)
UNSPACED_FACTOR = 2
CHARACTER_SHINGLE_SIZE = 5  # code points; SlimPajama and Lee et al. use 5 to 13, short texts want few


@dataclass(frozen=True, slots=True)
class Shingles:
    """Well mixed n-gram hashes, repeats included; those of row i are `hashes[offsets[i]:offsets[i + 1]]`."""

    hashes: U64
    offsets: I64

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def counts(self) -> I64:
        """Return the number of shingles of each row."""
        return np.diff(self.offsets)


def mix64(values: U64) -> U64:
    """Return a mixed copy of `values`: a bijection in which each bit of input moves each bit of output."""
    return mix(values.copy())


def place_constants(count: int) -> U64:
    """Return one odd 64-bit constant for each place 0 ... count - 1."""
    with np.errstate(over="ignore"):
        return mix64(np.arange(1, count + 1, dtype=np.uint64) * GOLDEN) | np.uint64(1)


def hash_ngrams(units: U64, offsets: I64, n: int) -> Shingles:
    """Hash each window of `n` units that lies in one row.

    A row of fewer than `n` units, but not none, gets one shingle: the hash of all its units and their number.
    Two such rows share it only where they are equal, so short rows are compared exactly. A row without units
    gets none.
    """
    counts = np.diff(offsets)
    windows = np.maximum(counts - n + 1, 0)
    short = np.flatnonzero((counts > 0) & (counts < n))
    windows[short] = 1
    starts = np.concatenate(([0], np.cumsum(windows)))
    if is_compiled():
        hashes = np.empty(starts[-1], np.uint64)
        hash_windows(units, offsets, place_constants(2 * n), n, hashes, starts)
        return Shingles(hashes, starts)
    sums = _window_sums(units, n)
    picked = np.arange(starts[-1]) + np.repeat(offsets[:-1] - starts[:-1], windows)
    if len(short):
        sums = np.concatenate((sums, np.zeros(max(0, len(units) - len(sums)), np.uint64)))
        sums[offsets[short]] = _short_sums(units, offsets[short], counts[short], n)
    return Shingles(mix64(sums[picked]), starts)


def _window_sums(units: U64, n: int) -> U64:
    size = max(len(units) - n + 1, 0)
    sums = np.zeros(size, np.uint64)
    room = np.empty(min(size, CACHED), np.uint64)
    for start in range(0, size, CACHED):
        piece = sums[start : start + CACHED]
        term = room[: len(piece)]
        for place, constant in enumerate(place_constants(n), start):
            np.multiply(units[place : place + len(piece)], constant, out=term)
            piece += term
    return sums


def _short_sums(units: U64, starts: I64, counts: I64, n: int) -> U64:
    """Sum the units of rows of 1 to n - 1 units, each times its place's constant, and their number's mark."""
    constants = place_constants(2 * n)
    sums = constants[n + counts].copy()
    for place in range(n - 1):
        rows = np.flatnonzero(counts > place)
        sums[rows] += units[starts[rows] + place] * constants[place]
    return sums


def hash_sequences(units: U64, offsets: I64) -> U64:
    """Return one hash for each row: of its units, their order and their number.

    Multilinear: the sum of each unit times the constant of its place in the row, modulo 2^64, then mixed. The
    chance that two different rows agree is about 2^-64 (2^-59 where all units differ by multiples of 32).
    """
    counts = np.diff(offsets)
    longest = int(counts.max(initial=0))
    places = np.arange(offsets[0], offsets[-1]) - np.repeat(offsets[:-1], counts)
    terms = units[offsets[0] : offsets[-1]] * place_constants(longest)[places]
    return mix64(sum_rows(terms, offsets - offsets[0]) + counts.astype(np.uint64) * GOLDEN)


def sum_rows(values: U64, offsets: I64) -> U64:
    """Return the sum modulo 2^64 of each row of a flat array; 0 for an empty row."""
    totals = np.zeros(len(offsets) - 1, np.uint64)
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        totals[filled] = np.add.reduceat(values, offsets[filled])
    return totals


def word_shingles(text: TextBatch, n: int = SHINGLE_SIZE) -> Shingles:
    """Return the n-grams of the case-folded `shingle_words` of each row.

    In a row of which most words are of scripts without spaces, 2 n words are one shingle: five English words
    are 25 letters, five words of an ICU dictionary 9 (Japanese) to 20 (Thai).
    """
    hashes, offsets, has_unspaced = shingle_word_hashes(text)
    narrow = hash_ngrams(hashes, offsets, n)
    if not has_unspaced:
        return narrow
    unspaced = np.concatenate(([0], np.cumsum(text.flag(SEGMENTED)[shingle_words(text).starts])))
    is_wide = 2 * np.diff(unspaced[offsets]) > np.diff(offsets)
    return _choose(is_wide, hash_ngrams(hashes, offsets, UNSPACED_FACTOR * n), narrow)


def _choose(is_first: NDArray[np.bool_], first: Shingles, second: Shingles) -> Shingles:
    """Return the shingles of `first` for the rows that are marked, of `second` for the others."""
    counts = np.where(is_first, first.counts, second.counts)
    starts = np.where(is_first, first.offsets[:-1], second.offsets[:-1] + len(first.hashes))
    offsets = np.concatenate(([0], np.cumsum(counts)))
    picked = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], counts)
    return Shingles(np.concatenate((first.hashes, second.hashes))[picked], offsets)


def character_shingles(text: TextBatch, n: int = CHARACTER_SHINGLE_SIZE) -> Shingles:
    """Return n-grams of the code points of each row's case-folded words, without what is between these."""
    words = shingle_words(text)
    bounds = np.concatenate(([0], np.cumsum(words.lengths)))
    units = mix64(text.folded[span_positions(words)].astype(np.uint64) * GOLDEN)
    return hash_ngrams(units, bounds[words.offsets], n)


def distinct(shingles: Shingles) -> Shingles:
    """Return each row's shingles as a sorted set."""
    return Shingles(*distinct_in_rows(shingles.hashes, shingles.offsets))


def jaccard(left: U64, right: U64) -> float:
    """Return the share of common values in two sorted sets; 0 where both are empty."""
    common = len(np.intersect1d(left, right, assume_unique=True))
    union = len(left) + len(right) - common
    return common / union if union else 0.0
