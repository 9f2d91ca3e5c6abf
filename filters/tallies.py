"""How many code points of each row are of a kind: with compiled loops, all kinds of one byte in one pass.

A kind is a property flag, several flags of one byte, or the beginnings of general categories. Each value of a
property byte has a word of eight counters, one for each kind; these words are summed.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_codepoints import sum_lanes
from filters.spans import where
from filters.text import TextBatch
from filters.unicode_tables import (
    ASCII_PUNCT,
    CATEGORIES,
    CATEGORY_MASK,
    EMOJI,
    IGNORABLE,
    ROOTS_SPECIAL,
    SPACE,
    UPPER,
)

Kind = int | tuple[str, ...]
Positions = NDArray[np.int64]

DIGITS: Final[Kind] = ("Nd",)
LETTERS: Final[Kind] = ("L", "M")
PUNCTUATION: Final[Kind] = ("P",)
UNASSIGNED: Final[Kind] = ("Co", "Cn")
LIGHT: Final[Kind] = SPACE | ASCII_PUNCT

TOGETHER: Final[dict[int, tuple[Kind, ...]]] = {
    0: (DIGITS, LETTERS, PUNCTUATION, UNASSIGNED, UPPER),
    2: (SPACE, ASCII_PUNCT, LIGHT),
    3: (EMOJI, IGNORABLE, ROOTS_SPECIAL),
}
"""The kinds that are counted together, by the number of their property byte; eight at most."""
LANES: Final = 8


def tally(text: TextBatch, kind: Kind) -> Positions:
    """Return how many code points of each row are of one of the kinds of TOGETHER."""
    if not is_compiled():
        return text.once(("tally", kind), lambda: _alone(text, kind))
    number = next(number for number, kinds in TOGETHER.items() if kind in kinds)
    counts: Positions = text.once(("tally", number), lambda: _together(text, number))
    of_kind: Positions = counts[TOGETHER[number].index(kind)]
    return of_kind


def ascii_digits(text: TextBatch) -> Positions:
    """Return the positions of the ASCII digits."""

    def compute() -> Positions:
        at = text.numbers
        ascii_ones = text.codepoints[at] - np.uint32(ord("0")) < np.uint32(len("0123456789"))
        found: Positions = at[np.flatnonzero(ascii_ones)]
        return found

    return text.once("ascii digits", compute)


def controls(text: TextBatch) -> Positions:
    """Return the positions of the control characters (Cc), white space among them."""
    number = np.uint8(CATEGORIES.index("Cc"))  # all of its byte: no control character has a case
    return text.once("controls", lambda: where(text.property_byte(0) == number))


def not_ascii(text: TextBatch) -> Positions:
    """Return the positions of what is not ASCII."""
    return text.once("not ascii", lambda: where(~text.ascii))


def _alone(text: TextBatch, kind: Kind) -> Positions:
    if isinstance(kind, int):
        return text.row_sums(text.flag(kind))
    return text.row_sums(functools.reduce(np.logical_or, map(text.in_categories, kind)))


def _together(text: TextBatch, number: int) -> NDArray[np.int64]:
    counts = np.zeros((LANES, len(text)), dtype=np.int64)
    sum_lanes(text.property_byte(number), _lanes(number), text.row_offsets, counts)
    return counts


@functools.cache
def _lanes(number: int) -> NDArray[np.uint64]:
    """Return the word of counters of each value of a property byte."""
    values, lanes = np.arange(256), np.zeros((256, LANES), dtype=np.uint8)
    for lane, kind in enumerate(TOGETHER[number]):
        if isinstance(kind, int):
            lanes[:, lane] = values & (kind >> 8 * number) != 0
        else:
            found = [i for i, name in enumerate(CATEGORIES) if name.startswith(kind)]
            lanes[:, lane] = np.isin(values & CATEGORY_MASK, found)
    return lanes.view("<u8")[:, 0]
