"""What Numba compiles has the bits of the NumPy code: the same calls with and without."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given
from hypothesis import strategies as st

from filters import minhash, shingle_words
from filters.shingles import Shingles, hash_ngrams, mix64
from filters.signals import dedup
from filters.text import TextBatch
from tests.kernels import needs_kernels, without_kernels
from tests.strategies import examples

pytestmark = needs_kernels

T = TypeVar("T")
WRITTEN = st.lists(
    st.one_of(st.none(), st.text("aB9.,'_-\u0301\u0915\u093e\u00ad\u200d \n\u05e6\"\u4e2d\u0e01\U0001f600")),
    max_size=5,
)
ANY_TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=6)
COUNTS = st.lists(st.integers(0, 40), max_size=6)


def both(compute: Callable[[], T]) -> tuple[T, T]:
    """Return what is computed by the kernels and by NumPy."""
    return compute(), without_kernels(compute)


def arrays(*values: np.ndarray) -> list[tuple[str, tuple[int, ...], bytes]]:
    return [(value.dtype.str, value.shape, value.tobytes()) for value in values]


@examples(150)
@given(st.one_of(WRITTEN, ANY_TEXTS))
@example(["9_\u093e", "_\u093e", "a.\u0301b", "\u0301a\u0301 \u0301", "a", "b", "", None, "\U0010ffff"])
@example([])
def test_word_hashes_are_the_same(values: list[str | None]) -> None:
    column = pa.array(values, pa.string())
    compiled, plain = both(lambda: shingle_words.shingle_word_hashes(TextBatch.from_arrow(column)))
    assert arrays(*compiled[:2]) == arrays(*plain[:2])
    assert compiled.has_unspaced == plain.has_unspaced


@examples(100)
@given(st.one_of(WRITTEN, ANY_TEXTS))
@example(["a.b.c d_e _ f.g", "._.", "x"])
def test_words_that_are_cut_inside_are_the_same(values: list[str | None]) -> None:
    def cut() -> list[object]:
        text = TextBatch.from_arrow(pa.array(values, pa.string()))
        text.word_hashes()
        words = shingle_words.shingle_words(text)
        return arrays(*shingle_words.shingle_word_hashes(text)[:2], words.starts, words.ends, words.offsets)

    compiled, plain = both(cut)
    assert compiled == plain


def test_word_hashes_of_many_blocks_are_the_same() -> None:
    column = pa.array(["ij kl\u0301 mn" * 3_000] * 12)
    compiled, plain = both(lambda: shingle_words.shingle_word_hashes(TextBatch.from_arrow(column)))
    assert arrays(*compiled[:2]) == arrays(*plain[:2])


@given(COUNTS, st.integers(1, 12), st.integers(0, 3))
def test_window_hashes_are_the_same(counts: list[int], n: int, skipped: int) -> None:
    units = mix64(np.arange(sum(counts) + 2 * skipped, dtype=np.uint64))
    offsets = np.cumsum([skipped, *counts])
    compiled, plain = both(lambda: hash_ngrams(units, offsets, n))
    assert arrays(compiled.hashes, compiled.offsets) == arrays(plain.hashes, plain.offsets)


@given(COUNTS, st.integers(1, 40), st.integers(0, 2**32 - 1), st.booleans())
def test_signatures_are_the_same(counts: list[int], permutations: int, seed: int, repeated: bool) -> None:
    numbers = np.arange(sum(counts), dtype=np.uint64) // np.uint64(7 if repeated else 1)
    given_shingles = Shingles(mix64(numbers), np.cumsum([0, *counts]))
    compiled, plain = both(lambda: minhash.sign(given_shingles, permutations, seed=seed))
    assert arrays(compiled) == arrays(plain)


def test_signatures_of_rows_longer_than_a_block_are_the_same() -> None:
    large = Shingles(mix64(np.arange(272_008, dtype=np.uint64)), np.cumsum([0, 140_000, 3, 0, 132_000, 5]))
    compiled, plain = both(lambda: minhash.sign(large, 20))
    assert arrays(compiled) == arrays(plain)


def test_the_least_and_the_greatest_hashes_are_signed_the_same() -> None:
    hashes = np.array([0, 0, 2**64 - 1, 2**32, 2**32 - 1, 0, 2**63, 1], np.uint64)
    edges = Shingles(hashes, np.array([0, 1, 3, 3, 5, 8]))
    compiled, plain = both(lambda: minhash.sign(edges, 112))
    assert arrays(compiled) == arrays(plain)
    whole, by_numpy = both(lambda: minhash.signatures(hashes, np.array([0, 8]), 112))
    assert arrays(whole) == arrays(np.ascontiguousarray(by_numpy))


def test_long_rows_and_rows_that_touch_are_signed_the_same() -> None:
    column = pa.array(["ab cd " * 60_000, "x" * 100, "", None, "ef", "gh", "ij e\u0301 " * 9_000, "中文 a b"])
    for texts in (column, column.slice(1), column.slice(1, 6)):
        compiled, plain = both(lambda texts=texts: dedup.minhash(TextBatch.from_arrow(texts)))
        assert compiled.equals(plain)


def test_real_documents_are_signed_the_same(shared: Path) -> None:
    path = shared / "data" / "neardup" / "debian_install_guide_docs.parquet"
    column = pq.read_table(path, columns=["text"]).column("text").combine_chunks()
    column = column.take(pa.array(range(0, len(column), 150)))
    for permutations in (112, 256):
        compiled, plain = both(
            lambda n=permutations: dedup.minhash(TextBatch.from_arrow(column), permutations=n)
        )
        assert compiled.equals(plain)
    wide, by_numpy = both(lambda: dedup.shingle_set(TextBatch.from_arrow(column), unit="character"))
    assert wide.equals(by_numpy)
