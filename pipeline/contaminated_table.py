"""Rows of Parquet files that share n-grams with benchmark files: flagged, and on request left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq
from numpy.typing import NDArray

from filters.contamination import GRAM_WORDS, SHORTEST, benchmark_grams, shared_gram_count
from filters.shingles import U64
from filters.text import TextBatch, cut_by_bytes
from pipeline.parquet_texts import KEPT, new_result, numbered_batches, open_texts, rewrite
from schemas.errors import InputError
from schemas.table import column

CONTAMINATED = "contaminated.parquet"


@dataclass(frozen=True, slots=True)
class Against:
    """The files of questions, the columns of these that count (none: all columns of texts), the n-grams."""

    files: Sequence[str]
    columns: Sequence[str] = ()
    n: int = GRAM_WORDS
    shortest: int = SHORTEST


@dataclass(frozen=True, slots=True)
class Contaminated:
    """What was found: rows read, rows that share an n-gram, distinct n-grams of the questions."""

    rows: int
    found: int
    grams: int


def find_contaminated(
    paths: Sequence[str],
    output: str,
    against: Against,
    *,
    text_column: str = "text",
    id_column: str = "doc_id",
    write: bool = False,
) -> Contaminated:
    """Write to the folder `output` which rows share n-grams with questions, and on request the other rows.

    `contaminated.parquet`: `id`, `shared_gram_count`, one row for each that shares one. Question files are
    Parquet, JSON lines (`.jsonl`, `.json`), or text with a question a line. Memory: 8 bytes for each n-gram.

    Raises:
        InputError: a file cannot be read as what its name says, or no question is long enough.
        WorkspaceError: `output` holds results already.
    """
    for path in paths:
        open_texts(path, [id_column, text_column])
    grams = _grams(against)
    target = new_result(output, CONTAMINATED)
    table, gone = _shared(paths, (id_column, text_column), grams)
    if write:

        def stay(first: int, batch: pa.RecordBatch) -> pa.RecordBatch:
            return batch.filter(pa.array(~gone[first : first + batch.num_rows]))

        rewrite(paths, target.parent / KEPT, stay)
    pq.write_table(table, target, compression="zstd")
    return Contaminated(len(gone), int(gone.sum()), sum(len(of) for of in grams.values()))


def _shared(
    paths: Sequence[str], columns: tuple[str, str], grams: dict[int, U64]
) -> tuple[pa.Table, NDArray[np.bool_]]:
    """Return ids and counts of the rows that share an n-gram, and which of all rows these are."""
    ids, counts, flags = [], [], []
    for _, batch in numbered_batches(paths, columns):
        text = batch.column(columns[1])
        found = [
            shared_gram_count(TextBatch.from_arrow(text.slice(a, b - a)), grams)
            for a, b in cut_by_bytes(text)
        ]
        shared = pc.fill_null(pa.concat_arrays(found), 0) if found else pa.array([], pa.int32())
        flag = pc.greater(shared, 0)
        ids.append(batch.column(columns[0]).filter(flag))
        counts.append(shared.filter(flag))
        flags.append(np.asarray(flag, np.bool_))
    if not ids:
        raise InputError(f"{', '.join(paths) or 'no file'}: expected rows, got none")
    schema = pa.schema(
        [
            column("id", ids[0].type, "the row"),
            column("shared_gram_count", pa.int32(), "places where an n-gram of a question begins"),
        ]
    )
    table = pa.table([pa.chunked_array(ids), pa.chunked_array(counts)], schema=schema)
    return table, np.concatenate(flags)


def _grams(against: Against) -> dict[int, U64]:
    found: dict[int, list[U64]] = {}
    for path in against.files:
        for text in _questions(path, against.columns):
            grams = benchmark_grams(TextBatch.from_arrow(text), against.n, against.shortest)
            for size, hashes in grams.items():
                found.setdefault(size, []).append(hashes)
    if not found:
        raise InputError(
            f"{', '.join(against.files) or 'no file'}: expected questions of {against.shortest} words and "
            "more, got none; a lower --shortest takes shorter ones"
        )
    return {size: np.unique(np.concatenate(hashes)) for size, hashes in found.items()}


def _questions(path: str, columns: Sequence[str]) -> list[pa.Array]:
    suffix = Path(path).suffix
    try:
        if suffix in (".jsonl", ".json"):
            table = pj.read_json(path)
        elif suffix == ".parquet":
            table = pq.read_table(path)
        else:
            table = pa.table({"text": Path(path).read_text(encoding="utf-8").splitlines()})
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise InputError(f"{path}: expected questions as Parquet, JSON lines or text: {error}") from error
    is_text = [f.name for f in table.schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    wanted = list(columns) or is_text
    missing = [name for name in wanted if name not in is_text]
    if missing:
        raise InputError(f"{path}: no column of texts {missing[0]!r}; columns of texts: {', '.join(is_text)}")
    return [table.column(name).combine_chunks() for name in wanted]
