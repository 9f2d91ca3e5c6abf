import numpy as np
import pyarrow as pa
import pytest

from filters.rule import Rule, fails, limit_of, parse_rule
from schemas.errors import RecipeError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("word_count >= 5", Rule("word_count", ">=", 5)),
        ("  digit_ratio<0.25 ", Rule("digit_ratio", "<", 0.25)),
        ("lang_score >= $min_score", Rule("lang_score", ">=", "$min_score")),
        ('script == "Latn"', Rule("script", "==", "Latn")),
        ("has_cursed != true", Rule("has_cursed", "!=", True)),
        ("offset > -1", Rule("offset", ">", -1)),
    ],
)
def test_a_rule_is_read_as_signal_comparison_and_limit(text, expected):
    assert parse_rule(text) == expected
    assert parse_rule(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    ["word_count", "word_count >=", ">= 5", "a >= 5 and b < 3", "word_count => 5", "word_count >= five", ""],
)
def test_what_is_no_single_comparison_is_refused(text):
    with pytest.raises(RecipeError, match="expected"):
        parse_rule(text)


def removed(rule, values, lang=None, limits=None):
    column = values if isinstance(values, pa.Array) else pa.array(values)
    languages = pa.array(lang if lang is not None else [None] * len(column), pa.string())
    return fails(parse_rule(rule), column, languages, limits or {}).tolist()


def test_a_row_at_the_limit_is_kept_by_or_equal():
    assert removed("word_count >= 5", [4, 5, 6]) == [True, False, False]
    assert removed("word_count > 5", [4, 5, 6]) == [True, True, False]


def test_a_row_that_cannot_be_measured_is_kept():
    assert removed("word_count >= 5", [None, 1]) == [False, True]


def test_a_limit_of_zero_is_a_limit():
    assert removed("word_count <= 0", [0, 1]) == [False, True]


def test_a_limit_may_differ_by_language_and_falls_back_to_the_default():
    limits = {"swh_Latn": 3, "tha_Thai": None, "default": 10}
    lang = ["swh_Latn", "tha_Thai", "deu_Latn", None]
    assert removed("word_count >= $min", [5, 5, 5, 5], lang, limits) == [False, False, True, True]


def test_a_language_without_limit_and_default_keeps_every_row():
    assert removed("word_count >= $min", [0, 0], ["abc_Latn", None], {}) == [False, False]


@pytest.mark.parametrize("limit", ["0.1", "$max"])
def test_a_float32_ratio_that_equals_the_limit_is_at_the_limit(limit):
    values = pa.array(np.array([0.1, 0.11, 0.09], np.float32))
    lang = ["swh_Latn"] * 3
    assert removed(f"digit_ratio <= {limit}", values, lang, {"default": 0.1}) == [False, True, False]
    assert removed(f"digit_ratio < {limit}", values, lang, {"default": 0.1}) == [True, True, False]


def test_a_text_is_compared_as_a_text():
    assert removed('script == "Latn"', ["Latn", "Cyrl", None]) == [False, True, False]


def test_a_language_without_a_limit_has_that_of_its_script() -> None:
    limits = {"hin_Deva": 3, "*_Deva": 2, "default": 1}
    found = [limit_of(limits, lang) for lang in ("hin_Deva", "mar_Deva", "eng_Latn", None)]
    assert found == [3, 2, 1, 1]
    assert limit_of({"*_Deva": None, "default": 1}, "mar_Deva") is None
    assert limit_of({}, "mar_Deva") is None
