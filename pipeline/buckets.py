"""Buckets as sorted streams: documents with an equal band, handed on in pieces of bounded size.

Each function takes and gives record batches, holds one batch and the open end of one bucket, and gives what
depends on the sorted rows alone, not on where batches end.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.shingles import hash_sequences

I64 = NDArray[np.int64]
Batches = Iterable[pa.RecordBatch]
Stream = Iterator[pa.RecordBatch]

BUCKETS = pa.schema([("bucket", pa.int64()), ("doc_key", pa.int64())])
EDGES = pa.schema([("low", pa.int64()), ("high", pa.int64())])

ANY_KEY = -(1 << 63)
SALTED = 1 << 15
"""A larger bucket becomes several of this size, for as many tasks: 5 MB of sketches each."""
HUBS = 64
"""How many of a salted bucket's smallest keys are in all its pieces and join them: a star of stars."""


def run_starts(values: I64) -> I64:
    """Return where each run of equal values begins."""
    new = np.ones(len(values), bool)
    new[1:] = values[1:] != values[:-1]
    return np.flatnonzero(new)


PACKED = pa.schema([("place", pa.int32()), ("rows", pa.binary())])
"""Rows of BUCKETS of one place, a range of buckets: pairs of 64-bit numbers, little endian, unsorted."""
PACK_ROWS = 1 << 21
"""Rows that a task collects before it packs them: 32 MB, twice while they are sorted by place."""


def pack_buckets(batches: Batches, places: int) -> Stream:
    """Pack rows of BUCKETS by place: few large values cross the network in place of many small rows."""
    pending: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        pending.append(batch)
        if sum(b.num_rows for b in pending) >= PACK_ROWS:
            yield _pack(pending, places)
            pending = []
    if pending:
        yield _pack(pending, places)


