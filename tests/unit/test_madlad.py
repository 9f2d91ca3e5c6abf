"""MADLAD-400's cursed patterns: the pattern of blanks is found wherever it lies."""

import re

import pyarrow as pa
import pytest

from filters.signals.madlad import SPACED, cursed_pattern_count
from filters.text import TextBatch


@pytest.mark.parametrize("before", range(9))
def test_blanks_and_others_in_turn_are_found_at_any_place(before: int) -> None:
    tails = [
        " x" * 9,
        " Ġ" * 9,
        " \n" * 9,
        " x" * 8 + " ",
        " x" * 8 + "  ",
        " " * 40,
        "x " * 9 + "x",
        "\u0420x" * 9,
    ]
    rows = ["y" * before + tail + "z" * 8 for tail in tails]
    found = cursed_pattern_count(TextBatch.from_arrow(pa.array(rows))).to_pylist()
    assert found == [int(re.search(SPACED, row) is not None) for row in rows]
