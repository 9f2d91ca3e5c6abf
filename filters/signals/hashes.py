"""Hashes by which equal texts are found."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.hashing import PrefixHashes
from filters.registry import signal
from filters.signals.columns import hashes
from filters.spans import sums
from filters.text import TextBatch
from filters.unicode_tables import ASCII_PUNCT, SPACE


@signal(pa.int64(), unit="hash", source="own")
def content_hash(text: TextBatch) -> pa.Array:
    """64-bit hash of the case-folded text, white space runs as one space and none at the ends; null without content."""
    space = text.flag(SPACE)
    kept = ~space
    words = text.words("whitespace")
    follows = np.ones(len(words), dtype=np.bool_)
    follows[words.offsets[:-1][words.counts > 0]] = False
    kept[words.starts[follows] - 1] = True
    return _hash_of(text, np.where(space, np.uint32(0x20), text.folded), kept)


@signal(pa.int64(), unit="hash", source="Glot500-c, SF5 (recipes.md 2.1)")
def stripped_hash(text: TextBatch) -> pa.Array:
    """64-bit hash of the text without white space, Unicode punctuation (P) and ASCII punctuation; null if nothing is left."""
    removed = text.flag(SPACE) | text.flag(ASCII_PUNCT) | text.in_categories("P")
    return _hash_of(text, text.codepoints, ~removed)


def _hash_of(text: TextBatch, codepoints: NDArray[np.uint32], kept: NDArray[np.bool_]) -> pa.Array:
    counts = sums(kept, text.row_offsets)
    ends = np.cumsum(counts)
    return hashes(text, PrefixHashes(codepoints[kept]).spans(ends - counts, ends), counts == 0)
