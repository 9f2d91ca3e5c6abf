"""Which blocks are kept: the cut of highest expected F1, and the comments of readers."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extractor.choice import choose
from pipeline.extractor.view import Blocks


def blocks(*pages: list[float], comments: set[int] = frozenset(), forums: set[int] = frozenset()) -> Blocks:
    """Blocks of so many words, page by page."""
    words = np.array([count for page in pages for count in page], np.float64)
    sizes = np.array([len(page) for page in pages], np.int64)
    return Blocks(
        texts=["x"] * len(words),
        page=np.repeat(np.arange(len(pages)), sizes),
        first=np.concatenate(([0], np.cumsum(sizes))),
        element=np.zeros(len(words), np.int64),
        same_text=np.ones(len(words), np.int64),
        characters=words * 5,
        words=words,
        is_comment=np.isin(np.arange(len(words)), list(comments)),
        is_forum=np.isin(np.arange(len(pages)), list(forums)),
        kept=np.ones(len(words), bool),
    )


def chosen(content: Blocks, likelihood: list[float], comments: str = "auto") -> list[int]:
    return np.flatnonzero(choose(content, np.array(likelihood), comments)).tolist()


@pytest.mark.parametrize(
    ("words", "likelihood", "kept"),
    [
        ([10, 10], [0.9, 0.1], [0]),
        ([10, 10], [0.9, 0.6], [0, 1]),
        ([10, 10], [0.05, 0.01], [0]),  # a page with text always gives some
        ([1, 100], [0.0, 0.0], [0, 1]),
        ([10, 10, 10], [0.2, 0.9, 0.9], [1, 2]),
        ([], [], []),
    ],
)
def test_the_likeliest_blocks_are_kept(words, likelihood, kept):
    assert chosen(blocks(words), likelihood) == kept


def expected_f1(words, likelihood, kept):
    found = sum(words[i] * likelihood[i] for i in kept)
    return (
        2 * found / (sum(words[i] for i in kept) + sum(w * p for w, p in zip(words, likelihood, strict=True)))
    )


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 99)), min_size=1, max_size=6))
def test_no_other_set_of_blocks_has_a_higher_expected_f1(rows):
    words, likelihood = [w for w, _ in rows], [p / 100 for _, p in rows]
    best = max(
        expected_f1(words, likelihood, kept)
        for size in range(1, len(rows) + 1)
        for kept in itertools.combinations(range(len(rows)), size)
    )
    assert expected_f1(words, likelihood, chosen(blocks(words), likelihood)) == pytest.approx(best)


def test_a_page_is_cut_alone():
    assert chosen(blocks([10, 10], [], [10]), [0.9, 0.1, 0.2]) == [0, 2]


@pytest.mark.parametrize(
    ("article", "forum", "comments", "kept"),
    [
        (60, False, "auto", [0]),
        (59, False, "auto", [0, 1]),
        (60, True, "auto", [0, 1]),
        (60, False, "keep", [0, 1]),
        (5, True, "drop", [0]),
    ],
)
def test_comments_are_dropped_where_enough_else_is_left(article, forum, comments, kept):
    content = blocks([article, 80], comments={1}, forums={0} if forum else set())
    assert chosen(content, [0.9, 0.9], comments) == kept


def test_dropping_comments_leaves_a_page_that_has_nothing_else():
    assert chosen(blocks([80], comments={0}), [0.9], "drop") == [0]
