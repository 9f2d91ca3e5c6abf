"""Where strings occur in a batch: by the rarest of their characters, which is looked for once.

The phrases that `filters/phrases.py` lists are found all in one pass, when the first of them is asked for: a
sieve for pieces of five letters, one of each phrase, leaves about one position in a hundred to look at.
"""

import functools
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.phrases import AROUND_P, TOGETHER
from filters.phrases import SHORTEST as PIECE
from filters.sieve import SLOTS, Sieve, piece_hashes, slots_of
from filters.spans import where
from filters.text import TextBatch
from filters.unicode_tables import UPPER, tables

Positions = NDArray[np.int64]
Phrase = tuple[str, bool]  # and whether it is looked for in the case-folded text

FEW: Final = 50
"""Positions up to which the characters of a string are compared all at once."""

IPSUM: Final[Phrase] = ("", True)
SYMBOLS: Final = frozenset(string.punctuation + "…№\ufffd")
FREQUENT: Final = " etaoinshrdlcumwfgypbvkjxqz"
"""Characters from frequent to rare in English text; any other is rarer."""


def find(text: TextBatch, wanted: str, fold: bool = False) -> Positions:
    """Return where a string begins, within one row, in the texts or in their case-folded form."""
    if (wanted, fold) in _together().pieces:
        return text.once("phrases", lambda: _find_together(text))[wanted, fold]
    return text.once(("find", wanted, fold), lambda: _find(text, wanted, fold))


def ipsums(text: TextBatch) -> Positions:
    """Return where the `p` of each `ipsum` is, ASCII punctuation inside it or not, and of little else."""
    return text.once("phrases", lambda: _find_together(text))[IPSUM]


@dataclass(frozen=True, slots=True)
class Together:
    """The phrases that are found in one pass."""

    sieve: Sieve
    pieces: Mapping[Phrase, tuple[int, np.uint32]]  # of each phrase: where in it the piece is, its hash
    slots: NDArray[np.bool_]  # by a part of the hash


@functools.cache
def _together() -> Together:
    """Choose the piece of each phrase that adds least to what passes, the shortest phrases first."""
    passing: list[set[int]] = [set() for _ in range(PIECE)]
    pieces = {}
    for phrase in sorted(TOGETHER, key=lambda phrase: len(phrase[0])):
        folded = tables().fold[[ord(character) for character in phrase[0]]]
        windows = [folded[first : first + PIECE].tolist() for first in range(len(folded) - PIECE + 1)]
        first = min(range(len(windows)), key=lambda first: _passed(passing, windows[first]))
        for place, code in zip(passing, windows[first], strict=True):
            place.add(code)
        pieces[phrase] = (first, piece_hashes(folded, np.array([first]), PIECE)[0])
    slots = np.zeros(SLOTS, dtype=np.bool_)
    slots[slots_of(np.array([piece for _, piece in pieces.values()]))] = True
    return Together(Sieve.of([passing, [set(map(ord, place)) for place in AROUND_P]]), pieces, slots)


def _passed(passing: Sequence[set[int]], window: Sequence[int]) -> float:
    """Return the share of English text that passes once a window does, as far as letters are independent."""
    share = 1.0
    for place, code in zip(passing, window, strict=True):
        share *= sum(1 / (2 + FREQUENT.find(chr(each)) % len(FREQUENT)) for each in place | {code})
    return share


def _find_together(text: TextBatch) -> dict[Phrase, Positions]:
    """Return where each phrase of TOGETHER begins, and for IPSUM what `ipsums` returns."""
    together = _together()
    passing, before = together.sieve.passing(text)
    hashes = piece_hashes(text.folded, passing, PIECE)
    likely = np.flatnonzero(together.slots.take(slots_of(hashes)))
    at, hashes = passing[likely], hashes[likely]
    present = set(hashes.tolist())
    found = dict.fromkeys(together.pieces, np.empty(0, dtype=np.int64))
    found[IPSUM] = before + 1
    for (wanted, fold), (first, piece) in together.pieces.items():
        if int(piece) in present:
            begins = at[hashes == piece] - first
            found[wanted, fold] = _matching(text, wanted, fold, begins, range(len(wanted)))
    return found


def _find(text: TextBatch, wanted: str, fold: bool) -> Positions:
    order = _order(wanted)
    return _matching(text, wanted, fold, places(text, wanted[order[0]], fold) - order[0], order[1:])


def _matching(text: TextBatch, wanted: str, fold: bool, at: Positions, offsets: Sequence[int]) -> Positions:
    """Return the positions where a string begins, within one row, as far as its characters at `offsets` tell.

    Some of the positions given may lie outside of the batch.
    """
    codepoints = text.folded if fold else text.codepoints
    at = at[(at >= 0) & (at <= len(codepoints) - len(wanted))]
    for number, offset in enumerate(offsets):
        if len(at) == 0:
            return at
        if len(at) < FEW:
            places = np.array(offsets[number:])
            codes = [ord(wanted[place]) for place in offsets[number:]]
            at = at[(codepoints[at[:, None] + places] == codes).all(axis=1)]
            break
        at = at[np.flatnonzero(codepoints[at + offset] == ord(wanted[offset]))]
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
            likely = (text.low_bytes() == low for low in _lows(character, fold))
            at = where(functools.reduce(np.logical_or, likely))
        found: Positions = at[codepoints[at] == ord(character)]
        return found

    return text.once(("places", character, fold), compute)


@functools.cache
def _lows(character: str, fold: bool) -> tuple[np.uint8, ...]:
    """Return the lowest bytes of a character and of what folds to it."""
    alike = np.flatnonzero(tables().fold == ord(character)).tolist() if fold else []
    return tuple(np.uint8(low) for low in sorted({each & 0xFF for each in (*alike, ord(character))}))


def count(text: TextBatch, wanted: str, fold: bool = False) -> Positions:
    """Return how often a string occurs in each row, counted from the left without overlap (`str.count`)."""
    at = find(text, wanted, fold)
    return text.per_row(_apart(at, len(wanted))) if len(at) else np.zeros(len(text), dtype=np.int64)


def count_any(text: TextBatch, wanted: Sequence[str], fold: bool = False) -> Positions:
    """Return how often one of the strings occurs in each row, each string counted for itself."""
    total = np.zeros(len(text), dtype=np.int64)
    for each in wanted:
        if len(find(text, each, fold)):
            total += count(text, each, fold)
    return total


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
