"""Repeated spans of the texts of any Parquet files, in this process: no Spark, no workspace.

The files are read three times, and once more to write; no text is kept but that of repeats under comparison.
What memory is needed beyond one batch of a file is stated at `cut_substrings`. On a cluster
`jobs/relate_substrings.py` does the same, by the same functions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from filters.shingles import U64
from filters.substrings import (
    Substrings,
    Units,
    anchors,
    cut_ranges,
    slices,
    text_ranges,
    text_units,
    windows,
)
from filters.text import TextBatch, cut_by_bytes
from pipeline.parquet_texts import KEPT, group_hashes, new_result, numbered_batches, open_texts, rewrite
from pipeline.repeats import I64, Runs, find_copies, join_runs, shared_values
from schemas.table import column

SUBSTRINGS = "substrings.parquet"
DEFAULT_SPANS = Substrings()


@dataclass(frozen=True, slots=True)
class SubstringChoice:
    """Which columns to read; texts of different values of `group_column` (a language) are not related."""

    text_column: str = "text"
    id_column: str = "doc_id"
    group_column: str | None = None
    spans: Substrings = DEFAULT_SPANS
    keep_first: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """What was found: rows read, rows that lose text, spans cut."""

    rows: int
    changed: int
    spans: int


@dataclass(frozen=True, slots=True)
class _Found:
    """Runs of copies, where they and what they copy stand in the texts, and whether these are equal."""

    runs: Runs
    begins: I64
    ends: I64
    of_begins: I64
    equal: NDArray[np.bool_]


def cut_substrings(paths: Sequence[str], output: str, choice: SubstringChoice, *, write: bool = False) -> Cut:
    """Write to the folder `output` which spans of texts are copies, and on request the texts without them.

    `substrings.parquet` has one row for each span that goes: `id`, `begin`, `end` (code points, or bytes, of
    the text), `keeper` (the row that holds the same) and `keeper_begin`. Spans of a row may overlap.

    Memory, measured: 0.2 bytes for each byte of text with words, 0.6 with bytes; and for each byte that is
    repeated 25 with words, 80 with bytes.

    Raises:
        InputError: a file is no Parquet file or lacks a column.
        RecipeError: the unit or the size cannot be.
        WorkspaceError: `output` holds results already.
    """
    ids = _ids(paths, choice)
    target = new_result(output, SUBSTRINGS)
    shared = shared_values(
        anchors(units, choice.spans.size, group).hashes for _, units, group in _pieces(paths, choice)
    )
    found = _compare(paths, choice, _runs(paths, choice, shared))
    table = _table(found, ids)
    if write:
        _write(paths, choice, found, target.parent / KEPT)
    pq.write_table(table, target, compression="zstd")
    return Cut(len(ids), len(np.unique(found.runs.keys[found.equal])), table.num_rows)


def _ids(paths: Sequence[str], choice: SubstringChoice) -> pa.ChunkedArray:
    needed = [choice.id_column, choice.text_column, *([choice.group_column] if choice.group_column else [])]
    read = [open_texts(path, needed).read([choice.id_column]).column(0) for path in paths]
    return pa.chunked_array([chunk for ids in read for chunk in ids.chunks] or [pa.array([], pa.string())])


def _pieces(paths: Sequence[str], choice: SubstringChoice) -> Iterator[tuple[int, Units, U64 | None]]:
    """Yield pieces of the texts: the number of the first row, the units, a hash of each row's group."""
    names = [choice.text_column, *([choice.group_column] if choice.group_column else [])]
    for first, batch in numbered_batches(paths, names):
        text = batch.column(choice.text_column)
        for begin, end in cut_by_bytes(text):
            units = text_units(TextBatch.from_arrow(text.slice(begin, end - begin)), choice.spans.unit)
            group = batch.column(choice.group_column).slice(begin, end - begin) if len(names) > 1 else None
            yield first + begin, units, None if group is None else group_hashes(group)


def _runs(paths: Sequence[str], choice: SubstringChoice, shared: U64) -> Runs:
    hashes, keys, units = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for first, piece, group in _pieces(paths, choice):
        found = windows(piece, choice.spans.size, shared, group)
        hashes.append(found.hashes)
        keys.append(found.rows + first)
        units.append(found.units.astype(np.int32))
    columns = (np.concatenate(hashes), np.concatenate(keys), np.concatenate(units))
    return join_runs(find_copies(*columns, keep_first=choice.keep_first))


def _compare(paths: Sequence[str], choice: SubstringChoice, runs: Runs) -> _Found:
    """Compare the texts of runs with what they are copies of; only what waits for its like is held."""
    total = len(runs.keys)
    keys, places = np.concatenate((runs.keys, runs.of_keys)), np.concatenate((runs.units, runs.of_units))
    counts = np.tile(runs.counts + choice.spans.size - 1, 2)
    order = np.argsort(keys, kind="stable")
    begins, ends = np.zeros(2 * total, np.int64), np.zeros(2 * total, np.int64)
    equal = np.zeros(total, np.bool_)
    waiting: dict[int, bytes] = {}
    for first, units, _ in _pieces(paths, choice):
        last = first + len(units.offsets) - 1
        low, high = np.searchsorted(keys, (first, last), sorter=order)
        mine = order[low:high]
        place = (keys[mine] - first, places[mine], counts[mine])
        begins[mine], ends[mine] = text_ranges(units, *place)
        for side, held in zip(mine.tolist(), slices(units, *place), strict=True):
            run = side % total
            other = waiting.pop(run, None)
            if other is None:
                waiting[run] = held
            else:
                equal[run] = other == held
    return _Found(runs, begins[:total], ends[:total], begins[total:], equal)


def _table(found: _Found, ids: pa.ChunkedArray) -> pa.Table:
    rows = np.flatnonzero(found.equal)
    schema = pa.schema(
        [
            column("id", ids.type, "the row that loses a span"),
            column("begin", pa.int64(), "where the span begins in its text", unit="code points, or bytes"),
            column("end", pa.int64(), "where it ends", unit="code points, or bytes"),
            column("keeper", ids.type, "the row that holds the same span"),
            column("keeper_begin", pa.int64(), "where it begins there", unit="code points, or bytes"),
        ]
    )
    columns = [
        ids.take(pa.array(found.runs.keys[rows])),
        pa.array(found.begins[rows]),
        pa.array(found.ends[rows]),
        ids.take(pa.array(found.runs.of_keys[rows])),
        pa.array(found.of_begins[rows]),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _write(paths: Sequence[str], choice: SubstringChoice, found: _Found, folder: Path) -> None:
    """Write the files with their texts cut; rows of which no text is left stay, so that ids stay."""
    rows = np.flatnonzero(found.equal)
    keys, begins, ends = found.runs.keys[rows], found.begins[rows], found.ends[rows]

    def change(first: int, batch: pa.RecordBatch) -> pa.RecordBatch:
        name = choice.text_column
        text = batch.column(name)
        pieces = []
        for begin, end in cut_by_bytes(text):
            low, high = np.searchsorted(keys, (first + begin, first + end))
            of_piece = (keys[low:high] - first - begin, begins[low:high], ends[low:high])
            piece = TextBatch.from_arrow(text.slice(begin, end - begin))
            pieces.append(cut_ranges(piece, *of_piece, choice.spans.unit).cast(text.type))
        cut = pa.concat_arrays(pieces) if pieces else text
        return batch.set_column(batch.schema.get_field_index(name), batch.schema.field(name), cut)

    rewrite(paths, folder, change)
