"""The n-grams of a corpus with the counts that Kneser-Ney smoothing needs, in bounded memory.

Sentences become word numbers. Every position gives one window of `order` words, filled up with `<s>` before
the sentence begins. Windows are read from the last word to the first and sorted in that order. Windows that
share their last k words are then neighbours, so that one pass over the sorted windows gives the n-grams of
every order k, each with the number of different words before it. A corpus that needs more memory than its
budget is sorted in runs, which go to files and are merged range by range.
"""

import mmap
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from schemas.errors import InputError

UNK: Final = 0
BOS: Final = 1
EOS: Final = 2
SPECIAL: Final = ("<unk>", "<s>", "</s>")

Ids = NDArray[np.int32]
Counts = NDArray[np.int64]

DEFAULT_MEMORY: Final = 1 << 30
"""Bytes that sorting may take."""

BYTES_PER_WINDOW: Final = 92
"""Measured: what sorting one window of five words takes at its peak."""

KEY_BITS: Final = 64
MOST_ROWS: Final = (1 << 31) - 1
MOST_TOKENS: Final = (1 << 32) - 1
FORBIDDEN: Final = frozenset("\0\t\n\v\f\r ")
ENCODE_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Level:
    """The n-grams of one order k, sorted by their words from the last to the first.

    For k = 1 there is a row for each word number, and `suffix` is empty.
    """

    suffix: Ids
    """The row, one level below, of the n-gram without its first word."""
    word: Ids
    """The first word."""
    count: NDArray[np.uint32]
    """The adjusted count: different words before the n-gram; occurrences if it is of the highest order or
    begins with `<s>`."""
    pruned: NDArray[np.bool_]
    """True where the n-gram occurs no more often than the pruning threshold of its order."""
    last_occurrences: int | None
    """Occurrences of the last n-gram, when the last window of all ends with it."""

    def __len__(self) -> int:
        return len(self.word)


@dataclass(frozen=True, slots=True)
class NgramCounts:
    """The n-grams of a corpus; `levels[k - 1]` holds those of order k."""

    words: pa.Array
    """The words by number, as strings."""
    levels: list[Level]
    sentences: int
    tokens: int


class Vocabulary(dict[str, int]):
    """Numbers words in the order of their first use; special words in a text get -1."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(SPECIAL, -1))

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number

    def words(self) -> pa.Array:
        """Return the words by number, the special ones by their names.

        Raises:
            InputError: a word is empty, holds white space or cannot be written as UTF-8.
        """
        words = list(self)
        for word in words:
            if not word or not FORBIDDEN.isdisjoint(word):
                raise InputError(f"language model: word {word!r}: expected one without white space")
        try:
            return pa.array(words, pa.large_string())
        except UnicodeEncodeError as error:
            lone = error.object[error.start]
            raise InputError(f"language model: a word holds {lone!r}, which is no character") from error


class Column:
    """An array that grows at its end, in memory or in a file."""

    def __init__(self, dtype: DTypeLike, path: Path | None) -> None:
        self._dtype = np.dtype(dtype)
        self._path = path
        self._parts: list[NDArray[Any]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, values: NDArray[Any]) -> None:
        """Add the values at the end."""
        self._length += len(values)
        if self._path is None:
            self._parts.append(values.astype(self._dtype))
            return
        with self._path.open("ab") as file:
            values.astype(self._dtype).tofile(file)

    def finish(self) -> NDArray[Any]:
        """Return the whole array; one in a file is mapped, not read."""
        if self._length == 0:
            return np.empty(0, self._dtype)
        if self._path is None:
            return np.concatenate(self._parts)
        return np.memmap(self._path, self._dtype, mode="r")


def release(array: NDArray[Any]) -> None:
    """Let the pages of an array that lies in a file leave memory; they are read again when used."""
    mapping = getattr(array, "_mmap", None)
    if mapping is not None:
        mapping.madvise(mmap.MADV_DONTNEED)


class Scratch:
    """Where growing arrays go: memory, or the files of a folder that is removed at the end."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else tempfile.TemporaryDirectory(dir=folder, prefix="ngrams-")
        self._files = 0

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def on_disk(self) -> bool:
        """True when arrays go to files."""
        return self._folder is not None

    def column(self, dtype: DTypeLike) -> Column:
        """Return a new, empty column."""
        return Column(dtype, self.path())

    def path(self) -> Path | None:
        """Return a new file name, or nothing when arrays stay in memory."""
        self._files += 1
        return None if self._folder is None else Path(self._folder.name) / f"{self._files}.bin"


