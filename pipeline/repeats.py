"""Which windows of text are copies of others, from their hashes and places alone (`filters/substrings.py`).

Of equal windows the one at the smallest place (key of the document, then unit) is the first; every other
one is a copy of it. What copies cover goes. The text of each unit that goes stays at an earlier place: the
first window that holds it may lose that unit too, but then to a copy that is earlier still.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.buckets import concat, run_starts

I64 = NDArray[np.int64]
UnitNumbers = NDArray[np.int32] | NDArray[np.int64]
U64 = NDArray[np.uint64]


class Copies(NamedTuple):
    """Windows, each with another one that is equal."""

    keys: I64
    units: UnitNumbers
    of_keys: I64
    of_units: UnitNumbers


class Runs(NamedTuple):
    """Copies one after another of windows one after another: `counts` windows from `units` on."""

    keys: I64
    units: I64
    of_keys: I64
    of_units: I64
    counts: I64


def shared_values(parts: Iterable[U64]) -> U64:
    """Return the values that occur twice or more, sorted, each once: 16 bytes of memory a value given."""
    values = np.concatenate([np.empty(0, np.uint64), *parts])
    values.sort()
    again = values[1:] == values[:-1]
    return np.unique(values[1:][again])


def find_copies(hashes: U64, keys: I64, units: UnitNumbers, *, keep_first: bool = True) -> Copies:
    """Return each window that equals an earlier one, with the first; without `keep_first` the first ones too.

    These then are copies of the second. Windows come in the order of keys and units.
    """
    order = np.argsort(hashes, kind="stable")
    hashes = hashes[order]
    new = np.ones(len(hashes), np.bool_)
    new[1:] = hashes[1:] != hashes[:-1]
    del hashes
    starts = np.flatnonzero(new)
    sizes = np.diff(starts, append=len(new))
    firsts = np.repeat(starts, sizes)
    is_copy = ~new
    if not keep_first:
        many = starts[sizes > 1]
        firsts[many] = many + 1
        is_copy[many] = True
    rows, firsts = order[is_copy], order[firsts[is_copy]]
    return Copies(keys[rows], units[rows], keys[firsts], units[firsts])


def join_runs(copies: Copies) -> Runs:
    """Join copies that follow each other, of windows that follow each other; sorted by key and unit."""
    order = np.lexsort((copies.units, copies.keys))
    keys, of_keys = copies.keys[order], copies.of_keys[order]
    units, of_units = copies.units[order].astype(np.int64), copies.of_units[order].astype(np.int64)
    new = np.ones(len(keys), np.bool_)
    new[1:] = (
        (keys[1:] != keys[:-1])
        | (of_keys[1:] != of_keys[:-1])
        | (units[1:] != units[:-1] + 1)
        | (of_units[1:] != of_units[:-1] + 1)
    )
    starts = np.flatnonzero(new)
    counts = np.diff(starts, append=len(keys))
    return Runs(keys[starts], units[starts], of_keys[starts], of_units[starts], counts)


def stream_copies(batches: Iterable[pa.RecordBatch], *, keep_first: bool = True) -> Iterator[Copies]:
    """Give what `find_copies` gives, from windows (`hash`, `doc_key`, `unit`) sorted in this order."""
    held: pa.RecordBatch | None = None  # the first window of the last hash, and its second if there was one
    for batch in batches:
        if not batch.num_rows:
            continue
        known = 0 if held is None else held.num_rows
        rows = batch if held is None else concat([held, batch])
        hashes, keys = (np.asarray(rows.column(name), np.int64) for name in ("hash", "doc_key"))
        units = np.asarray(rows.column("unit"), np.int32)
        starts = run_starts(hashes)
        sizes = np.diff(starts, append=len(hashes))
        of = np.repeat(starts, sizes)
        is_copy = of != np.arange(len(hashes))
        if not keep_first:
            many = starts[sizes > 1]
            of[many] = many + 1
            is_copy[many] = True
        is_copy[:known] = False
        if known == 1 and not keep_first and sizes[0] > 1:
            is_copy[0] = True
        at = np.flatnonzero(is_copy)
        yield Copies(keys[at], units[at], keys[of[at]], units[of[at]])
        held = rows.slice(int(starts[-1]), min(2, int(sizes[-1])))
