"""The words that shingles are made of, and their hashes: the words of `filters/words.py`, cut also inside.

`l'homme` is two, and so is `end.Next`, where extraction lost a space: copies of a page differ in such places.
So the words of a row in which nothing needs a dictionary are runs of letters, numbers and marks, and are
hashed from one table look-up, without the rest of what a `TextBatch` can tell: three times as fast, and the
same values.
"""

import functools
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.hashing import BASE, INVERSE, mix
from filters.kernels_hashes import replace_values
from filters.kernels_signatures import MARK_BIT, SLOW_BIT, VALUE_BITS, hash_runs
from filters.spans import Spans, cut_out, distinct
from filters.text import TextBatch
from filters.unicode_tables import FORMAT, MARK, SEGMENTED, WORD_CLASS_MASK, WORD_CLASS_SHIFT, tables
from filters.words import inside_words

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

BLOCK: Final = 1 << 17
"""Code points hashed at once: their arrays of 8 bytes fit a cache of 1 MB."""


class WordHashes(NamedTuple):
    """One hash for each word; the words of row i are `hashes[offsets[i]:offsets[i + 1]]`.

    `has_unspaced`: whether any word is of a script without spaces.
    """

    hashes: U64
    offsets: I64
    has_unspaced: bool


def shingle_words(text: TextBatch) -> Spans:
    """Return the words of `text`, cut also at the punctuation inside them."""
    return text.once("shingle_words", lambda: _cut_inside(text))


class _Cuts(NamedTuple):
    """The words that are cut inside, and what becomes of each of them."""

    words: I64
    starts: I64
    ends: I64
    numbers: I64  # of the word that each piece is of

    def put(self, values: NDArray[Any], pieces: NDArray[Any]) -> NDArray[Any]:
        """Return values of all words, those of the pieces in the place of the words that are cut."""
        if is_compiled():
            result = np.empty(len(values) - len(self.words) + len(pieces), dtype=values.dtype)
            replace_values(values, self.words, pieces, self.numbers, result)
            return result
        before = self.numbers - self.words.searchsorted(self.numbers)
        return np.insert(np.delete(values, self.words), before, pieces)


def _cuts(text: TextBatch) -> _Cuts:
    words, classes = text.words(), text.word_classes
    joints = np.flatnonzero((classes > FORMAT) & inside_words(text))
    cut = distinct(words.starts.searchsorted(joints, side="right") - 1)
    pieces = cut_out(words.at(cut), joints)
    full = np.flatnonzero(pieces.starts < pieces.ends)
    starts, ends = pieces.starts[full], pieces.ends[full]
    if (classes[starts] == MARK).any():
        starts, ends = _from_first_letter(starts, ends, classes == MARK, (classes > 0) & (classes < MARK))
    return _Cuts(cut, starts, ends, cut[words.starts[cut].searchsorted(starts, side="right") - 1])


def _cut_inside(text: TextBatch) -> Spans:
    words, cuts = text.words(), _cuts(text)
    return text.spans(cuts.put(words.starts, cuts.starts), cuts.put(words.ends, cuts.ends))


def _of_words(text: TextBatch) -> WordHashes:
    """Take the hashes of the words that need no cut as they are."""
    cuts, offsets = _cuts(text), text.words().offsets
    pieces = text.span_hashes(Spans(cuts.starts, cuts.ends, offsets), fold=True)
    offsets = offsets - cuts.words.searchsorted(offsets) + cuts.numbers.searchsorted(offsets)
    return WordHashes(cuts.put(text.word_hashes(), pieces), offsets, bool(text.flag(SEGMENTED).any()))


@functools.cache
def _table() -> NDArray[np.uint32]:
    """Return for each code point its folded form plus 1, or 0 outside words; what is special is flagged."""
    classes = (tables().properties >> np.uint32(WORD_CLASS_SHIFT)) & np.uint32(WORD_CLASS_MASK)
    values = np.where((classes > 0) & (classes < FORMAT), tables().fold + np.uint32(1), np.uint32(0))
    values[classes == MARK] |= MARK_BIT
    values[(classes == FORMAT) | ((tables().properties & np.uint32(SEGMENTED)) != 0)] |= SLOW_BIT
    return values


