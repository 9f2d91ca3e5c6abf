"""Hashes by which equal texts are found."""

import numpy as np
import pyarrow as pa

from filters.hashing import row_hashes
from filters.registry import signal
from filters.shingle_words import shingle_word_hashes
from filters.shingles import distinct, hash_ngrams
from filters.signals.columns import hashes
from filters.spans import kept
from filters.text import TextBatch
from filters.unicode_tables import ASCII_PUNCT, SPACE


@signal(pa.int64(), unit="hash", source="own")
def content_hash(text: TextBatch) -> pa.Array:
    """64-bit hash of the white-space words, case-folded, in order; null without a word."""
    words = text.words("whitespace")
    return hashes(text, row_hashes(text.word_hashes("whitespace"), words.offsets), words.counts == 0)


@signal(pa.int64(), unit="hash", source="Glot500-c, SF5 (recipes.md 2.1)")
def stripped_hash(text: TextBatch) -> pa.Array:
    """64-bit hash of the text without white space, P and ASCII punctuation; null if nothing is left."""
    removed = text.flag(SPACE) | text.flag(ASCII_PUNCT) | text.in_categories("P")
    left = ~removed
    counts = text.row_sums(left)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    return hashes(text, row_hashes(kept(text.codepoints, left), offsets), counts == 0)


@signal(pa.list_(pa.int64()), unit="hashes", source="Dolma and DCLM (BFF): n-grams of paragraphs")
def ngram_hashes(text: TextBatch, *, n: int = 13) -> pa.Array:
    """Distinct 64-bit hashes of the n-grams of the case-folded words; none without a word.

    A text of fewer than `n` words has one hash, of all of them. Both tools put n-grams (DCLM: of 20 words)
    into a Bloom filter; here the hashes are kept.
    """
    hashes, offsets, _ = shingle_word_hashes(text)
    grams = distinct(hash_ngrams(hashes, offsets, n))
    values, offsets = pa.array(grams.hashes.view(np.int64)), pa.array(grams.offsets.astype(np.int32))
    return pa.ListArray.from_arrays(offsets, values, mask=pa.array(text.is_null))
