"""Lines, sentences and chunks, as spans of a batch.

A sentence ends after sentence terminators and what closes them (quotes, brackets), with the white space that
follows:

* always after a terminator of one script (`。` `！` `।` `؟` `።` `။` `៕` …);
* after `.` `!` `?` and the ellipsis only when white space follows, and then no lower-case letter.

A quote that opens (`“`) counts as closing in the second case, as in German. A line feed always ends a
sentence. Terminators are those of Unicode's Sentence_Terminal property, ellipses, the Khmer khan and the
Tibetan shad.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from filters.spans import Spans, among, distinct, merged, split, where
from filters.unicode_tables import (
    CARRIAGE_RETURN,
    CATEGORIES,
    CATEGORY_MASK,
    LINE_BREAK,
    LINE_FEED,
    LOWER,
    SENTENCE_END,
    SPACE,
    one_of,
    tables,
)
from schemas.errors import RecipeError

if TYPE_CHECKING:
    from filters.text import TextBatch

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

LINE_KINDS: Final = ("newline", "unicode", "split", "runs", "paragraphs")
CHUNK_CHARACTERS: Final = 1000
CLOSING: Final = "\"')]}"
CLOSING_CATEGORIES: Final = ("Pe", "Pf")
OPENING_CATEGORY: Final = "Pi"
STEPS: Final = 8
"""Code points that `_skip` passes one by one before it searches."""

WEAK: Final = ".!?\u2026\u22ef"


def lines(text: "TextBatch", kind: str) -> Spans:
    """Return the lines without what ends them; `TextBatch.lines` defines the kinds.

    Raises:
        RecipeError: there is no such kind.
    """
    if kind not in LINE_KINDS:
        raise RecipeError(f"lines: expected one of {', '.join(LINE_KINDS)}, got {kind!r}")
    if kind in ("newline", "unicode"):
        return _ended_lines(text, kind)
    if kind == "paragraphs":
        return _pieces(text, *_whole_rows(text), least=2)
    starts, ends = text.row_offsets[:-1], text.row_offsets[1:]
    return (
        _pieces(text, starts, ends, least=1) if kind == "runs" else split(text.line_feeds, text.row_offsets)
    )


def _whole_rows(text: "TextBatch") -> tuple[Positions, Positions]:
    """Return starts and ends of the rows without white space at their ends."""
    starts, ends = text.row_offsets[:-1].copy(), text.row_offsets[:-1].copy()
    rows = Spans(text.row_offsets[:-1], text.row_offsets[1:], np.arange(len(text) + 1))
    stripped = text.stripped(rows)
    filled = stripped.counts > 0
    starts[filled], ends[filled] = stripped.starts, stripped.ends
    return starts, ends


def _pieces(text: "TextBatch", starts: Positions, ends: Positions, least: int) -> Spans:
    """Return the pieces of each range between runs of `least` and more line feeds; at least one a range."""
    first, last = _line_feed_runs(text)
    row = np.searchsorted(text.row_offsets, first, side="right") - 1
    separates = (last - first >= least) & (first >= starts[row]) & (last <= ends[row])
    first, last, row = first[separates], last[separates], row[separates]
    offsets = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=len(text)) + 1)))
    piece_starts, piece_ends = np.empty(offsets[-1], dtype=np.int64), np.empty(offsets[-1], dtype=np.int64)
    order = np.arange(len(first)) + row
    piece_starts[offsets[:-1]], piece_ends[offsets[1:] - 1] = starts, ends
    piece_starts[order + 1], piece_ends[order] = last, first
    return Spans(piece_starts, piece_ends, offsets)


def _line_feed_runs(text: "TextBatch") -> tuple[Positions, Positions]:
    """Return starts and ends of the runs of line feeds."""
    at = text.line_feeds
    fresh = text.row_starts_flags[at]
    fresh[:1] = True
    fresh[1:] |= at[1:] - at[:-1] > 1
    firsts = np.flatnonzero(fresh)
    if len(firsts) == 0:
        return at, at
    return at[firsts], at[np.append(firsts[1:], len(at)) - 1] + 1


def _ended_lines(text: "TextBatch", kind: str) -> Spans:
    if kind == "unicode" and np.count_nonzero(text.flag(LINE_BREAK)) == len(text.line_feeds):
        return text.lines("newline")
    starts, ends = _partition(text, _line_ends(text, kind))
    codepoints = text.codepoints
    if kind == "newline":
        return text.spans(starts, ends - (codepoints[ends - 1] == LINE_FEED))
    stops = ends - text.flag(LINE_BREAK)[ends - 1]
    pair = (stops > starts) & (stops < ends)
    pair[pair] = (codepoints[ends[pair] - 1] == LINE_FEED) & (codepoints[stops[pair] - 1] == CARRIAGE_RETURN)
    return text.spans(starts, stops - pair)


def _line_ends(text: "TextBatch", kind: str) -> Positions:
    """Return the positions after each line break."""
    if kind == "newline":
        return text.line_feeds + 1
    at = where(text.flag(LINE_BREAK)) + 1
    codepoints = text.codepoints
    inner = at[at < len(codepoints)]
    pairs = inner[(codepoints[inner - 1] == CARRIAGE_RETURN) & (codepoints[inner] == LINE_FEED)]
    pairs = pairs[~text.row_starts_flags[pairs]]
    return np.setdiff1d(at, pairs, assume_unique=True)


def _partition(text: "TextBatch", cuts: Positions) -> tuple[Positions, Positions]:
    """Return starts and ends of the pieces of the rows between cuts; an empty row has none."""
    edges = distinct(merged(text.row_offsets, cuts))
    return edges[:-1], edges[1:]


def sentence_cuts(text: "TextBatch") -> Positions:
    """Return the positions where a sentence begins after another."""
    return text.once("sentence cuts", lambda: _sentence_cuts(text))


def _sentence_cuts(text: "TextBatch") -> Positions:
    borders = text.row_starts_flags.copy()
    borders[_line_ends(text, "newline")] = True
    at = among(text.symbols, text.flag(SENTENCE_END))
    followed = np.zeros(len(at), dtype=np.bool_)
    followed[:-1] = np.diff(at) == 1
    last = at[np.flatnonzero(~followed | borders[at + 1])]
    weak = one_of(WEAK)[text.codepoints[last]]
    after = _skip(last + 1, borders, functools.partial(_closes, text, bool(weak.any())))
    if weak.any() and not weak.all():
        after[~weak] = _skip(last[~weak] + 1, borders, functools.partial(_closes, text, False))
    beyond = _skip(after, borders, text.flag(SPACE).take)
    cut = ~borders[beyond] & (~weak | (beyond > after))
    inner = np.flatnonzero(cut & weak)
    cut[inner] = ~text.flag(LOWER)[beyond[inner]]
    found: Positions = beyond[np.flatnonzero(cut)]
    return found


def _closes(text: "TextBatch", opening: bool, places: Positions) -> Mask:
    """Return which code points close a sentence after its terminator: quotes and closing brackets."""
    return _closing(opening)[text.codepoints[places]]


@functools.cache
def _closing(opening: bool) -> Mask:
    """Return the mask, over all code points, of what closes a sentence, opening quotes too on request."""
    names = (*CLOSING_CATEGORIES, OPENING_CATEGORY) if opening else CLOSING_CATEGORIES
    category = tables().properties & np.uint32(CATEGORY_MASK)
    return one_of(CLOSING) | np.isin(category, [CATEGORIES.index(name) for name in names])


def _skip(at: Positions, borders: Mask, holds: Callable[[Positions], Mask]) -> Positions:
    """Move each position past the code points that hold, but not into the next line."""
    at = at.copy()
    moving = np.arange(len(at))
    for _ in range(STEPS):
        moving = moving[np.flatnonzero(~borders[at[moving]])]
        moving = moving[np.flatnonzero(holds(at[moving]))]
        if len(moving) == 0:
            return at
        at[moving] += 1
    stops = np.flatnonzero(~holds(np.arange(len(borders) - 1)) | borders[:-1])
    at[moving] = np.append(stops, len(borders) - 1)[np.searchsorted(stops, at[moving])]
    return at


def sentences(text: "TextBatch") -> Spans:
    """Return the sentences; they partition each line, white space and line feeds included."""
    cuts = np.concatenate((sentence_cuts(text), _line_ends(text, "newline")))
    return text.spans(*_partition(text, cuts))


def chunk_spans(text: "TextBatch", max_characters: int = CHUNK_CHARACTERS) -> Spans:
    """Return the chunks: the lines, those over `max_characters` code points cut into sentences.

    The chunks of a text, put one after another, are the text: each holds its line feed and the white space
    after its sentence. A sentence is never cut.
    """
    line_ends = _line_ends(text, "newline")
    starts, ends = _partition(text, line_ends)
    long = ends - starts > max_characters
    cuts = line_ends
    if long.any():
        found = sentence_cuts(text)
        of_line = np.searchsorted(starts, found, side="right") - 1
        cuts = np.concatenate((line_ends, found[long[of_line]]))
    return text.spans(*_partition(text, cuts))
