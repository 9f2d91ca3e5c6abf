"""From verified edges to decisions: connected components, one keeper for each, who goes and why."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from filters.lsh import Bands
from pipeline.buckets import BUCKETS, Batches, shared_buckets
from pipeline.candidates import (
    Read,
    explode_bands,
    match_buckets,
    matrix,
    read_shingle_sets,
    read_sketches,
    sketches,
)
from schemas.decision import DECISION

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

EXACT = 1.0
DEFAULT_SIMILARITY = 0.7
"""Least estimated similarity of a pair. With 128 permutations a pair of true similarity 0.8 is estimated
below it with a chance of 0.003, one of 0.5 at it or above with 2e-6 (binomial).
"""


def components(low: I64, high: I64) -> tuple[I64, I64]:
    """Return the keys of all edges, sorted, and for each the smallest key that it is connected to."""
    keys, places = np.unique(np.concatenate((low, high)), return_inverse=True)
    if not len(keys):
        return keys, keys
    index = np.int32 if len(keys) < np.iinfo(np.int32).max else np.int64
    tails, heads = places[: len(low)].astype(index), places[len(low) :].astype(index)
    graph = coo_array((np.ones(len(low), np.int8), (tails, heads)), shape=(len(keys), len(keys)))
    _, component = connected_components(graph, directed=False)
    _, firsts = np.unique(component, return_index=True)
    return keys, keys[firsts[component]]


def keepers(keys: I64, clusters: I64, value: F64 | None = None) -> I64:
    """Return for each row the key that stays of its cluster: of the greatest value, then the smallest."""
    ranked = np.zeros(len(keys)) if value is None else np.where(np.isnan(value), np.inf, -value)
    order = np.lexsort((keys, ranked, clusters))
    _, firsts, inverse = np.unique(clusters[order], return_index=True, return_inverse=True)
    result = np.empty(len(keys), np.int64)
    result[order] = keys[order][firsts[inverse]]
    return result


def decisions(
    keys: I64,
    clusters: I64,
    reason: str,
    *,
    value: F64 | None = None,
    similarity: NDArray[np.float32] | None = None,
) -> pa.Table:
    """Return the decisions on clusters of two or more, sorted by key; see `schemas/decision.py`."""
    _, inverse, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    size = sizes[inverse] if len(sizes) else np.empty(0, np.int64)
    keeper = keepers(keys, clusters, value)
    alike = np.full(len(keys), EXACT, np.float32) if similarity is None else similarity
    order = np.argsort(keys, kind="stable")
    order = order[size[order] > 1]
    stays = keeper[order] == keys[order]
    columns = [
        pa.array(keys[order]),
        pa.nulls(len(order), pa.int32()),
        pa.array(np.full(len(order), reason, object), pa.string(), mask=stays),
        pa.array(keeper[order]),
        pa.array(alike[order], pa.float32()),
        pa.array(size[order].astype(np.int32)),
    ]
    return pa.Table.from_arrays(columns, schema=DECISION)


def similar_clusters(
    keys: I64,
    signatures: pa.Array,
    bands: Bands,
    least: float,
    *,
    group: I64 | None = None,
    sets: pa.Array | None = None,
) -> tuple[I64, I64]:
    """Return the documents that are alike, sorted, and the smallest key of each one's cluster.

    They share a band, and have a similarity of at least `least`: as estimated from signatures, or that of the
    `sets` of shingles (`shingle_set`). The same as the Spark job, from columns in memory: the reference for
    its tests, and enough for one machine.
    """
    rows = explode_bands(keys, matrix(signatures, np.uint32), bands, group)
    payload, read = compared(signatures, sets)
    return components(
        *_edge_arrays(match_buckets(_with_payload(rows, keys, payload), "payload", read, least))
    )


def compared(signatures: pa.Array, sets: pa.Array | None = None) -> tuple[pa.Array, Read]:
    """Return what documents are compared by, and how: sketches of signatures, or sets of shingles."""
    return (sketches(signatures), read_sketches) if sets is None else (sets, read_shingle_sets)


def _with_payload(rows: pa.RecordBatch, keys: I64, payload: pa.Array) -> Batches:
    shared = pa.Table.from_batches(shared_buckets([_sorted(rows)]), BUCKETS)
    if not shared.num_rows:
        return []
    unique = _sorted(shared.group_by(BUCKETS.names).aggregate([]).combine_chunks().to_batches()[0])
    order = np.argsort(keys)
    places = order[np.searchsorted(keys, np.asarray(unique.column("doc_key")), sorter=order)]
    return [unique.append_column("payload", payload.take(pa.array(places)))]


def _sorted(rows: pa.RecordBatch) -> pa.RecordBatch:
    return rows.sort_by([(name, "ascending") for name in BUCKETS.names])


def _edge_arrays(edges: Batches) -> tuple[I64, I64]:
    batches = list(edges)
    low, high = (
        np.concatenate([np.asarray(b.column(name), np.int64) for b in batches] or [np.empty(0, np.int64)])
        for name in ("low", "high")
    )
    return low, high
