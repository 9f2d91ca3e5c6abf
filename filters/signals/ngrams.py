"""The share of a text in repeated word n-grams, as each published tool counts it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_ngrams import most_frequent
from filters.ngrams import Ngrams
from filters.registry import signal
from filters.signals.columns import ratio
from filters.signals.normalised import normalised, spaced_digits
from filters.spans import Spans, rows_of
from filters.text import TextBatch
from schemas.errors import RecipeError, near_name

Positions = NDArray[np.int64]
GOPHER = "Rae et al. 2021, arXiv:2112.11446, table A1"


@dataclass(frozen=True, slots=True)
class Counting:
    """How one code base counts characters in n-grams."""

    kind: str  # of words
    fold: bool
    spaces: bool  # n-grams are joined by spaces, which count
    of_text: bool  # the denominator is the text, else the code points in words
    lone: bool  # an n-gram that occurs once can be the top one
    longest: bool  # of equally frequent n-grams the longest is the top one, else the first
    duplicates: str  # covered, weighted or scanned


COUNTINGS: Final = {
    "gopher": Counting("unicode", True, False, False, False, True, "covered"),
    "datatrove": Counting("tokens", False, True, True, True, False, "scanned"),
    "datatrove-english": Counting("english", False, True, True, True, False, "scanned"),
    "datatrove-whitespace": Counting("whitespace", False, True, True, True, False, "scanned"),
    "dolma": Counting("whitespace", False, False, False, True, False, "weighted"),
    "dclm": Counting("unicode", False, False, False, False, True, "covered"),
    "glotcc": Counting("blanks", False, True, True, True, False, "scanned"),
    "rpv2": Counting("whitespace", True, False, False, False, False, "covered"),
}
"""The variants; `rpv2` counts in its normalised text, `glotcc` in the text with digits spaced."""


@signal(pa.float32(), unit="ratio", source=f"{GOPHER}; datatrove, Dolma, DCLM, RedPajama-V2 by `variant`")
def top_ngram_char_ratio(text: TextBatch, *, n: int = 2, variant: str = "gopher") -> pa.Array:
    """Code points in the most frequent word n-gram x its count / code points in words; null under n words.

    0 where no n-gram occurs twice. `datatrove` (and `glotcc`) joins the n-gram by spaces, divides by all code
    points, and counts an n-gram that occurs once, as `dolma` does; `rpv2` and `dolma` take the first of
    equally frequent n-grams, `gopher` and `dclm` the longest. The published code gives 0 for null.
    """
    counting, text = chosen(text, variant)
    ngrams = text.ngrams(n, counting.kind, counting.fold)
    size = _sizes(text, counting, n, counting.spaces)
    part = _top_characters(ngrams, size, counting)
    return ratio(text, part, np.where(ngrams.totals > 0, _denominators(text, counting, size), 0))


@signal(pa.float32(), unit="ratio", source=f"{GOPHER}; datatrove, Dolma, DCLM, RedPajama-V2 by `variant`")
def dup_ngram_char_ratio(text: TextBatch, *, n: int = 5, variant: str = "gopher") -> pa.Array:
    """Code points in n-grams that occur more than once / code points in words; null under n words.

    All copies count, overlaps once (`gopher`, `dclm`, `rpv2`). `dolma`: code points of all copies / code
    points of all n-grams, overlaps counted. `datatrove`: a scan from left to right that skips a copy and
    counts it, the first not / code points of the text. The published code gives 0 for null.
    """
    counting, text = chosen(text, variant)
    ngrams = text.ngrams(n, counting.kind, counting.fold)
    size = _sizes(text, counting, n, spaces=False)
    whole = np.where(ngrams.totals > 0, _denominators(text, counting, size), 0)
    if counting.duplicates == "covered":
        return ratio(text, _covered(ngrams, size), whole)
    if counting.duplicates == "weighted":
        return ratio(text, _by_row(ngrams, ngrams.positions, size), size.all_ngrams)
    return ratio(text, _by_row(ngrams, _scan(ngrams), size), whole)


def top_share(text: TextBatch, tokens: Spans, n: int, whole: Positions) -> NDArray[np.float64]:
    """Return the top n-gram's characters / `whole` in each row of tokens, counted as GlotCC does."""
    hashes, rows = text.span_hashes(tokens), len(tokens.offsets) - 1
    places, counts = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    if n == 1 and is_compiled() and most_frequent(hashes, tokens.offsets, places, counts):
        part = counts.copy()
        part[counts > 0] *= tokens.lengths[places[counts > 0]]
    else:
        ngrams = Ngrams.of_words(hashes, tokens.offsets)
        for _ in range(1, n):
            ngrams = ngrams.longer()
        size = _Sizes(_before(tokens), tokens.offsets, n, spaces=True)
        part = _top_characters(ngrams, size, COUNTINGS["glotcc"])
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def _denominators(text: TextBatch, counting: Counting, size: "_Sizes") -> Positions:
    return text.lengths if counting.of_text else size.of_words


