"""Word lists of a language from reference text, by the two rules of FineWeb-2.

Stop words: words above a share of all words in the language's Wikipedia, without numbers and symbols; where
fewer than 8 are, the share is lowered. The share itself is not published; 0.8 % is recalled.

Affine words, for the precision filter: words at or above the 95th percentile of frequency of which at least
85 % of all occurrences, over the languages of the reference, are in this language. A page of a language that
others contaminate is kept if it has one. Published for languages of which more than 10 % of 10,000 documents
have none.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.signals.listed import stop_word_count
from filters.text import TextBatch, cut_by_bytes
from filters.unicode_tables import ALPHA
from filters.wordlists import WordLists
from pipeline.training_text import find_sources, read_source
from schemas.errors import InputError

SHARE: Final = 0.008
AFFINITY: Final = 0.85
PERCENTILE: Final = 95
CONTAMINATION: Final = 0.1
DOCUMENTS: Final = 10_000
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


def count_corpora(corpora: Sequence[str]) -> dict[str, Counter[str]]:
    """Return how often each word occurs in each language of some corpora.

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
    return dict(sorted(counts.items()))


def derive_stop_words(corpora: Sequence[str], output: Path, share: float = SHARE) -> dict[str, list[str]]:
    """Write the stop words of every language of some corpora as a JSON object, and return them.

    Raises:
        InputError: a corpus does not exist, or none of its text has a language.
    """
    found = {lang: choose_stop_words(own, share) for lang, own in count_corpora(corpora).items()}
    _write(found, output)
    return found


def choose_affine_words(
    counts: Mapping[str, Counter[str]], affinity: float = AFFINITY, percentile: float = PERCENTILE
) -> dict[str, list[str]]:
    """Return the frequent words of each language that are hardly used in the others, by frequency."""
    everywhere: Counter[str] = Counter()
    for own in counts.values():
        everywhere.update(own)
    found = {}
    for lang, own in counts.items():
        limit = np.percentile(list(own.values()), percentile) if own else 0
        ordered = sorted(own.items(), key=lambda pair: (-pair[1], pair[0]))
        found[lang] = [w for w, n in ordered if n >= limit and n / everywhere[w] >= affinity]
    return found


def contamination(lists: Mapping[str, list[str]], corpora: Sequence[str]) -> dict[str, float]:
    """Return the share of documents without a word of their language's list, of at most 10,000 each.

    The first documents of each language are taken, in the order of the files.
    """
    words = WordLists.of("affine words", lists)
    totals: Counter[str] = Counter()
    without: Counter[str] = Counter()
    for source in find_sources(corpora):
        for lang, texts, _ in read_source(source):
            if lang is None or lang not in lists or totals[lang] >= DOCUMENTS:
                continue
            chosen = texts.slice(0, DOCUMENTS - totals[lang]).cast(pa.string())
            langs = pa.array([lang] * len(chosen))
            listed = stop_word_count(chosen, langs, words=words, kind=KIND, fold=False)
            totals[lang] += len(chosen)
            without[lang] += pc.sum(pc.equal(listed, 0)).as_py() or 0
    return {lang: without[lang] / totals[lang] for lang in sorted(totals)}


def derive_affine_words(
    reference: Sequence[str], output: Path, corpora: Sequence[str] = (), least: float = CONTAMINATION
) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Write the affine words of the languages of a reference as a JSON object; return them.

    With `corpora`, only of the languages of which more than `least` of the documents there have none of the
    words; these shares are returned too.

    Raises:
        InputError: a corpus does not exist, or none of its text has a language.
    """
    found = choose_affine_words(count_corpora(reference))
    shares = contamination(found, corpora) if corpora else {}
    if corpora:
        found = {lang: words for lang, words in found.items() if shares.get(lang, 0) > least}
    _write(found, output)
    return found, shares


def _write(lists: Mapping[str, list[str]], output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(lists, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