@functools.cache
def _powers(base: int) -> U64:
    powers = np.full(BLOCK, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def shingle_word_hashes(text: TextBatch) -> WordHashes:
    """Return the hash of each of `shingle_words(text)`: that of the span's folded code points."""
    if text.has("word_hashes", "unicode", True):
        return _of_words(text)
    if is_compiled():
        return _compiled_hashes(text) or _of_words(text)
    blocks = _row_blocks(text.row_offsets)
    values = [np.take(_table(), text.codepoints[first:last], mode="clip") for first, last in blocks]
    if any(last - first > BLOCK for first, last in blocks) or any(_is_slow(block) for block in values):
        return _of_words(text)
    found = [_hash_block(text, block, *bounds) for block, bounds in zip(values, blocks, strict=True)]
    hashes = np.concatenate([hashes for hashes, _ in found] or [np.empty(0, np.uint64)])
    starts = np.concatenate([starts for _, starts in found] or [np.empty(0, np.int64)])
    return WordHashes(hashes, np.searchsorted(starts, text.row_offsets), False)


def _compiled_hashes(text: TextBatch) -> WordHashes | None:
    """Return what the blocks below give, in one loop over the code points; nothing where they are slow."""
    hashes = np.empty(len(text.codepoints) // 2 + len(text) + 1, np.uint64)
    offsets = np.empty(len(text) + 1, np.int64)
    done = hash_runs(text.codepoints, text.row_offsets, _table(), _powers(BASE), hashes, offsets)
    return WordHashes(hashes[: offsets[-1]], offsets, False) if done else None


def _is_slow(values: NDArray[np.uint32]) -> bool:
    return bool(len(values)) and bool(values.max() >= SLOW_BIT)


def _row_blocks(row_offsets: I64) -> list[tuple[int, int]]:
    """Return the code points of successive groups of whole rows: at most BLOCK, or one row."""
    blocks, row = [], 0
    while row < len(row_offsets) - 1:
        limit = row_offsets[row] + BLOCK
        following = max(row + 1, int(np.searchsorted(row_offsets, limit, side="right")) - 1)
        blocks.append((int(row_offsets[row]), int(row_offsets[following])))
        row = following
    return blocks


def _hash_block(text: TextBatch, values: NDArray[np.uint32], first: int, last: int) -> tuple[U64, I64]:
    """Return hash and start of each run of letters, numbers and marks, from its first letter or number on."""
    inside = np.zeros(len(values) + 1, np.bool_)
    np.not_equal(values, 0, out=inside[:-1])
    changes = inside.copy()
    changes[1:] ^= inside[:-1]
    offsets = text.row_offsets
    borders = np.unique(offsets[np.searchsorted(offsets, first + 1) : np.searchsorted(offsets, last)]) - first
    touching = borders[inside[borders] & inside[borders - 1]]
    edges = np.flatnonzero(changes)
    if len(touching):
        edges = np.sort(np.concatenate((edges, touching, touching)), kind="stable")
    starts, ends = edges[0::2], edges[1::2]
    if values.max(initial=0) >= MARK_BIT:
        is_mark = values >= MARK_BIT
        starts, ends = _from_first_letter(starts, ends, is_mark, (values > 0) & ~is_mark)
        values = values & VALUE_BITS
    sums = np.empty(len(values) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(np.multiply(values, _powers(BASE)[: len(values)], dtype=np.uint64), out=sums[1:])
    hashes = sums[ends]
    hashes -= sums[starts]
    hashes *= _powers(INVERSE)[starts]
    return mix(hashes), starts + first


def _from_first_letter(
    starts: I64, ends: I64, is_mark: NDArray[np.bool_], is_letter: NDArray[np.bool_]
) -> tuple[I64, I64]:
    """Move the starts of runs that begin with marks to their first letter or number, if there is one."""
    leading = is_mark[starts]
    if not leading.any():
        return starts, ends
    letters = np.append(np.flatnonzero(is_letter), len(is_letter))
    starts = starts.copy()
    starts[leading] = letters[np.searchsorted(letters, starts[leading])]
    full = starts < ends
    return starts[full], ends[full]
