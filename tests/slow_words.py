"""Slow references of signals that count words, from their definitions."""

import math
import re
from collections import Counter
from collections.abc import Callable
from statistics import median

from filters.unicode_tables import listed
from tests import slow_text
from tests.slow_characters import script_of
from tests.slow_kinds import WORDS, Reference, normalised, share
from tests.slow_text import fold

DATATROVE = frozenset(chr(c) for c in listed("datatrove_punctuation").nonzero()[0])


def word_share(kind: str, test: Callable[[str], bool]) -> Callable[[str], float | None]:
    return lambda text: share(sum(map(test, WORDS[kind](text))), len(WORDS[kind](text)))


def entropy(words: list[str]) -> float | None:
    counts = Counter(map(fold, words))
    return -sum(c / len(words) * math.log(c / len(words)) for c in counts.values()) if words else None


def of_lengths(kind: str, measure: Callable[[list[int]], float]) -> Callable[[str], float | None]:
    return lambda text: measure(list(map(len, words))) if (words := WORDS[kind](text)) else None


def for_each_word(kind: str, *signs: str) -> Callable[[str], float | None]:
    return lambda text: share(sum(map(text.count, signs)), len(WORDS[kind](text)))


def plain_words(text: str, kind: str) -> list[str]:
    return [w for w in WORDS[kind](text) if not set(w) <= DATATROVE]


def is_mixed(word: str) -> bool:
    found = {script_of(c) for c in word if c.isalpha()}
    return len(found & {"Latn", "Cyrl", "Grek", "Armn", "Cher", "Copt"}) > 1


REFERENCES: list[Reference] = [
    *[("word_count", {"kind": k}, lambda t, k=k: len(WORDS[k](t))) for k in WORDS],
    *[
        ("mean_word_length", {"kind": k}, lambda t, k=k: share(len("".join(WORDS[k](t))), len(WORDS[k](t))))
        for k in ("unicode", "whitespace", "tokens")
    ],
    *[
        entry
        for kind in ("unicode", "whitespace", "word_punct")
        for entry in (
            ("median_word_length", {"kind": kind}, of_lengths(kind, median)),
            ("max_word_length", {"kind": kind}, of_lengths(kind, max)),
            ("newline_word_ratio", {"kind": kind}, for_each_word(kind, "\n")),
            ("hash_word_ratio", {"kind": kind}, for_each_word(kind, "#")),
            ("ellipsis_word_ratio", {"kind": kind}, for_each_word(kind, "...", "…")),
            ("symbol_word_ratio", {"kind": kind}, for_each_word(kind, "#", "...", "…")),
        )
    ],
    ("symbol_word_ratio", {"spaced": True}, for_each_word("word_punct", "#", "...", "…", ". . .")),
    ("words_with_symbol_ratio", {}, word_share("whitespace", lambda w: "#" in w or "…" in w)),
    *[
        ("alphabetic_word_ratio", {"kind": k}, word_share(k, lambda w: any(c.isalpha() for c in w)))
        for k in ("unicode", "whitespace", "tokens")
    ],
    *[
        ("all_caps_word_ratio", {"kind": k}, word_share(k, str.isupper))
        for k in ("word_punct", "unicode", "blanks")
    ],
    ("word_without_latin_ratio", {}, word_share("word_punct", lambda w: not re.search("[a-zA-Z]", w))),
    (
        "unique_word_ratio",
        {},
        lambda t: share(len(set(map(fold, slow_text.words(t)))), len(slow_text.words(t))),
    ),
    (
        "unique_word_ratio",
        {"variant": "rpv2"},
        lambda t: share(len({fold(w) for w in normalised(t).split()}), len(normalised(t).split())),
    ),
    ("unigram_entropy", {}, lambda t: entropy(slow_text.words(t))),
    ("unigram_entropy", {"variant": "rpv2"}, lambda t: entropy(normalised(t).split())),
    ("normalised_word_count", {}, lambda t: len(normalised(t).split())),
    (
        "normalised_mean_word_length",
        {},
        lambda t: share(len("".join(normalised(t).split())), len(normalised(t).split())),
    ),
    *[
        entry
        for kind in ("tokens", "blanks", "whitespace")
        for entry in (
            ("plain_word_count", {"kind": kind}, lambda t, k=kind: len(plain_words(t, k))),
            (
                "mean_plain_word_length",
                {"kind": kind},
                lambda t, k=kind: share(len("".join(plain_words(t, k))), len(plain_words(t, k))),
            ),
        )
    ],
    (
        "alphabetic_word_ratio",
        {"kind": "blanks"},
        lambda t: share(sum(any(c.isalpha() for c in w) for w in t.split(" ")), len(t.split(" "))),
    ),
    ("mixed_script_word_ratio", {}, word_share("unicode", is_mixed)),
]
