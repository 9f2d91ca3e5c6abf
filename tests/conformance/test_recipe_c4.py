"""The cleaner of `c4-en-2020` leaves what datatrove's C4 filter leaves, on golden and on real texts.

Runs where GLOTMILL_DATATROVE_PYTHON names a Python that has datatrove 0.10. Its filter gets C4's own numbers
(5 words a line, 3 sentences a page, four end marks) in place of its defaults, and our sentences, since rules
are compared. At most one text in a thousand may come out otherwise.
"""

import csv
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from filters.signals.glotcc import sentence_count
from pipeline.judge import LANGUAGE_UNKNOWN
from pipeline.recipe import Recipe, load_recipe
from tests.recipe_runs import documents_of, run_here

PEER = """
import json, sys
from datatrove.data import Document
from datatrove.pipeline import filters
from datatrove.pipeline.filters import c4_filters

given = json.load(sys.stdin)
c4_filters.split_into_sentences = lambda text, language=None: [""] * given["sentences"].get(text, 1)
c4_filters.END_PUNCTUATION = (".", "?", "!", '"')
cleaner = filters.C4QualityFilter(min_num_sentences=3, min_words_per_line=5)
kept = []
for text in given["texts"]:
    document = Document(text=text, id="0")
    kept.append(document.text if cleaner.filter(document) is True else None)
print(json.dumps(kept))
"""
TEXTS = 2000
LEFT_OUT = ("page_length", "bad_words", "sentences_after_dedup", "language", "language_score")
CITATION = re.compile(r"\[\d*]|\[edit]|\[citation needed]")

pytestmark = pytest.mark.slow


def texts_of(shared: Path) -> list[str]:
    with (shared / "reference/tables/golden_texts.csv").open(encoding="utf-8", newline="") as file:
        golden = [json.loads(row["text_json"]) for row in csv.DictReader(file)]
    gold = pq.read_table(shared / "data/extraction/pages_with_gold.parquet", columns=["gold_text"])
    stories = pq.read_table(shared / "data/text/african_storybook_even.parquet", columns=["text"])
    lines = pq.read_table(shared / "data/text/flores200_sib_train.parquet", columns=["text"])[
        "text"
    ].to_pylist()
    joined = ["\n".join(lines[i : i + 12]) for i in range(0, 143_000, 143)]
    found = [*golden, *gold["gold_text"].to_pylist(), *stories["text"].to_pylist(), *joined]
    return [text for text in found if text and text.strip()][: TEXTS + len(golden)]


def cleaner() -> Recipe:
    """The recipe without dedup, language and bad words."""
    recipe = load_recipe("c4-en-2020")
    steps = [s for s in recipe.steps if s.name not in LEFT_OUT and not str(s).startswith("dedup")]
    return replace(recipe, steps=tuple(steps), columns=())


def sentences(texts: list[str]) -> dict[str, int]:
    lines = sorted({CITATION.sub("", line.strip()) for text in texts for line in text.splitlines()})
    return dict(zip(lines, sentence_count(lines).to_pylist(), strict=True))


def test_the_cleaner_of_c4_leaves_what_that_of_datatrove_leaves(shared: Path) -> None:
    python = os.environ.get("GLOTMILL_DATATROVE_PYTHON")
    if not python:
        pytest.skip("GLOTMILL_DATATROVE_PYTHON names no Python with datatrove")
    texts = texts_of(shared)
    given = json.dumps({"texts": texts, "sentences": sentences(texts)})
    done = subprocess.run([python, "-c", PEER], input=given, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    run = run_here(cleaner(), documents_of([{"text": text} for text in texts]))
    removed = [
        mask
        for name, mask in zip(run.verdict.reasons, run.verdict.removed, strict=True)
        if name != LANGUAGE_UNKNOWN
    ]
    gone = np.logical_or.reduce(removed).tolist()
    ours = [None if out else text for out, text in zip(gone, run.rows["text"].to_pylist(), strict=True)]
    differing = [
        (text[:60], one, other) for text, one, other in zip(texts, ours, theirs, strict=True) if one != other
    ]
    assert len(texts) >= TEXTS
    assert sum(text is not None for text in theirs) >= 300
    assert len(differing) <= TEXTS // 1000, differing[:5]
