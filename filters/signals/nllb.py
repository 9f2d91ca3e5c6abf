"""Sentence rules of NLLB's monolingual pipeline (stopes), as signals of a text or a chunk."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_codepoints import longest_runs
from filters.registry import signal
from filters.signals.columns import column, ratio
from filters.spans import maxima, runs
from filters.tallies import ascii_digits, tally
from filters.text import TextBatch
from filters.unicode_tables import ASCII_PUNCT, EMOJI

STOPES = "NLLB, stopes/pipelines/monolingual (a4e75e8)"


@signal(pa.float32(), unit="ratio", source=f"{STOPES}, max_punct_ratio 0.2")
def ascii_punctuation_ratio(text: TextBatch) -> pa.Array:
    """ASCII punctuation and both dashes (`—`, `–`) / code points; null for an empty text."""
    marks = tally(text, ASCII_PUNCT) + text.per_row(text.symbol("—")) + text.per_row(text.symbol("–"))
    return ratio(text, marks, text.lengths)


@signal(pa.float32(), unit="ratio", source=f"{STOPES}, max_number_ratio 0.2")
def ascii_digit_ratio(text: TextBatch) -> pa.Array:
    """ASCII digits / code points; null for an empty text."""
    return ratio(text, text.per_row(ascii_digits(text)), text.lengths)


@signal(pa.float32(), unit="ratio", source=f"{STOPES}, max_emoji_ratio 0.1")
def emoji_ratio(text: TextBatch) -> pa.Array:
    """Code points with Unicode's property Emoji, from U+0100 up / code points; null for an empty text.

    The published code takes the single-character keys of the package `emoji`.
    """
    return ratio(text, tally(text, EMOJI), text.lengths)


@signal(pa.int32(), unit="code points", source=f"{STOPES}, max_repeated_char 20")
def max_char_run(text: TextBatch) -> pa.Array:
    """Length of the longest run of one code point; null for an empty text."""
    if is_compiled():
        longest = np.empty(len(text), dtype=np.int64)
        longest_runs(text.codepoints, text.row_offsets, longest)
    else:
        longest = _longest_runs(text)
    return column(text, longest, pa.int32(), text.lengths == 0)


def _longest_runs(text: TextBatch) -> NDArray[np.int64]:
    """Return the length of the longest run of each row, 1 at least."""
    codepoints = text.codepoints
    same = np.zeros(len(codepoints), dtype=np.bool_)  # as the code point before
    np.equal(codepoints[1:], codepoints[:-1], out=same[1:])
    same &= ~text.row_starts_flags[:-1]
    longest = np.where(text.row_sums(same) > 0, 2, 1)
    same[1:] &= same[:-1]  # as the two before: runs of two are many, longer ones few
    starts, ends = runs(same, text.row_offsets)
    return np.maximum(longest, maxima(ends - starts + 2, starts.searchsorted(text.row_offsets)))
