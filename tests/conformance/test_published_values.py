"""Values that the published code gave for seven short texts, from the faithful variant of each signal."""

import ast
import csv
import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import filters.signals  # noqa: F401  (declares the signals)
from filters import edits
from filters.published_shingles import datatrove_text
from filters.registry import Measurement
from filters.wordlists import WordLists

Measure = Callable[[Measurement], Any]


def signal(name: str, **parameters: object) -> Measure:
    """The value of a signal; the published code writes 0 where nothing can be measured, a signal null."""
    return lambda row: row.get(name, **parameters)[0].as_py() or 0


def stopwords(language: str) -> Measure:
    def measure(row: Measurement) -> Any:
        text = (SHARED / "data/lists/bigscience_stopwords.json").read_text(encoding="utf-8")
        entries = WordLists.from_json("bigscience", text).entries
        return row.get("stopword_ratio", words=WordLists.of("one", {"*": entries[language]}))[0].as_py()

    return measure


def modified_sha1(row: Measurement) -> str:
    """SHA-1 of the text after the modifications of ROOTS with the parameters of English."""
    text = edits.unify_whitespace(row.columns["text"]).text
    text = edits.drop_long_words(edits.drop_link_words(text).text).text
    return hashlib.sha1(text[0].as_py().encode(), usedforsecurity=False).hexdigest()


SHARED = Path()
ROOTS = {
    "char_rep_10": signal("char_rep_ratio", n=10),
    "char_rep_3": signal("char_rep_ratio", n=3),
    "word_rep_5": signal("word_rep_ratio", n=5),
    "word_rep_2": signal("word_rep_ratio", n=2),
    "special_ratio_no_emoji_set": signal("special_char_ratio"),
    "stopword_ratio_en": stopwords("en"),
    "stopword_ratio_hi": stopwords("hi"),
    "n_words": signal("word_count", kind="roots"),
    "sha1_of_modified_text_en_params": modified_sha1,
}
DOLMA_LINES = {"lines": "split", "stripped": False}
DOLMA = {
    "word_count": signal("word_count", kind="whitespace"),
    "median_word_length": signal("median_word_length"),
    "symbol_to_word_ratio": signal("words_with_symbol_ratio"),
    "fraction_of_words_with_alpha_character": signal("alphabetic_word_ratio", kind="whitespace"),
    "required_word_count": signal("stop_word_count", kind="whitespace", fold=False),
    "fraction_of_lines_starting_with_bullet_point": signal("bullet_line_ratio", bullets="*-", **DOLMA_LINES),
    "fraction_of_lines_ending_with_ellipsis": signal("ellipsis_line_ratio", dots=False, **DOLMA_LINES),
    "fraction_of_duplicate_lines": signal("dup_line_ratio", lines="split", first=True),
    "fraction_of_characters_in_duplicate_lines": signal(
        "dup_line_char_ratio", lines="split", first=True, of="words"
    ),
    **{f"top_{n}gram": signal("top_ngram_char_ratio", n=n, variant="dolma") for n in (2, 3, 4)},
    "dup_5gram": signal("dup_ngram_char_ratio", n=5, variant="dolma"),
}
DATATROVE = {
    "dup_line_frac": signal("dup_line_ratio"),
    "dup_line_char_frac": signal("dup_line_char_ratio"),
    **{
        f"top_{n}gram": signal("top_ngram_char_ratio", n=n, variant="datatrove-whitespace") for n in (2, 3, 4)
    },
    **{f"dup_{n}gram": signal("dup_ngram_char_ratio", n=n, variant="datatrove-whitespace") for n in (5, 10)},
}
RPV2_LINES = {"lines": "newline"}
RPV2 = {
    "word_count": signal("normalised_word_count"),
    "mean_word_length": signal("normalised_mean_word_length"),
    "num_sentences": signal("pattern_sentence_count"),
    "symbol_to_word_ratio": signal("symbol_word_ratio"),
    "frac_no_alph_words": signal("word_without_latin_ratio"),
    "frac_unique_words": signal("unique_word_ratio", variant="rpv2"),
    "unigram_entropy": signal("unigram_entropy", variant="rpv2"),
    "frac_all_caps_words": signal("all_caps_word_ratio"),
    "frac_lines_end_with_ellipsis": signal("ellipsis_line_ratio", **RPV2_LINES),
    "frac_chars_top_2gram": signal("top_ngram_char_ratio", n=2, variant="rpv2"),
    "frac_chars_dupe_5grams": signal("dup_ngram_char_ratio", n=5, variant="rpv2"),
    "curly_bracket": signal("curly_bracket_ratio"),
    "lines_terminal": signal("lines_with_end_mark"),
    "lines_num_words": signal("lines_word_count"),
}


