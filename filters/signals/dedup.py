"""Keys and signatures by which global steps relate documents: URL key, MinHash."""

import functools
from collections.abc import Sequence
from importlib import resources

import numpy as np
import pyarrow as pa

from filters.minhash import Signatures, sign, signatures
from filters.published_shingles import PUBLISHED, published_shingles
from filters.registry import signal
from filters.shingles import (
    GOLDEN,
    Shingles,
    character_shingles,
    distinct,
    hash_ngrams,
    hash_sequences,
    mix64,
    word_shingles,
)
from filters.simhash import simhashes
from filters.text import TextBatch
from filters.urls import url_form
from schemas.errors import RecipeError

UNITS = ("word", "character")
LITTLE_ENDIAN = "values, little endian"


@signal(pa.int64(), unit="hash", source="`c4`: tensorflow/datasets, c4_utils.py; `canonical`: own")
def url_key(url: pa.Array, *, form: str = "canonical") -> pa.Array:
    """64-bit hash of the URL in its form `c4` or `canonical` (`filters/urls.py`); null if nothing is left."""
    batch = TextBatch.from_arrow(url_form(url, form))
    hashes = hash_sequences(batch.codepoints.astype(np.uint64) + np.uint64(1), batch.row_offsets)
    return pa.array(hashes.view(np.int64), pa.int64(), mask=batch.lengths == 0)


@signal(pa.binary(), unit=LITTLE_ENDIAN, source="Broder 1997; arithmetic of datasketch 2 (affine32)")
def minhash(
    text: TextBatch, *, permutations: int = 128, n: int = 5, unit: str = "word", seed: int = 1
) -> pa.Array:
    """MinHash signature (32-bit values) of the n-grams of the case-folded words; null where there is no word.

    Words are those of every other signal, cut also at the punctuation inside them; in a text in a script
    without spaces `2 n` of the words that ICU's dictionaries find are one shingle. With `unit="character"`:
    n-grams of the code points of the words. A text of fewer units than that has one shingle, all of it, and
    is like another only where both are equal.
    """
    shingles = _shingles(text, n, unit)
    return _column(sign(shingles, permutations, seed=seed), shingles)


@signal(pa.binary(), unit=LITTLE_ENDIAN, source="own; Jaccard 1912")
def shingle_set(text: TextBatch, *, n: int = 5, unit: str = "word") -> pa.Array:
    """Sorted distinct 64-bit hashes of the shingles of `minhash`: for true similarity; null as there."""
    sets = distinct(_shingles(text, n, unit))
    ends = (sets.offsets * sets.hashes.itemsize).astype(np.int32)
    buffers = [
        pa.array(sets.counts > 0).buffers()[1],
        pa.py_buffer(ends),
        pa.py_buffer(sets.hashes.tobytes()),
    ]
    return pa.Array.from_buffers(pa.binary(), len(sets), buffers)


@signal(pa.binary(), unit=LITTLE_ENDIAN, source="the tool named (`filters/published_shingles.py`)")
def published_minhash(text: TextBatch, *, tool: str = "datasketch", permutations: int = 0) -> pa.Array:
    """MinHash signature equal to that of a published tool; null where the tool makes no shingle.

    Slow: shingles are hashed one by one, as the tools do. 0 permutations: as many as the tool takes by
    default.
    """
    shingles = published_shingles(text.slice_text(text.spans(*_rows(text))).to_pylist(), tool)
    signed = signatures(shingles.hashes, shingles.offsets, permutations, family=PUBLISHED[tool].family)
    return _column(signed, shingles)


@signal(
    pa.int64(), unit="64 bits", source="Charikar 2002; settings: BigScience ROOTS, roots_dedup_simhash.csv"
)
def simhash(text: TextBatch, *, n: int = 6, unit: str = "character") -> pa.Array:
    """SimHash of the n-grams of code points of the case-folded text without punctuation; null without one.

    Of words: `unit="word"`, which ROOTS takes for English. White space counts as a code point, as there; the
    hash function of the n-grams is our own, so bits differ from ROOTS', distances do not in the mean.
    """
    if unit not in UNITS or n < 1:
        raise RecipeError(
            f"simhash: expected unit word or character and n of at least 1, got {unit!r} and {n}"
        )
    shingles = word_shingles(text, n) if unit == "word" else _unpunctuated(text, n)
    return pa.array(simhashes(shingles).view(np.int64), pa.int64(), mask=shingles.counts == 0)


