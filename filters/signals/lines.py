"""Shares of lines: bullets, ellipses, end marks, short ones, repeated ones.

Line kinds are those of `TextBatch.lines`. What each code base uses:

* datatrove, Gopher: `unicode`, stripped; bullets `•-`; duplicates are later copies of
  `runs`, over all characters.
* datatrove, FineWeb: `split` without blank lines; 159 end marks; duplicates over the
  characters that end no line.
* Dolma: `split`, not stripped; bullets `*-`; the ellipsis is `…` only; all copies are duplicates.
* DCLM: bullets `●•*-`; all copies are duplicates.
* RedPajama-V2: `newline`, stripped; bullets and end marks by line.
"""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.ngrams import Ngrams
from filters.registry import signal
from filters.signals.columns import column, ratio
from filters.spans import Spans, sorted_lengths, sums
from filters.text import TextBatch
from filters.unicode_tables import listed, one_of
from schemas.errors import RecipeError

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

GOPHER = "Rae et al. 2021, arXiv:2112.11446, table A1 and section A.1.1"
FINEWEB = "FineWeb, datatrove fineweb_quality_filter.py"
TERMINAL: Final = "datatrove_terminal_punctuation"
DENOMINATORS: Final = ("text", "words", "lines")


@signal(pa.float32(), unit="ratio", source=GOPHER)
def bullet_line_ratio(
    text: TextBatch, *, bullets: str = "•-*●", lines: str = "unicode", stripped: bool = True
) -> pa.Array:
    """Lines that begin with a bullet, after white space if `stripped` / lines; null without a line."""
    solid = _solid(text, lines, stripped)
    begins = one_of(bullets)[text.codepoints[solid.starts]]
    return ratio(text, _per_row(solid, begins), text.lines(lines).counts)


@signal(pa.float32(), unit="ratio", source=GOPHER)
def ellipsis_line_ratio(
    text: TextBatch, *, dots: bool = True, lines: str = "unicode", stripped: bool = True
) -> pa.Array:
    """Lines that end in `…`, or `...` with `dots`, before white space if `stripped` / lines."""
    solid = _solid(text, lines, stripped)
    ends = text.codepoints[solid.ends - 1] == ord("…")
    if dots:
        ends |= _ends_in_dots(text, solid)
    return ratio(text, _per_row(solid, ends), text.lines(lines).counts)


@signal(pa.float32(), unit="ratio", source=f"{FINEWEB}; Penedo et al. 2024")
def line_punct_ratio(text: TextBatch, *, marks: str | None = None, blank: bool = False) -> pa.Array:
    """Lines that end in one of `marks` / lines; null without a line.

    Marks are the 159 terminal ones of datatrove unless given; April 2024 used `.'"!?` and counted blank lines
    (`blank`). White space at the end of a line hides its mark, as published.
    """
    spans = _with_blank(text, blank)
    filled = spans.chosen(spans.ends > spans.starts)
    last = text.codepoints[filled.ends - 1]
    ends = (listed(TERMINAL) if marks is None else one_of(marks))[last]
    return ratio(text, _per_row(filled, ends), spans.counts)


@signal(pa.float32(), unit="ratio", source=f"{FINEWEB}; Penedo et al. 2024")
def short_line_ratio(text: TextBatch, *, characters: int = 30, blank: bool = False) -> pa.Array:
    """Lines of at most so many code points / lines, blank ones on request; null without a line."""
    spans = _with_blank(text, blank)
    return ratio(text, _per_row(spans, spans.lengths <= characters), spans.counts)


@signal(pa.int32(), unit="code points", source="mC4, c4_utils.py (3 lines of at least 200 characters)")
def nth_longest_line_length(text: TextBatch, *, n: int = 3, lines: str = "split") -> pa.Array:
    """Code points of the n-th longest line; 0 in a text of fewer lines."""
    spans = text.lines(lines)
    ordered = sorted_lengths(spans)
    enough = spans.counts >= n
    values = np.zeros(len(text), dtype=np.int64)
    values[enough] = ordered[spans.offsets[1:][enough] - n]
    return column(text, values, pa.int32())


@signal(pa.float32(), unit="line feeds per word", source=f"{FINEWEB}; Penedo et al. 2024")
def newline_word_ratio(text: TextBatch, *, kind: str = "unicode") -> pa.Array:
    """Line feeds / words; null without a word. The published words are tokens, punctuation included."""
    return ratio(text, text.per_row(text.line_feeds), text.words(kind).counts)


