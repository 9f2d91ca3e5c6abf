"""Measurements of documents gathered by language: from batches to samples, and samples as rows for Spark."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.hashing import Hashes
from filters.quantiles import SAMPLE_SIZE, Sample, Values, bottom, document_hashes, merge

IDENTITY: Final = ("doc_id", "doc_key", "lang")
"""The columns, besides the measured ones, that a sample is drawn by."""

SAMPLE_ROW: Final = pa.schema(
    [
        ("lang", pa.string()),
        ("shard", pa.int32()),
        ("documents", pa.int64()),
        ("keys", pa.binary()),
        ("values", pa.binary()),
    ]
)
"""A sample on its way between tasks: numbers only. `shard` spreads a large language over several tasks."""

SHARDS: Final = 32
PENDING_SAMPLES: Final = 64
"""Samples of a language that wait to be merged."""


def sample_languages(
    batches: Iterable[pa.RecordBatch], columns: Sequence[str], size: int = SAMPLE_SIZE
) -> dict[str, Sample]:
    """Return a sample of each language of `batches`; documents without a language are left out."""
    pending: dict[str, list[Sample]] = {}
    for batch in batches:
        for lang, sample in _by_language(batch, columns, size):
            waiting = pending.setdefault(lang, [])
            waiting.append(sample)
            if len(waiting) > PENDING_SAMPLES:
                pending[lang] = [merge(waiting, size)]
    return {lang: merge(waiting, size) for lang, waiting in sorted(pending.items())}


def _by_language(batch: pa.RecordBatch, columns: Sequence[str], size: int) -> Iterator[tuple[str, Sample]]:
    codes = batch.column("lang").dictionary_encode()
    number = np.asarray(pc.fill_null(codes.indices, -1), np.int64)
    order = np.argsort(number, kind="stable")
    keys = document_hashes(batch.column("doc_id"), batch.column("doc_key"))[order]
    values = np.stack([_numbers(batch.column(name)) for name in columns], axis=1)[order]
    starts = np.searchsorted(number[order], np.arange(len(codes.dictionary) + 1))
    for code, lang in enumerate(codes.dictionary.to_pylist()):
        first, last = starts[code], starts[code + 1]
        yield lang, bottom(keys[first:last], values[first:last], int(last - first), size)


def _numbers(column: pa.Array) -> Values:
    numbers: Values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return numbers


def sample_rows(samples: Mapping[str, Sample], shard: int) -> pa.RecordBatch:
    """Return samples as rows."""
    found = list(samples.values())
    columns = [
        pa.array(list(samples), pa.string()),
        pa.array([shard % SHARDS] * len(found), pa.int32()),
        pa.array([sample.documents for sample in found], pa.int64()),
        pa.array([sample.keys.tobytes() for sample in found], pa.binary()),
        pa.array([sample.values.tobytes() for sample in found], pa.binary()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SAMPLE_ROW)


def read_sample(documents: int, keys: bytes, values: bytes) -> Sample:
    """Return the sample that a row holds."""
    hashes: Hashes = np.frombuffer(keys, np.uint64)
    numbers = np.frombuffer(values, np.float64)
    width = len(numbers) // len(hashes) if len(hashes) else 1
    return Sample(hashes, numbers.reshape(len(hashes), width), documents)


def merge_rows(batches: Iterable[pa.RecordBatch], size: int = SAMPLE_SIZE) -> dict[str, Sample]:
    """Return the samples of rows, those of one language merged."""
    pending: dict[str, list[Sample]] = {}
    for batch in batches:
        names = ("lang", "documents", "keys", "values")
        for lang, *row in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
            waiting = pending.setdefault(lang, [])
            waiting.append(read_sample(*row))
            if len(waiting) > PENDING_SAMPLES:
                pending[lang] = [merge(waiting, size)]
    return {lang: merge(waiting, size) for lang, waiting in sorted(pending.items())}
