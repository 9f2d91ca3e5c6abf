"""Personal data by the patterns of Dolma."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.masks import mask_personal_data
from filters.personal_data import find_personal_data
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
