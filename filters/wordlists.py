"""Word lists by language (stop words, flagged words), looked up for all words of a batch at once.

A list is data that a caller brings: from a package, a file or the reference data. None is part of this
package. Words are compared by 64-bit hashes, case-folded unless asked otherwise. An entry is cut into words
as the text is for the kind `unicode`, and at single spaces for the kinds that published recipes use, so that
what could never match there (a space at its end, for `roots` a capital letter) does not match here.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.hashing import mix
from filters.language_keys import list_keys
from filters.spans import Spans, sums
from filters.text import TextBatch
from filters.unicode_tables import CODE_POINTS, look_up
from filters.words import word_characters

T = TypeVar("T")
Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

SEQUENCE_STEP = np.uint64(0xD6E8FEB86659FD93)
LANGUAGE_STEP = 0x9FB21C651E98DF25
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

    def found(
        self, text: TextBatch, numbers: Positions, kind: str, fold: bool = True, length: int = 1
    ) -> Mask:
        """Return at which word an entry of the row's list begins that has `length` words of the kind."""
        spans = text.words(kind)
        hashes = sequences(text.word_hashes(kind, fold), length)
        counts = spans.counts
        result = np.zeros(len(spans), dtype=np.bool_)
        if not (numbers >= 0).any():
            return result
        salts = _salts(numbers)
        keys = hashes ^ (
            salts[0] if (numbers == numbers[0]).all() else np.repeat(salts, counts)[: len(hashes)]
        )
        result[: len(keys)] = self._set(kind, length, fold).contains(keys)
        if (numbers < 0).any():
            result &= np.repeat(numbers >= 0, counts)
        for step in range(1, length):
            crossing = spans.offsets[1:] - step
            result[crossing[crossing >= 0]] = False
        return result

    def substrings(self, text: TextBatch, numbers: Positions, flanked: bool) -> Positions:
        """Return how often an entry of the row's list occurs in each row, overlaps included.

        With `flanked`, only where no letter, number or underscore touches it.
        """
        word = np.append(word_characters(text), False)
        begins = look_up(self._once("begins", self._begins), text.folded)
        if flanked:
            begins[1:] &= ~word[:-2] | text.row_starts_flags[1:-1]
        starts = np.flatnonzero(begins)
        rows = np.searchsorted(text.row_offsets, starts, side="right") - 1
        total = np.zeros(len(text), dtype=np.int64)
        salts = _salts(numbers)
        for length, entries in self._once("by length", self._by_length).items():
            ends = starts + length
            fits = (ends <= text.row_offsets[rows + 1]) & (numbers[rows] >= 0)
            if flanked:
                fits[fits] = ~word[ends[fits]] | text.row_starts_flags[ends[fits]]
            first, row = starts[fits], rows[fits]
            keys = text.prefix_hashes(fold=True).spans(first, first + length) ^ salts[row]
            found = entries.contains(keys)
            total += np.bincount(row[found], minlength=len(text))
        return total

    def _of_entries(self) -> Positions:
        return np.repeat(np.arange(len(self.entries)), [len(words) for words in self.entries.values()])

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

    def _begins(self) -> Mask:
        """Return which code points an entry begins with."""
        batch = self._batch()
        first = np.zeros(CODE_POINTS, dtype=np.bool_)
        first[batch.folded[batch.row_offsets[:-1][batch.lengths > 0]]] = True
        return first

    def _by_length(self) -> dict[int, HashSet]:
        """Return the entries by their code points."""
        batch = self._batch()
        hashes = batch.span_hashes(batch.rows(), fold=True) ^ _salts(self._of_entries())
        lengths = np.unique(batch.lengths[batch.lengths > 0]).tolist()
        return {length: HashSet(hashes[batch.lengths == length]) for length in lengths}

    def _once(self, key: Hashable, compute: Callable[[], T]) -> T:
        if key not in self._memo:
            self._memo[key] = compute()
        result: T = self._memo[key]
        return result


def _entry_words(batch: TextBatch, kind: str) -> Spans:
    if kind == "unicode":
        return batch.words()
    return batch.words("blanks")


def sequences(hashes: Hashes, length: int) -> Hashes:
    """Return the hash of each run of `length` words, by its first."""
    result = hashes
    for step in range(1, length):
        count = max(0, len(hashes) - step)
        result = result[:count] * SEQUENCE_STEP
        result += hashes[step : step + count]
        result ^= result >> np.uint64(29)
    return result


def _salts(numbers: Positions) -> Hashes:
    return mix((numbers + 1).astype(np.uint64) * np.uint64(LANGUAGE_STEP))
