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

from filters.lsh import DEFAULT_BANDS, Bands
from filters.signals.dedup import minhash
from filters.text import cut_by_bytes
from pipeline.candidates import I64, read_sketches, sketches
from pipeline.clusters import DEFAULT_SIMILARITY, keepers, read_policy, similar_clusters
from pipeline.parquet_texts import KEPT, new_result, open_texts, rewrite
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


@dataclass(frozen=True, slots=True)
class Deduped:
    """What was found: rows read, rows that go, clusters of two or more."""

    rows: int
    removed: int
    clusters: int


def dedup_files(paths: Sequence[str], output: str, choice: Choice, *, write: bool = False) -> Deduped:
    """Write to the folder `output` which rows of Parquet files are alike, and on request the others.

    `duplicates.parquet` has one row for each member of a cluster of two or more, its keeper included: `id`,
    `keeper`, `cluster` (the id of its first row), `cluster_size`, `similarity` to the keeper.

    Raises:
        InputError: a file is no Parquet file or lacks a column.
        WorkspaceError: `output` holds results already.
    """
    target = new_result(output, DUPLICATES)
    policy = read_policy(choice.keep, length=LENGTH)
    ids, signed, values = _read(paths, choice, policy.column)
    has = np.asarray(signed.is_valid())
    found = similar_clusters(np.flatnonzero(has), signed.drop_null(), choice.bands, choice.least)
    duplicates, gone = _table(ids, signed, values, *found)
    if write:
        _write_kept(paths, target.parent / KEPT, gone, len(ids))
    pq.write_table(duplicates, target, compression="zstd")
    return Deduped(len(ids), len(gone), len(pc.unique(duplicates.column("cluster"))))


def _read(
    paths: Sequence[str], choice: Choice, ranked: str | None
) -> tuple[pa.ChunkedArray, pa.Array, np.ndarray | None]:
    """Return of all rows the ids, the signatures, and the values that decide who stays."""
    ids, signed, values = [], [], []
    for path in paths:
        needed = [choice.id_column, choice.text_column, *([ranked] if ranked and ranked != LENGTH else [])]
        for batch in open_texts(path, needed).iter_batches(columns=needed):
            text = batch.column(choice.text_column)
            ids.append(batch.column(choice.id_column))
            for first, last in cut_by_bytes(text):
                signed.append(minhash(text.slice(first, last - first), permutations=choice.permutations))
            if ranked is not None:
                numbers = pc.binary_length(text) if ranked == LENGTH else batch.column(ranked)
                values.append(_numbers(numbers))
    if not ids:
        raise InputError(f"{', '.join(paths) or 'no file'}: expected rows, got none")
    return pa.chunked_array(ids), pa.concat_arrays(signed), np.concatenate(values) if values else None


def _numbers(values: pa.Array) -> np.ndarray:
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    return np.asarray(values.cast(pa.float64(), safe=False).fill_null(float("nan")), np.float64)


def _table(
    ids: pa.ChunkedArray, signed: pa.Array, values: np.ndarray | None, rows: I64, clusters: I64
) -> tuple[pa.Table, I64]:
    """Return the duplicates as a table, and the rows that go."""
    kept = keepers(rows, clusters, None if values is None else values[rows])
    payload = sketches(signed.take(pa.array(np.concatenate((rows, kept)))))
    places = np.arange(len(rows))
    similarity = read_sketches(payload)(places, places + len(rows)) if len(rows) else np.empty(0, np.float32)
    _, inverse, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    schema = pa.schema(
        [
            column("id", ids.type, "the row"),
            column("keeper", ids.type, "the row that stays in its place"),
            column("cluster", ids.type, "the first row of the cluster"),
            column("cluster_size", pa.int32(), "rows that are alike, the keeper included"),
            column("similarity", pa.float32(), "estimated Jaccard similarity to the keeper", unit="0 to 1"),
        ]
    )
    columns = [
        ids.take(pa.array(rows)),
        ids.take(pa.array(kept)),
        ids.take(pa.array(clusters)),
        pa.array(sizes[inverse].astype(np.int32) if len(rows) else [], pa.int32()),
        pa.array(similarity, pa.float32()),
    ]
    return pa.Table.from_arrays(columns, schema=schema), rows[kept != rows]


def _write_kept(paths: Sequence[str], folder: Path, gone: I64, total: int) -> None:
    """Write the files without the rows that go."""
    stays = np.ones(total, np.bool_)
    stays[gone] = False
    rewrite(paths, folder, lambda first, batch: batch.filter(pa.array(stays[first : first + batch.num_rows])))
