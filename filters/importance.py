"""Importance tables: how often each hashed unigram and bigram occurs in texts of one kind.

A table is a NumPy file (`.npz`) with `counts`, one number a bucket, and `length`, the mean code points of a
text. RedPajama-V2 hashes with Python's seeded `hash`, whose values differ between Python versions; here the
word hashes of `TextBatch` give the bucket, so tables are made by `count_features`, never taken over.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.text import TextBatch
from filters.wordlists import sequences
from schemas.errors import ModelError

BUCKETS: Final = 10_000
SMOOTHING: Final = 1e-8
KIND: Final = "word_punct"


@dataclass(frozen=True, slots=True)
class ImportanceTable:
    """Counts of features by bucket, and the mean length of a text in code points."""

    counts: NDArray[np.int64]
    length: float

    @property
    def log_shares(self) -> NDArray[np.float64]:
        """Logarithm of each bucket's share, smoothed."""
        return np.asarray(np.log(self.counts / max(self.counts.sum(), 1) + SMOOTHING), dtype=np.float64)


def features(text: TextBatch, buckets: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the bucket of each unigram and each bigram of the raw words, case kept, and their rows."""
    words, hashes = text.words(KIND), text.word_hashes(KIND, fold=False)
    rows = words.rows
    pairs = sequences(hashes, 2) if len(hashes) > 1 else hashes[:0]
    inside = rows[:-1] == rows[1:] if len(rows) > 1 else np.zeros(0, dtype=np.bool_)
    at = np.concatenate((hashes, pairs[inside])) % np.uint64(buckets)
    return at.astype(np.int64), np.concatenate((rows, rows[:-1][inside] if len(rows) > 1 else rows[:0]))


def count_features(texts: Iterable[str], buckets: int = BUCKETS) -> ImportanceTable:
    """Return the table of some texts."""
    batch = TextBatch.from_arrow(pa.array(list(texts), pa.string()))
    found, _ = features(batch, buckets)
    length = float(batch.lengths.mean()) if len(batch) else 0.0
    return ImportanceTable(np.bincount(found, minlength=buckets), length)


def write_table(table: ImportanceTable, path: Path) -> None:
    """Write a table where `importance_score` can read it."""
    np.savez_compressed(path, counts=table.counts, length=np.float64(table.length))


@functools.cache
def open_table(path: str) -> ImportanceTable:
    """Return the table of a file.

    Raises:
        ModelError: there is no such file, or it is no table.
    """
    if not Path(path).is_file():
        raise ModelError(f"{path}: expected an importance table (.npz), found no file")
    try:
        with np.load(path) as file:
            return ImportanceTable(file["counts"].astype(np.int64), float(file["length"]))
    except (ValueError, KeyError, OSError) as error:
        raise ModelError(f"{path}: expected arrays `counts` and `length`: {error}") from error
