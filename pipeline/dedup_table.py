"""Near-duplicates of any Parquet files with a text column, in this process: no Spark, no workspace.

About 2 KB of memory a document (signature, bands, sorting): a few million documents on one machine. Above
that, the job `jobs/dedup_documents.py` does the same on a cluster; the clusters are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from filters.lsh import DEFAULT_BANDS, Bands
from filters.signals.dedup import minhash, shingle_set
from filters.text import TextBatch, cut_by_bytes
from pipeline.buckets import I64
from pipeline.candidates import Read
from pipeline.clusters import DEFAULT_SIMILARITY, compared, keepers, similar_clusters
from pipeline.elect import split_clusters
from pipeline.keep_policy import read_policy
from pipeline.parquet_texts import KEPT, group_hashes, new_result, open_texts, rewrite
from schemas.errors import InputError
from schemas.table import column

DUPLICATES = "duplicates.parquet"
LENGTH = "text_bytes"


@dataclass(frozen=True, slots=True)
class Choice:
    """What to compare and who stays. `keep` is a policy of `pipeline/clusters.py`, on columns of the files.

    `longest` takes the bytes of the text, `newest` a column `fetched_at`, `best:NAME` any column of numbers;
    the smallest key is the first row of the first file.
    """

    text_column: str = "text"
    id_column: str = "doc_id"
    keep: str = "smallest_key"
    permutations: int = 128
    bands: Bands = DEFAULT_BANDS
    least: float = DEFAULT_SIMILARITY
    within: str | None = None
    """Rows of different values of this column (a language) are not related."""
    split_above: int = 0
    """Clusters of more members are split, so that each row is itself like the one that stays; 0: none is."""
    true_similarity: bool = False
    """Compare by the sets of shingles themselves: 8 bytes of memory more for each word."""


@dataclass(frozen=True, slots=True)
class Deduped:
    """What was found: rows read, rows that go, clusters of two or more, the largest one.

    `lowest_similarity` is that of the row least like its keeper: how far clusters are chained.
    """

    rows: int
    removed: int
    clusters: int
    largest: int = 0
    lowest_similarity: float = 1.0


def dedup_files(paths: Sequence[str], output: str, choice: Choice, *, write: bool = False) -> Deduped:
    """Write to the folder `output` which rows of Parquet files are alike, and on request the others.

    `duplicates.parquet` has one row for each member of a cluster of two or more, its keeper included: `id`,
    `keeper`, `cluster` (the id of its first row), `cluster_size`, `similarity` to the keeper.

    Raises:
        InputError: a file is no Parquet file or lacks a column.
        WorkspaceError: `output` holds results already.
    """
    target = new_result(output, DUPLICATES)
    read = read_rows(paths, choice)
    has = np.asarray(read.signed.is_valid())
    rows, signed = np.flatnonzero(has), read.signed.drop_null()
    group = None if read.group is None else read.group[rows]
    sets = None if read.sets is None else read.sets.take(pa.array(rows))
    found = similar_clusters(rows, signed, choice.bands, choice.least, group=group, sets=sets)
    if choice.split_above:
        found = _split(read, *found, choice)
    duplicates, gone = _table(read, *found)
    if write:
        _write_kept(paths, target.parent / KEPT, gone, len(read.ids))
    pq.write_table(duplicates, target, compression="zstd")
    sizes, alike = duplicates.column("cluster_size"), duplicates.column("similarity")
    return Deduped(
        len(read.ids),
        len(gone),
        len(pc.unique(duplicates.column("cluster"))),
        pc.max(sizes).as_py() or 0,
        round(pc.min(alike).as_py(), 4) if len(alike) else 1.0,
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """Of all rows: ids, signatures, sets of shingles, who rather stays, groups within which to relate."""

    ids: pa.ChunkedArray
    signed: pa.Array
    sets: pa.Array | None
    values: NDArray[np.float64] | None
    group: I64 | None

    def compared(self, rows: I64) -> tuple[pa.Array, Read]:
        """Return what the given rows are compared by, and how."""
        taken = pa.array(rows)
        return compared(self.signed.take(taken), None if self.sets is None else self.sets.take(taken))


def _split(read: Rows, rows: I64, clusters: I64, choice: Choice) -> tuple[I64, I64]:
    rank = np.zeros(len(rows)) if read.values is None else -read.values[rows]
    rank[np.isnan(rank)] = np.inf
    payload, how = read.compared(rows)
    return split_clusters(rows, clusters, rank, payload, choice.least, choice.split_above, how)


def read_rows(paths: Sequence[str], choice: Choice) -> Rows:
    """Read ids and sign texts.

    Raises:
        InputError: a file is no Parquet file or lacks a column, or there is no row.
    """
    ranked = read_policy(choice.keep, length=LENGTH).column
    ids, signed, sets, values, groups = [], [], [], [], []
    more = [name for name in (choice.within, None if ranked == LENGTH else ranked) if name]
    for path in paths:
        needed = list(dict.fromkeys([choice.id_column, choice.text_column, *more]))
        for batch in open_texts(path, needed).iter_batches(columns=needed):
            text = batch.column(choice.text_column)
            ids.append(batch.column(choice.id_column))
            for first, last in cut_by_bytes(text):
                piece = TextBatch.from_arrow(text.slice(first, last - first))
                signed.append(minhash(piece, permutations=choice.permutations))
                if choice.true_similarity:
                    sets.append(shingle_set(piece).cast(pa.large_binary()))
            if ranked is not None:
                values.append(_numbers(pc.binary_length(text) if ranked == LENGTH else batch.column(ranked)))
            if choice.within:
                groups.append(group_hashes(batch.column(choice.within)).view(np.int64))
    if not ids:
        raise InputError(f"{', '.join(paths) or 'no file'}: expected rows, got none")
    return Rows(
        pa.chunked_array(ids),
        pa.concat_arrays(signed),
        pa.concat_arrays(sets) if sets else None,
        np.concatenate(values) if values else None,
        np.concatenate(groups) if groups else None,
    )


def _numbers(values: pa.Array) -> np.ndarray:
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    return np.asarray(values.cast(pa.float64(), safe=False).fill_null(float("nan")), np.float64)


def duplicates_schema(ids: pa.DataType) -> pa.Schema:
    """Return the schema of `duplicates.parquet`, for ids of a type."""
    return pa.schema(
        [
            column("id", ids, "the row"),
            column("keeper", ids, "the row that stays in its place"),
            column("cluster", ids, "the first row of the cluster"),
            column("cluster_size", pa.int32(), "rows that are alike, the keeper included"),
            column(
                "similarity",
                pa.float32(),
                "Jaccard similarity to the keeper, estimated or true",
                unit="0 to 1",
            ),
        ]
    )


def _table(read: Rows, rows: I64, clusters: I64) -> tuple[pa.Table, I64]:
    """Return the duplicates as a table, and the rows that go."""
    ids = read.ids
    kept = keepers(rows, clusters, None if read.values is None else read.values[rows])
    payload, how = read.compared(np.concatenate((rows, kept)))
    places = np.arange(len(rows))
    similarity = how(payload)(places, places + len(rows)) if len(rows) else np.empty(0, np.float32)
    _, inverse, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    columns = [
        ids.take(pa.array(rows)),
        ids.take(pa.array(kept)),
        ids.take(pa.array(clusters)),
        pa.array(sizes[inverse].astype(np.int32) if len(rows) else [], pa.int32()),
        pa.array(similarity, pa.float32()),
    ]
    return pa.Table.from_arrays(columns, schema=duplicates_schema(ids.type)), rows[kept != rows]


def _write_kept(paths: Sequence[str], folder: Path, gone: I64, total: int) -> None:
    """Write the files without the rows that go."""
    stays = np.ones(total, np.bool_)
    stays[gone] = False
    rewrite(paths, folder, lambda first, batch: batch.filter(pa.array(stays[first : first + batch.num_rows])))
