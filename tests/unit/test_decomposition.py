"""NFD over arrays equals that of Python."""

import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.decomposition import decompose
from tests.strategies import TEXTS

MARKED = st.text(st.sampled_from("aéộǖ각한\u0301\u0323\u0327\u05b0\u05bc\u1100\u1161Å ﬁ漢"), max_size=12)


def by_rows(rows: list[str]) -> list[str]:
    codepoints = np.array([ord(c) for row in rows for c in row], dtype=np.uint32)
    changed, offsets = decompose(codepoints, np.cumsum([0, *map(len, rows)]))
    return ["".join(map(chr, changed[a:b])) for a, b in pairwise(offsets)]


@given(st.lists(st.one_of(TEXTS, MARKED), max_size=5))
def test_nfd_equals_that_of_python(rows: list[str]) -> None:
    assert by_rows(rows) == [unicodedata.normalize("NFD", row) for row in rows]


@pytest.mark.parametrize("code", [0xC5, 0x1ED9, 0xAC01, 0x212B, 0xF900, 0x2F800, 0x1D15E])
def test_a_character_is_decomposed_in_full(code: int) -> None:
    assert by_rows([f"x{chr(code)}", chr(code)]) == [
        unicodedata.normalize("NFD", f"x{chr(code)}"),
        unicodedata.normalize("NFD", chr(code)),
    ]


def test_marks_are_sorted_within_their_row() -> None:
    assert by_rows(["a\u0301\u0323", "\u0316\u0301\u0301\u0323"]) == [
        "a\u0323\u0301",
        "\u0316\u0323\u0301\u0301",
    ]
    assert by_rows(["a\u0301", "\u0323"]) == ["a\u0301", "\u0323"]
