"""Interpolated modified Kneser-Ney language models of any order, trained with NumPy and written as ARPA.

The estimator is that of Chen and Goodman 1998 (equation 26 for the discounts) with the conventions of KenLM's
`lmplz` (Heafield et al. 2013): `<unk>` takes part in the unigrams with count 0; unigrams are interpolated
with the uniform distribution over all words but `<s>`; n-grams after `<s>` keep their occurrences as counts;
an order whose discounts cannot be computed takes the fallback discounts; and, when discounts are computed,
the last n-gram of a lower order counts by its occurrences, which shows in tiny corpora only. So probabilities
equal those of `lmplz` (tests/unit/test_kneser_ney.py).
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.ngram_counts import (
    BOS,
    DEFAULT_MEMORY,
    Ids,
    Level,
    NgramCounts,
    Scratch,
    count_ngrams,
    release,
)
from schemas.errors import InputError

FALLBACK_DISCOUNTS: Final = (0.5, 1.0, 1.5)
"""What `lmplz --discount_fallback` takes off counts of 1, 2 and 3 or more."""

OTHER_COUNTS: Final = 5
"""Discounts depend on how many n-grams have a count of 1 to 4; this stands for all others."""

NEVER: Final = -99.0
"""The logarithm that ARPA files give to a probability of zero."""

CHUNK: Final = 1 << 18
"""n-grams handled at a time."""

LEAST_ORDER, MOST_ORDER = 2, 6
"""What KenLM loads, as its packages are built."""

Floats = NDArray[np.floating[Any]]
Discounts = NDArray[np.float64]
Adjusted = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What a training run saw and wrote."""

    order: int
    sentences: int
    tokens: int
    ngrams: tuple[int, ...]
    """n-grams written, by order."""
    discounts: tuple[tuple[float, float, float], ...]
    """By order, for counts of 1, 2 and 3 or more."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The probabilities of a level's n-grams and their back-off weights; the highest level has none."""

    probability: Floats
    backoff: Floats | None = None
    context: Ids | None = None
    """By n-gram, the row one level below of the n-gram without its last word; the lowest level has none."""


@dataclass(frozen=True, slots=True)
class _Contexts:
    """What the n-grams of one order have before their last word."""

    row: Ids
    """By n-gram: the row, one level below, of the n-gram without its last word."""
    total: NDArray[np.uint32]
    """By row of the level below: the sum of the counts of the n-grams that continue it."""
    backoff: Floats
    """By row of the level below: the weight of the order below."""


def train_arpa(
    sentences: Iterable[Sequence[str]],
    output: Path,
    *,
    order: int = 5,
    prune: Sequence[int] = (0,),
    memory: int = DEFAULT_MEMORY,
    scratch: Path | None = None,
) -> ModelReport:
    """Train a model on sentences, each a sequence of words (a string is one of characters); write `output`.

    An n-gram of order k is left out when it occurs `prune[k - 1]` times or fewer; the last threshold holds
    for all higher orders. With `scratch`, a folder, what grows with the corpus goes to files there and
    sorting takes about `memory` bytes; without, all stays in memory. The file is the same.

    Raises:
        InputError: there is no sentence, a word holds white space, or `order` or `prune` makes no sense.
    """
    thresholds = prune_thresholds(order, prune)
    with Scratch(scratch) as store:
        counts = count_ngrams(sentences, order, thresholds, store, memory)
        estimates, discounts = estimate_levels(counts.levels, store)
        ngrams = _write(output, counts, estimates)
    rows = tuple((float(d[1]), float(d[2]), float(d[3])) for d in discounts)
    return ModelReport(order, counts.sentences, counts.tokens, ngrams, rows)


def estimate_levels(levels: list[Level], scratch: Scratch) -> tuple[list[Estimate], list[Discounts]]:
    """Return the estimate and the discounts of each level of counted n-grams."""
    discounts = [_level_discounts(level) for level in levels[:-1]]
    discounts.append(find_discounts(_numbers_of_counts(levels[-1].count)))
    return _estimate(levels, discounts, scratch), discounts