def count_ngrams(
    sentences: Iterable[Sequence[str]],
    order: int,
    prune: Sequence[int],
    scratch: Scratch,
    memory: int = DEFAULT_MEMORY,
) -> NgramCounts:
    """Count the n-grams of 1 to `order` words of sentences that are sequences of words.

    `prune` has one threshold for each order: n-grams with that many occurrences or fewer are marked. Words
    that are `<unk>`, `<s>` or `</s>` are left out of the sentences.

    Raises:
        InputError: there is no sentence, or there are more words or n-grams than the numbers used can count.
    """
    vocabulary = Vocabulary()
    tokens, count = _encode(sentences, vocabulary, scratch)
    if count == 0:
        raise InputError("language model: expected sentences to train on, got none")
    if len(tokens) > MOST_TOKENS:
        raise InputError(f"language model: more than {MOST_TOKENS} words; train on less text, or with lmplz")
    words = vocabulary.words()
    vocabulary.clear()  # as large as the text for a corpus of many forms
    block = max(memory // BYTES_PER_WINDOW, 1 << 12)
    builder = LevelBuilder(order, len(words), prune, scratch)
    for columns, counts in _merged(_runs(tokens, order, block, len(words), scratch), block, len(words)):
        builder.add(columns, counts)
    return NgramCounts(words, builder.finish(), count, len(tokens) - 2 * count)


def _encode(sentences: Iterable[Sequence[str]], vocabulary: Vocabulary, scratch: Scratch) -> tuple[Ids, int]:
    column, count, ids = scratch.column(np.int32), 0, list[int]()
    number = vocabulary.__getitem__

    def flush() -> None:
        numbers = np.array(ids, dtype=np.int32)
        column.append(numbers[numbers >= 0])
        ids.clear()

    for sentence in sentences:
        ids.append(BOS)
        ids.extend(map(number, sentence))
        ids.append(EOS)
        count += 1
        if len(ids) >= ENCODE_CHUNK:
            flush()
    flush()
    return column.finish(), count


Windows = tuple[list[Ids], Counts]


def _runs(tokens: Ids, order: int, block: int, words: int, scratch: Scratch) -> list[Windows]:
    """Return sorted runs of windows with their counts; with several, each lies in a file."""
    runs = []
    for begin in range(0, len(tokens), block):
        release(tokens)
        run = sort_windows(*read_windows(tokens, begin, begin + block, order), words)
        path = scratch.path() if block < len(tokens) else None
        if path is not None:
            np.save(path.with_suffix(".npy"), np.stack([*run[0], run[1].astype(np.int32)]))
            stored = np.load(path.with_suffix(".npy"), mmap_mode="r")
            run = [stored[i] for i in range(order)], stored[order]
        runs.append(run)
    return runs


def read_windows(tokens: Ids, begin: int, end: int, order: int) -> Windows:
    """Return, for each position that is not `<s>`, its word, the word before it …, with a count of 1 each."""
    back = min(begin, order - 1)
    piece = np.asarray(tokens[begin - back : end])
    column = piece[back:]
    keep = column != BOS
    columns = [column[keep]]
    for distance in range(1, order):
        shifted = piece[np.maximum(np.arange(back, len(piece)) - distance, 0)]
        column = np.where(column == BOS, np.int32(BOS), shifted)
        columns.append(column[keep])
    return columns, np.ones(len(columns[0]), dtype=np.int64)


def sort_windows(columns: list[Ids], counts: Counts, words: int) -> Windows:
    """Sort rows by their first column, then the second …, and add up the counts of equal rows."""
    width = max(words - 1, 1).bit_length()
    key, used = columns[0].astype(np.uint64), width
    for column in columns[1:]:
        if used + width > KEY_BITS:
            key = np.unique(key, return_inverse=True)[1].astype(np.uint64)
            used = max(len(key), 1).bit_length()
        key <<= np.uint64(width)
        key |= column.astype(np.uint64)
        used += width
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.concatenate((key[:1] == key[:1], key[1:] != key[:-1])))
    rows = order[first]
    total = np.add.reduceat(counts[order], first) if len(first) else counts[:0]
    return [column[rows] for column in columns], total.astype(np.int64)


