"""Split clusters so that each document is itself like the one that stays in its place.

Connected components chain: a is like b, b like c, a not like c. Here the members of a cluster are taken in
the order in which they may stay (rank, then key). The first stays; each next one goes for the first of those
who stay that it is like, or stays too.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.buckets import I64, Batches, run_starts
from pipeline.candidates import F32, Compare, Read

F64 = NDArray[np.float64]

CLUSTERED = pa.schema([("cluster", pa.int64()), ("doc_key", pa.int64()), ("payload", pa.binary())])
ELECTED = pa.schema([("doc_key", pa.int64()), ("keeper", pa.int64()), ("similarity", pa.float32())])

MOST_KEEPERS = 64
"""Of one cluster. Members of a larger heap that are like none of the first 64 keepers all stay."""


def elect(batches: Batches, payload: str, read: Read, least: float) -> Iterator[pa.RecordBatch]:
    """Return for each row who stays in its place and how alike they are.

    Rows are sorted by cluster, rank and key. `payload` names the column that `read` compares. Those who stay
    of the last cluster are held for the next batch.
    """
    held: pa.RecordBatch | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        rows = batch.select(["cluster", "doc_key", payload])
        begin = 0 if held is None else held.num_rows
        if held is not None:
            rows = pa.Table.from_batches([held, rows]).combine_chunks().to_batches()[0]
        clusters, keys = (np.asarray(rows.column(name), np.int64) for name in ("cluster", "doc_key"))
        stays, similarity = _elect(clusters, read(rows.column(payload)), least)
        columns = [pa.array(keys[begin:]), pa.array(keys[stays[begin:]]), pa.array(similarity[begin:])]
        yield pa.RecordBatch.from_arrays(columns, schema=ELECTED)
        of_last = np.flatnonzero((stays == np.arange(len(stays))) & (clusters == clusters[-1]))
        held = rows.take(pa.array(of_last[:MOST_KEEPERS]))


def _elect(clusters: I64, compare: Compare, least: float) -> tuple[I64, F32]:
    """Return for each row the row that stays in its place: round by round the first left of each cluster."""
    stays = np.arange(len(clusters))
    similarity = np.ones(len(clusters), np.float32)
    left = stays.copy()
    for _ in range(MOST_KEEPERS):
        starts = run_starts(clusters[left])
        firsts = np.repeat(left[starts], np.diff(starts, append=len(left)))
        others = left != firsts
        left, firsts = left[others], firsts[others]
        if not len(left):
            break
        found = compare(firsts, left)
        alike = found >= least
        stays[left[alike]], similarity[left[alike]] = firsts[alike], found[alike]
        left = left[~alike]
        if not len(left):
            break
    return stays, similarity


def split_clusters(
    keys: I64, clusters: I64, rank: F64, payload: pa.Array, least: float, above: int, read: Read
) -> tuple[I64, I64]:
    """Split clusters of more than `above` members; return the keys that still are in one, and their clusters.

    A split cluster has the key of the one that stays as its name. The smallest `rank` stays, then the
    smallest key; `payload` is what `read` compares.
    """
    _, inverse, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    large = np.flatnonzero(sizes[inverse] > above) if len(keys) else np.empty(0, np.int64)
    if not len(large):
        return keys, clusters
    order = large[np.lexsort((keys[large], rank[large], clusters[large]))]
    columns = [pa.array(clusters[order]), pa.array(keys[order]), payload.take(pa.array(order))]
    batch = pa.RecordBatch.from_arrays(columns, names=CLUSTERED.names)
    (elected,) = elect([batch], "payload", read, least)
    found = clusters.copy()
    found[order] = np.asarray(elected.column("keeper"))
    _, inverse, sizes = np.unique(found, return_inverse=True, return_counts=True)
    together = sizes[inverse] > 1
    return keys[together], found[together]
