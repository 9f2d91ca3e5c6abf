"""Pieces of the rows of a batch, and sums over them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]


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
        return np.diff(self.offsets)

    @property
    def rows(self) -> Positions:
        """The row of each span."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.counts)

    def chosen(self, keep: Mask) -> "Spans":
        """Return the spans where `keep` is true."""
        before = np.concatenate(([0], np.cumsum(keep, dtype=np.int64)))
        return Spans(self.starts[keep], self.ends[keep], before[self.offsets])


def span_positions(spans: Spans) -> Positions:
    """Return every position inside the spans, one span after another."""
    lengths = spans.lengths
    before = np.cumsum(lengths) - lengths
    result: Positions = np.repeat(spans.starts - before, lengths)
    result += np.arange(len(result))
    return result


def sums(values: NDArray[Any], offsets: Positions) -> Positions:
    """Return the sum of `values` between successive offsets; 0 between equal ones."""
    result = np.zeros(len(offsets) - 1, dtype=np.int64)
    filled = offsets[1:] > offsets[:-1]
    if len(values) and filled.any():
        if values.dtype == np.bool_:
            result[filled] = np.add.reduceat(values.view(np.uint8), offsets[:-1][filled], dtype=np.uint32)
        else:
            result[filled] = np.add.reduceat(values, offsets[:-1][filled], dtype=np.int64)
    return result


def maxima(values: NDArray[Any], offsets: Positions) -> Positions:
    """Return the largest of the values between successive offsets; 0 between equal ones."""
    result = np.zeros(len(offsets) - 1, dtype=np.int64)
    filled = offsets[1:] > offsets[:-1]
    if filled.any():
        result[filled] = np.maximum.reduceat(values, offsets[:-1][filled])
    return result


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
    begins, stops = inside.copy(), inside.copy()
    begins[1:] &= ~inside[:-1]
    stops[:-1] &= ~inside[1:]
    forced = row_offsets if cuts is None else np.concatenate((row_offsets, cuts))
    forced = forced[(forced > 0) & (forced < len(inside))]
    forced = forced[inside[forced] & inside[forced - 1]]
    begins[forced] = True
    stops[forced - 1] = True
    return np.flatnonzero(begins), np.flatnonzero(stops) + 1


STEPS = 4
"""Code points that `strip` takes off one by one before it searches."""


def strip(spans: Spans, mask: Mask) -> Spans:
    """Return the spans without the code points of `mask` at their ends; what is then empty is left out."""
    spans = spans.chosen(spans.starts < spans.ends)
    starts, ends = spans.starts.copy(), spans.ends.copy()
    first, last = np.flatnonzero(mask[starts]), np.flatnonzero(mask[ends - 1])
    if len(first) == len(last) == 0:
        return spans
    for _ in range(STEPS):
        starts[first] += 1
        first = first[starts[first] < ends[first]]
        first = first[mask[starts[first]]]
        ends[last] -= 1
        last = last[starts[last] < ends[last]]
        last = last[mask[ends[last] - 1]]
    if len(first) or len(last):
        solid = np.flatnonzero(~mask)
        starts[first] = np.append(solid, len(mask))[np.searchsorted(solid, starts[first])]
        ends[last] = np.append(-1, solid)[np.searchsorted(solid, ends[last])] + 1
    return Spans(starts, ends, spans.offsets).chosen(starts < ends)
