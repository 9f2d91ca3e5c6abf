"""Strings are found where a search of each text by itself finds them, together or one by one."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters import search
from filters.phrases import TOGETHER
from filters.text import TextBatch
from tests.slow_text import fold as folded
from tests.strategies import examples

WANTED = [*TOGETHER, ("lorem", True), ("黄色电影", False), ("mp3", False), ("://", True), ("aa", False)]
PIECES = st.sampled_from(
    [
        *(wanted for wanted, _ in WANTED),
        *(wanted.upper() for wanted, _ in WANTED),
        *(
            "coo\u212aies use coo\u212aies",
            "\u017fex",
            " \u017fe\u01e0x ",
            " xxx xxx ",
            "us",
            "e",
            " ",
            "a",
            "\n",
            "é",
        ),
        *("\u0470\u0473\u0475 \u0963\u096f\u096f\u096b\u0969\u0965\u0973", ""),
    ]
)
ROWS = st.lists(st.lists(PIECES, max_size=6).map("".join), max_size=6)


@examples(30)
@given(ROWS)
def test_every_place_of_every_string_is_found_and_none_across_rows(rows: list[str]) -> None:
    text = TextBatch.from_arrow(pa.array(rows, pa.string()))
    for wanted, fold in WANTED:
        expected = [
            start + at
            for start, row in zip(text.row_offsets.tolist(), rows, strict=False)
            for at in range(len(row))
            if (folded(row) if fold else row).startswith(wanted, at)
        ]
        assert search.find(text, wanted, fold).tolist() == expected


@examples(30)
@given(ROWS)
def test_strings_are_counted_without_overlap(rows: list[str]) -> None:
    text = TextBatch.from_arrow(pa.array(rows, pa.string()))
    strings = [wanted for wanted, fold in WANTED if not fold]
    counts = [sum(row.count(string) for string in strings) for row in rows]
    assert search.count_any(text, strings).tolist() == counts


def test_the_kelvin_sign_and_the_long_s_are_letters_of_a_phrase() -> None:
    text = TextBatch.from_arrow(pa.array(["U\u017fe Coo\u212aie\u017f", "use cooki"]))
    assert search.find(text, "use cookies", fold=True).tolist() == [0]
