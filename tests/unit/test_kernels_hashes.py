"""Compiled loops over hashes give the bits of the NumPy code."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import counting, hashing
from filters.hashing import PrefixHashes, mix
from filters.kernels_ngrams import MOVES, TABLED, most_frequent
from filters.ngrams import Ngrams
from filters.shingles import Shingles, distinct
from filters.signals import tokens
from tests.kernels import needs_kernels, without_kernels
from tests.strategies import examples

pytestmark = needs_kernels

HASHES = st.sampled_from([0, 1, 2, 1 << 40, (1 << 63) + 1, (1 << 64) - 1]) | st.integers(0, (1 << 64) - 1)
ROWS = st.lists(st.lists(HASHES, max_size=30), max_size=8)
SIZES = (0, 1, 2, 9, 10, 40, 3000, 20000)


def flat(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array([value for row in rows for value in row], dtype=np.uint64)
    return values, np.cumsum([0, *map(len, rows)])


def same(found: object, expected: object) -> None:
    np.testing.assert_array_equal(found, expected, strict=True)


@examples(50)
@given(st.text(max_size=300), st.randoms(use_true_random=False))
def test_sums_and_hashes_of_spans_are_equal(string: str, random: Random) -> None:
    codepoints = np.array([ord(c) for c in string], dtype=np.uint32)
    ends = np.sort([random.randint(0, len(string)) for _ in range(20)])
    starts = np.array([random.randint(0, end) for end in ends])
    found, expected = PrefixHashes(codepoints), without_kernels(lambda: PrefixHashes(codepoints))
    same(found._sums, expected._sums)
    same(found.spans(starts, ends), without_kernels(lambda: expected.spans(starts, ends)))


def test_hashes_of_spans_of_a_long_text_are_equal() -> None:
    codepoints = np.random.default_rng(3).integers(0, 0x110000, 300_000).astype(np.uint32)
    starts = np.arange(0, 299_000, 997)
    found, expected = PrefixHashes(codepoints), without_kernels(lambda: PrefixHashes(codepoints))
    same(found._sums, expected._sums)
    same(found.spans(starts, starts + 9), without_kernels(lambda: expected.spans(starts, starts + 9)))


@examples(100)
@given(ROWS)
def test_hashes_of_a_row_have_the_same_order(rows: list[list[int]]) -> None:
    hashes, offsets = flat(rows)
    found = counting.order_in_rows(hashes, offsets)
    for one, other in zip(
        found, without_kernels(lambda: counting.order_in_rows(hashes, offsets)), strict=True
    ):
        same(one, other)


@pytest.mark.parametrize("bits", [0, 20, 50, 60])
def test_a_row_of_hashes_that_begin_alike_has_the_same_order(bits: int) -> None:
    hashes = np.random.default_rng(bits).integers(0, 1 << 64, 70_000, dtype=np.uint64) >> np.uint64(bits)
    offsets = np.array([0, 5, 5, 50_000, 70_000])
    found = counting.order_in_rows(hashes, offsets)
    for one, other in zip(
        found, without_kernels(lambda: counting.order_in_rows(hashes, offsets)), strict=True
    ):
        same(one, other)


@pytest.mark.parametrize("length", [1, 2, 10])
@pytest.mark.parametrize("letters", [1, 3, 20])
def test_the_same_windows_are_repeated(length: int, letters: int) -> None:
    random = np.random.default_rng(length * letters)
    offsets = np.cumsum([0, *random.permutation(np.repeat(SIZES, 2))])
    hashes = PrefixHashes(random.integers(97, 97 + letters, offsets[-1]).astype(np.uint32))
    found = counting.count_repeats(hashes, offsets, length)
    expected = without_kernels(lambda: counting.count_repeats(hashes, offsets, length))
    for name in ("rows", "counts", "totals", "distinct"):
        same(getattr(found, name), getattr(expected, name))


@examples(100)
@given(st.lists(st.lists(st.integers(0, 3), max_size=120), max_size=6))
def test_the_same_ngrams_are_repeated(rows: list[list[int]]) -> None:
    hashes, offsets = flat(rows)
    found, expected = (
        Ngrams.of_words(hashes, offsets),
        without_kernels(lambda: Ngrams.of_words(hashes, offsets)),
    )
    for _ in range(4):
        same(found.positions, expected.positions)
        same(found.starts, expected.starts)
        found, expected = found.longer(), without_kernels(expected.longer)


@examples(50)
@given(ROWS)
def test_the_hash_of_a_row_is_the_same(rows: list[list[int]]) -> None:
    hashes, offsets = flat(rows)
    for values in (hashes, hashes.astype(np.uint32)):
        same(
            hashing.row_hashes(values, offsets),
            without_kernels(lambda v=values: hashing.row_hashes(v, offsets)),
        )


@examples(100)
@given(st.lists(st.text("ab ,", max_size=60), max_size=5), st.integers(1, 14))
def test_the_same_patterns_follow_themselves(rows: list[str], longest: int) -> None:
    found = tokens.max_pattern_run(rows, longest=longest)
    assert found.equals(without_kernels(lambda: tokens.max_pattern_run(rows, longest=longest)))


@examples(100)
@given(st.lists(st.lists(HASHES | st.integers(0, 3), max_size=60), max_size=6))
def test_the_most_frequent_hash_is_the_first_of_equals(rows: list[list[int]]) -> None:
    hashes, offsets = flat(rows)
    places, counts = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    if not most_frequent(hashes, offsets, places, counts):
        assert max(map(len, rows)) > MOVES
        return
    for row, place, count, first in zip(rows, places, counts, offsets[:-1], strict=True):
        assert count == max(map(row.count, row), default=0)
        assert place - first == (
            min(row.index(each) for each in row if row.count(each) == count) if row else 0
        )


def test_a_long_row_of_hashes_that_begin_alike_is_not_counted_in_a_table() -> None:
    hashes, offsets = np.arange(5000, dtype=np.uint64), np.array([0, 5000])
    assert not most_frequent(hashes, offsets, np.empty(1, np.int64), np.empty(1, np.int64))
    offsets[1] = TABLED + 1
    assert not most_frequent(mix(np.arange(1 << 19, dtype=np.uint64)), offsets, offsets[:1], offsets[1:])


@examples(100)
@given(st.lists(st.lists(HASHES | st.integers(0, 3), max_size=60), max_size=6), st.booleans())
def test_the_same_shingles_are_distinct(rows: list[list[int]], mixed: bool) -> None:
    hashes, offsets = flat(rows)
    shingles = Shingles(mix(hashes.copy()) if mixed else hashes, offsets)
    found, expected = distinct(shingles), without_kernels(lambda: distinct(shingles))
    same(found.hashes, expected.hashes)
    same(found.offsets, expected.offsets)