def _merged(runs: list[Windows], block: int, words: int) -> Iterator[Windows]:
    """Yield the windows of all runs together, sorted, in ranges of last words of about `block` rows."""
    if len(runs) == 1:
        yield runs[0]
        return
    rows = np.zeros(words, dtype=np.int64)
    for columns, _ in runs:
        rows += np.bincount(columns[0], minlength=words)
        release(columns[0])
    ends = np.cumsum(rows)
    first = 0
    while first < words:
        done = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, done + block, side="right")), first + 1)
        parts = [_cut(run, first, last) for run in runs]
        merged = [np.concatenate(same) for same in zip(*(columns for columns, _ in parts), strict=True)]
        if len(merged[0]):
            yield sort_windows(merged, np.concatenate([counts for _, counts in parts]), words)
        first = last


def _cut(run: Windows, first: int, last: int) -> Windows:
    """Return a copy of the windows whose last word is from `first` to before `last`."""
    columns, counts = run
    begin, end = np.searchsorted(columns[0], (first, last))
    cut = [np.array(column[begin:end]) for column in columns], counts[begin:end].astype(np.int64)
    release(columns[0])
    return cut


def _changes(new: NDArray[np.bool_], column: Ids) -> NDArray[np.bool_]:
    """Return where `new` is set or the column differs from the row before; the first row always does."""
    changed = new.copy()
    changed[:1] = True
    changed[1:] |= column[1:] != column[:-1]
    return changed


class LevelBuilder:
    """Turns sorted windows, range after range, into the levels of all orders."""

    def __init__(self, order: int, words: int, prune: Sequence[int], scratch: Scratch) -> None:
        self._prune = prune
        self._unigrams = np.zeros(words, dtype=np.int64)
        types = (np.int32, np.int32, np.uint32, np.bool_)  # those of Level
        self._last: list[int | None] = [None] * order
        self._columns = [[scratch.column(dtype) for dtype in types] for _ in range(order - 1)]

    def add(self, columns: list[Ids], counts: Counts) -> None:
        """Add windows whose last words come after those of all windows added before."""
        order = len(columns)
        new = _changes(np.zeros(len(counts), dtype=np.bool_), columns[0])  # where an n-gram of order k begins
        below = columns[0]  # of each window, the row of its n-gram one level below
        for k in range(1, order + 1):
            starts = np.flatnonzero(new)
            words = columns[k - 1][starts]
            occurrences = adjusted = np.add.reduceat(counts, starts)
            if k < order:
                new = _changes(new, columns[k])
                adjusted = np.add.reduceat(new, starts, dtype=np.int64)
                adjusted = np.where(words == BOS, occurrences, adjusted)
            if k == 1:
                self._unigrams[words] = adjusted
                self._last[0] = int(occurrences[-1])
                continue
            real = (words != BOS) | (columns[k - 2][starts] != BOS)  # `<s> <s> …` is filling, no n-gram
            self._last[k - 1] = int(occurrences[-1]) if real[-1] else None
            rows = starts[real]
            pruned = occurrences[real] <= self._prune[k - 1]
            length = self._append(k, [below[rows], words[real], adjusted[real], pruned])
            flags = np.zeros(len(new), dtype=np.int32)
            flags[rows] = 1
            below = length + np.cumsum(flags, dtype=np.int32) - 1

    def _append(self, k: int, rows: list[NDArray[Any]]) -> np.int32:
        """Add rows, given by the columns of `Level`, to level k; return how many it had before."""
        columns = self._columns[k - 2]
        length = len(columns[0])
        if length + len(rows[0]) > MOST_ROWS:
            raise InputError(f"language model: more than {MOST_ROWS} {k}-grams; train on less text")
        for column, values in zip(columns, rows, strict=True):
            column.append(values)
        return np.int32(length)

    def finish(self) -> list[Level]:
        """Return the levels."""
        words = len(self._unigrams)
        unigrams = Level(
            np.empty(0, np.int32),
            np.arange(words, dtype=np.int32),
            self._unigrams.astype(np.uint32),
            np.zeros(words, dtype=np.bool_),
            self._last[0],
        )
        higher = []
        for columns, last in zip(self._columns, self._last[1:], strict=True):
            suffix, word, count, pruned = (column.finish() for column in columns)
            higher.append(Level(suffix, word, count, pruned, last))
        return [unigrams, *higher]
