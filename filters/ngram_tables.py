"""Character n-gram models as tables, and the perplexity of many texts under many of them at once.

The model is that of `filters/kneser_ney.py` with code points as words, so that a perplexity equals what KenLM
gives with the same model (`perplexity` with `normalisation = "characters"`), but that the probability of
`<unk>` is shared by all characters that the model has not seen. The logarithm of P(c | history) is a sum:
of each n-gram that ends here and that the model knows, what it adds to the estimate of its suffix; of each
history that it knows, its back-off weight; and what any code point has at least. So the scores of all texts
under a model are one product of a sparse matrix, of what the texts hold, and the model's vector.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from filters.kneser_ney import estimate_levels
from filters.model_text import SPACE_SYMBOL
from filters.ngram_counts import BOS, EOS, UNK, Counts, Ids, LevelBuilder, Scratch, read_windows, sort_windows

CODE_POINTS: Final = 0x110000

ASSIGNED: Final = 149_813
"""Characters of Unicode 15, which share what a model gives to all that it has not seen: else a model of few
characters would find any text of another script likely."""

LEAST: Final = 1e-30
"""Stands for a weight of zero, whose logarithm cannot be added."""

Places = NDArray[np.int64]
Floats = NDArray[np.float32]
Matrix = Any  # scipy.sparse has no types


@dataclass(frozen=True, slots=True)
class Windows:
    """Different windows of code points with how often each occurs.

    `columns[0]` holds the last code point of each, by which they are sorted first. BOS stands before the
    first code point of a text, EOS after its last.
    """

    columns: tuple[Ids, ...]
    counts: Counts

    @property
    def order(self) -> int:
        """Code points of a window."""
        return len(self.columns)

    @property
    def units(self) -> int:
        """Code points that are scored, ends counted."""
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True)
class ModelLevel:
    """What a model gives to the n-grams of one order, as natural logarithms."""

    suffix: Ids
    """The row, one level below, of the n-gram without its first code point."""
    first: Ids
    """The first code point, as a row of the alphabet."""
    gain: Floats
    """Logarithm of the probability less that of the estimate by the n-gram's suffix."""
    backoff: Floats
    """Logarithm of the weight of the order below after this history; none at the highest order."""


@dataclass(frozen=True, slots=True)
class CharacterModel:
    """An interpolated modified Kneser-Ney model of code points."""

    alphabet: Ids
    """The code points, sorted, with UNK, BOS and EOS."""
    unknown: float
    """Logarithm of the probability of one code point outside the alphabet, as a unigram."""
    levels: tuple[ModelLevel, ...]


def count_windows(lines: Iterable[str], order: int) -> Windows:
    """Return the windows of `order` code points of texts, each cleaned to one line; a space is `▁`.

    The control characters whose numbers stand for UNK, BOS and EOS are left out.
    """
    text = "".join(f"{chr(BOS)}{_plain(line)}{chr(EOS)}" for line in lines).replace(" ", SPACE_SYMBOL)
    tokens = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.int32)
    return sorted_windows(*read_windows(tokens, 0, len(tokens), order))


def _plain(line: str) -> str:
    special = [chr(number) for number in (UNK, BOS, EOS) if chr(number) in line]
    return line.translate(dict.fromkeys(map(ord, special))) if special else line


def sorted_windows(columns: list[Ids], counts: Counts) -> Windows:
    """Return windows in their order, the counts of equal ones added up."""
    found, total = sort_windows(columns, counts, CODE_POINTS)
    return Windows(tuple(found), total)


def train_characters(windows: Windows) -> CharacterModel:
    """Return the model of counted windows of two code points or more."""
    special = np.array([UNK, BOS, EOS], dtype=np.int32)
    alphabet = np.unique(np.concatenate((special, *windows.columns)))
    scratch = Scratch(None)
    builder = LevelBuilder(windows.order, len(alphabet), [0] * windows.order, scratch)
    builder.add([np.searchsorted(alphabet, c).astype(np.int32) for c in windows.columns], windows.counts)
    counted = builder.finish()
    estimates, _ = estimate_levels(counted, scratch)
    logs = [np.log(np.maximum(e.probability, LEAST, dtype=np.float64)) for e in estimates]
    known = [e.backoff for e in estimates if e.backoff is not None]
    backoffs = [np.log(np.maximum(weights, LEAST, dtype=np.float64)) for weights in known]
    unknown = float(logs[0][UNK]) - np.log(ASSIGNED - len(alphabet) + len(special))
    gains = [logs[0] - unknown]
    for k, level in enumerate(counted[1:], 1):
        gains.append(logs[k] - logs[k - 1][level.suffix] - backoffs[k - 1][estimates[k].context])
    backoffs.append(np.empty(0))
    levels = (
        ModelLevel(level.suffix, level.word, gain.astype(np.float32), backoff.astype(np.float32))
        for level, gain, backoff in zip(counted, gains, backoffs, strict=True)
    )
    return CharacterModel(alphabet, unknown, tuple(levels))


