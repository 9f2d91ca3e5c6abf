"""Signals of single recipes: mC4's bad words, CCNet's bucket, OSCAR's warnings, MADLAD-400's patterns."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filters.edits import drop_link_words_by_language, drop_long_words_by_language, strip_lines
from filters.signals.c4 import bad_word_count
from filters.signals.madlad import PLAIN, REGULAR, cursed_pattern_count
from filters.signals.verdicts import oscar_warnings, perplexity_bucket
from filters.wordlists import WordLists
from tests.strategies import examples

WORDS = WordLists.of("small", {"en": ["bad word"], "zh": ["性", "坏"], "th": ["เลว"]})
URL = "https://example.org/page"


def hits(text: str, lang: str | None, **parameters: object) -> int | None:
    found: int | None = bad_word_count([text], [lang], [URL], words=WORDS, **parameters)[0].as_py()
    return found


def test_bad_words_are_flanked_but_in_unspaced_languages() -> None:
    assert hits("a Bad Word here, a bad wording there", "eng_Latn") == 1
    assert hits("คนเลวมาก", "tha_Thai") == 1
    assert hits("มาก", None) is None


def test_allowed_words_are_no_hits() -> None:
    assert hits("性和坏", "zho_Hani") == 2
    assert hits("性和坏", "zho_Hani", allowed={"zh": ["性"]}) == 1


def test_a_page_is_spared_by_the_hash_of_its_address() -> None:
    assert hits("a bad word", "eng_Latn", spared=1000) == 0
    urls = [f"https://example.org/{i}" for i in range(4000)]
    found = bad_word_count(["a bad word"] * 4000, ["eng_Latn"] * 4000, urls, words=WORDS, spared=10)
    assert 20 <= found.to_pylist().count(0) <= 65


def test_a_bucket_comes_from_the_limits_of_the_language() -> None:
    values, lang = [100.0, 400.0, 900.0, None, 100.0], ["hin_Deva"] * 4 + ["xxx_Latn"]
    found = perplexity_bucket(values, lang, limits={"hi": [350, 790]})
    assert found.to_pylist() == ["head", "middle", "tail", "all", "all"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * 120, "tiny"),
        ("\n".join(["y" * 120] * 10), ""),
        ("\n".join(["y" * 120] * 8 + ["short"] * 2), "footer"),
        ("\n".join(["short"] * 10), "short_sentences,header,footer"),
        ("1 2 3", "tiny,short_sentences,noisy"),
    ],
)
def test_oscar_warnings_stand_in_the_order_of_the_annotators(text: str, expected: str) -> None:
    assert oscar_warnings([text]).to_pylist() == [expected]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Preis nr.", 1),
        ("nr. 5 nr. x", 0),
        ("a b c d e f g h i j k l", 1),
        ("one | ", 1),
        ("an Episode with lorem", 1),
        ("plain text", 0),
        ("этой г. ", 1),
        ("Volume", 0),
        ("see Vol. 5", 1),
    ],
)
def test_cursed_regular_expressions_are_regular_expressions(text: str, count: int) -> None:
    assert cursed_pattern_count([text]).to_pylist() == [count]


CURSED_PIECES = st.sampled_from(
    [
        *(" a", " b", " \n", "  ", " ", "a", "\n", "\t", "\x0b", "|", "| ", " nr.", "nr", "Vol."),
        *(" Ep.", " г.", " кг.", " шт.", ", 0a,", ", 1b,,", ", ", ",", *PLAIN),
    ]
)


@examples(100)
@given(st.lists(st.lists(CURSED_PIECES, max_size=14).map("".join), max_size=4))
@example([" a b c d e f g h i", " a b c d e f g h", "i"])
@example([", ab, cd,, ef, gh,", ", ab, cd,, ef, g", "h,", ", ab,, cd,, ef,, gh,,"])
def test_a_cursed_pattern_is_found_as_re2_finds_it(rows: list[str]) -> None:
    plain = [sum(pattern in row for pattern in PLAIN) for row in rows]
    column = pa.array(rows, pa.string())
    regular = [pc.match_substring_regex(column, pattern).to_pylist() for pattern in REGULAR]
    expected = [count + sum(each[i] for each in regular) for i, count in enumerate(plain)]
    assert cursed_pattern_count(rows).to_pylist() == expected


def test_nine_of_the_patterns_are_regular_expressions() -> None:
    assert (len(REGULAR), len(PLAIN)) == (9, 23)


def test_limits_of_edits_differ_by_language() -> None:
    texts, lang = ["see www.a.b now", "see www.a.b now", None], ["hin_Deva", "swh_Latn", "hin_Deva"]
    assert drop_link_words_by_language(texts, lang, languages=["hi"]).text.to_pylist() == [
        "see now",
        "see www.a.b now",
        None,
    ]
    long = "abcde " + "x" * 23
    cut = drop_long_words_by_language(
        [long] * 3, ["ben_Beng", "hin_Deva", None], characters={"bn": 20, "hi": 25}
    )
    assert cut.text.to_pylist() == ["abcde", long, long]
    assert cut.changes.to_pylist() == [1, 0, 0]


def test_lines_are_stripped_and_blank_ones_go() -> None:
    edited = strip_lines([" a \n\n  \nb", "", None])
    assert edited.text.to_pylist() == ["a\nb", "", None]
    assert edited.changes.to_pylist() == [3, 0, None]