def glotcc_warnings(row: Measurement) -> list[str]:
    """The warnings of GlotCC v1, from the signals and its limits, in its order."""
    tops, line_tops = [(2, 0.2), (3, 0.18), (4, 0.16)], [(1, 0.5), (2, 0.3)]
    top = partial(signal, "top_ngram_char_ratio", variant="glotcc")
    line_top = partial(signal, "max_line_top_ngram_char_ratio")
    warnings = {
        "list_case": signal("capital_token_ratio")(row) > 0.5,
        "danger_chars": signal("technical_char_ratio")(row) > 0.2,
        "cursed_regex": signal("cursed_string_count")(row) > 0,
        "long_word": signal("max_word_length")(row) > 100,
        "detect_policy": signal("policy_phrase_count")(row) > 0,
        "repetition": any(top(n=n)(row) > limit for n, limit in tops),
        "repetition_sent": any(line_top(n=n)(row) > limit for n, limit in line_tops),
        "js_warning": signal("javascript_count", lower=False)(row) > 0,
        "lorem_ipsum": signal("lorem_ipsum_count")(row) > 0,
        "curly_bracket": signal("curly_bracket_count")(row) > 0,
    }
    return [name for name, given in warnings.items() if given]


IMPLEMENTATIONS: dict[str, dict[str, Measure]] = {
    "roots": ROOTS,
    "dolma_gopher_v1": DOLMA,
    "datatrove_rep_whitespace_tokens": DATATROVE,
    "rpv2": RPV2,
    "glotcc_warnings": {"warnings": glotcc_warnings},
    "datatrove_head_simplify_text": {"text": lambda row: datatrove_text(row.columns["text"][0].as_py())},
}
AS_WRITTEN = ("sha1", "text")
"""Beginnings of metrics whose value is the text itself, not a Python literal."""


def rows(shared: Path, implementation: str) -> list[tuple[str, str, str]]:
    with (shared / "reference/tables/golden_values.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["text_id"], row["metric"], row["value"])
            for row in csv.DictReader(file)
            if row["implementation"] == implementation
        ]


def texts(shared: Path) -> dict[str, str]:
    with (shared / "reference/tables/golden_texts.csv").open(encoding="utf-8", newline="") as file:
        return {row["text_id"]: json.loads(row["text_json"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_every_published_value_is_equal(shared: Path, implementation: str) -> None:
    global SHARED  # noqa: PLW0603
    SHARED = shared
    found, expected = [], []
    for text_id, metric, value in rows(shared, implementation):
        row = Measurement({"text": pa.array([texts(shared)[text_id]]), "lang": pa.array([text_id[:2]])})
        found.append((text_id, metric, IMPLEMENTATIONS[implementation][metric](row)))
        published = value if metric.startswith(AS_WRITTEN) else ast.literal_eval(value)
        exact = metric.startswith(("warnings", *AS_WRITTEN))
        expected.append((text_id, metric, published if exact else pytest.approx(published, abs=1e-6)))
    assert found
    assert found == expected
