"""Whether a text shares n-grams of words with given texts, such as the questions of a benchmark.

GPT-3 (Brown et al. 2020, appendix C) and Dolma compare 13-grams of lower-cased words without punctuation.
Words here are those of the shingles (`filters/shingle_words.py`), so that scripts without spaces are compared
as well.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.shingle_words import shingle_word_hashes
from filters.shingles import U64, hash_ngrams
from filters.text import TextBatch

GRAM_WORDS = 13
SHORTEST = 8  # words: GPT-3 leaves shorter texts out, since common phrases would match


def benchmark_grams(text: TextBatch, n: int = GRAM_WORDS, shortest: int = SHORTEST) -> dict[int, U64]:
    """Return by their number of words the sorted hashes of the n-grams of all rows.

    A row of fewer than `n` words, but at least `shortest`, gives one gram of all its words; a shorter one
    gives none.
    """
    hashes, offsets, _ = shingle_word_hashes(text)
    counts = np.diff(offsets)
    found = {}
    for size in np.unique(np.minimum(counts[counts >= min(shortest, n)], n)).tolist():
        of_size = (counts >= n) if size == n else (counts == size)
        grams = hash_ngrams(hashes, offsets, size)
        found[int(size)] = np.unique(grams.hashes[np.repeat(of_size, grams.counts)])
    return found


def shared_gram_count(text: TextBatch, grams: dict[int, U64]) -> pa.Array:
    """Return how many places of each row begin an n-gram of `grams` (int32); null for a null row."""
    hashes, offsets, _ = shingle_word_hashes(text)
    counts = np.zeros(len(text), np.int32)
    for size, known in grams.items():
        places = hash_ngrams(hashes, offsets, size)
        windows = np.repeat(np.diff(offsets) >= size, places.counts)
        hits = _is_in(places.hashes, known) & windows
        counts += np.bincount(
            np.repeat(np.arange(len(text)), places.counts)[hits], minlength=len(text)
        ).astype(np.int32)
    return pa.array(counts, pa.int32(), mask=text.is_null)


def _is_in(hashes: U64, known: U64) -> NDArray[np.bool_]:
    if not len(known):
        return np.zeros(len(hashes), np.bool_)
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    found: NDArray[np.bool_] = known[places] == hashes
    return found
