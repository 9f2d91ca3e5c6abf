"""Compiled loops over masks and spans give what the NumPy code gives."""

from collections.abc import Callable
from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters import spans, unicode_tables
from filters.sieve import Sieve
from filters.signals import nllb
from filters.signals.scripts import script
from filters.spans import Spans
from filters.text import TextBatch
from tests.kernels import needs_kernels, without_kernels
from tests.strategies import examples

pytestmark = needs_kernels

MASKS = st.lists(st.booleans(), max_size=80) | st.lists(st.sampled_from([False] * 9 + [True]), max_size=300)


def check(run: Callable[[], object]) -> None:
    """Compare arrays, or all the fields of spans."""
    found, expected = run(), without_kernels(run)
    if isinstance(found, Spans) and isinstance(expected, Spans):
        found = (found.starts, found.ends, found.offsets)
        expected = (expected.starts, expected.ends, expected.offsets)
    if isinstance(found, tuple) and isinstance(expected, tuple):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other, strict=True)
    else:
        np.testing.assert_array_equal(found, expected, strict=True)


def cut(size: int, count: int, random: Random) -> np.ndarray:
    """Return offsets of rows, some of them empty."""
    return np.sort([0, *(random.randint(0, size) for _ in range(count)), size])


def some_spans(size: int, random: Random, least: int) -> Spans:
    """Return spans that ascend, of `least` positions or more."""
    bounds = cut(size, 12, random)
    starts, ends = bounds[:-1:2], bounds[1::2][: len(bounds[:-1:2])]
    filled = ends - starts >= least
    return Spans(starts[filled], ends[filled], cut(int(filled.sum()), 3, random))


@examples(60)
@given(MASKS, st.randoms(use_true_random=False))
def test_masks_and_their_runs_are_the_same(values: list[bool], random: Random) -> None:
    mask = np.array(values, dtype=np.bool_)
    rows, cuts = cut(len(mask), 4, random), cut(len(mask), 3, random)
    check(lambda: spans.where(mask))
    check(lambda: spans.kept(np.arange(len(mask), dtype=np.uint32), mask))
    check(lambda: spans.among(np.flatnonzero(np.arange(len(mask)) % 3), mask))
    check(lambda: spans.runs(mask, rows))
    if len(mask):
        inner = random.sample(range(len(mask)), len(mask) // 3)
        check(lambda: spans.runs(mask, rows, np.append(cuts[cuts < len(mask)], inner).astype(np.int64)))


@examples(60)
@given(MASKS, st.randoms(use_true_random=False))
def test_what_spans_hold_and_end_in_is_the_same(values: list[bool], random: Random) -> None:
    mask = np.array([*values, True], dtype=np.bool_)
    check(lambda: spans.holding(some_spans(len(mask), Random(1), 1), mask))
    filled, any_length = some_spans(len(mask), random, 1), some_spans(len(mask), random, 0)
    check(lambda: spans.holding(filled, mask))
    check(lambda: spans.strip(any_length, mask))


@examples(60)
@given(st.text(max_size=100))
def test_bytes_of_properties_are_the_same(string: str) -> None:
    codepoints = np.array([ord(character) for character in string], dtype=np.uint32)
    check(lambda: unicode_tables.property_bytes(codepoints))
    check(lambda: unicode_tables.look_up(unicode_tables.tables().fold, codepoints))
    check(lambda: unicode_tables.look_up(unicode_tables.one_of("aé"), codepoints))


@examples(30)
@given(st.integers(0, 40), st.randoms(use_true_random=False))
def test_rows_of_places_are_the_same(size: int, random: Random) -> None:
    offsets = cut(size, 6, random)
    places = np.sort(np.array([random.randrange(size) for _ in range(size)], dtype=np.int64))
    check(lambda: spans.rows_of(places, offsets))
    check(lambda: spans.before(places, offsets))
    check(lambda: spans.before(offsets, places))


LETTERS = st.lists(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=5)


@examples(60)
@given(st.text("abcx", max_size=80), LETTERS, LETTERS, st.none() | st.randoms(use_true_random=False))
def test_a_sieve_lets_the_same_pieces_through(
    string: str, first: list[str], second: list[str], random: Random | None
) -> None:
    text = TextBatch.from_arrow(pa.array([string]))
    places = [[[ord(letter) for letter in place] for place in piece] for piece in (first, second[:3])]
    where = random and np.array([random.random() < 0.5 for _ in string], dtype=np.bool_)
    check(lambda: tuple(Sieve.of(places).passing(text, where)))


def test_the_end_of_a_piece_is_no_beginning_of_another() -> None:
    text, where = TextBatch.from_arrow(pa.array(["aaa"])), np.array([True, False, False])
    sieve_of_two = Sieve.of([[[ord("a")]], [[ord("a")], [ord("a")]]])
    assert [at.tolist() for at in sieve_of_two.passing(text, where)] == [[0], [0]]


@examples(60)
@given(st.lists(st.integers(0, 30) | st.integers(0, 1 << 40), max_size=60), st.randoms(use_true_random=False))
def test_sorted_lengths_are_the_same(lengths: list[int], random: Random) -> None:
    ends = np.cumsum(np.array(lengths, dtype=np.int64))
    words = Spans(ends - lengths, ends, cut(len(lengths), 3, random))
    check(lambda: spans.sorted_lengths(words))


@examples(60)
@given(st.lists(st.text("ab", max_size=40) | st.sampled_from(["", "a", "b" * 300, "😀" * 3]), max_size=5))
def test_the_longest_runs_are_the_same(rows: list[str]) -> None:
    found = nllb.max_char_run(rows)
    assert found.equals(without_kernels(lambda: nllb.max_char_run(rows)))


@examples(60)
@given(st.lists(st.text("aé_.' -\u0301\u4e2d\u1c80\n1", max_size=40) | st.text(max_size=20), max_size=5))
def test_words_and_scripts_are_the_same(rows: list[str]) -> None:
    def found(kind: str) -> Spans:
        return TextBatch.from_arrow(pa.array(rows, pa.string())).words(kind)

    for kind in ("word_punct", "tokens", "roots", "whitespace"):
        check(lambda kind=kind: found(kind))
    assert script(rows).equals(without_kernels(lambda: script(rows)))
