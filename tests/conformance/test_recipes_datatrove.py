"""The recipes `gopher` and `fineweb-head` decide as datatrove's filters do, on golden and on real texts.

Runs where GLOTMILL_DATATROVE_PYTHON names a Python that has datatrove 0.10. Texts are 2,000 real ones
(reference texts of pages, whole stories, lines of FLORES in 205 languages) and the seven golden ones.

With equal words and sentences no decision differs, and no text that C4's rules leave; one in a thousand may,
for sums of 32-bit against 64-bit numbers at a limit. With its own words, spaCy's English, `gopher` differs on
the two of its quality rules and `fineweb-head` on one. Each disagreement of the single filters (`OWN_WORDS`):

* quality, 2: a page of mojibake, whose control characters spaCy keeps in words; a story with `akho.Baalala`,
  one word to us (spaCy parts a full stop between a small and a capital letter), whose share of words
  with a letter is .8003 against .7994.
* repetition, 9 and C4, 3 and FineWeb, 7: the first page above, and texts in Chinese, Japanese, Tibetan and
  Dzongkha, which spaCy's English leaves whole between spaces and marks and we cut into words and sentences.
"""

import csv
import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.signals.glotcc import sentence_count
from filters.text import TextBatch
from pipeline.measure import measure_table
from pipeline.recipe import Recipe, load_recipe
from pipeline.steps import KeepStep

PEER = """
import json, re, sys
from datatrove.data import Document
from datatrove.pipeline import filters
from datatrove.pipeline.filters import c4_filters, fineweb_quality_filter, gopher_quality_filter
from datatrove.pipeline.filters import gopher_repetition_filter

given = json.load(sys.stdin)
if given["words"]:
    for module in (fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter):
        module.split_into_words = lambda text, language=None: given["words"].get(text, text.split())
    c4_filters.split_into_sentences = lambda text, language=None: [""] * given["sentences"].get(text, 1)
repetition, quality = filters.GopherRepetitionFilter(), filters.GopherQualityFilter()
c4 = filters.C4QualityFilter(filter_no_terminal_punct=False)
chains = {
    "gopher": [quality, repetition],
    "fineweb-head": [repetition, quality, c4, filters.FineWebQualityFilter()],
    "repetition": [repetition],
    "quality": [quality],
    "c4": [c4],
    "fineweb": [filters.FineWebQualityFilter()],
}
kept = {name: [] for name in chains}
for text in given["texts"]:
    for name, chain in chains.items():
        document = Document(text=text, id="0")
        try:
            decision = all(each.filter(document) is True for each in chain)
        except ZeroDivisionError:
            decision = False
        kept[name].append([decision, document.text])
print(json.dumps(kept))
"""
TEXTS = 2000
OWN_WORDS = {"gopher": 2, "fineweb-head": 1, "repetition": 9, "quality": 2, "c4": 3, "fineweb": 7}
LANGUAGE = ("english", "english_score")
C4 = ("lorem_ipsum_count", "curly_bracket_count", "sentence_count")
FINEWEB = ("punctuated_lines", "short_lines", "repeated_line_chars", "line_feeds")
REPETITION = (
    *("dup_paragraphs", "dup_paragraph_chars", "dup_lines", "dup_line_chars"),
    *(f"top_{n}gram" for n in (2, 3, 4)),
    *(f"dup_{n}grams" for n in range(5, 11)),
)
QUALITY = (
    *("least_words", "most_words", "short_words", "long_words", "hashes", "ellipses"),
    *("bullet_lines", "ellipsis_lines", "alphabetic_words", "stop_words"),
)
CITATION = re.compile(r"\[\d*]|\[edit]|\[citation needed]")


def real_texts(shared: Path) -> list[str]:
    gold = pq.read_table(shared / "data/extraction/pages_with_gold.parquet", columns=["gold_text"])
    stories = pq.read_table(shared / "data/text/african_storybook_even.parquet", columns=["text"])
    lines = pq.read_table(shared / "data/text/flores200_sib_train.parquet", columns=["text"])[
        "text"
    ].to_pylist()
    whole = [text for column in (gold["gold_text"], stories["text"]) for text in column.to_pylist()]
    joined = ["\n".join(lines[i : i + 12]) for i in range(0, 143_000, 143)]
    return [text for text in [*whole, *joined] if text and text.strip()][:TEXTS]


def golden_texts(shared: Path) -> list[str]:
    with (shared / "reference/tables/golden_texts.csv").open(encoding="utf-8", newline="") as file:
        return [json.loads(row["text_json"]) for row in csv.DictReader(file)]


