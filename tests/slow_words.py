"""Slow references of signals that count words, from their definitions."""

import math
import re
from collections import Counter
from collections.abc import Callable
from statistics import median

from filters.unicode_tables import listed
from filters.wordlists import WordLists
from tests import slow_text
from tests.slow_characters import script_of
from tests.slow_kinds import WORDS, Reference, normalised, roots_words, share, tokens
from tests.slow_text import fold

DATATROVE = frozenset(chr(c) for c in listed("datatrove_punctuation").nonzero()[0])
SUBSTRINGS = WordLists.of("substrings", {"*": ["a", "aa", "a b", "the", "本", "#"]})
GOPHER_WORDS = ["the", "be", "to", "of", "and", "that", "have", "with"]


def word_share(kind: str, test: Callable[[str], bool]) -> Callable[[str], float | None]:
    return lambda text: share(sum(map(test, WORDS[kind](text))), len(WORDS[kind](text)))


def entropy(words: list[str]) -> float | None:
    counts = Counter(map(fold, words))
    return -sum(c / len(words) * math.log(c / len(words)) for c in counts.values()) if words else None


def substrings(text: str, flanked: bool) -> int:
    """Places where an entry begins in the case-folded text, flanked as the original characters say."""
    folded = fold(text)

    def word(i: int) -> bool:
        return 0 <= i < len(text) and bool(re.match(r"\w", text[i]))

    return sum(
        folded.startswith(entry, i) and not (flanked and (word(i - 1) or word(i + len(entry))))
        for entry in SUBSTRINGS.entries["*"]
        for i in range(len(text))
    )


def plain_words(text: str, kind: str = "tokens") -> list[str]:
    words = text.split(" ") if kind == "blanks" else tokens(text)
    return [w for w in words if not set(w) <= DATATROVE]


def is_mixed(word: str) -> bool:
    found = {script_of(c) for c in word if c.isalpha()}
    return len(found & {"Latn", "Cyrl", "Grek", "Armn", "Cher", "Copt"}) > 1


def listed_share(text: str, words: list[str]) -> float | None:
    found = [fold(w) for w in roots_words(text)]
    return share(sum(w in words for w in found), len(found))


REFERENCES: list[Reference] = [
    *[("word_count", {"kind": k}, lambda t, k=k: len(WORDS[k](t))) for k in WORDS],
    *[
        ("mean_word_length", {"kind": k}, lambda t, k=k: share(len("".join(WORDS[k](t))), len(WORDS[k](t))))
        for k in ("unicode", "whitespace", "tokens")
    ],
    ("median_word_length", {}, lambda t: median(map(len, t.split())) if t.split() else None),
    ("max_word_length", {}, lambda t: max(map(len, t.split()), default=None)),
    ("newline_word_ratio", {}, lambda t: share(t.count("\n"), len(slow_text.words(t)))),
    ("hash_word_ratio", {}, lambda t: share(t.count("#"), len(slow_text.words(t)))),
    ("ellipsis_word_ratio", {}, lambda t: share(t.count("...") + t.count("…"), len(slow_text.words(t)))),
    (
        "symbol_word_ratio",
        {},
        lambda t: share(t.count("#") + t.count("...") + t.count("…"), len(WORDS["word_punct"](t))),
    ),
    (
        "symbol_word_ratio",
        {"spaced": True},
        lambda t: share(
            t.count("#") + t.count("...") + t.count("…") + t.count(". . ."), len(WORDS["word_punct"](t))
        ),
    ),
    ("words_with_symbol_ratio", {}, word_share("whitespace", lambda w: "#" in w or "…" in w)),
    *[
        ("alphabetic_word_ratio", {"kind": k}, word_share(k, lambda w: any(c.isalpha() for c in w)))
        for k in ("unicode", "whitespace", "tokens")
    ],
    ("all_caps_word_ratio", {}, word_share("word_punct", str.isupper)),
    ("word_without_latin_ratio", {}, word_share("word_punct", lambda w: not re.search("[a-zA-Z]", w))),
    (
        "stop_word_count",
        {"fold": False, "kind": "whitespace"},
        lambda t: sum(w in GOPHER_WORDS for w in t.split()),
    ),
    (
        "stop_word_count",
        {"distinct": True},
        lambda t: len({fold(w) for w in slow_text.words(t)} & set(GOPHER_WORDS)),
    ),
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
    ("plain_word_count", {}, lambda t: len(plain_words(t))),
    ("plain_word_count", {"kind": "blanks"}, lambda t: len(plain_words(t, "blanks"))),
    (
        "alphabetic_word_ratio",
        {"kind": "blanks"},
        lambda t: share(sum(any(c.isalpha() for c in w) for w in t.split(" ")), len(t.split(" "))),
    ),
    ("mean_plain_word_length", {}, lambda t: share(len("".join(plain_words(t))), len(plain_words(t)))),
    ("flagged_substring_count", {"words": SUBSTRINGS}, lambda t: substrings(t, True)),
    ("flagged_substring_count", {"words": SUBSTRINGS, "flanked": False}, lambda t: substrings(t, False)),
    ("mixed_script_word_ratio", {}, word_share("unicode", is_mixed)),
    (
        "stopword_ratio",
        {"words": WordLists.of("any", {"*": ["the", "a", "ab"]})},
        lambda t: listed_share(t, ["the", "a", "ab"]),
    ),
]