def prune_thresholds(order: int, prune: Sequence[int]) -> list[int]:
    """Return a threshold for each order.

    Raises:
        InputError: `order` or `prune` makes no sense.
    """
    if not LEAST_ORDER <= order <= MOST_ORDER:
        raise InputError(f"language model: order: expected {LEAST_ORDER} to {MOST_ORDER}, got {order}")
    if not prune or len(prune) > order or prune[0] != 0 or list(prune) != sorted(prune):
        raise InputError(
            f"language model: prune: expected at most {order} thresholds that begin with 0 and do not fall, "
            f"got {list(prune)}"
        )
    return [*prune, *[prune[-1]] * (order - len(prune))]


def _level_discounts(level: Level) -> Discounts:
    """Return the discounts of a lower order; its last n-gram counts by its occurrences, as in `lmplz`."""
    numbers = _numbers_of_counts(level.count)
    if level.last_occurrences is not None:
        numbers[min(int(level.count[-1]), OTHER_COUNTS)] -= 1
        numbers[min(level.last_occurrences, OTHER_COUNTS)] += 1
    return find_discounts(numbers)


def _numbers_of_counts(counts: Adjusted) -> NDArray[np.int64]:
    """Return how many n-grams have a count of 0, 1, 2, 3, 4 and more."""
    numbers = np.zeros(OTHER_COUNTS + 1, dtype=np.int64)
    for piece in _pieces(len(counts), counts):
        numbers += np.bincount(np.minimum(counts[piece], OTHER_COUNTS), minlength=OTHER_COUNTS + 1)
    return numbers


def find_discounts(numbers: Sequence[int] | NDArray[np.int64]) -> Discounts:
    """Return the discounts for counts of 0, 1, 2 and 3 or more, of the numbers n of n-grams by count.

    With Y = n_1 / (n_1 + 2 n_2), the discount of c is c - (c + 1) Y n_(c+1) / n_c. Where n_1, n_2 or n_3 is
    0, or a discount is below 0 or above c, all three are the fallback discounts.
    """
    n = [int(number) for number in numbers]
    fallback = np.array([0.0, *FALLBACK_DISCOUNTS])
    if 0 in n[1:4]:
        return fallback
    y = n[1] / (n[1] + 2 * n[2])
    discounts = np.array([0.0, *(c - (c + 1) * y * n[c + 1] / n[c] for c in (1, 2, 3))])
    return discounts if np.all((discounts >= 0) & (discounts <= np.arange(4))) else fallback


def _pieces(length: int, *streamed: NDArray[Any]) -> Iterator[slice]:
    """Yield slices of `length` rows; after each, arrays in files that are read in order leave memory."""
    for start in range(0, length, CHUNK):
        yield slice(start, start + CHUNK)
        for array in streamed:
            release(array)


def _estimate(levels: list[Level], discounts: list[Discounts], scratch: Scratch) -> list[Estimate]:
    """Return the probabilities and back-off weights of all levels."""
    probability, above = _unigram_probabilities(levels[0].count, discounts[0]), None
    estimates = []
    rows = levels[1].word
    for k, (below, level) in enumerate(itertools.pairwise(levels), start=1):
        if k > 1:
            rows = _context_rows(level, below, rows, len(levels[0]), scratch)
        contexts = _sum_contexts(level, rows, discounts[k], len(below), scratch)
        estimates.append(Estimate(probability, contexts.backoff, above))
        probability, above = _interpolate(level, contexts, discounts[k], probability, scratch), rows
    return [*estimates, Estimate(probability, None, above)]


def _unigram_probabilities(counts: Adjusted, discounts: Discounts) -> Floats:
    total = counts.sum(dtype=np.int64)
    discount = discounts[np.minimum(counts, 3)]
    probability: Floats = (counts - discount) / total + discount.sum() / total / (len(counts) - 1)
    probability[BOS] = 1.0  # so that <s> itself costs nothing when it is scored
    return probability.astype(np.float32)


def _context_rows(level: Level, below: Level, rows_below: Ids, words: int, scratch: Scratch) -> Ids:
    """Return, for each n-gram, the row one level below of the n-gram without its last word.

    It is the n-gram that puts the same first word before what the suffix has without its last word
    (`rows_below`), and the level below is sorted by just these two numbers.
    """
    keys = np.empty(len(below), dtype=np.int64)
    for piece in _pieces(len(below), below.suffix, below.word):
        keys[piece] = below.suffix[piece].astype(np.int64) * words + below.word[piece]
    found = scratch.column(np.int32)
    for piece in _pieces(len(level), level.suffix, level.word, rows_below):
        wanted = rows_below[level.suffix[piece]].astype(np.int64) * words + level.word[piece]
        order = np.argsort(wanted)
        places = np.empty(len(wanted), dtype=np.int32)
        places[order] = np.searchsorted(keys, wanted[order])
        found.append(places)
    rows: Ids = found.finish()
    return rows


