"""Word lists by language (stop words, flagged words), looked up for all words of a batch at once.

A list is data that a caller brings: from a package, a file or the reference data. None is part of this
package. Words are compared by 64-bit hashes, case-folded unless asked otherwise. An entry is cut into words
as the text is for the kind `unicode`, and at single spaces for the kinds that published recipes use, so that
what could never match there (a space at its end, for `roots` a capital letter) does not match here.
"""

import json
import operator
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.hashing import mix
from filters.language_keys import list_keys
from filters.sieve import SLOTS, Sieve, piece_hashes, slots_of
from filters.spans import Spans, steps, sums
from filters.text import TextBatch
from filters.words import word_characters

T = TypeVar("T")
Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

SEQUENCE_STEP = np.uint64(0xD6E8FEB86659FD93)
LANGUAGE_STEP = 0x9FB21C651E98DF25
SIZES = (1, 2, 3)
HEAD = SIZES[-1]
"""Code points of an entry that are looked at first where it need not be a word."""
ANY = "*"
"""The language of a list that holds for every row, whatever its language, known or not."""


class HashSet:
    """A set of 64-bit hashes that is asked for many at once (open addressing, linear probing)."""

    def __init__(self, hashes: Hashes) -> None:
        hashes = np.unique(hashes[hashes != 0])
        self._slots = np.zeros(max(16, 1 << (4 * len(hashes)).bit_length()), dtype=np.uint64)
        self._mask = np.uint64(len(self._slots) - 1)
        pending, at = hashes, hashes & self._mask
        while len(pending):
            free = self._slots[at] == 0
            self._slots[at[free]] = pending[free]
            left = self._slots[at] != pending
            pending, at = pending[left], (at[left] + np.uint64(1)) & self._mask

    def contains(self, hashes: Hashes) -> Mask:
        """Return which of the hashes are in the set."""
        at = (hashes & self._mask).view(np.int64)
        held = self._slots.take(at)
        found: Mask = (held == hashes) & (hashes != 0)
        pending = np.flatnonzero((held != 0) & ~found)
        at, mask = at[pending], np.int64(self._mask)
        while len(pending):
            at = (at + 1) & mask
            held, wanted = self._slots[at], hashes[pending]
            found[pending] = (held == wanted) & (wanted != 0)
            going = (held != 0) & (held != wanted)
            pending, at = pending[going], at[going]
        return found


