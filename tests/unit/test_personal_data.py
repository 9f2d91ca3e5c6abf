"""Personal data by the patterns of Dolma, and what two other signals of recipes measure."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filters.edits  # noqa: F401  (declares the edits)
from filters.masks import mask_personal_data
from filters.personal_data import find_personal_data
from filters.registry import EDITS
from filters.signals.personal import personal_data_count
from filters.signals.refinedweb import LINE_CORRECTIONS, corrected_word_ratio
from filters.signals.tokens import long_token_char_ratio, max_pattern_run
from filters.text import TextBatch
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
    [
        *"1234567890",
        *" .-()@?a\n",
        "123",
        "4567",
        "555 ",
        "8.8.",
        "25.",
        "me@x.org ",
        " (555) ",
        "١٢٣",
        "½",
    ]
)


@examples(200)
@given(st.lists(st.lists(PIECES, max_size=30).map("".join), max_size=4))
def test_no_place_is_missed_by_looking_at_likely_lines_only(rows: list[str]) -> None:
    assert personal_data_count(rows).to_pylist() == [len(find_personal_data(row)) for row in rows]


def pattern_run(words: list[str], longest: int) -> int | None:
    """Every pattern at every place, repeated as often as it is."""
    best = 0
    for start in range(len(words)):
        for period in range(1, longest + 1):
            copies = 1
            while words[start + copies * period :][:period] == words[start:][:period]:
                if len(words[start + copies * period :]) < period:
                    break
                copies += 1
            best = max(best, copies)
    return best or None


@examples(100)
@given(
    rows=st.lists(st.lists(st.sampled_from("ab"), max_size=14).map(" ".join), max_size=4),
    longest=st.integers(1, 5),
)
def test_pattern_runs_equal_a_slow_reference(rows: list[str], longest: int) -> None:
    found: list[Any] = max_pattern_run(rows, longest=longest).to_pylist()
    assert found == [pattern_run(row.split(), longest) for row in rows]


def test_long_tokens_are_a_share_of_all_code_points() -> None:
    rows = ["国" * 20 + " 国" * 10, "国" * 19, "", None]
    assert long_token_char_ratio(rows).to_pylist() == [0.5, 0.0, None, None]


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("Five words are in here.\nAnd then five more words.", 0.0),
        ("FIVE LOUD WORDS ARE HERE\nand then five more words", 0.5),
        ("one two three four\n12345\n3 likes\n\nlonely", 1 / 2),
        ("one two three read more...", 2 / 5),
        ("12345", 1.0),
        ("", None),
        ("यह एक वाक्य है\n१२३४", 0.2),
    ],
)
def test_line_corrections_are_measured_by_the_words_they_cut(text: str, ratio: float | None) -> None:
    found = corrected_word_ratio([text])[0].as_py()
    assert found == (None if ratio is None else pytest.approx(ratio))


LINES = st.sampled_from(
    [
        *(
            "3 likes",
            "1.2K Views!",
            "۳ likes",
            "likes",
            "LOUD words",
            "12 34",
            "½",
            "one",
            "",
            " ",
            "two words",
        ),
        *(
            "\u0301 mark first",
            "ไทยคำ",
            "please sign-in",
            "sign-in now",
            "go on, Read More...",
            "2 Items In Cart x",
        ),
        *("a longer line of words that stays as it is\u2028here", "A B c d"),
    ]
)


@examples(40)
@given(st.lists(st.lists(LINES, max_size=8).map("\n".join), max_size=4))
def test_corrections_of_lines_cut_the_words_that_the_edits_cut(rows: list[str]) -> None:
    for kind in ("unicode", "whitespace", "tokens"):
        found = corrected_word_ratio(rows, kind=kind).to_pylist()
        text = TextBatch.from_arrow(pa.array(rows, pa.string()))
        edited = text
        for name, parameters in LINE_CORRECTIONS:
            edited = TextBatch.from_arrow(EDITS[name].function(edited, **parameters).text)
        before, after = text.words(kind).counts.tolist(), edited.words(kind).counts.tolist()
        expected = [pytest.approx((b - a) / b) if b else None for b, a in zip(before, after, strict=True)]
        assert found == expected
