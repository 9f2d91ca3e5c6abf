"""Stop words derived from reference text by the rule of FineWeb-2."""

import json
from collections import Counter
from pathlib import Path

import pytest

from filters.list_files import open_lists
from pipeline.stop_words import (
    choose_affine_words,
    choose_stop_words,
    contamination,
    count_words,
    derive_affine_words,
    derive_stop_words,
)
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


def test_affine_words_are_frequent_and_of_one_language() -> None:
    counts = {
        "nob_Latn": Counter({"og": 90, "ikke": 40, "jeg": 30, **dict.fromkeys(map(str, range(40)), 1)}),
        "nno_Latn": Counter({"og": 80, "ikkje": 35, "eg": 30, **dict.fromkeys(map(str, range(40)), 1)}),
    }
    assert choose_affine_words(counts) == {
        "nob_Latn": ["ikke", "jeg"],
        "nno_Latn": ["ikkje", "eg"],
    }
    assert choose_affine_words(counts, affinity=0.5)["nob_Latn"] == ["og", "ikke", "jeg"]
    assert choose_affine_words({"nob_Latn": Counter()}) == {"nob_Latn": []}


def write(folder: Path, texts: dict[str, list[str]]) -> str:
    for lang, lines in texts.items():
        (folder / lang).mkdir(parents=True)
        (folder / lang / "a.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder)


def test_lists_are_for_languages_that_others_contaminate(tmp_path: Path) -> None:
    reference = write(
        tmp_path / "reference",
        {"nob_Latn": ["jeg vet ikke det her"], "nno_Latn": ["eg veit ikkje dette"], "amh_Ethi": ["ይህ ነው"]},
    )
    corpus = write(
        tmp_path / "corpus",
        {"nno_Latn": ["eg veit det", "jeg vet det", "jeg er"], "nob_Latn": ["jeg er ikke"]},
    )
    found, shares = derive_affine_words([reference], tmp_path / "affine-words.json", [corpus])
    assert shares == {"nob_Latn": 0.0, "nno_Latn": pytest.approx(2 / 3)}
    assert set(found) == {"nno_Latn"}
    assert contamination({"amh_Ethi": ["ነው"]}, [corpus]) == {}
