"""Signals of OSCAR's annotators and of CCNet and CulturaX: short and long lines, hashes of lines."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.hashing import Replacement
from filters.registry import signal
from filters.signals.columns import ratio
from filters.spans import before, cut_out, distinct, merged, rows_of, strip, sums, where
from filters.tallies import controls
from filters.text import TextBatch
from filters.unicode_tables import CATEGORIES, CATEGORY_MASK, LINE_FEED, SPACE, listed, look_up

OSCAR = "OSCAR, ungoliant v2, src/pipelines/oscardoc"
CCNET_MARKS = "ccnet_punctuation"
Positions = NDArray[np.int64]


@signal(pa.float32(), unit="ratio", source=f"{OSCAR}, PFilter (at least 0.6)")
def long_line_char_ratio(text: TextBatch, *, characters: int = 100) -> pa.Array:
    """Code points in lines of at least so many / code points in lines; null where lines hold none."""
    lines = text.lines()
    lengths = lines.lengths
    return ratio(
        text, sums(np.where(lengths >= characters, lengths, 0), lines.offsets), sums(lengths, lines.offsets)
    )


@signal(pa.float32(), unit="ratio", source="CulturaX, Nguyen et al. 2023 (length ratio of short lines)")
def short_line_char_ratio(text: TextBatch, *, characters: int = 100) -> pa.Array:
    """Code points in lines of at most so many / code points in lines; null where lines hold none."""
    lines = text.lines()
    lengths = lines.lengths
    return ratio(
        text, sums(np.where(lengths <= characters, lengths, 0), lines.offsets), sums(lengths, lines.offsets)
    )


@signal(pa.float32(), unit="ratio", source=f"{OSCAR}, annotator header (over 0.5)")
def header_short_line_ratio(text: TextBatch, *, size: int = 100, share: float = 0.2) -> pa.Array:
    """Of the first `share` of the lines, rounded down: those under `size` bytes / all; null for none."""
    return ratio(text, *short_at_edge(text, size, share, first=True))


@signal(pa.float32(), unit="ratio", source=f"{OSCAR}, annotator footer (over 0.5)")
def footer_short_line_ratio(text: TextBatch, *, size: int = 100, share: float = 0.2) -> pa.Array:
    """Of the last `share` of the lines, rounded down: those under `size` bytes / all; null for none."""
    return ratio(text, *short_at_edge(text, size, share, first=False))


@signal(pa.list_(pa.int64()), unit="hash by line", source="CCNet, cc_net/dedup.py and text_normalizer.py")
def line_hashes(text: TextBatch) -> pa.Array:
    """For each line: a 64-bit hash of its normalised form; null for a line of which nothing is left.

    Normalised as in CCNet: stripped, case-folded, digits as 0, without control characters and the 34 marks of
    its table (no ASCII punctuation). The published key is the start of a SHA-1; equal lines are equal in
    both.
    """
    return text.once("line hashes", lambda: _line_hashes(text))


def _line_hashes(text: TextBatch) -> pa.Array:
    lines = text.lines()
    solid = strip(lines, text.flag(SPACE))
    hashes, missing = np.zeros(len(lines), dtype=np.uint64), np.ones(len(lines), dtype=np.bool_)
    numbers = rows_of(solid.starts, lines.starts)
    pieces = cut_out(solid, _removed(text))
    hashes[numbers] = text.prefix_hashes(fold=True).joined(
        pieces.starts, pieces.ends, pieces.offsets, _zeros(text)
    )
    missing[numbers] = sums(pieces.lengths, pieces.offsets) == 0
    column = pa.array(hashes.view(np.int64), mask=missing)
    rows = pa.array(lines.offsets, pa.int32(), mask=np.append(text.is_null, False))
    return pa.ListArray.from_arrays(rows, column)


def _removed(text: TextBatch) -> Positions:
    """Return where CCNet's normalisation takes a code point away."""
    marks = listed(CCNET_MARKS)
    some = [at[np.flatnonzero(look_up(marks, text.codepoints[at]))] for at in (text.symbols, text.numbers)]
    return distinct(merged(controls(text), *some))


def _zeros(text: TextBatch) -> Replacement:
    """Return the change of all digits to 0."""
    at = text.numbers
    digits = at[np.flatnonzero(text.property_byte(0)[at] & CATEGORY_MASK == CATEGORIES.index("Nd"))]
    return Replacement(digits, text.folded[digits], np.full(len(digits), ord("0"), dtype=np.uint32))


def short_at_edge(text: TextBatch, size: int, share: float, first: bool) -> tuple[Positions, Positions]:
    """Return how many lines of each first or last `share` are under `size` bytes, and how many there are."""

    def compute() -> tuple[Positions, Positions]:
        lines = text.lines()
        edge = np.floor(lines.counts * share).astype(np.int64)
        starts = lines.offsets[:-1] if first else lines.offsets[1:] - edge
        short = np.concatenate(([0], np.cumsum(_line_bytes(text) < size, dtype=np.int64)))
        return short[starts + edge] - short[starts], edge

    return text.once(("short at edge", size, share, first), compute)


def _line_bytes(text: TextBatch) -> Positions:
    """Return the UTF-8 bytes of each line: what lies between line feeds and ends of rows."""

    def compute() -> Positions:
        lines, feeds = text.lines(), text.line_feeds
        places = where(np.frombuffer(text.utf8, dtype=np.uint8) == LINE_FEED)
        rows = np.concatenate(([0], np.cumsum(text.byte_counts)))
        after = before(feeds, lines.starts)
        follows = np.append(feeds, -1)[after - 1] == lines.starts - 1
        starts = np.where(follows, np.append(places, -1)[after - 1] + 1, rows[lines.rows])
        at = before(feeds, lines.ends)
        ended = np.append(feeds, -1)[at] == lines.ends
        return np.where(ended, np.append(places, -1)[at], rows[lines.rows + 1]) - starts

    return text.once("line bytes", compute)
