"""Dedup decisions in one process, the same bytes as the Spark job gives: for steps with few documents.

A step on Spark costs seconds whatever it decides on; here two hundred thousand documents take less.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.lsh import Bands
from pipeline.candidates import read_sketches, sketches
from pipeline.clusters import decisions, keepers, similar_clusters
from pipeline.elect import split_clusters
from pipeline.keep_policy import read_policy
from pipeline.plan import dedup_parameters
from pipeline.steps import DedupStep
from schemas.decision import DECISION

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

EQUAL_KINDS = ("exact", "url", "line", "paragraph")
"""Kinds that relate documents or chunks of an equal hash."""

SIMILAR = frozenset({"key", "bands", "rows", "min_similarity", "verify", "split_above", "keep", "within"})
"""Parameters of `minhash` that are known here; a step with others is for Spark."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Documents or chunks: key, line, hash, group of those that may be related, what decides who stays."""

    keys: I64
    lines: I64
    hashes: I64
    groups: I64
    values: F64 | None


def decide(rows: pa.Table, step: DedupStep) -> pa.Table | None:
    """Return the decisions of a step on the documents that reach it, sorted; None if only Spark knows how.

    `rows` has the columns that `key_columns` names, in any order of rows.
    """
    rows = rows.combine_chunks()
    chosen = dedup_parameters(step)
    if step.kind in EQUAL_KINDS and step.scope == "chunk":
        return _equal_chunks(_exploded(rows, step, chosen), step, none=_removes_all(chosen))
    if step.kind in EQUAL_KINDS:
        return _equal(_hashed(rows, step, chosen), step, none=_removes_all(chosen))
    if step.kind == "minhash" and chosen.keys() <= SIMILAR and chosen.get("verify") in (None, "signature"):
        return _similar(rows, step, chosen)
    return None


def _removes_all(chosen: dict[str, object]) -> bool:
    return read_policy(str(chosen.get("keep", "smallest_key"))).none


def _values(rows: pa.Table, chosen: dict[str, object]) -> F64 | None:
    column = read_policy(str(chosen.get("keep", "smallest_key"))).column
    if column is None:
        return None
    values = rows.column(column)
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    numbers = values.cast(pa.float64(), safe=False).fill_null(float("nan"))
    return np.asarray(numbers, np.float64)


def _groups(rows: pa.Table, chosen: dict[str, object]) -> I64:
    if chosen.get("within", "corpus") == "corpus":
        return np.zeros(rows.num_rows, np.int64)
    codes = pc.fill_null(rows.column("lang"), "").combine_chunks().dictionary_encode()
    return np.asarray(codes.indices, np.int64)


def _hashed(rows: pa.Table, step: DedupStep, chosen: dict[str, object]) -> _Rows:
    rows = rows.filter(pc.is_valid(rows.column(step.name))).combine_chunks()
    keys, hashes = (np.asarray(rows.column(name), np.int64) for name in ("doc_key", step.name))
    return _Rows(keys, np.zeros_like(keys), hashes, _groups(rows, chosen), _values(rows, chosen))


def _exploded(rows: pa.Table, step: DedupStep, chosen: dict[str, object]) -> _Rows:
    lists = rows.column(step.name).combine_chunks()
    parents = np.asarray(pc.list_parent_indices(lists), np.int64)
    hashes = pc.list_flatten(lists)
    starts = np.searchsorted(parents, np.arange(rows.num_rows))
    lines = np.arange(len(parents)) - starts[parents]
    valid = np.asarray(pc.is_valid(hashes), np.bool_)
    parents, lines = parents[valid], lines[valid]
    values = _values(rows, chosen)
    return _Rows(
        np.asarray(rows.column("doc_key"), np.int64)[parents],
        lines,
        np.asarray(hashes.drop_null(), np.int64),
        _groups(rows, chosen)[parents],
        None if values is None else values[parents],
    )