def words(texts: Iterable[str]) -> dict[str, list[str]]:
    found = {}
    for text in set(texts):
        batch = TextBatch.from_arrow(pa.array([text]))
        found[text] = batch.slice_text(batch.words("english")).to_pylist()
    return found


def sentences(texts: Iterable[str]) -> dict[str, int]:
    lines = {CITATION.sub("", line.strip()) for text in texts for line in text.splitlines()}
    counts = sentence_count(sorted(lines)).to_pylist()
    return dict(zip(sorted(lines), counts, strict=True))


def rules(name: str, *leave: str, only: tuple[str, ...] = (), edits: bool = True) -> Recipe:
    """The steps of a recipe on one text, without those named; of its rules `only` some; edits or none."""
    steps = [
        step
        for step in load_recipe(name).steps
        if not str(step).startswith("dedup")
        and step.name not in leave
        and not (only and isinstance(step, KeepStep) and step.name not in only)
        and not step.name.startswith("mask_")
        and (edits or isinstance(step, KeepStep))
    ]
    return replace(load_recipe(name), steps=tuple(steps), columns=())


def ours(recipe: Recipe, texts: list[str]) -> tuple[list[bool], list[str]]:
    table, verdict = measure_table(recipe, pa.table({"text": texts}))
    removed = [not verdict.kept[row] for row in range(len(texts))]
    unknown = verdict.removed[0]
    rest = [any(mask[row] for mask in verdict.removed[1:]) for row in range(len(texts))]
    assert all(removed[row] == (rest[row] or unknown[row]) for row in range(len(texts)))
    return [not gone for gone in rest], table.column("text").to_pylist()


@pytest.fixture(scope="module")
def python() -> str:
    named = os.environ.get("GLOTMILL_DATATROVE_PYTHON")
    if not named:
        pytest.skip("GLOTMILL_DATATROVE_PYTHON names no Python with datatrove")
    return named


@pytest.fixture(scope="module")
def texts(shared: Path) -> list[str]:
    return [*golden_texts(shared), *real_texts(shared)]


@pytest.fixture(scope="module")
def decided(texts: list[str]) -> dict[str, tuple[list[bool], list[str]]]:
    return {
        "gopher": ours(rules("gopher"), texts),
        "fineweb-head": ours(rules("fineweb-head", *LANGUAGE), texts),
        "repetition": ours(rules("gopher", only=REPETITION), texts),
        "quality": ours(rules("gopher", only=QUALITY), texts),
        "c4": ours(rules("fineweb-head", only=C4), texts),
        "fineweb": ours(rules("fineweb-head", only=FINEWEB, edits=False), texts),
    }


def peer(python: str, given: dict[str, Any]) -> dict[str, list[Any]]:
    done = subprocess.run(
        [python, "-c", PEER], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    found: dict[str, list[Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def with_our_words(python: str, texts: list[str], decided: Any) -> dict[str, list[Any]]:
    edited = [text for _, after in decided.values() for text in after]
    return peer(python, {"texts": texts, "words": words([*texts, *edited]), "sentences": sentences(texts)})


@pytest.fixture(scope="module")
def with_own_words(python: str, texts: list[str]) -> dict[str, list[Any]]:
    return peer(python, {"texts": texts, "words": {}, "sentences": {}})


def differing(texts: list[str], kept: list[bool], theirs: list[Any]) -> list[Any]:
    return [
        (text[:60], mine, other[0])
        for text, mine, other in zip(texts, kept, theirs, strict=True)
        if mine != other[0]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gopher", "fineweb-head", "repetition", "quality", "c4", "fineweb"])
def test_a_recipe_decides_as_datatrove(
    texts: list[str], decided: Any, with_our_words: Any, name: str
) -> None:
    found = differing(texts, decided[name][0], with_our_words[name])
    assert len(found) <= len(texts) // 1000, found[:10]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "most"), OWN_WORDS.items())
def test_the_words_of_spacy_change_few_decisions(
    texts: list[str], decided: Any, with_own_words: Any, name: str, most: int
) -> None:
    found = differing(texts, decided[name][0], with_own_words[name])
    assert len(found) <= most, found


@pytest.mark.slow
def test_the_text_that_c4_leaves_is_that_of_datatrove(decided: Any, with_our_words: Any) -> None:
    pairs = [
        (mine[:60], other[1][:60])
        for stays, mine, other in zip(*decided["c4"], with_our_words["c4"], strict=True)
        if stays and other[0] and mine.strip() != other[1].strip()
    ]
    assert len(pairs) <= len(decided["c4"][0]) // 1000, pairs[:10]
