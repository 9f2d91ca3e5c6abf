"""Word lists are found by the language of a row, and opened from packages and files."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.list_files import open_lists
from filters.signals.listed import (
    flagged_phrase_count,
    flagged_substring_count,
    stop_word_count,
    stopword_ratio,
)
from filters.wordlists import HashSet, WordLists
from schemas.errors import ModelError, RecipeError

LISTS = WordLists.of("lists", {"sw": ["na", "ya"], "hin": ["है", "क्या बात"], "zho_Hant": ["書"]})


@pytest.mark.parametrize(
    ("label", "expected"),
    [("swh_Latn", 0.5), ("sw", 0.5), ("hin_Deva", 0.0), ("xyz_Latn", None), (None, None)],
)
def test_a_row_is_measured_with_the_list_of_its_language(label: str | None, expected: float | None) -> None:
    found = stopword_ratio(["Na mimi ya wewe"], pa.array([label], pa.string()), words=LISTS)
    assert found.to_pylist() == [expected]


def test_rows_of_many_languages_do_not_share_their_lists() -> None:
    lang = pa.array(["swh_Latn", "hin_Deva", "swh_Latn"])
    found = stop_word_count(["na है", "na है", "NA ya"], lang, words=LISTS)
    assert found.to_pylist() == [1, 1, 2]


def test_phrases_are_counted_in_every_script() -> None:
    lang = pa.array(["hin_Deva", "zho_Hant"])
    assert flagged_phrase_count(["क्या बात है, क्या बात", "我的書和你的書"], lang, words=LISTS).to_pylist() == [
        3,
        2,
    ]


def test_a_signal_without_its_lists_says_so() -> None:
    with pytest.raises(RecipeError, match=r"stopword_ratio: expected word lists, got none"):
        stopword_ratio(["a"], ["eng_Latn"])


def test_lists_are_opened_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "lists.json"
    path.write_text(json.dumps({"en": ["the"]}), encoding="utf-8")
    assert stopword_ratio(["the cat"], ["eng_Latn"], words=str(path)).to_pylist() == [0.5]
    assert open_lists(str(path)) is open_lists(str(path))


@pytest.mark.parametrize("content", ["[1]", "{", '{"en": 1}'])
def test_a_file_that_holds_no_lists_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"broken.json: expected a JSON object"):
        open_lists(str(path))


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(
        ModelError, match=r"nowhere.json: expected 'stopwords-iso', the path .* GLOTMILL_LISTS"
    ):
        open_lists("nowhere.json")


def test_a_name_is_a_file_of_the_folder_of_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.json").write_text('{"en": ["a"]}', encoding="utf-8")
    monkeypatch.setenv("GLOTMILL_LISTS", str(tmp_path))
    assert open_lists("mine").entries == {"en": ("a",)}
    with pytest.raises(ModelError, match=r"other: expected .* other.json in "):
        open_lists("other")


def test_the_published_lists_can_be_read(shared: Path) -> None:
    for name, languages in (("ldnoobw", 28), ("bigscience_stopwords", 13), ("stopwords_iso", 58)):
        assert len(open_lists(str(shared / f"data/lists/{name}.json")).entries) == languages


@pytest.mark.parametrize(("flanked", "expected"), [(True, [1, 1, 1, None]), (False, [2, 2, 1, None])])
def test_entries_of_any_length_are_found_in_either_case(flanked: bool, expected: list[int | None]) -> None:
    lists = WordLists.of("any", {"en": ["sk", "🖕", "a long one", ""], "de": ["x"]})
    rows = ["a\u017f\u212a S\u212a", "x🖕 A lonG \u017f; a LONG one", "x", "sk 🖕 x"]
    lang = pa.array(["en", "en", "de", None])
    found = flagged_substring_count(rows, lang, words=lists, flanked=flanked).to_pylist()
    assert found == expected


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50), st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_a_hash_set_holds_what_was_put_in(members: list[int], others: list[int]) -> None:
    asked = np.array(members + others + [m ^ 64 for m in members], dtype=np.uint64)
    kept = HashSet(np.array(members, dtype=np.uint64))
    assert kept.contains(asked).tolist() == [int(a) in set(members) - {0} for a in asked]
