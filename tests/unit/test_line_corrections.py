"""How many words the line corrections of RefinedWeb cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.signals.refinedweb import corrected_word_ratio
from tests.slow_published import corrected_words
from tests.strategies import examples


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
    (
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
        *("\u0301 mark first", "ไทยคำ", "please sign-in", "sign-in now", "go on, Read More..."),
        *("2 Items In Cart x", "a longer line of words that stays as it is\u2028here", "A B c d"),
    )
)


@examples(40)
@given(st.lists(st.lists(LINES, max_size=8).map("\n".join), max_size=4))
def test_corrections_of_lines_cut_the_words_that_the_edits_cut(rows: list[str]) -> None:
    for kind in ("unicode", "whitespace", "tokens"):
        found = corrected_word_ratio(rows, kind=kind).to_pylist()
        expected = [corrected_words(row, kind) for row in rows]
        assert found == [None if share is None else pytest.approx(share) for share in expected]
