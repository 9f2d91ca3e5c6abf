"""Stop words of a language from reference text, by the rule of FineWeb-2.

The published rule: words above a share of all words in the language's Wikipedia, without numbers and symbols;
where fewer than 8 are, the share is lowered. The share itself is not published; 0.8 % is recalled.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from filters.text import TextBatch, cut_by_bytes
from filters.unicode_tables import ALPHA
from pipeline.training_text import find_sources, read_source
from schemas.errors import InputError

SHARE: Final = 0.008
LEAST: Final = 8
"""Words of a list, where the text has so many."""

KIND: Final = "english"
"""The words that the recipe `fineweb2` compares with."""


def count_words(texts: Iterable[str | None]) -> Counter[str]:
    """Return how often each word occurs that holds a letter, as it is written."""
    array = pa.array(list(texts), pa.string())
    counts: Counter[str] = Counter()
    for first, last in cut_by_bytes(array):
        batch = TextBatch.from_arrow(array.slice(first, last - first))
        words = batch.words(KIND)
        counts.update(batch.slice_text(words.chosen(batch.words_with(ALPHA, KIND))).to_pylist())
    return counts


def choose_stop_words(counts: Counter[str], share: float = SHARE, least: int = LEAST) -> list[str]:
    """Return the words of at least `share` of all, or the `least` most frequent; the frequent ones first."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    limit = share * counts.total()
    enough = sum(count >= limit for _, count in ordered)
    return [word for word, _ in ordered[: max(enough, least)]]


def derive_stop_words(corpora: Sequence[str], output: Path, share: float = SHARE) -> dict[str, list[str]]:
    """Write the stop words of every language of some corpora as a JSON object, and return them.

    Raises:
        InputError: a corpus does not exist, or none of its text has a language.
    """
    counts: dict[str, Counter[str]] = {}
    for source in find_sources(corpora):
        for lang, texts, _ in read_source(source):
            if lang is not None:
                counts.setdefault(lang, Counter()).update(count_words(texts.to_pylist()))
    if not counts:
        raise InputError(f"{', '.join(corpora)}: expected text with its language, found none")
    found = {lang: choose_stop_words(counts[lang], share) for lang in sorted(counts)}
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return found
