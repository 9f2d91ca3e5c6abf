"""`roots-oscar` decides as a plain program written from the specification (recipes.md, section 3).

The program below is Python over words and characters, with nothing of `filters/` but the words of Chinese
(ours in place of SentencePiece pieces) and the language model.
"""

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.language_keys import list_keys
from filters.languages import same_language
from filters.models import open_identifier
from filters.text import TextBatch
from pipeline.recipe import load_recipe
from tests.recipe_runs import clean_documents, documents_of, run_here
from tests.slow_kinds import is_special

SPACES = "\u2009\u200a\u202f\u2005\u3000\u2002\u00a0\u2008\u2003\ufffc\u0084"
LINKS = ("http", "www", ".com", "href", "//")
LANGUAGES = (
    *(
        "arb_Arab",
        "ben_Beng",
        "cat_Latn",
        "eng_Latn",
        "spa_Latn",
        "eus_Latn",
        "fra_Latn",
        "hin_Deva",
        "ind_Latn",
    ),
    *("por_Latn", "urd_Arab", "vie_Latn", "zho_Hans", "swh_Latn", "tha_Thai", "ell_Grek"),
)
NAMES = {
    "words": "words",
    "char": "char_rep",
    "word": "word_rep",
    "special": "special",
    "stopwords": "stopwords",
}
NAMES |= {"flagged": "flagged", "lang": "lid", "language": "lid"}

pytestmark = pytest.mark.slow

Parameters = Mapping[str, str]


def stripped(word: str) -> str:
    first, last = 0, len(word)
    while first < last and is_special(word[first]):
        first += 1
    while last > first and is_special(word[last - 1]):
        last -= 1
    return word[first:last]


def is_kept(word: str, found: Parameters) -> bool:
    inner, most = stripped(word), int(found["length_word_max_cutoff"])
    if found["cond_remove_words_with_incorrect_substrings"] == "True" and any(s in inner for s in LINKS):
        return False
    return found["cond_remove_long_words"] != "True" or len(word) <= most or len(inner) <= most


def modified(text: str, found: Parameters) -> str:
    text = "".join(" " if c in SPACES else c for c in text.strip())
    if "True" not in (found["cond_remove_words_with_incorrect_substrings"], found["cond_remove_long_words"]):
        return text
    lines = []
    for line in text.split("\n"):
        pieces = []
        for piece in line.split("\t"):
            pieces.append(" ".join(word for word in piece.split(" ") if word and is_kept(word, found)))
        lines.append("\t".join(piece for piece in pieces if piece))
    return "\n".join(line for line in lines if line)


def words_of(text: str, found: Parameters) -> list[str]:
    if found["tokenization"] == "True":
        batch = TextBatch.from_arrow(pa.array([text]))
        return [word.lower() for word in batch.slice_text(batch.words()).to_pylist()]
    return [word for word in (stripped(piece.lower()) for piece in re.split("[ \n\t]", text)) if word]


def char_rep(text: str, n: int) -> float:
    counts = Counter(text[i : i + n] for i in range(len(text) - n + 1))
    if not counts:
        return 0
    many = min(int(math.sqrt(len(counts))), sum(1 for count in counts.values() if count > 1))
    return sum(sorted(counts.values(), reverse=True)[:many]) / counts.total()


def word_rep(words: list[str], n: int) -> float:
    counts = Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
    return sum(count for count in counts.values() if count > 1) / counts.total() if counts else 0


def listed(words: list[str], entries: set[str], found: Parameters) -> float:
    joined = list(words)
    if found["cond_words_augmentation"] == "True":
        between = " " if found["words_augmentation_join_char"] == "<space>" else ""
        joined += [between.join(pair) for pair in pairwise(words)]
    return min(1, sum(word in entries for word in joined) / len(words)) if words else 0


def first_reason(
    text: str, lang: str, tables: tuple[dict[str, Parameters], dict[str, dict[str, set[str]]]]
) -> str | None:
    parameters, lists = tables
    code = next((key for key in list_keys(lang) if key in parameters), "default")
    found = parameters[code]
    text = modified(text, found)
    words = words_of(text, found)
    if not int(found["number_words_min_cutoff"]) <= len(words) <= int(found["number_words_max_cutoff"]):
        return "words"
    if char_rep(text, int(found["character_repetition_length"])) > float(
        found["character_repetition_max_cutoff"]
    ):
        return "char_rep"
    if word_rep(words, int(found["word_repetition_length"])) > float(found["word_repetition_max_cutoff"]):
        return "word_rep"
    if sum(map(is_special, text)) / len(text) > float(found["special_characters_max_cutoff"]):
        return "special"
    stop, flagged = lists["stopwords"].get(code), lists["flagged_words"].get(code)
    if stop and listed(words, stop, found) < float(found["stopwords_min_cutoff"]):
        return "stopwords"
    if flagged and listed(words, flagged, found) > float(found["flagged_words_max_cutoff"]):
        return "flagged"
    score, label = open_identifier().best_two(" ".join(text.lower().split()))[0]
    if not same_language(label, lang) or min(score, 1.0) < float(found["lang_id_min_cutoff"]):
        return "lid"
    return None


@pytest.fixture(scope="module")
def tables(shared: Path) -> tuple[dict[str, Parameters], dict[str, dict[str, set[str]]]]:
    with (shared / "reference/tables/roots_filter_params.csv").open(encoding="utf-8", newline="") as file:
        parameters = {row["lang"]: row for row in csv.DictReader(file)}
    lists = {
        name: {
            code: set(words)
            for code, words in json.loads(
                (shared / f"data/lists/bigscience_{name}.json").read_text(encoding="utf-8")
            ).items()
        }
        for name in ("stopwords", "flagged_words")
    }
    return parameters, lists


@pytest.fixture(scope="module")
def documents(shared: Path) -> pa.Table:
    clean = clean_documents(shared, LANGUAGES).select(["text"]).to_pylist()[::3]
    truth = pq.read_table(shared / "data/warc/assembled/assembled-truth.parquet", columns=["main_text"])
    pages = [{"text": text} for text in truth["main_text"].to_pylist() if text][::3]
    return documents_of([*clean, *pages])


def test_roots_decides_as_a_plain_program(shared, documents, tables, monkeypatch, capsys) -> None:
    monkeypatch.setenv("GLOTMILL_LISTS", str(shared / "data/lists"))
    run = run_here(load_recipe("roots-oscar"), documents)
    ours, theirs, languages = [], [], []
    texts = documents["text"].to_pylist()
    for text, lang, reason in zip(
        texts, run.rows["lang"].to_pylist(), run.verdict.first().to_pylist(), strict=True
    ):
        if lang is None:
            continue
        name = None if reason in (None, "similar_hash") else NAMES[reason.split("_")[0]]
        ours.append(name)
        theirs.append(first_reason(text, lang, tables))
        languages.append(lang)
    differing = Counter(
        (lang, one, other) for lang, one, other in zip(languages, ours, theirs, strict=True) if one != other
    )
    with capsys.disabled():
        print(
            f"\n{len(ours)} texts in {len(set(languages))} languages; removed {Counter(theirs)}; {differing}"
        )
    assert {*tables[0]} - {"default"} <= {key for lang in languages for key in list_keys(lang)}
    assert not differing
