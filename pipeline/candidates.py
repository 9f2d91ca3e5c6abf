"""From signatures to verified edges: the pure parts of a near-duplicate search, over sorted streams.

A bucket is a set of documents with an equal band. Its members are compared with its smallest key first (a
star, not a clique); where one is not alike, it is compared with all others, so that an outlier with the
smallest key hides no pair. How buckets come in bounded pieces: `pipeline/buckets.py`.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from filters.lsh import Bands, band_hashes
from filters.minhash import agreement, sketch, sketch_similarity
from filters.shingles import hash_ngrams, jaccard, mix64
from filters.simhash import BITS, block_keys, distances
from pipeline.buckets import BUCKETS, I64, Batches, Stream, concat, edges_of, run_starts, whole_runs
from schemas.errors import SchemaError

Number = TypeVar("Number", bound=np.unsignedinteger)
F32 = NDArray[np.float32]
Compare = Callable[[I64, I64], F32]
"""Similarity of the rows `left` to the rows `right` of one column."""
Read = Callable[[pa.Array], Compare]

PIECE = 512
"""A bucket up to this size loses no pair. A larger one is taken in pieces of this size, each with the leaders
of those before it; 512 sketches of 128 bytes are compared, each with each, in 10 ms.
"""
LEADERS = 64
"""How many clusters of a bucket's earlier pieces are remembered, each by its smallest key: those with the
smallest.
"""
MOST_PAIRS = 1 << 20
COMPARED = 1 << 14
"""Pairs compared at once: 4 MB of sketches."""


def matrix(column: pa.Array, dtype: type[Number]) -> NDArray[Number]:
    """Return a column of equally long binary values as one row of `dtype` each, without copying.

    Raises:
        SchemaError: there are nulls, or values of several lengths.
    """
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    column = column.cast(pa.large_binary())
    if not len(column):
        return np.empty((0, 0), dtype)
    offsets = np.frombuffer(column.buffers()[1], np.int64)[column.offset :][: len(column) + 1]
    lengths = np.diff(offsets)
    if column.null_count or lengths.min() != lengths.max():
        raise SchemaError(
            f"signature column: expected {len(column)} values of one length and no null, "
            f"got {column.null_count} nulls and lengths from {lengths.min()} to {lengths.max()}"
        )
    data = np.frombuffer(column.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return data.reshape(len(column), -1).view(dtype)


def binary_column(rows: NDArray[np.generic]) -> pa.Array:
    """Return each row of a matrix as one binary value: its bytes, little endian."""
    plain = np.ascontiguousarray(rows)
    width = plain.itemsize * plain.shape[1]
    offsets = np.arange(len(plain) + 1, dtype=np.int64) * width
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(plain.tobytes())]
    return pa.Array.from_buffers(pa.large_binary(), len(plain), buffers).cast(pa.binary())


def explode_bands(
    keys: I64, signed: NDArray[np.unsignedinteger], bands: Bands, group: I64 | None = None
) -> pa.RecordBatch:
    """Return one row for each document and band: the band's 64-bit key, and the document's.

    With a `group` (a hash of the language) only documents of one group share keys.
    """
    hashes = band_hashes(signed, bands.bands, bands.rows, group).view(np.int64)
    columns = [pa.array(hashes.ravel()), pa.array(np.repeat(keys, bands.bands))]
    return pa.RecordBatch.from_arrays(columns, schema=BUCKETS)


def explode_blocks(
    keys: I64, hashes: I64, distance: int, blocks: int, group: I64 | None = None
) -> pa.RecordBatch:
    """Return rows as `explode_bands` does, for SimHashes that differ in at most `distance` bits."""
    found = block_keys(hashes.view(np.uint64), distance, blocks)
    if group is not None:
        found = mix64(found ^ mix64(group.view(np.uint64))[:, None])
    columns = [pa.array(found.view(np.int64).ravel()), pa.array(np.repeat(keys, found.shape[1]))]
    return pa.RecordBatch.from_arrays(columns, schema=BUCKETS)


def sketches(column: pa.Array, dtype: type[np.unsignedinteger] = np.uint32) -> pa.Array:
    """Return the low byte of each value of each signature: what verification compares."""
    return binary_column(sketch(matrix(column, dtype)))


def read_sketches(column: pa.Array) -> Compare:
    """Compare by agreement of sketches: the estimate of Jaccard similarity."""
    rows = matrix(column, np.uint8)

    def compare(left: I64, right: I64) -> F32:
        parts = [
            agreement(rows[left[i : i + COMPARED]], rows[right[i : i + COMPARED]])
            for i in range(0, len(left), COMPARED)
        ]
        return sketch_similarity(np.concatenate(parts)) if parts else np.empty(0, np.float32)

    return compare


def read_simhashes(column: pa.Array) -> Compare:
    """Compare by the share of equal bits of 64-bit hashes."""
    hashes = matrix(column, np.uint64).ravel()

    def compare(left: I64, right: I64) -> F32:
        share: F32 = (1 - distances(hashes[left], hashes[right]) / BITS).astype(np.float32)
        return share

    return compare


def read_shingle_sets(column: pa.Array) -> Compare:
    """Compare by true Jaccard similarity of sets of 64-bit shingle hashes, each stored sorted as bytes."""
    sets = [np.frombuffer(value, np.uint64) for value in column.to_pylist()]

    def compare(left: I64, right: I64) -> F32:
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        return np.array([jaccard(sets[a], sets[b]) for a, b in pairs], np.float32)

    return compare


def spans_of_lines(batch: pa.RecordBatch, lines: int) -> pa.RecordBatch:
    """Return one row for each run of `lines` successive lines without a null: its first line, its hash.

    `batch` has `doc_key`, `hashes` (lists of 64-bit hashes) and `group`.
    """
    column = batch.column("hashes").fill_null([])
    values = column.flatten()
    is_null = np.asarray(values.is_null(), np.bool_)
    units = mix64(np.asarray(values.fill_null(0), np.int64).view(np.uint64))
    offsets = np.concatenate(([0], np.cumsum(np.asarray(column.value_lengths(), np.int64))))
    shingles = hash_ngrams(units, offsets, lines)
    rows = np.repeat(np.arange(len(shingles)), shingles.counts)
    first = np.arange(len(rows)) - shingles.offsets[rows]
    nulls = np.concatenate(([0], np.cumsum(is_null)))
    ends = np.minimum(offsets[rows] + first + lines, offsets[rows + 1])
    whole = (np.diff(offsets)[rows] >= lines) & (nulls[ends] == nulls[offsets[rows] + first])
    kept = pa.array(rows[whole])
    columns = {
        "doc_key": batch.column("doc_key").take(kept),
        "line": pa.array(first[whole].astype(np.int32)),
        "group": batch.column("group").take(kept),
        "hash": pa.array(shingles.hashes[whole].view(np.int64)),
    }
    return pa.RecordBatch.from_pydict(columns)


def match_buckets(batches: Batches, payload: str, read: Read, least: float) -> Stream:
    """Return edges between members of a bucket that are alike: of a similarity of at least `least`.

    Of each connected set of members there is an edge from its smallest key to each other. `payload` names the
    column that `read` compares.
    """
    leaders: pa.RecordBatch | None = None
    bucket = None
    for batch, is_large in whole_runs(batches, "bucket", PIECE, LEADERS):
        first = batch.column("bucket")[0].as_py()
        rows = concat([leaders, batch]) if is_large and leaders is not None and bucket == first else batch
        buckets, keys = (np.asarray(rows.column(name), np.int64) for name in BUCKETS.names)
        labels = _label(buckets, read(rows.column(payload)), least)
        yield edges_of(keys[labels], keys)
        bucket, leaders = first, None
        if is_large:
            leaders = rows.take(pa.array(np.unique(labels)[:LEADERS]))


def _label(buckets: I64, compare: Compare, least: float) -> I64:
    """Return for each row the first row of its bucket to which similarities of at least `least` lead."""
    starts = run_starts(buckets)
    sizes = np.diff(starts, append=len(buckets))
    labels = np.repeat(starts, sizes)
    rows = np.arange(len(buckets))
    others = np.flatnonzero(rows != labels)
    unlike = others[compare(labels[others], others) < least]
    if not len(unlike):
        return labels
    ends = np.repeat(starts + sizes, sizes)
    tails, heads = [np.setdiff1d(others, unlike, assume_unique=True)], []
    heads.append(labels[tails[0]])
    for chunk in _chunks(unlike, (ends - labels)[unlike]):
        left, right = _other_pairs(chunk, labels, ends, unlike)
        alike = compare(left, right) >= least
        tails.append(left[alike])
        heads.append(right[alike])
    edges = (np.concatenate(tails), np.concatenate(heads))
    graph = coo_array((np.ones(len(edges[0]), np.int8), edges), shape=(len(rows), len(rows)))
    _, component = connected_components(graph, directed=False)
    _, firsts, inverse = np.unique(component, return_index=True, return_inverse=True)
    joined: I64 = firsts[inverse]
    return joined


def _chunks(rows: I64, pairs: I64) -> Iterator[I64]:
    """Cut rows, which are in so many pairs each, into chunks of about MOST_PAIRS."""
    turns = np.cumsum(pairs) // MOST_PAIRS
    yield from np.split(rows, run_starts(turns)[1:])


def _other_pairs(chunk: I64, labels: I64, ends: I64, unlike: I64) -> tuple[I64, I64]:
    """Return the pairs, each once, of the rows of `chunk` with others of their buckets than the first."""
    begins = labels[chunk] + 1
    counts = ends[chunk] - begins
    left = np.repeat(chunk, counts)
    right = np.arange(len(left)) + np.repeat(begins - (np.cumsum(counts) - counts), counts)
    is_unlike = np.zeros(len(labels), np.bool_)
    is_unlike[unlike] = True
    new = (right != left) & ~(is_unlike[right] & (right < left))
    return left[new], right[new]
