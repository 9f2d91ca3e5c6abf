"""Runs of tokens: how much of a text stands in long ones, how often a pattern of them follows itself."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_ngrams import most_copies
from filters.registry import signal
from filters.signals.columns import column, ratio
from filters.spans import sums
from filters.text import TextBatch

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]
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
    if is_compiled():
        most_copies(hashes, words.offsets, longest, best)
    else:
        _raise_to_copies(hashes, words.offsets, longest, best)
    return column(text, best, pa.int32(), words.counts == 0)


def _raise_to_copies(hashes: Hashes, offsets: Positions, longest: int, best: Positions) -> None:
    """Look for words that equal the one a period later, period after period."""
    periods = range(1, min(longest, max(len(hashes) - 1, 0)) + 1)
    found = [np.flatnonzero(hashes[:-period] == hashes[period:]) for period in periods]
    if not found:
        return
    at, period = np.concatenate(found), np.repeat(periods, [len(each) for each in found])
    row = np.searchsorted(offsets, at, side="right") - 1
    inside = np.flatnonzero(at + period < offsets[row + 1])
    at, period, row = at[inside], period[inside], row[inside]
    fresh = (np.diff(at, prepend=-2) != 1) | (np.diff(period, prepend=0) != 0)
    firsts = np.flatnonzero(fresh)  # of each run
    np.maximum.at(best, row[firsts], np.diff(firsts, append=len(at)) // period[firsts] + 1)
