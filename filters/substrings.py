"""Spans of text that occur more than once, found by hashes of windows of a fixed number of units.

A unit is a word (from the first code point of one to the last code point of another, and what is between:
words that are parted otherwise are other spans), or a byte of UTF-8. A text of `size` units or more that
occurs twice holds equal windows of `size` units. To find these without looking at every window of every
text, each window is named by an anchor, the least hash of the runs of half as many units in it (winnowing:
Schleimer, Wilkerson and Aiken 2003): equal windows have equal anchors, and neighbouring windows mostly
share theirs, so that there is one anchor for about a quarter of `size` units. Windows are hashed only where
their anchor occurs at two places or more.

Which windows are equal is decided by 64-bit hashes; before anything is cut, what both places hold is compared
as well (`slices`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.hashing import PrefixHashes, mix
from filters.shingle_words import shingle_words
from filters.text import TextBatch, encode
from schemas.errors import InputError, RecipeError

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

SUBSTRING_UNITS = ("word", "byte")
SUBSTRING_WORDS = 50
"""Lee et al. 2021, section 4.1: 50 tokens of byte-pair encoding; words are the nearest in every script."""
SUBSTRING_BYTES = 100
DEFAULT_SIZES = {"word": SUBSTRING_WORDS, "byte": SUBSTRING_BYTES}
SMALLEST = 8

PLACE_BITS = 28
PLACE_MASK = np.uint64((1 << PLACE_BITS) - 1)
CONTINUED = np.uint8(0b1000_0000)
"""A byte whose two upper bits are 10 goes on with a character that an earlier byte began."""


@dataclass(frozen=True, slots=True)
class Substrings:
    """Which spans count: of `size` units or more.

    Raises:
        RecipeError: there is no such unit, or `size` is below 8: nearly all text has such repeats.
    """

    unit: str = "word"
    size: int = SUBSTRING_WORDS

    def __post_init__(self) -> None:
        if self.unit not in SUBSTRING_UNITS:
            raise RecipeError(f"substring: expected unit {' or '.join(SUBSTRING_UNITS)}, got {self.unit!r}")
        if self.size < SMALLEST:
            raise RecipeError(f"substring: expected a size of at least {SMALLEST} units, got {self.size}")


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a batch: the places of their ends in `sequence`, code points or bytes."""

    sequence: NDArray[np.uint32]
    starts: I64
    ends: I64
    offsets: I64  # rows + 1; the units of row i are offsets[i]:offsets[i + 1]
    row_starts: I64  # where each row begins in `sequence`


@dataclass(frozen=True, slots=True)
class Places:
    """Hashes at places: `rows` of the batch, `units` counted from 0 in each row, both ascending."""

    hashes: U64
    rows: I64
    units: I64


def text_units(text: TextBatch, unit: str) -> Units:
    """Return the units of each row.

    Raises:
        InputError: a batch has 2^28 units or more.
    """
    if unit == "word":
        words = shingle_words(text)
        found = Units(text.codepoints, words.starts, words.ends, words.offsets, text.row_offsets[:-1])
    else:
        data = np.frombuffer(text.codepoints.tobytes().decode("utf-32-le").encode(), np.uint8)
        offsets = np.concatenate(([0], np.cumsum(text.byte_counts)))
        places = np.arange(len(data))
        found = Units(data.astype(np.uint32), places, places + 1, offsets, offsets[:-1])
    if len(found.starts) >= 1 << PLACE_BITS:
        raise InputError(
            f"substring: expected fewer than 2^{PLACE_BITS} {unit}s in a batch, got {len(found.starts)}"
        )
    return found


def anchors(units: Units, size: int, group: U64 | None = None) -> Places:
    """Return the anchors of the windows of `size` units, each place once; `units` is where its run begins.

    With a `group` (a hash for each row: of its language) anchors and windows of different groups differ.
    """
    hashes, starts, anchored = _anchored(units, size)
    new = np.ones(len(anchored), np.bool_)
    new[1:] = anchored[1:] != anchored[:-1]
    places = anchored[new]
    rows = np.searchsorted(units.offsets, starts[new], side="right") - 1
    return Places(_grouped(hashes[places], rows, group), rows, places - units.offsets[rows])


def windows(units: Units, size: int, shared: U64, group: U64 | None = None) -> Places:
    """Return the windows of `size` units whose anchor is one of `shared`, which is sorted."""
    hashes, starts, anchored = _anchored(units, size)
    rows = np.searchsorted(units.offsets, starts, side="right") - 1
    if len(shared):
        names = _grouped(hashes[anchored], rows, group)
        chosen = shared[np.minimum(np.searchsorted(shared, names), len(shared) - 1)] == names
    else:
        chosen = np.zeros(len(starts), np.bool_)
    starts, rows = starts[chosen], rows[chosen]
    found = PrefixHashes(units.sequence).spans(units.starts[starts], units.ends[starts + size - 1])
    return Places(_grouped(found, rows, group), rows, starts - units.offsets[rows])