def _sum_contexts(
    level: Level, rows: Ids, discounts: Discounts, contexts: int, scratch: Scratch
) -> _Contexts:
    """Add up what follows each context.

    The weight of the order below is what discounts and pruning take away, divided by the sum; 1 where nothing
    follows.
    """
    total = np.zeros(contexts, dtype=np.uint32)
    taken = np.zeros(contexts)
    for piece in _pieces(len(level), level.count, level.pruned, rows):
        count = level.count[piece].astype(np.int64)
        kept = np.where(level.pruned[piece], 0, count)
        np.add.at(total, rows[piece], level.count[piece])
        np.add.at(taken, rows[piece], discounts[np.minimum(kept, 3)] + (count - kept))
    backoff = scratch.column(np.float32)
    for piece in _pieces(contexts):
        sums = total[piece]
        backoff.append(np.divide(taken[piece], sums, out=np.ones(len(sums)), where=sums > 0))
    return _Contexts(rows, total, backoff.finish())


def _interpolate(
    level: Level, contexts: _Contexts, discounts: Discounts, lower: Floats, scratch: Scratch
) -> Floats:
    """Return the discounted relative frequencies plus the weighted probabilities of the suffixes."""
    column = scratch.column(np.float32)
    for piece in _pieces(len(level), level.count, level.pruned, level.suffix, contexts.row, lower):
        kept = np.where(level.pruned[piece], 0, level.count[piece].astype(np.int64))
        row = contexts.row[piece]
        own = (kept - discounts[np.minimum(kept, 3)]) / contexts.total[row]
        column.append(own + contexts.backoff[row] * lower[level.suffix[piece]].astype(np.float64))
    probability: Floats = column.finish()
    return probability


def _write(output: Path, counts: NgramCounts, estimates: list[Estimate]) -> tuple[int, ...]:
    """Write the ARPA file and return how many n-grams of each order it has."""
    ngrams = tuple(len(level) - int(np.count_nonzero(level.pruned)) for level in counts.levels)
    with output.open("wb") as file:
        file.write(b"\\data\\\n")
        for k, number in enumerate(ngrams, start=1):
            file.write(b"ngram %d=%d\n" % (k, number))
        for k, estimate in enumerate(estimates, start=1):
            file.write(b"\n\\%d-grams:\n" % k)
            _write_level(file, counts.levels[:k], counts.words, estimate)
        file.write(b"\n\\end\\\n")
    return ngrams


def _write_level(file: BinaryIO, levels: list[Level], words: pa.Array, estimate: Estimate) -> None:
    streamed = [array for level in levels for array in (level.suffix, level.word, level.pruned)]
    for piece in _pieces(len(levels[-1]), estimate.probability, *streamed):
        rows = piece.start + np.flatnonzero(~levels[-1].pruned[piece])
        fields = [_logarithms(estimate.probability[rows]), "\t"]
        place = rows
        for level in levels[:0:-1]:
            fields += [words.take(pa.array(level.word[place])), " "]
            place = level.suffix[place]
        fields.append(words.take(pa.array(place)))
        if estimate.backoff is not None:
            fields += ["\t", _logarithms(estimate.backoff[rows])]
        lines = pc.binary_join_element_wise(*(_text(field) for field in [*fields, "\n", ""]))
        file.write(_bytes(lines))


def _logarithms(probability: Floats) -> pa.Array:
    with np.errstate(divide="ignore"):
        logarithm = np.clip(np.log10(probability), np.float32(NEVER), np.float32(0))
    return pa.array(logarithm + np.float32(0)).cast(pa.large_string())


def _text(field: pa.Array | str) -> pa.Array | pa.Scalar:
    return pa.scalar(field, pa.large_string()) if isinstance(field, str) else field


def _bytes(lines: pa.Array) -> pa.Buffer:
    """Return the strings of an array, one after another, as bytes."""
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int64)
    first, last = int(offsets[lines.offset]), int(offsets[lines.offset + len(lines)])
    return lines.buffers()[2].slice(first, last - first) if len(lines) else pa.py_buffer(b"")
