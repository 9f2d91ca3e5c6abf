"""Where strings occur in a batch: by the rarest of their characters, which is looked for once."""

import functools
import string
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.text import TextBatch
from filters.unicode_tables import UPPER

Positions = NDArray[np.int64]

SYMBOLS: Final = frozenset(string.punctuation + "…№\ufffd")
FREQUENT: Final = " etaoinshrdlcumwfgypbvkjxqz"
"""Characters from frequent to rare in English text; any other is rarer."""


def find(text: TextBatch, wanted: str, fold: bool = False) -> Positions:
    """Return where a string begins, within one row, in the texts or in their case-folded form."""
    return text.once(("find", wanted, fold), lambda: _find(text, wanted, fold))


def _find(text: TextBatch, wanted: str, fold: bool) -> Positions:
    codepoints = text.folded if fold else text.codepoints
    order = _order(wanted)
    at = places(text, wanted[order[0]], fold) - order[0]
    at = at[(at >= 0) & (at <= len(codepoints) - len(wanted))]
    for offset in order[1:]:
        if len(at) == 0:
            return at
        at = at[codepoints[at + offset] == ord(wanted[offset])]
    rows = text.row_offsets.searchsorted(at, side="right")
    return at[at + len(wanted) <= text.row_offsets[rows]]


@functools.cache
def _order(wanted: str) -> tuple[int, ...]:
    """Return the places in a string, the rarest characters first, and repeated ones last."""
    places = sorted(range(len(wanted)), key=lambda i: _rarity(wanted[i]), reverse=True)
    first = [i for n, i in enumerate(places) if wanted[i] not in {wanted[j] for j in places[:n]}]
    return (*first, *(i for i in places if i not in first))


def _rarity(character: str) -> tuple[bool, int]:
    """Order characters by how few places they may have: symbols and digits, then the rarer in English."""
    return character in SYMBOLS or character in string.digits, FREQUENT.find(character) % (len(FREQUENT) + 1)


def places(text: TextBatch, character: str, fold: bool) -> Positions:
    """Return the positions of one character, in the texts or in their case-folded form."""
    if character in SYMBOLS:
        return text.symbol(character)
    codepoints = text.folded if fold else text.codepoints
    narrow = None
    if character in string.digits:
        narrow = text.numbers
    elif character.isupper() and not fold:
        narrow = text.flagged(UPPER)

    def compute() -> Positions:
        at = narrow
        if at is None:
            at = np.flatnonzero(text.low_bytes(fold) == np.uint8(ord(character) & 0xFF))
        found: Positions = at[codepoints[at] == ord(character)]
        return found

    return text.once(("places", character, fold), compute)


def count(text: TextBatch, wanted: str, fold: bool = False) -> Positions:
    """Return how often a string occurs in each row, counted from the left without overlap (`str.count`)."""
    return text.per_row(_apart(find(text, wanted, fold), len(wanted)))


def count_any(text: TextBatch, wanted: Sequence[str], fold: bool = False) -> Positions:
    """Return how often one of the strings occurs in each row, each string counted for itself."""
    found = [count(text, string, fold) for string in wanted]
    return np.sum(found, axis=0) if found else np.zeros(len(text), dtype=np.int64)


def _apart(at: Positions, length: int) -> Positions:
    """Leave out the positions that overlap an earlier one that is kept."""
    if not (at[1:] - at[:-1] < length).any():
        return at
    kept, free = [], 0
    for place in at.tolist():
        if place >= free:
            kept.append(place)
            free = place + length
    return np.array(kept, dtype=np.int64)