@dataclass(frozen=True, eq=False)
class WordLists:
    """Named lists of words and phrases, one a language."""

    name: str
    entries: Mapping[str, tuple[str, ...]]  # by language: `sw`, `swh`, `swh_Latn`, or `*`
    source: str = ""
    licence: str = ""
    _memo: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, name: str, entries: Mapping[str, Iterable[str]], source: str = "", licence: str = ""
    ) -> "WordLists":
        """Return the lists of a mapping from language to words."""
        kept = {language: tuple(words) for language, words in entries.items()}
        return cls(name, kept, source, licence)

    @classmethod
    def from_json(cls, name: str, text: str, source: str = "", licence: str = "") -> "WordLists":
        """Return the lists of a JSON object from language to array of words."""
        return cls.of(name, json.loads(text), source, licence)

    def numbers(self, lang: pa.Array | None, rows: int) -> Positions:
        """Return the number of each row's list, -1 where the row's language has none."""
        if ANY in self.entries or lang is None:
            return np.full(rows, list(self.entries).index(ANY) if ANY in self.entries else -1)
        encoded = lang.cast(pa.string()).dictionary_encode()
        known = {language: number for number, language in enumerate(self.entries)}
        found = [
            next((known[key] for key in list_keys(label) if key in known), -1)
            for label in encoded.dictionary.to_pylist()
        ]
        indices = np.asarray(encoded.indices.fill_null(len(found)), dtype=np.int64)
        return np.array([*found, -1], dtype=np.int64)[indices]

    def phrase_lengths(self, kind: str) -> list[int]:
        """Return how many words the entries have, each number once, ascending."""

        def compute() -> list[int]:
            return [n for n in np.unique(_entry_words(self._batch(), kind).counts).tolist() if n]

        return self._once(("phrase lengths", kind), compute)

    def places(
        self, text: TextBatch, numbers: Positions, kind: str, fold: bool = True, length: int = 1
    ) -> Positions:
        """Return the words, by number, at which an entry of the row's list begins that has `length` words."""
        present = _present(numbers)
        if not present:
            return np.empty(0, dtype=np.int64)
        at = text.once((self, present, kind, fold), lambda: self._firsts(text, present, kind, fold))
        offsets, hashes = text.words(kind).offsets, text.word_hashes(kind, fold)
        at = at[: at.searchsorted(len(hashes) - length, side="right")]
        keys = hashes[at]
        for step in range(1, length):
            keys = _joined(keys, hashes[at + step])
        keys ^= (
            _salts(np.array(present)) if len(present) == 1 else np.repeat(_salts(numbers), steps(offsets))[at]
        )
        at = at[self._set(kind, length, fold).contains(keys)]
        if length == 1 and (numbers >= 0).all():
            return at
        rows = offsets.searchsorted(at, side="right") - 1
        return at[(at + length <= offsets[rows + 1]) & (numbers[rows] >= 0)]

    def _firsts(self, text: TextBatch, present: Sequence[int], kind: str, fold: bool) -> Positions:
        """Return which words an entry of the lists may begin with, as far as a part of their hashes tells."""

        def compute() -> list[Positions]:
            batch, words = self._batch(), _entry_words(self._batch(), kind)
            firsts = slots_of(batch.span_hashes(words, fold)).take(words.offsets[:-1], mode="clip")
            filled = words.counts > 0
            return [firsts[entries][filled[entries]] for entries in self._slices()]

        table = np.zeros(SLOTS, dtype=np.bool_)
        for number in present:
            table[self._once(("firsts", kind, fold), compute)[number]] = True
        slots = text.once(("word slots", kind, fold), lambda: slots_of(text.word_hashes(kind, fold)))
        return np.flatnonzero(table.take(slots))

    def substrings(self, text: TextBatch, numbers: Positions, flanked: bool) -> Positions:
        """Return how often an entry of the row's list occurs in each row, overlaps included.

        With `flanked`, only where no letter, number or underscore touches it.
        """
        total = np.zeros(len(text), dtype=np.int64)
        heads = [self._once(("heads", number), partial(self._heads, number)) for number in _present(numbers)]
        if not heads:
            return total
        word, borders = word_characters(text), text.row_starts_flags
        free = _free(word, borders) if flanked else None
        for size, at in _likely(text, heads, free):
            rows = text.row_offsets.searchsorted(at, side="right") - 1
            salts = _salts(numbers)[rows]
            lengths = set().union(*(head.lengths for head in heads))
            for length in sorted(n for n in lengths if min(n, HEAD) == size):
                ends = at + length
                fits = np.flatnonzero((ends <= text.row_offsets[rows + 1]) & (numbers[rows] >= 0))
                if flanked:
                    fits = fits[borders[ends[fits]] | ~word.take(ends[fits], mode="clip")]
                keys = text.prefix_hashes(fold=True).spans(at[fits], ends[fits]) ^ salts[fits]
                found = fits[self._once("by length", self._by_length)[length].contains(keys)]
                total += np.bincount(rows[found], minlength=len(text))
        return total

    def _heads(self, number: int) -> "Heads":
        """Return what the entries of a list begin with."""
        batch, entries = self._batch(), self._slices()[number]
        starts, lengths = batch.row_offsets[:-1][entries], batch.lengths[entries]
        places, slots = [], []
        for size in SIZES:
            of_size = starts[np.minimum(lengths, HEAD) == size]
            places.append([batch.folded[of_size + place].tolist() for place in range(size)])
            slots.append(slots_of(piece_hashes(batch.folded, of_size, size)))
        return Heads(set(lengths[lengths > 0].tolist()), Sieve.of(places), slots)

    def _by_length(self) -> dict[int, HashSet]:
        """Return the entries of all lists by their code points."""
        batch = self._batch()
        hashes = batch.span_hashes(batch.rows(), fold=True) ^ _salts(self._of_entries())
        lengths = np.unique(batch.lengths[batch.lengths > 0]).tolist()
        return {length: HashSet(hashes[batch.lengths == length]) for length in lengths}

    def _of_entries(self) -> Positions:
        return np.repeat(np.arange(len(self.entries)), [len(words) for words in self.entries.values()])

    def _slices(self) -> list[slice]:
        """Return which entries, by number, each list has."""
        ends = np.cumsum([len(words) for words in self.entries.values()]).tolist()
        return list(map(slice, [0, *ends[:-1]], ends))

    def _batch(self) -> TextBatch:
        words = [word for words in self.entries.values() for word in words]
        return self._once("batch", lambda: TextBatch.from_arrow(pa.array(words, pa.string())))

    def _set(self, kind: str, length: int, fold: bool) -> HashSet:
        def compute() -> HashSet:
            batch = self._batch()
            spans = _entry_words(batch, kind)
            of_list = self._of_entries()
            chosen = (spans.counts == length) & (self._is_small() if kind == "roots" else True)
            hashes = sequences(batch.span_hashes(spans, fold), length)[spans.offsets[:-1][chosen]]
            return HashSet(hashes ^ _salts(of_list[chosen]))

        return self._once((kind, length, fold), compute)

    def _is_small(self) -> Mask:
        """Return which entries case folding leaves as they are."""
        batch = self._batch()
        small: Mask = sums(batch.folded != batch.codepoints, batch.row_offsets) == 0
        return small

    def _once(self, key: Hashable, compute: Callable[[], T]) -> T:
        if key not in self._memo:
            self._memo[key] = compute()
        result: T = self._memo[key]
        return result


