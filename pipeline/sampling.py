"""Samples of documents by the hash of what identifies them: the same ones in every run, on any machine.

A share takes the hashes below it. At most so many documents of a language are those of its smallest hashes,
of equal hashes those of the smallest keys; which hash is the last is found once over all parts.
"""

from collections.abc import Iterable, Mapping
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.quantiles import document_hashes
from pipeline.steps import SampleStep
from schemas.ledger import UNKNOWN_LANGUAGE
from schemas.table import column

Cut = tuple[int, int]
"""The last document that is taken of a language: its hash and its key."""

CUT = pa.schema(
    [
        column("lang", pa.string(), "language, ISO 639-3 and ISO 15924", nullable=False),
        column("last_hash", pa.int64(), "hash of the last document that is taken", nullable=False),
        column("last_key", pa.int64(), "doc_key of the last document that is taken", nullable=False),
    ]
)
"""What a sample of so many documents finds; a language with fewer has no row."""

PARTS_AT_ONCE = 64
"""Parts whose candidates are put together at once."""

HASH_BITS = 63
"""Hashes are non-negative int64, which Spark and Parquet can order."""


def sample_hashes(step: SampleStep, batch: pa.RecordBatch | pa.Table) -> NDArray[np.int64]:
    """Return the hash by which each row is sampled (63 bits); of a row without a value that of its key."""
    values = _flat(batch.column(step.by)).cast(pa.string())
    hashes = document_hashes(values, _flat(batch.column("doc_key")))
    return (hashes >> np.uint64(1)).astype(np.int64)


def left_out(
    step: SampleStep, batch: pa.RecordBatch | pa.Table, lang: pa.Array, cuts: Mapping[str, Cut]
) -> NDArray[np.bool_]:
    """Return for each row whether the sample leaves it out."""
    hashes = sample_hashes(step, batch)
    removed = over_share(step, hashes)
    if not cuts:
        return removed
    keys = np.asarray(_flat(batch.column("doc_key")), np.int64)
    codes = pc.fill_null(lang, UNKNOWN_LANGUAGE).dictionary_encode()
    top = np.iinfo(np.int64).max
    pairs = [cuts.get(label, (top, top)) for label in codes.dictionary.to_pylist()]
    places = np.asarray(codes.indices, np.int64)
    last_hash = np.array([h for h, _ in pairs], np.int64)[places]
    last_key = np.array([k for _, k in pairs], np.int64)[places]
    beyond: NDArray[np.bool_] = (hashes > last_hash) | ((hashes == last_hash) & (keys > last_key))
    return removed | beyond


def over_share(step: SampleStep, hashes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which hashes are not in the share."""
    if step.share >= 1:
        return np.zeros(len(hashes), np.bool_)
    found: NDArray[np.bool_] = hashes >= np.int64(int(step.share * 2**HASH_BITS))
    return found


def candidates(step: SampleStep, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """Return for each language the rows of smallest hash that may be taken: lang, hash, doc_key, in order."""
    found = [_HASHED.empty_table()]
    for batch in batches:
        hashes = sample_hashes(step, batch)
        lang = pc.fill_null(_flat(batch.column("lang")), UNKNOWN_LANGUAGE)
        rows = pa.table([lang, pa.array(hashes), _flat(batch.column("doc_key"))], schema=_HASHED)
        found.append(rows.filter(pa.array(~over_share(step, hashes))))
    return _first(step, found)


def cuts(step: SampleStep, candidates_of_parts: Iterable[pa.Table]) -> pa.Table:
    """Return the CUT table of a sample from what `candidates` gave for each part."""
    rows = _HASHED.empty_table()
    parts = iter(candidates_of_parts)
    while group := list(islice(parts, PARTS_AT_ONCE)):
        rows = _first(step, [rows, *group])
    last = rows.filter(pa.array(_place_in_language(rows) == (step.max_documents or 0) - 1))
    return pa.Table.from_arrays(last.columns, schema=CUT)


def _first(step: SampleStep, tables: list[pa.Table]) -> pa.Table:
    """Return the rows of each language that may be taken of several tables, in order."""
    rows = pa.concat_tables(tables).sort_by([(name, "ascending") for name in _HASHED.names])
    return rows.filter(pa.array(_place_in_language(rows) < (step.max_documents or 0)))


def read_cuts(table: pa.Table) -> dict[str, Cut]:
    """Return the last document of each language, as `left_out` takes it."""
    names = ("lang", "last_hash", "last_key")
    return {lang: (h, k) for lang, h, k in zip(*(table.column(n).to_pylist() for n in names), strict=True)}


_HASHED = pa.schema([("lang", pa.string()), ("hash", pa.int64()), ("doc_key", pa.int64())])


def _place_in_language(rows: pa.Table) -> NDArray[np.int64]:
    """Return the place of each row among those of its language; rows are sorted by language."""
    if not rows.num_rows:
        return np.empty(0, np.int64)
    codes = np.asarray(rows.column("lang").combine_chunks().dictionary_encode().indices, np.int64)
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    sizes = np.diff(starts, append=len(codes))
    return np.arange(len(codes)) - np.repeat(starts, sizes)


def _flat(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
