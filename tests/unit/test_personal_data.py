"""Personal data by the patterns of Dolma."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import masks, personal_data
from filters.masks import mask_personal_data
from filters.personal_data import Place, find_personal_data
from filters.signals.personal import personal_data_count
from tests.strategies import examples


@pytest.mark.parametrize(
    ("text", "count", "masked"),
    [
        ("write to me@x.org now", 1, "write to |||EMAIL_ADDRESS||| now"),
        ("at the very end me@x.org", 0, "at the very end me@x.org"),
        ("me@localhost is none, nor @home is", 0, "me@localhost is none, nor @home is"),
        ("call (555) 123-4567 today", 1, "call |||PHONE_NUMBER|||  today"),
        ("555 123 4567 at the beginning", 0, "555 123 4567 at the beginning"),
        ("order 12345678901", 1, "order |||PHONE_NUMBER||| 1"),  # any ten digits, as published
        ("see 8.8.8.8 and http://10.0.0.1/x", 2, "see  |||IP_ADDRESS|||  and http:// |||IP_ADDRESS||| /x"),
        ("?" * 10_001 + " 8.8.8.8", 0, "?" * 10_001 + " 8.8.8.8"),
        ("लिखें a@b.in को", 1, "लिखें |||EMAIL_ADDRESS||| को"),
        ("", 0, ""),
    ],
)
def test_places_are_counted_and_masked(text: str, count: int, masked: str) -> None:
    assert personal_data_count([text, None]).to_pylist() == [count, None]
    edited = mask_personal_data([text, None])
    assert (edited.text.to_pylist(), edited.changes.to_pylist()) == ([masked, None], [count, None])


PIECES = st.sampled_from(
    [*"1234567890 .-()@?a\n", *("123", "4567", "555 ", "8.8.", "25.", "me@x.org ", " (555) ", "١٢٣", "½")]
)


@examples(200)
@given(st.lists(st.lists(PIECES, max_size=30).map("".join), max_size=4))
def test_no_place_is_missed_by_looking_at_likely_lines_only(rows: list[str]) -> None:
    assert personal_data_count(rows).to_pylist() == [len(find_personal_data(row)) for row in rows]


LETTERS = "a.@ ,\n?b@.\u00e9-_!1:\u00a0"
HOSTILE = ["?@x\n", "@? ", ".@\n", "a!", "a-", "a.", "a-a@", "123-", "1.1.", "a@b.c ", "..@.. ", "\t"]


@examples(300)
@given(st.text(LETTERS, max_size=20) | st.text(max_size=20))
def test_addresses_are_those_of_the_published_patterns(text: str) -> None:
    published = [(m.start(), m.end(), m.group(1)) for m in re.finditer(personal_data.EMAIL, text)]
    assert list(personal_data.find_emails(text)) == published
    assert list(masks.find_emails(text)) == [m.span() for m in re.finditer(masks.EMAIL, text, re.ASCII)]


@examples(200)
@given(st.text(" \t\u2003(123)-. 555", max_size=40))
def test_telephone_numbers_are_those_of_the_published_pattern(line: str) -> None:
    found = [place[:2] for place in personal_data.find_in_line(line) if place.kind == "phone"]
    assert found == [m.span() for m in re.finditer(personal_data.PHONE, line)]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_line_takes_longer_than_its_length_says(piece: str) -> None:
    line = f"a@b.c x{piece * 20_000}@ 123"  # a day for a pattern whose time grows with the cube
    for find in (personal_data.find_emails, masks.find_emails):
        found = list(find(line))
        assert found[0][:2] == (0, 5 + (find is personal_data.find_emails))
        assert all(first[1] <= second[0] for first, second in pairwise(found))
    assert Place(0, 6, "email") in personal_data.find_in_line(line)
