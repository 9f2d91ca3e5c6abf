"""The quality rules of Gopher, in the five readings of published code.

paper, here          words are Unicode words; mean length; `#` and ellipses apart
datatrove            `kind="tokens"`; word length over tokens that are not all punctuation
(`symbols=False`) Dolma                `kind="whitespace"`; median length; a word that holds `#` or `…`
counts once DCLM                 `#`, `...`, `. . .` and `…`, summed
RedPajama-V2         `kind="word_punct"`; `#`, `...` and `…`, summed
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.registry import signal
from filters.search import count
from filters.signals.columns import column, ratio
from filters.spans import sums
from filters.text import TextBatch
from filters.unicode_tables import ALPHA

Positions = NDArray[np.int64]
GOPHER = "Rae et al. 2021, arXiv:2112.11446, section A.1.1"


@signal(pa.float32(), unit="code points", source="Dolma python/dolma/taggers/gopher.py")
def median_word_length(text: TextBatch, *, kind: str = "whitespace") -> pa.Array:
    """Median code points per word, the mean of the middle two; null where there is no word."""
    words = text.words(kind)
    counts, lengths = words.counts, words.lengths
    order = np.argsort((words.rows << 32) | lengths)
    filled = counts > 0
    values = np.zeros(len(text))
    middle = words.offsets[:-1][filled] + (counts[filled] - 1) // 2
    upper = words.offsets[:-1][filled] + counts[filled] // 2
    values[filled] = (lengths[order[middle]] + lengths[order[upper]]) / 2
    return column(text, values, pa.float32(), ~filled)


@signal(pa.float32(), unit="symbols per word", source=f"{GOPHER}; datatrove gopher_quality_filter.py")
def hash_word_ratio(text: TextBatch, *, kind: str = "unicode") -> pa.Array:
    """Number signs `#` / words; null without a word."""
    return ratio(text, text.per_row(text.symbol("#")), text.words(kind).counts)


@signal(pa.float32(), unit="symbols per word", source=f"{GOPHER}; datatrove gopher_quality_filter.py")
def ellipsis_word_ratio(text: TextBatch, *, kind: str = "unicode") -> pa.Array:
    """Ellipses, `…` and each `...` (three dots are one, six two) / words; null without a word."""
    return ratio(text, ellipses(text), text.words(kind).counts)


@signal(pa.float32(), unit="symbols per word", source="RedPajama-V2 rps_doc_symbol_to_word_ratio; DCLM")
def symbol_word_ratio(text: TextBatch, *, kind: str = "word_punct", spaced: bool = False) -> pa.Array:
    """Number signs, `…` and `...`, with `spaced` also `. . .` (DCLM) / words; null without a word."""
    symbols = text.per_row(text.symbol("#")) + ellipses(text)
    if spaced:
        symbols = symbols + count(text, ". . .")
    return ratio(text, symbols, text.words(kind).counts)


@signal(pa.float32(), unit="ratio", source="Dolma python/dolma/taggers/gopher.py")
def words_with_symbol_ratio(text: TextBatch) -> pa.Array:
    """White-space words that hold `#` or `…` / white-space words; null without a word."""
    words = text.words("whitespace")
    at = np.concatenate((text.symbol("#"), text.symbol("…")))
    held = np.unique(np.searchsorted(words.starts, at, side="right") - 1)
    return ratio(text, np.diff(np.searchsorted(held, words.offsets)), words.counts)


@signal(pa.float32(), unit="ratio", source=GOPHER)
def alphabetic_word_ratio(text: TextBatch, *, kind: str = "unicode") -> pa.Array:
    """Words with a letter (`str.isalpha`) / words; null without one."""
    words = text.words(kind)
    return ratio(text, sums((text.word_flags(kind) & np.uint32(ALPHA)) != 0, words.offsets), words.counts)


def ellipses(text: TextBatch) -> Positions:
    """Return how many `…` and how many `...`, counted from the left without overlap, each row has."""
    return text.per_row(text.symbol("…")) + count(text, "...")
