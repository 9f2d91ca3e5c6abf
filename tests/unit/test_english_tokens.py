"""Tokens near to spaCy's: what it gives for English, and the laws that any kind of words keeps."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.text import TextBatch
from tests.strategies import TEXTS, examples

PIECES = st.lists(
    st.sampled_from(
        [
            *"-/+.:=@&~^|*'",
            "a",
            "B",
            "12",
            "don't",
            "it's",
            "www.x",
            "://",
            "...",
            " ",
            "\n",
            "km",
            "é",
            "ก",
            "本",
        ]
    ),
    max_size=20,
).map("".join)


def tokens(rows: list[str]) -> list[list[str]]:
    batch = TextBatch.from_arrow(pa.array(rows))
    words = batch.words("english")
    found = batch.slice_text(words).to_pylist()
    return [found[a:b] for a, b in zip(words.offsets[:-1], words.offsets[1:], strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't go, it’s late.", "Do n't go , it ’s late ."),
        ("ls -r /etc/fstab --force", "ls -r /etc / fstab --force"),
        ('(yes)... "no" -- [or]', '( yes ) ... " no " -- [ or ]'),
        ("...and so on", "... and so on"),
        ("at 12:30 on 01/01/26", "at 12:30 on 01/01/26"),
        ("a:b a=1 A/B a/1", "a : b a=1 A / B a/1"),
        ("well-known 60-day COVID-19 3-4", "well - known 60 - day COVID-19 3 - 4"),
        ("AT&T x+y 1+1 10+ C++", "AT&T x+y 1 + 1 10 + C++"),
        ("J. Smith, e.g. in the U.S. now.", "J. Smith , e.g. in the U.S. now ."),
        ("see https://a.example/b?c=1#d). me@x.org", "see https://a.example/b?c=1#d ) . me@x.org"),
        ("64GB in 5km, 4K", "64 GB in 5 km , 4 K"),
        ("wow!! why??", "wow ! ! why ? ?"),
        ("ภาษาไทย 漢字", "ภาษา ไทย 漢字"),
        ("यह हिन्दी है।", "यह हिन्दी है ।"),
        ("", ""),
    ],
)
def test_tokens_are_those_of_spacy(text: str, expected: str) -> None:
    assert tokens([text]) == [expected.split()]


@examples(100)
@given(rows=st.lists(st.one_of(TEXTS, PIECES), max_size=5))
def test_tokens_hold_all_that_is_not_white_space(rows: list[str]) -> None:
    assert ["".join(found) for found in tokens(rows)] == ["".join(row.split()) for row in rows]


@examples(100)
@given(rows=st.lists(PIECES, max_size=5))
def test_the_tokens_of_a_row_do_not_depend_on_its_batch(rows: list[str]) -> None:
    assert tokens(rows) == [found for row in rows for found in tokens([row])]
    assert all(token and not token.isspace() for found in tokens(rows) for token in found)
