"""A kept index of documents, against which later ones are matched without reading the texts of earlier ones.

A folder of Parquet files and a description:

    index.json                what every run has to agree on, and how many runs there were
    bands/00000.parquet       of each run: bucket (hash of a band) and doc_key, sorted
    documents/00000.parquet   of each run: doc_key, id, sketch, rank of the keep policy
    clusters/00000.parquet    after each run: members of clusters of two or more, keeper, size, similarity
    changes/00000.parquet     what a run changed: id, keeper, cluster, cluster_size, similarity

Keys go on from run to run, so a run's documents come after those of all runs before it. Clusters are those of
one run over everything, and the keeper of a cluster may change when a better document comes. Files of a run
that was cut off are written over by the next one: `index.json` counts runs only when they are complete.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.lsh import Bands
from pipeline.buckets import BUCKETS, I64, shared_buckets
from pipeline.candidates import explode_bands, match_buckets, matrix, read_sketches, sketches
from pipeline.clusters import components, keepers
from pipeline.dedup_table import Choice, Rows, duplicates_schema, read_rows
from pipeline.parquet_texts import stream_parquet
from schemas.errors import WorkspaceError

DESCRIPTION = "index.json"
CLUSTERS = pa.schema(
    [
        ("doc_key", pa.int64()),
        ("keeper", pa.int64()),
        ("cluster", pa.int64()),
        ("cluster_size", pa.int32()),
        ("similarity", pa.float32()),
    ]
)


@dataclass(frozen=True, slots=True)
class Added:
    """What a run found: rows read, rows in all, rows whose decision is new or another one, clusters."""

    rows: int
    total: int
    changed: int
    clusters: int


def add_to_index(paths: Sequence[str], folder: str, choice: Choice) -> Added:
    """Match the rows of Parquet files with those of the index `folder` and with each other, and add them.

    `changes/N.parquet` has one row for each row, old or new, whose keeper, cluster, size or similarity is not
    what it was: a row that goes has another keeper than itself. Memory: 1.5 KB for each new row, 24 bytes for
    each row that ever was in a cluster, and 200 bytes for each old row that a new one is like.

    Raises:
        InputError: a file is no Parquet file or lacks a column.
        WorkspaceError: the index was made with other settings.
    """
    index = _Index(Path(folder), choice)
    rows = read_rows(paths, choice)
    keys = np.arange(len(rows.ids)) + index.total
    index.write_new(rows, keys)
    low, high = index.new_edges(keys[0])
    before = index.clusters()
    after = _grown(before, low, high)
    changed = _measured(index, after, before)
    state = _state(before, changed)
    index.finish(len(keys), state, _named(index, changed))
    return Added(
        len(keys), index.total + len(keys), changed.num_rows, len(pc.unique(state.column("cluster")))
    )


class _Index:
    """The files of an index and its description; a run writes files of its number and then counts itself."""

    def __init__(self, folder: Path, choice: Choice) -> None:
        self.folder, self.choice = folder, choice
        path = folder / DESCRIPTION
        self.settings = {
            name: _plain(value) for name, value in asdict(choice).items() if name != "split_above"
        }
        found: dict[str, Any] = {"settings": self.settings, "runs": 0, "rows": 0}
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
        if found["settings"] != self.settings:
            different = [
                name for name, value in self.settings.items() if found["settings"].get(name) != value
            ]
            raise WorkspaceError(
                f"{path}: expected the settings that the index was made with, got others: "
                + ", ".join(
                    f"{n} = {self.settings[n]!r}, was {found['settings'].get(n)!r}" for n in different
                )
            )
        self.runs, self.total = int(found["runs"]), int(found["rows"])

    def path(self, table: str, run: int) -> Path:
        path = self.folder / table / f"{run:05d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write_new(self, rows: Rows, keys: I64) -> None:
        has = np.flatnonzero(np.asarray(rows.signed.is_valid()))
        signed = rows.signed.drop_null()
        group = None if rows.group is None else rows.group[has]
        bands = explode_bands(keys[has], matrix(signed, np.uint32), self.choice.bands, group)
        ordered = pa.Table.from_batches([bands]).sort_by([(n, "ascending") for n in BUCKETS.names])
        pq.write_table(ordered, self.path("bands", self.runs), compression="zstd")
        small = _with_nulls(rows.signed)
        rank = np.zeros(len(keys)) if rows.values is None else rows.values
        documents = pa.table({"doc_key": keys, "id": rows.ids, "sketch": small, "rank": rank})
        pq.write_table(documents, self.path("documents", self.runs), compression="zstd")

    def new_edges(self, new_from: int) -> tuple[I64, I64]:
        """Return the edges between new documents, and of these with old ones."""
        new = pq.read_table(self.path("bands", self.runs))
        wanted = np.unique(np.asarray(new.column("bucket")))
        tables = [new]
        for run in range(self.runs):
            for batch in stream_parquet(self.path("bands", run)).iter_batches(batch_size=1 << 20):
                tables.append(pa.Table.from_batches([batch.filter(_is_in(batch.column("bucket"), wanted))]))
        rows = pa.concat_tables(tables).sort_by([(name, "ascending") for name in BUCKETS.names])
        shared = pa.Table.from_batches(shared_buckets(rows.to_batches(), new_from), BUCKETS)
        once = shared.group_by(BUCKETS.names).aggregate([]).sort_by([(n, "ascending") for n in BUCKETS.names])
        keys = np.asarray(once.column("doc_key"))
        documents = self.documents(np.unique(keys))
        places = np.searchsorted(np.asarray(documents.column("doc_key")), keys)
        sent = once.append_column("sketch", documents.column("sketch").take(pa.array(places)))
        edges = list(match_buckets(sent.to_batches(), "sketch", read_sketches, self.choice.least))
        low, high = ([np.asarray(b.column(name)) for b in edges] for name in ("low", "high"))
        empty = np.empty(0, np.int64)
        return np.concatenate([empty, *low]), np.concatenate([empty, *high])

    def documents(self, keys: I64) -> pa.Table:
        """Return the documents with the given sorted keys, in order."""
        found = []
        for run in range(self.runs + 1):
            for batch in stream_parquet(self.path("documents", run)).iter_batches(batch_size=1 << 17):
                found.append(batch.filter(_is_in(batch.column("doc_key"), keys)))
        return pa.Table.from_batches(found)

    def clusters(self) -> pa.Table:
        """Return the clusters as the last run left them."""
        return pq.read_table(self.path("clusters", self.runs - 1)) if self.runs else CLUSTERS.empty_table()

    def finish(self, rows: int, state: pa.Table, changes: pa.Table) -> None:
        pq.write_table(state, self.path("clusters", self.runs), compression="zstd")
        pq.write_table(changes, self.path("changes", self.runs), compression="zstd")
        made = {"settings": self.settings, "runs": self.runs + 1, "rows": self.total + rows}
        aside = self.folder / f"{DESCRIPTION}.new"
        aside.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        aside.replace(self.folder / DESCRIPTION)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, Bands | tuple) else value


def _with_nulls(signed: pa.Array) -> pa.Array:
    """Return sketches of signatures, null where there is none."""
    valid = np.asarray(signed.is_valid())
    places = np.cumsum(valid) - 1
    return sketches(signed.drop_null()).take(pa.array(places, mask=~valid))


def _is_in(column: pa.Array, wanted: I64) -> pa.Array:
    values = np.asarray(column)
    if not len(wanted):
        return pa.array(np.zeros(len(values), np.bool_))
    return pa.array(wanted[np.minimum(np.searchsorted(wanted, values), len(wanted) - 1)] == values)


def _grown(before: pa.Table, low: I64, high: I64) -> tuple[I64, I64]:
    """Return the members of the clusters that new edges touch, old members included, and their clusters."""
    members, of = (np.asarray(before.column(name)) for name in ("doc_key", "cluster"))
    ends = np.unique(np.concatenate((low, high)))
    touched = np.unique(of[np.asarray(_is_in(before.column("doc_key"), ends))])
    old = np.asarray(_is_in(before.column("cluster"), touched))
    return components(np.concatenate((low, of[old])), np.concatenate((high, members[old])))


def _measured(index: _Index, after: tuple[I64, I64], before: pa.Table) -> pa.Table:
    """Return, of the members of touched clusters, the rows (as CLUSTERS) that are not what they were."""
    keys, clusters = after
    documents = index.documents(keys)
    ranks = np.asarray(documents.column("rank"), np.float64)
    kept = keepers(keys, clusters, ranks)
    payload = documents.column("sketch").combine_chunks()
    both = pa.concat_arrays([payload, payload.take(pa.array(np.searchsorted(keys, kept)))])
    places = np.arange(len(keys))
    alike = read_sketches(both)(places, places + len(keys)) if len(keys) else np.empty(0, np.float32)
    _, inverse, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    size = sizes[inverse] if len(keys) else np.empty(0, np.int64)
    columns = [keys, kept, clusters, size.astype(np.int32), alike]
    now = pa.Table.from_arrays([pa.array(column) for column in columns], schema=CLUSTERS)
    same = now.join(before, CLUSTERS.names, join_type="inner").column("doc_key")
    return now.filter(pc.invert(pc.is_in(now.column("doc_key"), same.combine_chunks())))


def _state(before: pa.Table, changed: pa.Table) -> pa.Table:
    """Return the clusters with the rows that changed in place of what they were; sorted by key."""
    stays = pc.invert(pc.is_in(before.column("doc_key"), changed.column("doc_key").combine_chunks()))
    return pa.concat_tables([before.filter(stays), changed]).sort_by("doc_key").combine_chunks()


def _named(index: _Index, changed: pa.Table) -> pa.Table:
    """Return rows with ids in place of keys."""
    columns = [changed.column(name) for name in ("doc_key", "keeper", "cluster")]
    keys = np.unique(np.concatenate([np.asarray(column, np.int64) for column in columns]))
    ids = index.documents(keys).column("id")
    named = [ids.take(pa.array(np.searchsorted(keys, np.asarray(column)))) for column in columns]
    values = [*named, changed.column("cluster_size"), changed.column("similarity")]
    return pa.Table.from_arrays(values, schema=duplicates_schema(ids.type))