class Texts:
    """Texts, given by their windows, ready to be scored under any model.

    `matrix` has a row for each text and a column for each n-gram of any order that a text holds, as what ends
    at a code point and once more as the history of the next.
    """

    def __init__(self, texts: Sequence[Windows]) -> None:
        self.order = texts[0].order
        self.units = np.array([text.units for text in texts], dtype=np.int64)
        special = np.array([UNK, BOS, EOS], dtype=np.int32)
        self._alphabet = np.unique(np.concatenate([special, *(c for t in texts for c in t.columns)]))
        self._keys = self._find_keys(texts)
        self._offsets = np.cumsum([0, len(self._alphabet), *map(len, self._keys)])
        self.matrix = self._fill(texts)

    @property
    def _width(self) -> int:
        return int(self._offsets[-1])

    def _find_keys(self, texts: Sequence[Windows]) -> list[Places]:
        """Return, by order from 2, the sorted keys of the n-grams: suffix times alphabet plus first."""
        columns = [[np.searchsorted(self._alphabet, c) for c in text.columns] for text in texts]
        rows = [own[0] for own in columns]
        keys: list[Places] = []
        for k in range(1, self.order):
            wanted = [row * len(self._alphabet) + own[k] for row, own in zip(rows, columns, strict=True)]
            keys.append(np.unique(np.concatenate([np.unique(some) for some in wanted])))
            rows = [np.searchsorted(keys[-1], some) for some in wanted]
        return keys

    def _fill(self, texts: Sequence[Windows]) -> Matrix:
        places, values, bounds = [], [], [0]
        for text in texts:
            found, counts = self._features(text)
            places.append(found)
            values.append(counts)
            bounds.append(bounds[-1] + len(found))
        shape = (len(texts), 2 * self._width)
        return sparse.csr_matrix((np.concatenate(values), np.concatenate(places), bounds), shape=shape)

    def _features(self, text: Windows) -> tuple[Ids, Floats]:
        """Return the columns of a text, and how often it holds what they stand for."""
        own = [np.searchsorted(self._alphabet, column) for column in text.columns]
        ends = list(self._rows(own))
        histories = list(self._rows(own[1:]))
        found = [offset + rows for offset, rows in zip(self._offsets, ends, strict=False)]
        shifted = self._offsets + self._width
        found += [offset + rows for offset, rows in zip(shifted, histories, strict=False)]
        known = [rows >= 0 for rows in (*ends, *histories)]
        columns = np.concatenate([some[k] for some, k in zip(found, known, strict=True)])
        counts = np.concatenate([text.counts[k] for k in known])
        different, places = np.unique(columns, return_inverse=True)
        return different.astype(np.int32), np.bincount(places, counts).astype(np.float32)

    def _rows(self, columns: Sequence[Places]) -> Iterator[Places]:
        """Yield, by order, the rows of the n-grams that end with the first column; -1 where unknown."""
        rows = columns[0]
        yield rows
        for keys, column in zip(self._keys, columns[1:], strict=False):
            rows = find_rows(keys, rows, column, len(self._alphabet))
            yield rows

    def vector(self, model: CharacterModel) -> Floats:
        """Return what the model gives to each column of the matrix."""
        vector = np.zeros(2 * self._width, dtype=np.float32)
        alphabet = find_rows(self._alphabet.astype(np.int64), np.zeros(1, np.int64), model.alphabet, 0)
        rows = alphabet
        for k, level in enumerate(model.levels):
            if k:
                rows = find_rows(
                    self._keys[k - 1], rows[level.suffix], alphabet[level.first], len(self._alphabet)
                )
            known = rows >= 0
            vector[self._offsets[k] + rows[known]] = level.gain[known]
            if len(level.backoff):
                vector[self._width + self._offsets[k] + rows[known]] = level.backoff[known]
        return vector

    def scores(self, model: CharacterModel, rows: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Return the natural logarithm of the probability of each text, or of those in `rows`."""
        matrix, units = (self.matrix, self.units) if rows is None else (self.matrix[rows], self.units[rows])
        known: NDArray[np.float64] = matrix @ self.vector(model)
        return known + model.unknown * units


def find_rows(keys: Places, suffix: Places, first: Places | Ids, width: int) -> Places:
    """Return the places of `suffix * width + first` among sorted keys; -1 where it is none of them."""
    wanted = suffix * width + first
    places = np.searchsorted(keys, wanted)
    places[places == len(keys)] = 0
    known = (keys[places] == wanted) & (suffix >= 0) & (first >= 0)
    return np.where(known, places, -1)


def cross_entropies(models: Sequence[CharacterModel], texts: Texts) -> NDArray[np.float64]:
    """Return, for each model (row) and text (column), -log2 P for each code point, ends counted.

    The perplexity is 2 to the power of it.
    """
    scores = np.stack([texts.scores(model) for model in models])
    bits: NDArray[np.float64] = -scores / np.log(2) / texts.units
    return bits