def _unpunctuated(text: TextBatch, n: int) -> Shingles:
    kept = ~text.in_categories("P")
    offsets = np.concatenate(([0], np.cumsum(text.row_sums(kept))))
    return hash_ngrams(mix64(text.folded[kept].astype(np.uint64) * GOLDEN), offsets, n)


@signal(pa.int32(), unit="repetitions", source="FineWeb-2 README; fineweb2_rehydration_default.csv")
def rehydration_count(
    cluster_size: pa.Array,
    *,
    from_sizes: Sequence[int] = (1, 2, 3, 5, 100, 1000),
    counts: Sequence[int] = (1, 2, 3, 5, 8, 1),
) -> pa.Array:
    """Repetitions of a document by its cluster's size: `counts[i]` from `from_sizes[i]` on; null for null.

    Defaults are FineWeb-2's: pages that were copied a few times are the better ones, pages copied very often
    are not.
    """
    if len(from_sizes) != len(counts) or list(from_sizes) != sorted(set(from_sizes)) or not len(counts):
        raise RecipeError(
            "rehydration_count: expected rising from_sizes and as many counts, "
            f"got {list(from_sizes)} and {list(counts)}"
        )
    sizes = np.asarray(cluster_size.fill_null(from_sizes[0]), np.int64)
    step = np.searchsorted(np.asarray(from_sizes), np.maximum(sizes, from_sizes[0]), side="right") - 1
    return pa.array(np.asarray(counts, np.int32)[step], pa.int32(), mask=np.asarray(cluster_size.is_null()))


@signal(pa.int32(), unit="repetitions", source="FineWeb-2, rehydration weights of up to 10 by language")
def rehydration_count_by_language(cluster_size: pa.Array, lang: pa.Array) -> pa.Array:
    """Repetitions of a document by its language and its cluster's size, 1 to 10; null for a null size.

    FineWeb-2 learned them for 1,856 languages: sizes whose documents its filters rather keep are repeated
    more. A language without weights has those of `rehydration_count`.
    """
    found = np.asarray(rehydration_count(cluster_size).fill_null(0), np.int32).copy()
    sizes = np.asarray(cluster_size.fill_null(1), np.int64)
    codes = lang.dictionary_encode()
    places = np.asarray(codes.indices.fill_null(-1), np.int64)
    for number, name in enumerate(codes.dictionary.to_pylist()):
        if name in _weights():
            begins, counts = _weights()[name]
            rows = np.flatnonzero(places == number)
            at = np.searchsorted(begins, np.maximum(sizes[rows], begins[0]), side="right") - 1
            found[rows] = counts[at]
    return pa.array(found, pa.int32(), mask=np.asarray(cluster_size.is_null()))


@functools.cache
def _weights() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return by language the cluster sizes from which on a number of repetitions holds, and these."""
    text = resources.files("filters").joinpath("data/fineweb2_rehydration.tsv").read_text("utf-8")
    lines = (line.split("\t") for line in text.splitlines())
    pairs = {lang: [pair.split(":") for pair in steps.split(";")] for lang, steps in lines}
    return {
        lang: (np.array([int(a) for a, _ in steps]), np.array([int(b) for _, b in steps], np.int32))
        for lang, steps in pairs.items()
    }


def _rows(text: TextBatch) -> tuple[np.ndarray, np.ndarray]:
    return text.row_offsets[:-1], text.row_offsets[1:]


def _shingles(text: TextBatch, n: int, unit: str) -> Shingles:
    if unit not in UNITS or n < 1:
        raise RecipeError(
            f"minhash: expected unit {' or '.join(UNITS)} and n of at least 1, got {unit!r} and {n}"
        )
    return word_shingles(text, n) if unit == "word" else character_shingles(text, n)


def _column(signed: Signatures, shingles: Shingles) -> pa.Array:
    """Return signatures as one binary value a row, null where there is no shingle and nothing to compare."""
    rows = np.flatnonzero(shingles.counts)
    plain = np.ascontiguousarray(signed if len(rows) == len(signed) else signed[rows])
    width = plain.itemsize * plain.shape[1]
    ends = np.concatenate(([0], np.cumsum(np.where(shingles.counts > 0, width, 0)))).astype(np.int32)
    is_valid = pa.array(shingles.counts > 0).buffers()[1]
    buffers = [is_valid, pa.py_buffer(ends), pa.py_buffer(plain)]
    return pa.Array.from_buffers(pa.binary(), len(shingles), buffers)
