"""The SimHash of ROOTS, whose units differ by language."""

import numpy as np
import pyarrow as pa

from filters.language_keys import list_keys
from filters.registry import signal
from filters.signals.dedup import simhash
from filters.text import TextBatch

BY_WORDS = "en"
SHINGLE = 6


@signal(pa.int64(), unit="64 bits", source="BigScience ROOTS, roots_dedup_simhash.csv")
def roots_simhash(text: TextBatch, lang: pa.Array) -> pa.Array:
    """SimHash of 6-grams of words for English texts, of code points for all others; null without one."""
    english = np.array([BY_WORDS in list_keys(label or "") for label in lang.to_pylist()], np.bool_)
    by_words = simhash(text, n=SHINGLE, unit="word").to_pylist() if english.any() else []
    found = simhash(text, n=SHINGLE, unit="character").to_pylist()
    return pa.array([by_words[i] if english[i] else found[i] for i in range(len(text))], pa.int64())
