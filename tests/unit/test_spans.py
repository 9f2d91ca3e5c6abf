"""Spans and the masks under them, against plain loops."""

from itertools import chain, groupby, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filters.spans import Spans, cut_out, distinct, holding, kept, runs, strip

ROWS = st.lists(st.lists(st.booleans(), max_size=40), min_size=1, max_size=5)
LONG = 70_000
"""More than is taken at a time."""


def flat(rows: list[list[bool]]) -> tuple[np.ndarray, np.ndarray]:
    mask = np.array([value for row in rows for value in row], dtype=np.bool_)
    return mask, np.concatenate(([0], np.cumsum([len(row) for row in rows])))


def slow_runs(rows: list[list[bool]], cuts: set[int]) -> list[tuple[int, int]]:
    found, at = [], 0
    for row in rows:
        pieces = groupby(enumerate(row, at), key=lambda item: item[1])
        for value, piece in pieces:
            places = [place for place, _ in piece]
            if value:
                inner = sorted(cuts & set(places[1:]))
                edges = [places[0], *inner, places[-1] + 1]
                found += list(pairwise(edges))
        at += len(row)
    return found


@given(ROWS, st.sets(st.integers(0, 200)))
def test_runs_end_with_their_row_and_at_cuts(rows: list[list[bool]], cuts: set[int]) -> None:
    mask, offsets = flat(rows)
    assert list(zip(*map(list, runs(mask, offsets)), strict=True)) == slow_runs(rows, set())
    given_cuts = np.array(sorted(cuts), dtype=np.int64)
    assert list(zip(*map(list, runs(mask, offsets, given_cuts)), strict=True)) == slow_runs(rows, cuts)


@given(ROWS, ROWS)
def test_a_span_holds_a_mask_where_any_of_its_positions_does(
    rows: list[list[bool]], others: list[list[bool]]
) -> None:
    inside, offsets = flat(rows)
    mask = np.resize(flat(others)[0] if flat(others)[0].size else np.array([False]), len(inside))
    starts, ends = runs(inside, offsets)
    spans = Spans(starts, ends, np.searchsorted(starts, offsets))
    assert holding(spans, mask).tolist() == [bool(mask[a:b].any()) for a, b in zip(starts, ends, strict=True)]


@given(ROWS, st.sets(st.integers(0, 200)))
def test_what_is_cut_out_of_a_span_leaves_a_row_of_pieces(rows: list[list[bool]], cut: set[int]) -> None:
    mask, offsets = flat(rows)
    starts, ends = runs(mask, offsets)
    found = cut_out(Spans(starts, ends, starts), np.array(sorted(cut), dtype=np.int64))
    places = [list(range(a, b)) for a, b in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]
    left = [list(chain(*places[a:b])) for a, b in pairwise(found.offsets.tolist())]
    assert left == [[i for i in range(a, b) if i not in cut] for a, b in zip(starts, ends, strict=True)]


@given(ROWS)
def test_stripped_spans_begin_and_end_outside_the_mask(rows: list[list[bool]]) -> None:
    mask, offsets = flat(rows)
    found = strip(Spans(offsets[:-1], offsets[1:], np.arange(len(rows) + 1)), mask)
    expected = [[i for i in range(a, b) if not mask[i]] for a, b in pairwise(offsets)]
    ends = [(places[0], places[-1] + 1) for places in expected if places]
    assert list(zip(found.starts.tolist(), found.ends.tolist(), strict=True)) == ends
    assert found.counts.tolist() == [int(bool(places)) for places in expected]


def test_long_margins_are_stripped_like_short_ones() -> None:
    mask = np.ones(LONG, dtype=np.bool_)
    mask[[5, LONG - 500]] = False
    found = strip(Spans(np.array([0]), np.array([LONG]), np.array([0, 1])), mask)
    assert (found.starts.tolist(), found.ends.tolist()) == ([5], [LONG - 499])


def test_what_is_kept_of_many_values_is_what_the_mask_says() -> None:
    values = np.arange(LONG, dtype=np.uint32)
    mask = values % 7 != 0
    assert np.array_equal(kept(values, mask), values[mask])
    assert kept(values[:0], mask[:0]).tolist() == []


@given(st.lists(st.integers(0, 9)))
def test_ascending_numbers_are_taken_once(numbers: list[int]) -> None:
    assert distinct(np.array(sorted(numbers), dtype=np.int64)).tolist() == sorted(set(numbers))


def test_spans_of_some_rows_are_a_batch_of_their_own() -> None:
    spans = Spans(np.arange(6), np.arange(6) + 1, np.array([0, 2, 2, 5, 6]))
    chosen = spans.of_rows(np.array([0, 1, 3]))
    assert (chosen.starts.tolist(), chosen.offsets.tolist()) == ([0, 1, 5], [0, 2, 2, 3])
