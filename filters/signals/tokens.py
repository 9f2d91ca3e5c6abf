"""Runs of tokens: how much of a text stands in long ones, how often a pattern of them follows itself."""

from typing import Final

import numpy as np
import pyarrow as pa

from filters.registry import signal
from filters.signals.columns import column, ratio
from filters.spans import maxima, runs, sums
from filters.text import TextBatch

DOLMA: Final = "Dolma v1.6, repeated patterns (GPT-NeoX tokens, periods 1 to 13, 100 repetitions)"


@signal(
    pa.float32(), unit="ratio", source="GlotCC v1, filters/filter-v1.ipynb, hani_list_case (20, under 0.3)"
)
def long_token_char_ratio(text: TextBatch, *, characters: int = 20) -> pa.Array:
    """Code points in white-space tokens of at least so many / code points; null for an empty text."""
    words = text.words("whitespace")
    lengths = words.lengths
    return ratio(text, sums(np.where(lengths >= characters, lengths, 0), words.offsets), text.lengths)


@signal(pa.int32(), unit="copies", source=DOLMA)
def max_pattern_run(text: TextBatch, *, longest: int = 13, kind: str = "tokens") -> pa.Array:
    """Most copies, one after another, of a pattern of 1 to `longest` words; null where there is no word.

    Words in place of a model's tokens.
    """
    words, hashes = text.words(kind), text.word_hashes(kind, fold=False)
    best = np.minimum(words.counts, 1)
    for period in range(1, min(longest, max(len(hashes) - 1, 0)) + 1):
        same = np.zeros(len(hashes), dtype=np.bool_)
        same[:-period] = hashes[:-period] == hashes[period:]
        crossing = np.concatenate([words.offsets[1:] - step for step in range(1, period + 1)])
        same[crossing[crossing >= 0]] = False
        starts, ends = runs(same, words.offsets)
        offsets = np.searchsorted(starts, words.offsets)
        best = np.maximum(best, maxima((ends - starts) // period + 1, offsets))
    return column(text, best, pa.int32(), words.counts == 0)
