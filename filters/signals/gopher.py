"""The quality rules of Gopher, in the five readings of published code.

paper, here       words are Unicode words; mean length; `#` and ellipses apart
datatrove         `kind="tokens"`; `plain_word_count`, `mean_plain_word_length`
Dolma             `kind="whitespace"`; median length; a word that holds `#` or `…` counts once
DCLM              `#`, `...`, `. . .` and `…`, summed
RedPajama-V2      `kind="word_punct"`; `#`, `...` and `…`, summed
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.registry import signal
from filters.search import count as occurrences
from filters.signals.columns import column, count, ratio
from filters.spans import distinct, sorted_lengths, span_positions, sums
from filters.text import TextBatch
from filters.unicode_tables import ALPHA, listed, look_up

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]
PUNCTUATION = "datatrove_punctuation"
GOPHER = "Rae et al. 2021, arXiv:2112.11446, section A.1.1"


@signal(pa.float32(), unit="code points", source="Dolma python/dolma/taggers/gopher.py")
def median_word_length(text: TextBatch, *, kind: str = "whitespace") -> pa.Array:
    """Median code points per word, the mean of the middle two; null where there is no word."""
    words = text.words(kind)
    counts = words.counts
    ordered = sorted_lengths(words)
    filled = counts > 0
    values = np.zeros(len(text))
    middle = words.offsets[:-1][filled] + (counts[filled] - 1) // 2
    upper = words.offsets[:-1][filled] + counts[filled] // 2
    values[filled] = (ordered[middle] + ordered[upper]) / 2
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
        symbols = symbols + occurrences(text, ". . .")
    return ratio(text, symbols, text.words(kind).counts)


@signal(pa.float32(), unit="ratio", source="Dolma python/dolma/taggers/gopher.py")
def words_with_symbol_ratio(text: TextBatch) -> pa.Array:
    """White-space words that hold `#` or `…` / white-space words; null without a word."""
    words = text.words("whitespace")
    at = np.sort(np.concatenate((text.symbol("#"), text.symbol("…"))))
    held = distinct(np.searchsorted(words.starts, at, side="right") - 1)
    return ratio(text, np.diff(np.searchsorted(held, words.offsets)), words.counts)


@signal(pa.float32(), unit="ratio", source=GOPHER)
def alphabetic_word_ratio(text: TextBatch, *, kind: str = "unicode") -> pa.Array:
    """Words with a letter (`str.isalpha`) / words; null without one."""
    words = text.words(kind)
    return ratio(text, sums(text.words_with(ALPHA, kind), words.offsets), words.counts)


@signal(pa.int32(), unit="words", source="datatrove gopher_quality_filter.py")
def plain_word_count(text: TextBatch, *, kind: str = "tokens") -> pa.Array:
    """Words that are not punctuation alone, by datatrove's table of punctuation."""
    return count(text, sums(_plain_words(text, kind), text.words(kind).offsets))


@signal(pa.float32(), unit="code points per word", source="datatrove gopher_quality_filter.py")
def mean_plain_word_length(text: TextBatch, *, kind: str = "tokens") -> pa.Array:
    """Mean code points of the words that are not punctuation alone; null where there is none."""
    words, plain = text.words(kind), _plain_words(text, kind)
    return ratio(text, sums(words.lengths * plain, words.offsets), sums(plain, words.offsets))


def _plain_words(text: TextBatch, kind: str) -> Mask:
    """Return which words have a code point that is not in datatrove's table."""

    def compute() -> Mask:
        words, marks = text.words(kind), listed(PUNCTUATION)
        plain = words.ends > words.starts  # words between blanks may be empty
        if plain.any():
            plain &= ~look_up(marks, text.codepoints.take(words.starts, mode="clip"))
        doubtful = np.flatnonzero(~plain)
        doubtful = doubtful[words.ends[doubtful] - words.starts[doubtful] > 1]
        rest = words.at(doubtful)
        others = ~marks[text.codepoints[span_positions(rest)]]
        plain[doubtful] = sums(others, np.append(0, np.cumsum(rest.lengths))) > 0
        return plain

    return text.once(("plain words", kind), compute)


def ellipses(text: TextBatch) -> Positions:
    """Return how many `…` and how many `...`, counted from the left without overlap, each row has."""
    return text.per_row(text.symbol("…")) + occurrences(text, "...")