@dataclass(frozen=True, slots=True)
class Heads:
    """What the entries of a list begin with: pieces of HEAD code points, of fewer where they are shorter."""

    lengths: set[int]  # of the entries in code points
    sieve: Sieve
    slots: list[Positions]  # parts of the hashes of the pieces, for each of SIZES


def _likely(text: TextBatch, heads: Sequence[Heads], where: Mask | None) -> Iterator[tuple[int, Positions]]:
    """Yield for each size of a piece where one of the heads may be."""
    sieve = reduce(operator.or_, (head.sieve for head in heads))
    for number, (size, at) in enumerate(zip(SIZES, sieve.passing(text, where), strict=True)):
        if len(at):
            table = np.zeros(SLOTS, dtype=np.bool_)
            for head in heads:
                table[head.slots[number]] = True
            yield size, at[table.take(slots_of(piece_hashes(text.folded, at, size)))]


def _free(word: Mask, borders: Mask) -> Mask:
    """Return where no word character of the same row comes before."""
    free = borders[:-1].copy()
    np.logical_or(free[1:], ~word[:-1], out=free[1:])
    return free


def _entry_words(batch: TextBatch, kind: str) -> Spans:
    if kind == "unicode":
        return batch.words()
    return batch.words("blanks")


def sequences(hashes: Hashes, length: int) -> Hashes:
    """Return the hash of each run of `length` words, by its first."""
    result = hashes
    for step in range(1, length):
        count = max(0, len(hashes) - step)
        result = _joined(result[:count], hashes[step : step + count])
    return result


def _joined(hashes: Hashes, following: Hashes) -> Hashes:
    result = hashes * SEQUENCE_STEP
    result += following
    result ^= result >> np.uint64(29)
    return result


def _present(numbers: Positions) -> tuple[int, ...]:
    """Return the numbers of the lists that some row has."""
    return tuple(np.flatnonzero(np.bincount(numbers + 1)[1:]).tolist())


def _salts(numbers: Positions) -> Hashes:
    return mix((numbers + 1).astype(np.uint64) * np.uint64(LANGUAGE_STEP))
