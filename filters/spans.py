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
    return np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(spans.starts - before, lengths)


def sums(values: NDArray[Any], offsets: Positions) -> Positions:
    """Return the sum of `values` between successive offsets; 0 between equal ones."""
    result = np.zeros(len(offsets) - 1, dtype=np.int64)
    filled = offsets[1:] > offsets[:-1]
    if len(values) and filled.any():
        if values.dtype == np.bool_:
            values = values.view(np.uint8)
        result[filled] = np.add.reduceat(values, offsets[:-1][filled], dtype=np.int64)
    return result


def strip(spans: Spans, mask: Mask) -> Spans:
    """Return the spans without the code points of `mask` at their ends; what is then empty is left out."""
    starts, ends = spans.starts.copy(), spans.ends.copy()
    edged = np.flatnonzero(mask[starts] | mask[ends - 1])
    if len(edged) == 0:
        return spans
    solid = np.append(np.flatnonzero(~mask), len(mask))
    first, last = np.searchsorted(solid, starts[edged]), np.searchsorted(solid, ends[edged])
    starts[edged] = solid[first]
    ends[edged] = np.where(first < last, solid[last - 1] + 1, 0)
    return Spans(starts, ends, spans.offsets).chosen(starts < ends)
