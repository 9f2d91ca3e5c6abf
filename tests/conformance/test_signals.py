"""Laws over every declared signal, and the equality of each with its slow reference."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import filters.signals  # noqa: F401  (declares the signals)
from filters.registry import SIGNALS, Measurement
from filters.wordlists import WordLists
from tests.slow_published import personal_data
from tests.slow_references import OF_TEXT, assert_equal, near
from tests.strategies import ROWS, TEXTS, examples

T = TypeVar("T")
LISTS = WordLists.of("small", {"en": ["the", "a", "a b"], "hin": ["है"], "jpn_Jpan": ["本"]})
SETTINGS = {
    name: {"words": LISTS}
    for name in ("stopword_ratio", "flagged_word_ratio", "flagged_phrase_count", "flagged_substring_count")
}
LABELS = ("eng_Latn", "hin_Deva", "jpn_Jpan", "kor_Hang", "xxx_Zzzz", None)
FROM_TEXT = [
    name
    for name, signal in SIGNALS.items()
    if "text" in signal.inputs and set(signal.inputs) <= {"text", "lang"}
]
LONG = "The quick brown fox jumps over the lazy dog. " * 3
PIECES = (
    *(
        "Lorem ipsum",
        "lo-rem ip's.um",
        "Java-script",
        "javascript",
        "JavaScript",
        "use cookies",
        "terms of use",
        "mp3",
        "http://a",
        "- x",
        "• y",
    ),
    *(
        "the",
        "The",
        "ab",
        "Ab",
        "AB",
        "aa",
        "é",
        "ÉT",
        "ß",
        "12",
        "#",
        "...",
        ". . .",
        "…",
        "{",
        "}",
        " ",
        "\n",
    ),
)
PHRASES = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def topic_of(name: str) -> str:
    """The module that declares a signal."""
    return SIGNALS[name].function.__module__.rpartition(".")[2]


def by_topic(entries: Iterable[T], name: Callable[[T], str]) -> dict[str, list[T]]:
    """The entries of each module: its signals share their texts, which cost more to find than to measure."""
    found: dict[str, list[T]] = defaultdict(list)
    for entry in entries:
        found[topic_of(name(entry))].append(entry)
    return found


REFERENCES_OF = by_topic(OF_TEXT, lambda entry: entry[0])
SIGNALS_OF = by_topic(FROM_TEXT, lambda name: name)


def measurement(rows: list[str | None], start: int = 0, end: int | None = None) -> Measurement:
    """Measure the rows from `start` to `end`, slices of whole columns."""
    labels = pa.array([LABELS[i % len(LABELS)] for i in range(len(rows))], pa.string())
    columns = {"text": pa.array(rows, pa.string()), "lang": labels}
    length = (len(rows) if end is None else end) - start
    return Measurement({key: column.slice(start, length) for key, column in columns.items()}, SETTINGS)


def measure(rows: list[str | None], name: str, **parameters: object) -> pa.Array:
    return measurement(rows).get(name, **parameters)


@pytest.mark.parametrize("topic", REFERENCES_OF)
@examples(80)
@given(rows=st.lists(st.one_of(st.none(), TEXTS, PHRASES), max_size=5))
@example(rows=[LONG, "", None, "a\n" * 300, "\n\n\n", "x"])
@example(rows=["a\n" + ("x" * 120 + "\n") * 13, ("x" * 120 + "\n") * 13 + "a\n", "a\n" * 5])
@example(rows=["a@b.c x", " (555) 123-4567", "1.2.3.4 255.0.0.1\n"])
@example(rows=["漢字", "漢字かな", "漢한국", "\u0301\u0301a", "1١"])
@example(rows=["12 " * 25 + "\n" + "a1 2b  3 " * 9 + "\n7", "", "8 " + LONG])
def test_each_signal_of_a_topic_equals_its_slow_reference(topic: str, rows: list[str | None]) -> None:
    assert_equal(measurement(rows), REFERENCES_OF[topic], [(row,) for row in rows])


def test_a_text_of_very_many_question_marks_is_not_searched_for_personal_data() -> None:
    rows = ["?\n" * marks + "1.2.3.4" for marks in (10_000, 10_001)]
    assert measure(rows, "personal_data_count").to_pylist() == [personal_data(row) for row in rows] == [1, 0]


@pytest.mark.parametrize("topic", SIGNALS_OF)
@examples(50)
@given(rows=ROWS, cut=st.integers(0, 6))
def test_a_row_does_not_depend_on_its_batch(topic: str, rows: list[str | None], cut: int) -> None:
    cut = min(cut, len(rows))
    whole, *parts = measurement(rows), measurement(rows, 0, cut), measurement(rows, cut)
    for name in SIGNALS_OF[topic]:
        found = pa.concat_arrays([part.get(name) for part in parts])
        assert found.to_pylist() == whole.get(name).to_pylist(), name


@pytest.mark.parametrize("name", FROM_TEXT)
def test_a_signal_has_its_declared_type_and_is_never_nan(name: str) -> None:
    rows = ["", None, " ", "\n", "a", "é", "\u0301", "ก", "...", "{", LONG, "一", "\n".join(["same"] * 50)]
    found = measure(rows, name)
    assert found.type == SIGNALS[name].type
    assert len(found) == len(rows)
    assert found[1].as_py() is None
    assert not any(isinstance(value, float) and math.isnan(value) for value in found.to_pylist())


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_says_what_it_measures(name: str) -> None:
    signal = SIGNALS[name]
    assert signal.definition.endswith(".")
    assert signal.unit
    assert signal.source


def test_a_text_of_equal_lines_is_measured() -> None:
    text = "the same line\n" * 100_000
    expected = {"dup_line_ratio": 0.99998, "top_ngram_char_ratio": 8 / 11, "max_char_run": 1}
    assert {name: near(measure([text], name)[0].as_py()) for name in expected} == expected


@pytest.mark.slow
def test_each_signal_of_very_many_equal_lines_equals_its_slow_reference() -> None:
    text = "a\n" * 99_999 + "a"
    one_each = {name: (name, parameters, reference) for name, parameters, reference in reversed(OF_TEXT)}
    del one_each["max_pattern_run"]  # whose reference tries every pattern at every place
    assert_equal(measurement([text]), list(one_each.values()), [(text,)])
    assert measure([text], "max_pattern_run").to_pylist() == [100_000]