def _grouped(hashes: U64, rows: I64, group: U64 | None) -> U64:
    return hashes if group is None else mix(hashes ^ mix(group.copy())[rows])


def _anchored(units: Units, size: int) -> tuple[U64, I64, I64]:
    """Return the hash of each run of half a window, the first unit of each window, and its anchor's."""
    run = size // 2
    count = len(units.starts)
    runs = max(0, count - run + 1)
    hashes = PrefixHashes(units.sequence).spans(units.starts[:runs], units.ends[run - 1 :][:runs])
    starts = _within_rows(units.offsets, size)
    if not len(starts):
        return hashes, starts, starts
    # The greatest place of equally small hashes: the rightmost, wherever in the batch the text stands.
    ranked = (hashes & ~PLACE_MASK) | (PLACE_MASK - np.arange(runs, dtype=np.uint64))
    least = _sliding_minimum(ranked, size - run + 1)
    anchored: I64 = (PLACE_MASK - (least[starts] & PLACE_MASK)).astype(np.int64)
    return hashes, starts, anchored


def _within_rows(offsets: I64, size: int) -> I64:
    """Return the first unit of each window of `size` units that lies in one row."""
    counts = np.maximum(np.diff(offsets) - size + 1, 0)
    before = np.cumsum(counts) - counts
    firsts: I64 = np.repeat(offsets[:-1] - before, counts)
    firsts += np.arange(len(firsts))
    return firsts


def _sliding_minimum(values: U64, width: int) -> U64:
    """Return the least of each `width` successive values, in log2(width) steps."""
    least, covered = values, 1
    while covered < width:
        step = min(covered, width - covered)
        least = np.minimum(least[: len(least) - step], least[step:])
        covered += step
    return least


def text_ranges(units: Units, rows: I64, firsts: I64, counts: I64) -> tuple[I64, I64]:
    """Return where ranges of units begin and end in their rows, in code points or bytes."""
    places = units.offsets[rows]
    base = units.row_starts[rows]
    return units.starts[places + firsts] - base, units.ends[places + firsts + counts - 1] - base


def slices(units: Units, rows: I64, firsts: I64, counts: I64) -> list[bytes]:
    """Return what ranges of units hold, 4 bytes for each place of the sequence: equal where the text is."""
    begins, ends = text_ranges(units, rows, firsts, counts)
    base = units.row_starts[rows]
    bounds = zip((begins + base).tolist(), (ends + base).tolist(), strict=True)
    return [units.sequence[a:b].tobytes() for a, b in bounds]


def cut_ranges(text: TextBatch, rows: I64, begins: I64, ends: I64, unit: str) -> pa.Array:
    """Return the texts without the given ranges (of code points, or of bytes), which may overlap.

    Of a range of bytes that ends inside a character the whole character stays.
    """
    if unit == "byte":
        begins, ends = _whole_characters(text, rows, begins, ends)
    gone = np.zeros(len(text.codepoints) + 1, np.int32)
    base = text.row_offsets[rows]
    filled = ends > begins
    np.add.at(gone, (base + begins)[filled], 1)
    np.add.at(gone, (base + ends)[filled], -1)
    kept = np.flatnonzero(np.cumsum(gone[:-1]) == 0)
    left = encode(text.codepoints[kept], np.diff(np.searchsorted(kept, text.row_offsets)))
    return pc.if_else(pa.array(text.is_null), pa.scalar(None, pa.string()), left)


def _whole_characters(text: TextBatch, rows: I64, begins: I64, ends: I64) -> tuple[I64, I64]:
    """Return as code points the characters that lie in ranges of bytes with all their bytes."""
    data = np.frombuffer(text.codepoints.tobytes().decode("utf-32-le").encode(), np.uint8)
    first_bytes = np.flatnonzero((data & np.uint8(0b1100_0000)) != CONTINUED)
    offsets = np.concatenate(([0], np.cumsum(text.byte_counts)))
    base = text.row_offsets[rows]
    begin = np.searchsorted(first_bytes, offsets[rows] + begins) - base
    bounds = np.append(first_bytes, len(data))
    end = np.searchsorted(bounds, offsets[rows] + ends, side="right") - 1 - base
    return begin, np.maximum(begin, end)
