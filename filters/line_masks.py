"""Which lines, of those between line feeds, an edit cuts: each by what it holds itself.

The lines that stay are the same whichever of these cuts comes first.
"""

from typing import Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.spans import Spans, sums
from filters.text import TextBatch
from filters.unicode_tables import NUMERIC, SPACE, UPPER

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

COUNTER_WORDS: Final = (
    "likes",
    "shares",
    "comments",
    "retweets",
    "reposts",
    "quotes",
    "bookmarks",
    "upvotes",
)
COUNTER_WORDS_2: Final = ("downvotes", "downloads", "views", "followers")
COUNTER: Final = rf"(?i)^\W*\d[\d.,]*[kmb]?\s*({'|'.join(COUNTER_WORDS + COUNTER_WORDS_2)})\W*$"


def uppercase_lines(text: TextBatch, *, ratio: float = 0.5) -> Mask:
    """Return the lines of which over `ratio` of the code points are upper-case letters."""
    upper: Mask = _held(text, text.flag(UPPER)) > ratio * text.lines("split").lengths
    return upper


def number_lines(text: TextBatch) -> Mask:
    """Return the lines that hold, white space aside, only numeric characters."""
    solid, numeric = _held(text, ~text.flag(SPACE)), _held(text, text.flag(NUMERIC))
    held: Mask = (solid > 0) & (numeric == solid)
    return held


def counter_lines(text: TextBatch) -> Mask:
    """Return the lines that are a number and a word of a counter, nothing else."""
    lines = text.lines("split")
    few = (words_in(text, lines) <= len(("3", "likes", "."))) & (_held(text, text.flag(NUMERIC)) > 0)
    held = np.zeros(len(lines), dtype=np.bool_)
    held[few] = np.asarray(pc.match_substring_regex(text.slice_text(lines.chosen(few)), COUNTER))
    return held


def short_lines(text: TextBatch, *, words: int = 5, blank: bool = True, kind: str = "whitespace") -> Mask:
    """Return the lines of fewer words, empty ones if `blank`."""
    lines = text.lines("split")
    short = words_in(text, lines, kind) < words
    return short if blank else short & (lines.lengths > 0)


def words_in(text: TextBatch, lines: Spans, kind: str = "whitespace") -> Positions:
    """Return how many words begin in each line."""
    starts = text.words(kind).starts
    return np.asarray(starts.searchsorted(lines.ends) - starts.searchsorted(lines.starts), dtype=np.int64)


def _held(text: TextBatch, mask: Mask) -> Positions:
    """Return how many code points of a mask, which holds no line feed, each line has."""
    return sums(mask, np.append(text.lines("split").starts, len(mask)))
