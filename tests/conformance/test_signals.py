"""Laws over every declared signal, and the equality of each with its slow reference."""

import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import filters.signals  # noqa: F401  (declares the signals)
from filters.registry import SIGNALS, Measurement
from filters.shingle_words import shingle_words
from filters.signals.scripts import label_scripts
from filters.text import TextBatch
from filters.wordlists import WordLists
from tests import slow_text
from tests.slow_published import PUBLISHED
from tests.slow_signals import REFERENCES, scripts
from tests.strategies import ROWS, TEXTS, examples

LISTS = WordLists.of("small", {"en": ["the", "a", "a b"], "hin": ["है"], "jpn_Jpan": ["本"]})
SETTINGS = {
    name: {"words": LISTS}
    for name in ("stopword_ratio", "flagged_word_ratio", "flagged_phrase_count", "flagged_substring_count")
}
LABELS = ("eng_Latn", "hin_Deva", "jpn_Jpan", "kor_Hang", "xxx_Zzzz", None)
OF_TEXT = [
    name
    for name, signal in SIGNALS.items()
    if "text" in signal.inputs and set(signal.inputs) <= {"text", "lang"}
]
ELSEWHERE = (
    *("dedup", "language", "perplexity", "classified", "importance", "unit_language", "tiny"),
    *("roots", "verdicts"),
)
"""Modules whose signals need a model, or have their values held by tests of their own."""

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


def measure(rows: list[str | None], name: str, **parameters: object) -> pa.Array:
    lang = pa.array([LABELS[i % len(LABELS)] for i in range(len(rows))], pa.string())
    return Measurement({"text": pa.array(rows, pa.string()), "lang": lang}, SETTINGS).get(name, **parameters)


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-6, abs=1e-6) if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("name", "parameters", "reference"),
    REFERENCES + PUBLISHED,
    ids=[f"{name}-{parameters}" for name, parameters, _ in REFERENCES + PUBLISHED],
)
@examples(40)
@given(rows=st.lists(st.one_of(st.none(), TEXTS, PHRASES), max_size=5))
@example(rows=[LONG, "", None, "a\n" * 300, "\n\n\n", "x"])
@example(rows=["12 " * 25 + "\n" + "a1 2b  3 " * 9 + "\n7", "", "8 " + LONG])
def test_a_signal_equals_its_slow_reference(
    name: str, parameters: dict[str, Any], reference: Any, rows: list[str | None]
) -> None:
    found = measure(rows, name, **parameters).to_pylist()
    expected = [None if row is None else reference(row) for row in rows]
    for one, other in zip(found, expected, strict=True):
        assert one == ([near(v) for v in other] if isinstance(other, list) else near(other))


@pytest.mark.parametrize("name", OF_TEXT)
def test_a_signal_of_text_alone_has_a_slow_reference(name: str) -> None:
    known = {name for name, _, _ in REFERENCES + PUBLISHED} | {"label_script_ratio", "ngram_hashes"}
    assert name in known or SIGNALS[name].function.__module__.rpartition(".")[2] in ELSEWHERE


@given(rows=st.lists(st.one_of(st.none(), TEXTS, PHRASES), max_size=5))
def test_ngram_hashes_are_as_many_as_the_distinct_ngrams(rows: list[str | None]) -> None:
    for row, found in zip(rows, measure(rows, "ngram_hashes", n=2).to_pylist(), strict=True):
        text = TextBatch.from_arrow(pa.array([row or ""]))
        words = [slow_text.fold(word) for word in text.slice_text(shingle_words(text)).to_pylist()]
        grams = {tuple(words[i : i + 2]) for i in range(max(len(words) - 1, min(len(words), 1)))}
        assert found is None if row is None else len(set(found)) == len(found) == len(grams)


@examples(40)
@given(rows=st.lists(st.one_of(st.none(), TEXTS), max_size=6))
def test_the_share_of_a_labels_script_equals_its_slow_reference(rows: list[str | None]) -> None:
    found = measure(rows, "label_script_ratio").to_pylist()
    for i, (row, value) in enumerate(zip(rows, found, strict=True)):
        label = LABELS[i % len(LABELS)]
        counted = scripts(row or "")
        if row is None or label is None or not counted:
            assert value is None
        else:
            assert value == near(sum(counted[code] for code in label_scripts(label)) / sum(counted.values()))


@pytest.mark.parametrize("name", OF_TEXT)
@examples(25)
@given(rows=ROWS, cut=st.integers(0, 6))
def test_a_row_does_not_depend_on_its_batch(name: str, rows: list[str | None], cut: int) -> None:
    labels = pa.array([LABELS[i % len(LABELS)] for i in range(len(rows))], pa.string())
    columns = {"text": pa.array(rows, pa.string()), "lang": labels}
    whole = Measurement(columns, SETTINGS).get(name)
    parts = [
        Measurement({key: column.slice(*part) for key, column in columns.items()}, SETTINGS).get(name)
        for part in ((0, cut), (cut,))
    ]
    assert pa.concat_arrays(parts).to_pylist() == whole.to_pylist()


@pytest.mark.parametrize("name", OF_TEXT)
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
