"""A Parquet file of any size, read a few rows at a time and worked on by one process or several."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

import pyarrow as pa
import pyarrow.parquet as pq

AHEAD = 2
"""Pieces for each worker that are read before their turn."""

PIECE_ROWS, PIECE_BYTES, READ_ROWS = 4096, 8 << 20, 256
"""Rows and bytes of text worked on at a time, and rows read at a time.

Files have row groups of a million rows too, and rows of a megabyte, which would not fit into memory.
"""


def read_pieces(file: pq.ParquetFile, text_column: str) -> Iterator[pa.Table]:
    """Yield the file's rows, so many at a time that either limit is reached; an empty file is one piece."""
    read: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in file.iter_batches(READ_ROWS):
        read.append(batch)
        rows += batch.num_rows
        size += batch.column(text_column).nbytes
        if rows >= PIECE_ROWS or size >= PIECE_BYTES:
            yield _joined(file, read)
            rows = size = 0
    if read or not file.metadata.num_rows:
        yield _joined(file, read)


def _joined(file: pq.ParquetFile, read: list[pa.RecordBatch]) -> pa.Table:
    """Return the batches as one, and forget them: nobody is to hold them twice."""
    piece = pa.Table.from_batches(read, file.schema_arrow).combine_chunks()
    read.clear()
    return piece


def in_order(
    work: Callable[[pa.Table], pa.Table], pieces: Iterator[pa.Table], workers: int
) -> Iterator[pa.Table]:
    """Yield what `work` makes of each piece, in the order of the pieces."""
    if workers == 1:
        yield from map(work, pieces)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting = [pool.submit(work, piece) for piece in islice(pieces, AHEAD * workers)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(work, piece) for piece in islice(pieces, 1)]
