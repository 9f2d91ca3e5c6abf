"""Stop words derived from reference text by the rule of FineWeb-2."""

import json
from collections import Counter
from pathlib import Path

import pytest

from filters.list_files import open_lists
from pipeline.stop_words import choose_stop_words, count_words, derive_stop_words
from schemas.errors import InputError


def test_words_are_counted_as_written_numbers_and_symbols_are_not() -> None:
    assert count_words(["The the, 12 % — the", None, "ที่ 3"]) == Counter({"the": 2, "The": 1, "ที่": 1})


def test_frequent_words_are_chosen_and_at_least_eight() -> None:
    counts = Counter({"a": 50, "b": 30, "c": 15, **dict.fromkeys("defghij", 1)})
    assert choose_stop_words(counts, share=0.1) == ["a", "b", "c", "d", "e", "f", "g", "h"]
    assert choose_stop_words(counts, share=0.1, least=2) == ["a", "b", "c"]
    assert choose_stop_words(Counter(), share=0.1) == []


def test_lists_are_written_where_recipes_find_them(tmp_path: Path) -> None:
    for lang, text in {"eng_Latn": "the mill and the river", "hin_Deva": "यह एक है यह"}.items():
        (tmp_path / "corpus" / lang).mkdir(parents=True)
        (tmp_path / "corpus" / lang / "a.txt").write_text(text + "\n", encoding="utf-8")
    output = tmp_path / "lists" / "fineweb2-stopwords.json"
    found = derive_stop_words([str(tmp_path / "corpus")], output)
    assert found == {"eng_Latn": ["the", "and", "mill", "river"], "hin_Deva": ["यह", "एक", "है"]}
    assert json.loads(output.read_text(encoding="utf-8")) == found
    assert dict(open_lists(str(output)).entries) == {lang: tuple(words) for lang, words in found.items()}


def test_text_without_a_language_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("the mill\n", encoding="utf-8")
    with pytest.raises(InputError, match="named by its language"):
        derive_stop_words([str(tmp_path)], tmp_path / "out.json")