@signal(pa.float32(), unit="ratio", source=GOPHER)
def dup_line_ratio(
    text: TextBatch, *, lines: str = "runs", first: bool = False, blank: bool = True
) -> pa.Array:
    """Lines that repeat an earlier line of the text / lines; null for an empty text.

    With `first`, the first of equal lines counts too (Dolma, DCLM). Blank lines count unless `blank` is
    false.
    """
    spans = _chosen(text, lines, blank)
    return ratio(text, _per_row(spans, _copies(text, spans, first)), _unless_empty(text, spans.counts))


@signal(pa.float32(), unit="ratio", source=f"{GOPHER}; FineWeb (`of='lines'`, split, no blank lines)")
def dup_line_char_ratio(
    text: TextBatch, *, lines: str = "runs", first: bool = False, blank: bool = True, of: str = "text"
) -> pa.Array:
    """Code points of lines that repeat an earlier one / code points of the text; null for an empty text.

    The denominator is the text, its white-space `words` (Dolma), or its `lines` without line feeds (FineWeb).
    """
    spans = _chosen(text, lines, blank)
    part = _per_row(spans, np.where(_copies(text, spans, first), spans.lengths, 0))
    return ratio(text, part, _denominator(text, of))


@signal(pa.float32(), unit="ratio", source=GOPHER)
def dup_paragraph_ratio(text: TextBatch, *, first: bool = False) -> pa.Array:
    """Paragraphs that repeat an earlier one / paragraphs; null for an empty text.

    Paragraphs are what two and more line feeds separate. With `first`, the first of equal ones counts too.
    """
    spans = text.lines("paragraphs")
    return ratio(text, _per_row(spans, _copies(text, spans, first)), _unless_empty(text, spans.counts))


@signal(pa.float32(), unit="ratio", source=GOPHER)
def dup_paragraph_char_ratio(text: TextBatch, *, first: bool = False) -> pa.Array:
    """Code points of paragraphs that repeat an earlier one / code points; null for an empty text."""
    spans = text.lines("paragraphs")
    return ratio(text, _per_row(spans, np.where(_copies(text, spans, first), spans.lengths, 0)), text.lengths)


def _copies(text: TextBatch, spans: Spans, first: bool) -> Mask:
    """Return which spans equal an earlier one of their row, or any other one if `first`."""

    def compute() -> Mask:
        repeated = Ngrams.of_words(text.span_hashes(spans), spans.offsets)
        mask = np.zeros(len(spans), dtype=np.bool_)
        mask[repeated.positions] = True
        if not first:
            mask[repeated.positions[repeated.starts]] = False
        return mask

    return text.once(("copies", id(spans), first), compute)


def _chosen(text: TextBatch, kind: str, blank: bool) -> Spans:
    spans = text.lines(kind)
    return spans if blank else text.once(("not blank", kind), lambda: _not_blank(text, spans, kind))


def _not_blank(text: TextBatch, spans: Spans, kind: str) -> Spans:
    solid = text.stripped_lines(kind)
    kept = np.zeros(len(spans), dtype=np.bool_)
    kept[np.searchsorted(spans.ends, solid.ends)] = True
    return spans.chosen(kept)


def _with_blank(text: TextBatch, blank: bool) -> Spans:
    return _chosen(text, "split", blank)


def _solid(text: TextBatch, kind: str, stripped: bool) -> Spans:
    """Return the lines that hold something, stripped of white space on request."""
    spans = text.lines(kind)
    return text.stripped_lines(kind) if stripped else spans.chosen(spans.ends > spans.starts)


def _ends_in_dots(text: TextBatch, spans: Spans) -> Mask:
    codepoints = text.codepoints
    ends: Mask = (codepoints[spans.ends - 1] == ord(".")) & (spans.lengths >= len("..."))
    places = np.flatnonzero(ends)
    last = spans.ends[places]
    ends[places] = (codepoints[last - 2] == ord(".")) & (codepoints[last - 3] == ord("."))
    return ends


def _denominator(text: TextBatch, of: str) -> Positions:
    if of == "text":
        return text.lengths
    if of == "lines":
        return text.lengths - text.per_row(text.line_feeds)
    if of == "words":
        words = text.words("whitespace")
        return sums(words.lengths, words.offsets)
    raise RecipeError(f"of: expected one of {', '.join(DENOMINATORS)}, got {of!r}")


def _unless_empty(text: TextBatch, counts: Positions) -> Positions:
    return np.where(text.lengths > 0, counts, 0)


def _per_row(spans: Spans, values: NDArray[np.generic]) -> Positions:
    return sums(values, spans.offsets)
