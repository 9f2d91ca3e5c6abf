"""Repeated spans, part by part: what a task makes of the texts of one part (`jobs/relate_substrings.py`).

Texts stay with their part. Three looks at them give, in turn, anchors, the windows of anchors that other
places have too, and digests of spans that are to be compared.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.substrings import Substrings, Units, anchors, slices, text_ranges, text_units, windows
from filters.text import TextBatch, cut_by_bytes
from pipeline.parquet_texts import group_hashes
from pipeline.repeats import I64, U64

DIGEST_BYTES = 16
ANCHORS = pa.schema([("hash", pa.int64()), ("part", pa.int64()), ("count", pa.int32())])
WINDOWS = pa.schema([("hash", pa.int64()), ("doc_key", pa.int64()), ("unit", pa.int32())])
SIDES = pa.schema(
    [
        ("run_key", pa.int64()),
        ("run_unit", pa.int32()),
        ("is_copy", pa.bool_()),
        ("doc_key", pa.int64()),
        ("digest", pa.binary()),
        ("begin", pa.int64()),
        ("end", pa.int64()),
    ]
)
"""One side of a run of copies: the copy, or what it is a copy of; the run is named by its copy's place."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Which spans count, whether in one language only, and whether the first copy stays."""

    spans: Substrings
    in_language: bool = False
    keep_first: bool = True


@dataclass(frozen=True, slots=True)
class Piece:
    """Some texts of a part."""

    keys: I64
    units: Units
    group: U64 | None


def pieces(batches: Iterable[pa.RecordBatch], setting: Setting) -> Iterator[Piece]:
    """Yield the texts of batches of `doc_key`, `lang` and `text` in pieces that fit a core's cache."""
    for batch in batches:
        text = batch.column("text")
        keys = np.asarray(batch.column("doc_key"), np.int64)
        for first, last in cut_by_bytes(text):
            units = text_units(TextBatch.from_arrow(text.slice(first, last - first)), setting.spans.unit)
            lang = batch.column("lang").slice(first, last - first)
            yield Piece(keys[first:last], units, group_hashes(lang) if setting.in_language else None)


def part_anchors(batches: Iterable[pa.RecordBatch], setting: Setting, part: int) -> pa.RecordBatch:
    """Return the anchors of a part, each once, with the number of its places."""
    found = [anchors(p.units, setting.spans.size, p.group).hashes for p in pieces(batches, setting)]
    hashes, counts = np.unique(np.concatenate([np.empty(0, np.uint64), *found]), return_counts=True)
    columns = [hashes.view(np.int64), np.full(len(hashes), part), counts.astype(np.int32)]
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=ANCHORS)


def part_windows(
    batches: Iterable[pa.RecordBatch], setting: Setting, shared: U64
) -> Iterator[pa.RecordBatch]:
    """Yield the windows of a part whose anchor is one of `shared`."""
    known = np.sort(shared)
    for piece in pieces(batches, setting):
        found = windows(piece.units, setting.spans.size, known, piece.group)
        columns = [found.hashes.view(np.int64), piece.keys[found.rows], found.units.astype(np.int32)]
        yield pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=WINDOWS)


def part_digests(
    batches: Iterable[pa.RecordBatch], setting: Setting, asked: pa.Table
) -> Iterator[pa.RecordBatch]:
    """Yield the digest of each span that is asked for, and where it begins and ends in its text.

    `asked` has `run_key`, `run_unit`, `is_copy`, and the span's `doc_key`, first `unit`, `count` of windows.
    """
    keys, firsts, counts = (
        np.asarray(asked.column(name).combine_chunks(), np.int64) for name in ("doc_key", "unit", "count")
    )
    order = np.argsort(keys, kind="stable")
    for piece in pieces(batches, setting):
        low, high = np.searchsorted(keys, (piece.keys[0], piece.keys[-1] + 1), sorter=order)
        mine = order[low:high]
        rows = np.searchsorted(piece.keys, keys[mine])
        place = (rows, firsts[mine], counts[mine] + setting.spans.size - 1)
        digests = [
            hashlib.blake2b(held, digest_size=DIGEST_BYTES).digest() for held in slices(piece.units, *place)
        ]
        begins, ends = text_ranges(piece.units, *place)
        named = asked.take(pa.array(mine)).select(["run_key", "run_unit", "is_copy", "doc_key"])
        columns = [*(c.combine_chunks() for c in named.columns), pa.array(digests, pa.binary())]
        yield pa.RecordBatch.from_arrays([*columns, pa.array(begins), pa.array(ends)], schema=SIDES)
