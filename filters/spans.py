"""Pieces of the rows of a batch, and sums over them."""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from filters import kernels_spans
from filters.compiled import is_compiled
from filters.kernels_spans import (
    bit_numbers,
    chosen,
    edges_of_runs,
    hold,
    keep,
    positions_of,
    positions_of_bits,
    sort_rows,
    strip_spans,
    sum_rows,
)

Value = TypeVar("Value", bound=np.generic)
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

SPARSE: Final = 30
DENSE: Final = 10
"""One in so many: where `np.flatnonzero` is slow, and where it takes another way, looking at each."""

LOOPED: Final = 8
"""One in so many, above which a compiled loop over the mask is faster than one over its bits that are set."""

CACHED: Final = 1 << 15
"""Values taken at a time: what NumPy makes on the way stays in the caches."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Pieces of the rows of a batch (words, lines, sentences, chunks), in order."""

    starts: Positions  # in TextBatch.codepoints
    ends: Positions  # exclusive
    offsets: Positions  # rows + 1; the spans of row i are offsets[i]:offsets[i + 1]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> Positions:
        """The code points in each span."""
        return self.ends - self.starts

    @property
    def counts(self) -> Positions:
        """The spans in each row."""
        return steps(self.offsets)

    @property
    def rows(self) -> Positions:
        """The row of each span."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.counts)

    def chosen(self, keep: Mask) -> "Spans":
        """Return the spans where `keep` is true."""
        return self.at(np.flatnonzero(keep))

    def of_rows(self, rows: Positions) -> "Spans":
        """Return the spans of some rows, which ascend, as all that there are."""
        if len(rows) == len(self.offsets) - 1:
            return self
        firsts, lasts = self.offsets[rows], self.offsets[rows + 1]
        offsets = np.concatenate(([0], np.cumsum(lasts - firsts)))
        kept = span_positions(Spans(firsts, lasts, offsets))
        return Spans(self.starts[kept], self.ends[kept], offsets)

    def at(self, kept: Positions) -> "Spans":
        """Return the spans of the numbers, which ascend."""
        return Spans(self.starts[kept], self.ends[kept], kept.searchsorted(self.offsets))


def steps(offsets: Positions) -> Positions:
    """Return what lies between successive offsets: `np.diff`, whose own steps cost more on few rows."""
    return offsets[1:] - offsets[:-1]


def rows_of(places: Positions, offsets: Positions) -> Positions:
    """Return the number of the row that holds each place, where these ascend; -1 before the first row."""
    return before(offsets, places + 1) - 1


def before(at: Positions, edges: Positions) -> Positions:
    """Return how many of ascending positions lie before each of many edges, which ascend too."""
    return kernels_spans.before(at, edges) if is_compiled() else at.searchsorted(edges)


def inside(at: Positions, spans: Spans) -> Positions:
    """Return how many of ascending positions lie in each span."""
    return before(at, spans.ends) - before(at, spans.starts)


def distinct(ordered: Positions) -> Positions:
    """Return each of some ascending numbers once; `np.unique` hashes and sorts them."""
    fresh = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[np.flatnonzero(fresh)]


def where(mask: Mask) -> Positions:
    """Return where the mask is true: `np.flatnonzero`, but faster for 3 to 10 in a hundred.

    9 in a hundred take it thrice as long as 11, so trues are put behind such a mask.
    """
    count = int(np.count_nonzero(mask))
    if is_compiled():
        return positions_of(mask, count) if len(mask) < LOOPED * count else _where_set(mask, count)
    if not len(mask) < SPARSE * count <= SPARSE / DENSE * len(mask):
        return np.flatnonzero(mask)
    padded = np.ones(len(mask) + len(mask) // (DENSE - 2), dtype=np.bool_)
    padded[: len(mask)] = mask
    return np.flatnonzero(padded)[:count]


def _where_set(mask: Mask, count: int) -> Positions:
    words = np.zeros(len(mask) // 64 + 1, dtype="<u8")
    bits = np.packbits(mask, bitorder="little")
    words.view(np.uint8)[: len(bits)] = bits
    return positions_of_bits(words, count, bit_numbers())


def among(at: Positions, mask: Mask) -> Positions:
    """Return those of the positions where the mask is true."""
    if is_compiled():
        return chosen(at, mask)
    found: Positions = at[np.flatnonzero(mask[at])]  # thrice as fast as by the mask itself
    return found


def merged(*ordered: Positions) -> Positions:
    """Return the numbers of a few ascending arrays as one, in less time than `np.insert` takes."""
    return np.sort(np.concatenate(ordered), kind="stable")  # finds what is in order and merges it


def span_positions(spans: Spans) -> Positions:
    """Return every position inside the spans, one span after another."""
    lengths = spans.lengths
    before = np.cumsum(lengths) - lengths
    result: Positions = np.repeat(spans.starts - before, lengths)
    result += np.arange(len(result))
    return result


def kept(values: NDArray[Value], mask: Mask) -> NDArray[Value]:
    """Return the values where the mask is true: `values[mask]`, some at a time, which takes a third of it."""
    result = np.empty(np.count_nonzero(mask) + 1, dtype=values.dtype)
    if is_compiled():
        keep(values, mask, result)
        return result[:-1]
    before = 0
    for start in range(0, len(mask), CACHED):
        piece = mask[start : start + CACHED]
        after = before + int(np.count_nonzero(piece))
        np.compress(piece, values[start : start + CACHED], out=result[before:after])
        before = after
    return result[:-1]


def sums(values: NDArray[Any], offsets: Positions) -> Positions:
    """Return the sum of `values` between successive offsets; 0 between equal ones."""
    result = np.zeros(len(offsets) - 1, dtype=np.int64)
    if is_compiled() and values.dtype in (np.bool_, np.uint8):
        sum_rows(values.view(np.uint8), offsets, result)
        return result
    filled = offsets[1:] > offsets[:-1]
    if len(values) and filled.any():
        values, wide = _narrow(values, int(steps(offsets).max()))
        result[filled] = np.add.reduceat(values, offsets[:-1][filled], dtype=wide)
    return result


def sorted_lengths(spans: Spans) -> Positions:
    """Return the lengths of the spans in ascending order, row after row."""
    lengths, rows = spans.lengths, len(spans.offsets) - 1
    if is_compiled():
        result = np.empty(len(lengths), dtype=np.int64)
        sort_rows(lengths, spans.offsets, result)
        return result
    bits = int(lengths.max(initial=0)).bit_length()
    wide = np.int32 if bits + rows.bit_length() < np.dtype(np.int32).itemsize * 8 else np.int64
    numbers: NDArray[Any] = np.arange(rows, dtype=wide)
    keys = np.repeat(numbers << bits, spans.counts)
    keys |= lengths.astype(wide)
    keys.sort()
    keys &= (1 << bits) - 1
    return keys.astype(np.int64)


def _narrow(values: NDArray[Any], most: int) -> tuple[NDArray[Any], type[np.generic]]:
    """Return the values as numbers and what holds the sum of `most` of them: the narrower, the faster."""
    if values.dtype == np.bool_ and most < 1 << 16:
        return values.view(np.uint8), np.uint16
    if values.dtype in (np.bool_, np.uint8) and most < 1 << 24:
        return values.view(np.uint8), np.uint32
    return values, np.int64


def maxima(values: NDArray[Any], offsets: Positions) -> Positions:
    """Return the largest of the values between successive offsets; 0 between equal ones."""
    result = np.zeros(len(offsets) - 1, dtype=np.int64)
    filled = offsets[1:] > offsets[:-1]
    if filled.any():
        result[filled] = np.maximum.reduceat(values, offsets[:-1][filled])
    return result


def holding(spans: Spans, mask: Mask) -> Mask:
    """Return which spans hold a position of `mask`; an empty one holds none.

    Most show it by their first positions. If the rest is long, it is asked where runs of the mask begin.
    """
    if is_compiled():
        return hold(spans.starts, spans.ends, mask)
    nonempty = spans.ends > spans.starts
    if not nonempty.all():
        held = np.zeros(len(spans), dtype=np.bool_)
        held[nonempty] = holding(Spans(spans.starts[nonempty], spans.ends[nonempty], spans.offsets), mask)
        return held
    found: Mask = mask[spans.starts]
    doubtful, step = np.flatnonzero(~found), 1
    starts, ends = spans.starts[doubtful] + 1, spans.ends[doubtful]
    while step == 1 or (step <= LOOKS and 0 < len(doubtful) * MANY < len(mask)):
        asked = np.flatnonzero(starts < ends)
        show = mask[starts[asked]]
        found[doubtful[asked]] = show
        left = asked[np.flatnonzero(~show)]
        doubtful, starts, ends, step = doubtful[left], starts[left] + 1, ends[left], step + 1
    filled = np.flatnonzero(starts < ends)
    doubtful, starts, ends = doubtful[filled], starts[filled], ends[filled]
    if len(doubtful) == 0:
        return found
    size = int((ends - starts).sum())
    if size * FEW < len(mask):
        rest = Spans(starts, ends, doubtful)
        offsets = np.concatenate(([0], np.cumsum(rest.lengths)))
        found[doubtful] = sums(mask[span_positions(rest)], offsets) > 0
    else:
        begins = where(mask[1:] & ~mask[:-1]) + 1
        if len(begins) < len(doubtful):
            at = np.searchsorted(starts, begins, side="right") - 1
            found[doubtful[at[(at >= 0) & (begins < ends[at])]]] = True
        else:
            found[doubtful] = np.append(begins, len(mask))[np.searchsorted(begins, starts)] < ends
    return found


def cut_out(spans: Spans, at: Positions) -> Spans:
    """Return what ascending positions, cut out of the spans, leave of each as a row of pieces, empty too."""
    number = rows_of(at, spans.starts)
    held = np.flatnonzero((number >= 0) & (at < np.append(spans.ends, 0)[number]))
    at, number = at[held], number[held]
    offsets = np.arange(len(spans) + 1)
    offsets += number.searchsorted(offsets)
    return Spans(merged(spans.starts, at + 1), merged(spans.ends, at), offsets)


def split(at: Positions, row_offsets: Positions) -> Spans:
    """Return the pieces of every row before, between and after separators at the given positions."""
    per_row = np.searchsorted(at, row_offsets)
    rows = np.arange(len(row_offsets))
    offsets = per_row + rows
    starts, ends = np.empty(offsets[-1], dtype=np.int64), np.empty(offsets[-1], dtype=np.int64)
    row_of_separator = np.repeat(rows[:-1], np.diff(per_row))
    starts[offsets[:-1]] = row_offsets[:-1]
    starts[np.arange(len(at)) + row_of_separator + 1] = at + 1
    ends[offsets[1:] - 1] = row_offsets[1:]
    ends[np.arange(len(at)) + row_of_separator] = at
    return Spans(starts, ends, offsets)


def runs(inside: Mask, row_offsets: Positions, cuts: Positions | None = None) -> tuple[Positions, Positions]:
    """Return starts and ends of the runs of `inside`, cut where rows begin and at the positions `cuts`."""
    if cuts is None:
        return edges_of_runs(inside, row_offsets) if is_compiled() else _few_cuts(inside, row_offsets)
    begins, stops = inside.copy(), inside.copy()
    begins[1:] &= ~inside[:-1]
    stops[:-1] &= ~inside[1:]
    for places in (row_offsets, cuts):
        forced = _inner(inside, places)
        begins[forced] = True
        stops[forced - 1] = True
    return where(begins), where(stops) + 1


def _few_cuts(inside: Mask, cuts: Positions) -> tuple[Positions, Positions]:
    """Look for starts and ends of runs at once: they take turns."""
    changes = np.zeros(len(inside) + 1, dtype=np.bool_)
    changes[:-1] = inside
    changes[1:] ^= inside
    edges = where(changes)
    forced = distinct(_inner(inside, cuts))
    if len(forced):
        edges = np.insert(edges, np.repeat(np.searchsorted(edges, forced), 2), np.repeat(forced, 2))
    return np.ascontiguousarray(edges[0::2]), np.ascontiguousarray(edges[1::2])


def _inner(inside: Mask, cuts: Positions) -> Positions:
    """Return the cuts that have the inside on both sides."""
    cuts = cuts[(cuts > 0) & (cuts < len(inside))]
    kept: Positions = cuts[inside[cuts] & inside[cuts - 1]]
    return kept


LOOKS = 8
MANY = 64
"""`holding` looks at so many positions of a span after the first, but once the spans in doubt are so few."""

FEW = 16
"""`holding` looks at each position of the rest if that is shorter than the mask by this factor."""

STEPS = 32
"""Code points that `strip` takes off one by one before it searches."""


def strip(spans: Spans, mask: Mask) -> Spans:
    """Return the spans without the code points of `mask` at their ends; what is then empty is left out."""
    if is_compiled():
        return Spans(*strip_spans(spans.starts, spans.ends, spans.offsets, mask))
    filled = spans.starts < spans.ends
    spans = spans if filled.all() else spans.chosen(filled)
    first, last = np.flatnonzero(mask[spans.starts]), np.flatnonzero(mask[spans.ends - 1])
    if len(first) == len(last) == 0:
        return spans
    starts, ends = spans.starts.copy(), spans.ends.copy()
    for _ in range(STEPS):
        starts[first] += 1
        first = first[np.flatnonzero((starts[first] < ends[first]) & mask.take(starts[first], mode="clip"))]
        ends[last] -= 1
        last = last[np.flatnonzero((starts[last] < ends[last]) & mask[ends[last] - 1])]
        if len(first) == len(last) == 0:
            break
    else:
        solid = np.flatnonzero(~mask)
        starts[first] = np.append(solid, len(mask))[np.searchsorted(solid, starts[first])]
        ends[last] = np.append(-1, solid)[np.searchsorted(solid, ends[last])] + 1
    filled = starts < ends
    stripped = Spans(starts, ends, spans.offsets)
    return stripped if filled.all() else stripped.chosen(filled)
