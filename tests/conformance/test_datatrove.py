"""datatrove's filters and the faithful variants of our signals decide alike on real texts.

Runs where the environment variable GLOTMILL_DATATROVE_PYTHON names a Python that has datatrove 0.10. Its
filters get white-space tokens there, as ours do: what is compared are the rules. Of the 2,000 texts, at most
2 decisions of a filter may differ; those that do come from sums of 32-bit against 64-bit numbers at a limit.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import filters.signals  # noqa: F401  (declares the signals)
from filters import edits
from filters.registry import Measurement

PEER = """
import json, sys
from datatrove.data import Document
from datatrove.pipeline import filters
from datatrove.pipeline.filters import fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter

for module in (fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter):
    module.split_into_words = lambda text, language=None: text.split()
chain = {
    "repetition": filters.GopherRepetitionFilter(),
    "quality": filters.GopherQualityFilter(),
    "fineweb": filters.FineWebQualityFilter(),
    "c4": filters.C4QualityFilter(min_num_sentences=-1),
}
kept = {name: [] for name in chain}
for text in json.load(sys.stdin):
    for name, each in chain.items():
        document = Document(text=text, id="0")
        try:
            decision = each.filter(document)
        except ZeroDivisionError:
            decision = None
        kept[name].append(document.text if name == "c4" and decision is True else decision is True)
print(json.dumps(kept))
"""
TEXTS = 2000
WHITESPACE = {"kind": "whitespace"}
TOP = {2: 0.2, 3: 0.18, 4: 0.16}
DUPLICATE = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


def texts(shared: Path) -> list[str]:
    gold = pq.read_table(shared / "data/extraction/pages_with_gold.parquet", columns=["gold_text"])
    stories = pq.read_table(shared / "data/text/african_storybook_even.parquet", columns=["text"])
    sentences = pq.read_table(shared / "data/text/flores200_sib_train.parquet", columns=["text"])[
        "text"
    ].to_pylist()
    whole = [
        text for text in gold["gold_text"].to_pylist() + stories["text"].to_pylist() if text and text.strip()
    ]
    lines = ["\n".join(sentences[i : i + 12]) for i in range(0, 143_000, 143)]
    return (whole + lines)[:TEXTS]


def below(row: Measurement, name: str, limit: float, **parameters: object) -> Any:
    """Where a signal is at most the limit, or null."""
    return np.nan_to_num(row.get(name, **parameters).to_numpy(zero_copy_only=False), nan=0.0) <= limit


def above(row: Measurement, name: str, limit: float, **parameters: object) -> Any:
    return ~(row.get(name, **parameters).to_numpy(zero_copy_only=False) < limit)


def repetition(row: Measurement) -> Any:
    kept = below(row, "dup_paragraph_ratio", 0.3) & below(row, "dup_paragraph_char_ratio", 0.2)
    kept &= below(row, "dup_line_ratio", 0.3) & below(row, "dup_line_char_ratio", 0.2)
    for n, limit in TOP.items():
        kept &= below(row, "top_ngram_char_ratio", limit, n=n, variant="datatrove-whitespace")
    for n, limit in DUPLICATE.items():
        kept &= below(row, "dup_ngram_char_ratio", limit, n=n, variant="datatrove-whitespace")
    return kept


def quality(row: Measurement) -> Any:
    kept = above(row, "plain_word_count", 50, **WHITESPACE) & below(
        row, "plain_word_count", 100_000, **WHITESPACE
    )
    kept &= above(row, "mean_plain_word_length", 3, **WHITESPACE)
    kept &= below(row, "mean_plain_word_length", 10, **WHITESPACE)
    kept &= below(row, "hash_word_ratio", 0.1, **WHITESPACE) & below(
        row, "ellipsis_word_ratio", 0.1, **WHITESPACE
    )
    kept &= below(row, "bullet_line_ratio", 0.9, bullets="•-") & below(row, "ellipsis_line_ratio", 0.3)
    kept &= above(row, "alphabetic_word_ratio", 0.8, **WHITESPACE)
    return kept & above(row, "stop_word_count", 2, distinct=True, fold=False, **WHITESPACE)


def fineweb(row: Measurement) -> Any:
    kept = above(row, "line_punct_ratio", 0.12) & below(row, "short_line_ratio", 0.67)
    kept &= below(row, "dup_line_char_ratio", 0.01, lines="split", blank=False, of="lines")
    return kept & below(row, "newline_word_ratio", 0.3, **WHITESPACE)


def c4(texts: list[str]) -> list[str | bool]:
    """The kept lines, stripped as the published code strips them; False for a page that is dropped."""
    lines = ["\n".join(line.strip() for line in text.splitlines()) for text in texts]
    cut = edits.drop_citations(edits.drop_lines_with_long_words(lines).text).text
    cut = edits.drop_lines_without_end_mark(cut, marks=".?!\"'").text
    cut = edits.drop_short_lines(cut, words=3).text
    lorem = Measurement({"text": cut}).get("lorem_ipsum_count").to_pylist()
    cut = edits.drop_javascript_lines(cut).text
    curly = Measurement({"text": cut}).get("curly_bracket_count").to_pylist()
    kept = edits.drop_policy_lines(cut).text.to_pylist()
    return [not (a or b) and text.strip() for text, a, b in zip(kept, lorem, curly, strict=True)]


@pytest.fixture(scope="module")
def decisions(shared: Path) -> tuple[list[str], dict[str, list[Any]]]:
    python = os.environ.get("GLOTMILL_DATATROVE_PYTHON")
    if not python:
        pytest.skip("GLOTMILL_DATATROVE_PYTHON names no Python with datatrove")
    chosen = texts(shared)
    done = subprocess.run(
        [python, "-c", PEER], input=json.dumps(chosen), capture_output=True, text=True, check=True
    )
    return chosen, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["repetition", "quality", "fineweb", "c4"])
def test_datatrove_decides_alike(decisions: tuple[list[str], dict[str, list[Any]]], name: str) -> None:
    chosen, theirs = decisions
    row = Measurement({"text": pa.array(chosen), "lang": pa.nulls(len(chosen), pa.string())})
    rules = {"repetition": repetition, "quality": quality, "fineweb": fineweb}
    ours = c4(chosen) if name == "c4" else rules[name](row).tolist()
    differing = [
        (text[:80], one, other)
        for text, one, other in zip(chosen, ours, theirs[name], strict=True)
        if one != other
    ]
    assert len(differing) <= TEXTS // 1000, differing[:5]