def _pack(batches: list[pa.RecordBatch], places: int) -> pa.RecordBatch:
    rows = np.concatenate([np.stack([np.asarray(c, np.int64) for c in b.columns], 1) for b in batches])
    place = (rows[:, 0].view(np.uint64) % np.uint64(places)).astype(np.int32)
    order = np.argsort(place, kind="stable")
    place, rows = place[order], rows[order]
    starts = run_starts(place.astype(np.int64))
    ends = np.append(starts[1:], len(place))
    values = [rows[a:b].tobytes() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    return pa.RecordBatch.from_arrays([pa.array(place[starts]), pa.array(values, pa.binary())], schema=PACKED)


def unpack_buckets(batches: Batches) -> Stream:
    """Return rows of BUCKETS, sorted by bucket and key in each place, from packed ones sorted by place."""
    for batch, _ in whole_runs(batches, "place", 1 << 62):
        places = np.asarray(batch.column("place"), np.int64)
        starts = run_starts(places)
        for first, last in zip(starts.tolist(), np.append(starts[1:], len(places)).tolist(), strict=True):
            packed = batch.column("rows").slice(first, last - first)
            rows = np.frombuffer(b"".join(packed.to_pylist()), np.int64).reshape(-1, 2)
            order = np.lexsort((rows[:, 1], rows[:, 0]))
            columns = [pa.array(rows[order, column]) for column in range(2)]
            yield pa.RecordBatch.from_arrays(columns, schema=BUCKETS)


def shared_buckets(batches: Batches, new_from: int = ANY_KEY) -> Stream:
    """Return the rows, sorted by bucket and key, of buckets with two members or more.

    A bucket is renamed after its members, so that bands which hold the same documents are one bucket once
    duplicate rows are dropped. Buckets of more than SALTED members are cut into pieces, by key, each of which
    has the smallest keys too. Only what has a key of `new_from` or above is given: what the others relate is
    known already.
    """
    bucket: int | None = None
    hubs = np.empty(0, np.int64)
    for batch, is_large in whole_runs(batches, "bucket", SALTED):
        buckets = np.asarray(batch.column("bucket"), np.int64)
        keys = np.asarray(batch.column("doc_key"), np.int64)
        offsets = np.append(run_starts(buckets), len(buckets))
        if is_large:
            if bucket == buckets[0]:
                keys = np.concatenate((hubs, keys))
            else:
                bucket, hubs = int(buckets[0]), keys[:HUBS]
            offsets = np.array([0, len(keys)])
        sizes = np.diff(offsets)
        names = hash_sequences(keys.view(np.uint64), offsets).view(np.int64)
        many = np.repeat((sizes > 1) & (keys[offsets[1:] - 1] >= new_from), sizes)
        if many.any():
            columns = [pa.array(np.repeat(names, sizes)[many]), pa.array(keys[many])]
            yield pa.RecordBatch.from_arrays(columns, schema=BUCKETS)


def star_edges(batches: Batches) -> Stream:
    """Return an edge from the smallest key of each bucket to each other member, unverified."""
    bucket, hub = None, 0
    for batch in batches:
        if not batch.num_rows:
            continue
        buckets = np.asarray(batch.column("bucket"), np.int64)
        keys = np.asarray(batch.column("doc_key"), np.int64)
        starts = run_starts(buckets)
        hubs = keys[starts]
        if bucket == buckets[0]:
            hubs[0] = hub
        bucket, hub = int(buckets[-1]), int(hubs[-1])
        yield edges_of(np.repeat(hubs, np.diff(starts, append=len(keys))), keys)


def edges_of(low: I64, high: I64) -> pa.RecordBatch:
    """Return the edges between different keys."""
    apart = low != high
    return pa.RecordBatch.from_arrays([pa.array(low[apart]), pa.array(high[apart])], schema=EDGES)


def whole_runs(
    batches: Batches, column: str, size: int, later: int = 0
) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Cut a sorted stream anew: (batch of whole runs of at most `size` rows, False), or (piece, True).

    A longer run comes alone, in pieces of `size` rows and then, to leave room for what is carried over, of
    `size - later`; all its pieces but the last are full.
    """
    rest: pa.RecordBatch | None = None
    is_open = False  # whether pieces of the run that `rest` begins with were given already
    for batch in batches:
        if not batch.num_rows:
            continue
        rows = concat([rest, batch])
        values = np.asarray(rows.column(column), np.int64)
        starts = run_starts(values)
        cuts, is_open, kept = _cut(starts, len(values), size, later, is_open)
        for begin, end, is_large in cuts:
            yield rows.slice(begin, end - begin), is_large
        rest = rows.slice(kept)
    if rest is not None and rest.num_rows:
        yield rest, is_open


def _cut(
    starts: I64, total: int, size: int, later: int, is_open: bool
) -> tuple[list[tuple[int, int, bool]], bool, int]:
    """Return the cuts of one batch, whether its last run is open, and where what the next one gets begins."""
    cuts: list[tuple[int, int, bool]] = []
    plain = 0  # begin of whole short runs not yet given
    ends = np.append(starts[1:], total)
    long = np.flatnonzero((ends - starts > size) | (np.arange(len(starts)) == len(starts) - 1))
    if is_open and (not len(long) or long[0] != 0):
        long = np.concatenate(([0], long))
    for run in long.tolist():
        begin, end, is_last = int(starts[run]), int(ends[run]), run == len(starts) - 1
        if plain < begin:
            cuts.append((plain, begin, False))
        started = is_open and run == 0
        while end - begin > (size - later if started else size):
            piece = size - later if started else size
            cuts.append((begin, begin + piece, True))
            begin, started = begin + piece, True
        if is_last:
            return cuts, started, begin
        cuts.append((begin, end, started))
        plain = end
    return cuts, False, total


def concat(batches: list[pa.RecordBatch | None]) -> pa.RecordBatch:
    """Return one batch of those that have rows; there is one at least."""
    given = [b for b in batches if b is not None and b.num_rows]
    if len(given) == 1:
        return given[0]
    table = pa.Table.from_batches(given).combine_chunks()
    (batch,) = table.to_batches()
    return batch