def _top_characters(ngrams: Ngrams, size: "_Sizes", counting: Counting) -> Positions:
    """Return the code points of the top n-gram times its count, of each row."""
    best = _top_places(ngrams, size, counting.longest)
    places = np.where(best.counts > 0, best.places, ngrams.word_offsets[:-1])
    counts = np.where((best.counts == 0) & counting.lone, 1, best.counts)
    measured = ngrams.totals > 0
    part = np.zeros(len(ngrams.totals), dtype=np.int64)
    part[measured] = size.at(places[measured]) * counts[measured]
    return part


def chosen(text: TextBatch, variant: str) -> tuple[Counting, TextBatch]:
    """Return the way of counting, and the batch of texts that it counts in.

    Raises:
        RecipeError: there is no such variant.
    """
    if variant not in COUNTINGS:
        hint = near_name(variant, list(COUNTINGS))
        raise RecipeError(f"variant: expected one of {', '.join(COUNTINGS)}, got {variant!r}{hint}")
    batches = {"rpv2": normalised, "glotcc": spaced_digits}
    return COUNTINGS[variant], batches[variant](text) if variant in batches else text


class _Sizes:
    """Code points of the n-grams by their first word."""

    def __init__(self, before: Positions, offsets: Positions, n: int, spaces: bool) -> None:
        self._before = before  # code points in the words before each word
        self._n, self._offsets, self._spaces = n, offsets, (n - 1) * spaces

    @property
    def of_words(self) -> Positions:
        """The code points of the words of each row."""
        return np.diff(self._before[self._offsets])

    def at(self, places: Positions) -> Positions:
        """Return the code points of the n-grams that begin at the words."""
        sizes: Positions = self._before[places + self._n] - self._before[places] + self._spaces
        return sizes

    def words(self, first: Positions, last: Positions) -> Positions:
        """Return the code points of the words from `first` up to `last`."""
        return np.asarray(self._before[last] - self._before[first], dtype=np.int64)

    @property
    def all_ngrams(self) -> Positions:
        """The code points of all n-grams of each row, summed."""
        total = np.concatenate(([0], np.cumsum(self._before)))
        first, last = self._offsets[:-1], self._offsets[1:]
        middle = np.minimum(first + self._n, last + 1)
        high = total[last + 1] - total[middle]
        low = total[np.maximum(last - self._n + 1, first)] - total[first]
        return np.asarray(high - low, dtype=np.int64)


def _before(words: Spans) -> Positions:
    result = np.zeros(len(words) + 1, dtype=np.int64)
    np.cumsum(words.lengths, out=result[1:])
    return result


def _sizes(text: TextBatch, counting: Counting, n: int, spaces: bool) -> _Sizes:
    words = text.words(counting.kind)
    before = text.once(("code points before", counting.kind), lambda: _before(words))
    return _Sizes(before, words.offsets, n, spaces)


@dataclass(frozen=True, slots=True)
class _Top:
    places: Positions
    counts: Positions  # 0 where no n-gram of the row occurs twice


def _top_places(ngrams: Ngrams, size: _Sizes, longest: bool) -> _Top:
    rows, group_rows = len(ngrams.totals), ngrams.rows
    places, most = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    if len(group_rows):
        first = np.flatnonzero(np.concatenate(([True], group_rows[1:] != group_rows[:-1])))
        most[group_rows[first]] = np.maximum.reduceat(ngrams.counts, first)
    leading = np.flatnonzero(ngrams.counts == most[group_rows])
    firsts, group_rows = ngrams.positions[ngrams.starts[leading]], group_rows[leading]
    lengths = -size.at(firsts) if longest else np.zeros(len(firsts), dtype=np.int64)
    order = np.lexsort((firsts, lengths, group_rows))[::-1]
    places[group_rows[order]] = firsts[order]  # what is written last stays
    return _Top(places, most)


def _covered(ngrams: Ngrams, size: _Sizes) -> Positions:
    """Return the code points of the words that lie inside a repeated n-gram, of each row."""
    starts = np.sort(ngrams.positions)
    fresh = np.ones(len(starts), dtype=np.int64) * ngrams.n
    fresh[1:] = np.minimum(np.diff(starts), ngrams.n)  # words that no earlier n-gram covers are the last ones
    lengths = size.words(starts + ngrams.n - fresh, starts + ngrams.n)
    rows = rows_of(starts, ngrams.word_offsets)
    return np.bincount(rows, weights=lengths, minlength=len(ngrams.totals)).astype(np.int64)


def _by_row(ngrams: Ngrams, places: Positions, size: _Sizes) -> Positions:
    rows = rows_of(places, ngrams.word_offsets)
    return np.bincount(rows, weights=size.at(places), minlength=len(ngrams.totals)).astype(np.int64)


def _scan(ngrams: Ngrams) -> Positions:
    """Return where datatrove's scan meets an n-gram that it has kept before.

    A loop over the places of repeated n-grams only, a few in a hundred words of usual text.
    """
    order = np.argsort(ngrams.positions)
    groups = np.repeat(np.arange(len(ngrams.starts)), ngrams.counts)[order].tolist()
    kept = bytearray(len(ngrams.starts))
    found, free = [], 0
    for place, group in zip(ngrams.positions[order].tolist(), groups, strict=True):
        if place >= free:
            if kept[group]:
                found.append(place)
                free = place + ngrams.n
            kept[group] = 1
    return np.array(found, dtype=np.int64)
