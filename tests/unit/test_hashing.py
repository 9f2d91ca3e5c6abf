"""Hashes from prefix sums, against the polynomial worked out code point by code point."""

from itertools import chain, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filters.hashing import BLOCK, PrefixHashes, Replacement, row_hashes
from tests.slow_hashes import hash_of
from tests.strategies import examples

CODEPOINTS = st.lists(st.integers(0, 0x10FFFF), max_size=30)
LONG = np.random.default_rng(3).integers(0, 0x10FFFF, 2 * BLOCK + 99).astype(np.uint32)


def flat(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([c for row in rows for c in row], dtype=np.uint32), np.cumsum([0, *map(len, rows)])


@examples(100)
@given(st.lists(CODEPOINTS, max_size=5))
def test_a_span_has_the_hash_of_its_code_points_wherever_it_lies(rows: list[list[int]]) -> None:
    codepoints, offsets = flat(rows)
    expected = [hash_of(row) for row in rows]
    assert PrefixHashes(codepoints).spans(offsets[:-1], offsets[1:]).tolist() == expected
    assert row_hashes(codepoints, offsets).tolist() == expected


@examples(100)
@given(st.lists(st.lists(CODEPOINTS, max_size=4), max_size=4), st.sets(st.integers(0, 60)))
def test_joined_spans_have_the_hash_of_one_text_after_its_changes(
    rows: list[list[list[int]]], at: set[int]
) -> None:
    pieces = [piece for row in rows for piece in row]
    codepoints, edges = flat([[*piece, 0x20] for piece in pieces])  # what lies between them is in none
    changed = np.array(sorted(place for place in at if place < len(codepoints)), dtype=np.int64)
    change = Replacement(changed, codepoints[changed], np.full(len(changed), 7, dtype=np.uint32))
    after = codepoints.copy()
    after[changed] = 7
    spans, offsets = (edges[:-1], edges[1:] - 1), np.cumsum([0, *map(len, rows)])
    pairs = [after[a:b].tolist() for a, b in zip(*spans, strict=True)]
    expected = [hash_of(list(chain(*pairs[a:b]))) for a, b in pairwise(offsets)]
    hashes = PrefixHashes(codepoints)
    assert hashes.joined(*spans, offsets, change).tolist() == expected
    assert hashes.replaced(change, after).joined(*spans, offsets).tolist() == expected


def test_hashes_do_not_depend_on_the_blocks_that_a_long_text_is_cut_into() -> None:
    at = np.arange(5, len(LONG), 1000)
    after = LONG.copy()
    after[at] = 7
    change = Replacement(at, LONG[at], after[at])
    starts = np.array([0, 3, BLOCK - 1, BLOCK, 2 * BLOCK - 2, len(LONG) - 2])
    ends = starts + np.array([2, 2, 1, 9, 20, 2])
    hashes, offsets = PrefixHashes(LONG), np.array([0, 2, 6])
    pieces = [after[a:b].tolist() for a, b in zip(starts, ends, strict=True)]
    assert hashes.replaced(change, after).spans(starts, ends).tolist() == [hash_of(piece) for piece in pieces]
    expected = [hash_of(list(chain(*pieces[:2]))), hash_of(list(chain(*pieces[2:])))]
    assert hashes.joined(starts, ends, offsets, change).tolist() == expected


def test_spans_that_overlap_or_are_long_or_in_no_order_have_the_same_hashes() -> None:
    text = np.arange(3000, dtype=np.uint32) % 97
    starts = np.concatenate((np.arange(0, 900, 9), [2900, 10, 400, 0], np.arange(0, 200, 20)))
    ends = starts + np.concatenate((np.full(100, 900), [9, 0, 2000, 3000], np.full(10, 1999)))
    found = PrefixHashes(text).spans(starts, ends)
    alone = [hash_of(text[a:b].tolist()) for a, b in zip(starts, ends, strict=True)]
    assert found.tolist() == alone
