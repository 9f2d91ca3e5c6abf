"""Split clusters so that each document is itself like the one that stays in its place.

Connected components chain: a is like b, b like c, a not like c. Here the members of a cluster are taken in
the order in which they may stay (rank, then key). The first stays; each next one goes for the first of those
who stay that it is like, or stays too.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from pipeline.candidates import F32, I64, Batches, Compare, Read, run_starts

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