def _clusters(rows: _Rows) -> I64:
    """Return a number for each row, equal where hash and group are."""
    order = np.lexsort((rows.hashes, rows.groups))
    new = np.ones(len(order), np.bool_)
    hashes, groups = rows.hashes[order], rows.groups[order]
    new[1:] = (hashes[1:] != hashes[:-1]) | (groups[1:] != groups[:-1])
    clusters = np.empty(len(order), np.int64)
    clusters[order] = np.cumsum(new)
    return clusters


def _equal(rows: _Rows, step: DedupStep, *, none: bool) -> pa.Table:
    found = decisions(rows.keys, _clusters(rows), step.name, value=rows.values)
    return _all_go(found, step.name) if none else found


def _all_go(found: pa.Table, reason: str) -> pa.Table:
    columns = {name: found.column(name) for name in DECISION.names}
    columns["reason"] = pa.array([reason] * found.num_rows, pa.string())
    columns["keeper"] = pa.nulls(found.num_rows, pa.int64())
    columns["similarity"] = pa.array(np.ones(found.num_rows, np.float32))
    return pa.table([columns[name] for name in DECISION.names], schema=DECISION)


def _equal_chunks(rows: _Rows, step: DedupStep, *, none: bool) -> pa.Table:
    clusters = _clusters(rows)
    ranks = np.zeros(len(clusters)) if rows.values is None else _ranks(rows.values)
    order = np.lexsort((rows.lines, rows.keys, ranks, clusters))
    ordered = clusters[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    sizes = np.diff(starts, append=len(order))
    keepers_of = np.repeat(rows.keys[order][starts], sizes)
    size = np.repeat(sizes, sizes)
    goes = size > 1
    if not none:
        goes[starts] = False
    goes &= size > 1
    keys, lines = rows.keys[order][goes], rows.lines[order][goes]
    place = np.lexsort((lines, keys))
    keeper = pa.nulls(len(place), pa.int64()) if none else pa.array(keepers_of[goes][place])
    columns = [
        pa.array(keys[place]),
        pa.array(lines[place].astype(np.int32)),
        pa.array([step.name] * len(place), pa.string()),
        keeper,
        pa.array(np.ones(len(place), np.float32)),
        pa.array(size[goes][place].astype(np.int32)),
    ]
    return pa.Table.from_arrays(columns, schema=DECISION)


def _ranks(values: F64) -> F64:
    """The smallest rank stays: minus the value, infinite where there is none."""
    return np.where(np.isnan(values), np.inf, -values)


def _similar(rows: pa.Table, step: DedupStep, chosen: dict[str, object]) -> pa.Table:
    rows = rows.filter(pc.is_valid(rows.column(step.name))).combine_chunks()
    order = pc.sort_indices(rows.column("doc_key"))
    rows = rows.take(order).combine_chunks()
    keys = np.asarray(rows.column("doc_key"), np.int64)
    signed = _one(rows.column(step.name))
    bands = Bands(int(str(chosen["bands"])), int(str(chosen["rows"])))
    least = float(str(chosen["min_similarity"]))
    members, clusters = similar_clusters(keys, signed, bands, least, group=_groups(rows, chosen))
    values = _values(rows, chosen)
    split_above = int(str(chosen.get("split_above", 0)))
    if split_above and len(members):
        at = np.searchsorted(keys, members)
        ranks = np.zeros(len(members)) if values is None else _ranks(values[at])
        payload = sketches(signed.take(pa.array(at)))
        split = split_clusters(members, clusters, ranks, payload, least, split_above, read_sketches)
        members, clusters = split
    places = np.searchsorted(keys, members)
    value = None if values is None else values[places]
    kept = np.searchsorted(keys, keepers(members, clusters, value))
    similarity = np.empty(0, np.float32)
    if len(members):
        payload = sketches(signed.take(pa.array(np.concatenate((places, kept)))))
        at = np.arange(len(members))
        similarity = np.asarray(read_sketches(payload)(at, at + len(members)), np.float32)
    found = decisions(members, clusters, step.name, value=value, similarity=similarity)
    return _all_go(found, step.name) if _removes_all(chosen) else found


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
