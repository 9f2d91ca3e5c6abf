"""Hashes by which equal texts are found."""

import numpy as np
import pyarrow as pa

from filters.hashing import row_hashes
from filters.registry import signal
from filters.signals.columns import hashes
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
    kept = np.flatnonzero(~removed)
    offsets = np.searchsorted(kept, text.row_offsets)
    return hashes(text, row_hashes(text.codepoints[kept], offsets), np.diff(offsets) == 0)
