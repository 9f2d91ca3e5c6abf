"""Any Parquet files with a text column, read and written by the tools that need no workspace."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters.shingles import U64, hash_sequences
from filters.text import TextBatch
from schemas.errors import InputError, WorkspaceError, near_name

KEPT = "kept"
STREAM_BYTES = 1 << 20


def stream_parquet(source: str | Path | pa.NativeFile) -> pq.ParquetFile:
    """Open a Parquet file for reading batch by batch, in memory that does not grow with the file.

    PyArrow by default reads ahead, and keeps, the compressed bytes of all row groups that are iterated over.
    """
    return pq.ParquetFile(source, pre_buffer=False, buffer_size=STREAM_BYTES)


def open_texts(path: str, needed: Sequence[str]) -> pq.ParquetFile:
    """Open a Parquet file that has the columns `needed`.

    Raises:
        InputError: it is no Parquet file, or lacks one.
    """
    try:
        file = stream_parquet(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{path}: cannot be read as Parquet: {error}") from None
    names = file.schema_arrow.names
    for name in needed:
        if name not in names:
            raise InputError(
                f"{path}: no column {name!r}{near_name(name, names)}; columns: {', '.join(names)}"
            )
    return file


def new_result(folder: str, name: str) -> Path:
    """Return the path of the result `name` in `folder`, which is made with its parents.

    Raises:
        WorkspaceError: there is one.
    """
    path = Path(folder) / name
    if path.exists():
        raise WorkspaceError(f"{path}: expected no earlier result, got one; name another folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def rewrite(
    paths: Sequence[str], folder: Path, change: Callable[[int, pa.RecordBatch], pa.RecordBatch]
) -> None:
    """Write each file to `folder`, under its place and name, each batch as `change` gives it.

    `change` gets the number of the batch's first row, counted over all files, and the batch.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first = 0
    for number, path in enumerate(paths):
        file = stream_parquet(path)
        name = folder / f"{number:05d}-{Path(path).name}"
        with pq.ParquetWriter(name, file.schema_arrow, compression="zstd") as writer:
            for batch in file.iter_batches():
                writer.write_batch(change(first, batch))
                first += batch.num_rows


def numbered_batches(
    paths: Sequence[str], columns: Sequence[str] | None = None
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the number of the first row of each batch, counted over all files, and the batch."""
    first = 0
    for path in paths:
        for batch in stream_parquet(path).iter_batches(columns=None if columns is None else list(columns)):
            yield first, batch
            first += batch.num_rows


def group_hashes(group: pa.Array) -> U64:
    """Return a hash of each value of a column of strings; one for null as well."""
    text = TextBatch.from_arrow(group.cast(pa.string()))
    return hash_sequences(text.codepoints.astype(np.uint64), text.row_offsets)
