"""The recipes `gopher` and `fineweb-head` decide as datatrove's filters do, on golden and on real texts.

Runs where GLOTMILL_DATATROVE_PYTHON names a Python that has datatrove 0.10. Its filters get our words and our
sentences there, since what is compared are the rules: with its own (spaCy) 12 of the 2,000 decisions of the
repetition rules and 21 of those of the quality rules are others, mostly where the share of words with a
letter stands near 0.8 and spaCy makes two words of `don't` or one of `.....`, and in Japanese and Tibetan,
which it cuts otherwise. Texts are 2,000 real ones: reference texts of pages, whole stories, lines of FLORES.

With equal words and sentences no decision differs, and no text that C4's rules leave; one in a thousand may,
for sums of 32-bit against 64-bit numbers at a limit.
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
for module in (fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter):
    module.split_into_words = lambda text, language=None: given["words"].get(text, text.split())
c4_filters.split_into_sentences = lambda text, language=None: [""] * given["sentences"].get(text, 1)
repetition, quality = filters.GopherRepetitionFilter(), filters.GopherQualityFilter()
c4 = filters.C4QualityFilter(filter_no_terminal_punct=False)
chains = {
    "gopher": [quality, repetition],
    "fineweb-head": [repetition, quality, c4, filters.FineWebQualityFilter()],
    "repetition": [repetition],
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
LANGUAGE = ("english", "english_score")
C4 = ("lorem_ipsum_count", "curly_bracket_count", "sentence_count")
FINEWEB = ("punctuated_lines", "short_lines", "repeated_line_chars", "line_feeds")
REPETITION = (
    *("dup_paragraphs", "dup_paragraph_chars", "dup_lines", "dup_line_chars"),
    *(f"top_{n}gram" for n in (2, 3, 4)),
    *(f"dup_{n}grams" for n in range(5, 11)),
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
        found[text] = batch.slice_text(batch.words("tokens")).to_pylist()
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
def compared(shared: Path) -> tuple[list[str], dict[str, list[Any]], dict[str, tuple[list[bool], list[str]]]]:
    python = os.environ.get("GLOTMILL_DATATROVE_PYTHON")
    if not python:
        pytest.skip("GLOTMILL_DATATROVE_PYTHON names no Python with datatrove")
    texts = [*golden_texts(shared), *real_texts(shared)]
    found = {
        "gopher": ours(rules("gopher"), texts),
        "fineweb-head": ours(rules("fineweb-head", *LANGUAGE), texts),
        "repetition": ours(rules("gopher", only=REPETITION), texts),
        "c4": ours(rules("fineweb-head", only=C4), texts),
        "fineweb": ours(rules("fineweb-head", only=FINEWEB, edits=False), texts),
    }
    edited = [text for _, after in found.values() for text in after]
    given = {"texts": texts, "words": words([*texts, *edited]), "sentences": sentences(texts)}
    done = subprocess.run(
        [python, "-c", PEER], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return texts, json.loads(done.stdout.splitlines()[-1]), found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gopher", "fineweb-head", "repetition", "c4", "fineweb"])
def test_a_recipe_decides_as_datatrove(compared: Any, name: str) -> None:
    texts, theirs, found = compared
    kept, _ = found[name]
    differing = [
        (text[:60], mine, other[0])
        for text, mine, other in zip(texts, kept, theirs[name], strict=True)
        if mine != other[0]
    ]
    assert len(differing) <= len(texts) // 1000, differing[:10]


@pytest.mark.slow
def test_the_text_that_c4_leaves_is_that_of_datatrove(compared: Any) -> None:
    _, theirs, found = compared
    kept, after = found["c4"]
    pairs = [
        (mine[:60], other[1][:60])
        for stays, mine, other in zip(kept, after, theirs["c4"], strict=True)
        if stays and other[0] and mine.strip() != other[1].strip()
    ]
    assert len(pairs) <= len(kept) // 1000, pairs[:10]
