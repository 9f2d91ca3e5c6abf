"""Edits of whole pages: addresses, phrases of an interface, runs of line feeds, lines of table bars."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.page_edits import blank_symbol_lines, cut_interface_phrases, drop_addresses, limit_line_feeds
from tests.strategies import examples

PIECES = st.lists(
    st.sampled_from(["|", " ", "\n", "a", "Read More...", "sign-in", "items in cart", "x " * 11, "\r"]),
    max_size=20,
).map("".join)


def changed(edited: Any) -> list[tuple[str | None, int | None]]:
    return list(zip(edited.text.to_pylist(), edited.changes.to_pylist(), strict=True))


def test_only_longer_runs_of_line_feeds_are_cut() -> None:
    assert changed(limit_line_feeds(["a\n\n\n\nb\n\nc\n\n\n", None, ""])) == [
        ("a\n\nb\n\nc\n\n", 2),
        (None, None),
        ("", 0),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example/x?y=1#z now", ("see now", 1)),
        ("see www.example.org, or ftp://f.example", ("see, or", 2)),
        ("wwwhat is http: // this", ("wwwhat is http: // this", 0)),
        ("पढ़ें http://उदाहरण.भारत यहाँ", ("पढ़ें http://उदाहरण.भारत यहाँ", 0)),
    ],
)
def test_addresses_go_with_the_white_space_before_them(text: str, expected: tuple[str, int]) -> None:
    assert changed(drop_addresses([text])) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 items in cart today\nText", "3 today\nText"),
        ("News of the day Read more...\nText", "News of the day\nText"),
        ("News of the day read more >>\nText", "News of the day\nText"),  # any three characters, as published
        ("Sign-in here\nplease sign-in\nText", "here\nplease sign-in\nText"),
        ("Read more...\n\nText", "Text"),
        ("sign-in " + "word " * 20 + "end", "sign-in " + "word " * 20 + "end"),
        ("nothing  here\n", "nothing  here\n"),
    ],
)
def test_a_phrase_goes_and_its_line_stays(text: str, expected: str) -> None:
    assert changed(cut_interface_phrases([text])) == [(expected, int(text != expected))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n|\n| |\nb", "a\n\n\nb"),
        ("|", "\n"),
        ("a | b\n| x |", "a | b\n| x |"),
        ("a\n\n|\n\nb", "a\n\n\n\n\nb"),
        (" \n", " \n"),
    ],
)
def test_lines_of_bars_become_an_empty_line(text: str, expected: str) -> None:
    assert changed(blank_symbol_lines([text])) == [(expected, int(text != expected))]


def symbol_lines(text: str) -> str:
    """datatrove's lines of symbols, told apart by a regular expression."""
    if "|" not in text:
        return text
    marked = ["\0" if re.fullmatch(r"[| ]*\|[| ]*", line) else line for line in text.splitlines()]
    return re.sub(r"\0(\n\0)*", "\n", "\n".join(marked))


@examples(60)
@given(rows=st.lists(PIECES, max_size=4))
def test_symbol_lines_equal_a_slow_reference(rows: list[str]) -> None:
    assert blank_symbol_lines(rows).text.to_pylist() == [symbol_lines(row) for row in rows]


@examples(60)
@given(rows=st.lists(PIECES, max_size=4))
def test_phrases_leave_long_lines_and_other_texts_alone(rows: list[str]) -> None:
    for row, after in zip(rows, cut_interface_phrases(rows).text.to_pylist(), strict=True):
        long = [line.strip() for line in row.split("\n") if len(line.split()) > 10]
        assert [line.strip() for line in after.split("\n") if len(line.split()) > 10] == long
