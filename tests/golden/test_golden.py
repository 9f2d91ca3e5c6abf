"""Every signal gives the values of its golden lines; a released signal never changes them.

    python -m tests.golden.test_golden

writes the lines of the signals that have none; a failing test shows text, golden and new value of what moved.
A changed value is a changed output: it wants a new signal name.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import filters.signals  # noqa: F401  (declares the signals)
from filters.registry import SIGNALS, Measurement
from filters.wordlists import WordLists
from tests.golden.golden_texts import TEXTS

FOLDER = Path(__file__).parent
LISTS = WordLists.of("golden", {"en": ["the", "by"], "hi": ["यह", "है"], "zh": ["的"], "ru": ["он"]})
WITH_LISTS = ("stopword_ratio", "flagged_word_ratio", "flagged_phrase_count", "flagged_substring_count")
ELSEWHERE = ("classified", "importance", "tiny", "dedup", "language", "perplexity", "unit_language")
"""Modules of signals that need a model, or whose values tests of their own hold."""

KERNEL = [
    name
    for name, signal in SIGNALS.items()
    if "text" in signal.inputs
    and set(signal.inputs) <= {"text", "lang"}
    and signal.function.__module__.rpartition(".")[2] not in ELSEWHERE
]


def values(name: str) -> list[dict[str, Any]]:
    columns = {
        "text": pa.array([text for _, text in TEXTS], pa.string()),
        "lang": pa.array([lang for lang, _ in TEXTS], pa.string()),
    }
    found = Measurement(columns, {listed: {"words": LISTS} for listed in WITH_LISTS}).get(name)
    return [
        {"lang": lang, "text": text, "expected": rounded(value)}
        for (lang, text), value in zip(TEXTS, found.to_pylist(), strict=True)
    ]


def rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value


@pytest.mark.parametrize("name", KERNEL)
def test_a_signal_gives_its_golden_values(name: str) -> None:
    path = FOLDER / f"{name}.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(line["lang"], line["text"]) for line in lines] == TEXTS
    moved = [
        (line["lang"], line["text"], line["expected"], new["expected"])
        for line, new in zip(lines, values(name), strict=True)
        if not same(line["expected"], new["expected"])
    ]
    assert moved == []


def same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1.5e-6
    return type(one) is type(other) and one == other


def write_missing() -> None:
    """Write the golden lines of the signals that have none."""
    for name in KERNEL:
        path = FOLDER / f"{name}.jsonl"
        if not path.exists():
            lines = [json.dumps(line, ensure_ascii=False) for line in values(name)]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            print(f"wrote {path.name}")


if __name__ == "__main__":
    write_missing()
