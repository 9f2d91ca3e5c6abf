"""Slow references of signals that look for phrases and judge sentences, from their definitions."""

import re
import string
from typing import Any

from filters.phrases import CURSED_LITERALS, POLICY_PHRASES
from tests import slow_text
from tests.slow_kinds import Reference, normalised, share
from tests.slow_text import fold


def in_list_case(token: str) -> bool:
    return token[0].isupper() or all(c.isdigit() or c in string.punctuation for c in token)


def capital_tokens(text: str) -> float | None:
    found = text.split()
    return share(sum(map(in_list_case, found)), len(found)) if len(found) >= 12 else None


def is_questionable(
    sentence: str, shortest: int = 20, longest: int = 500, technical: float = 0.2, capital: float = 0.5
) -> bool:
    found = sentence.split()
    return (
        not shortest <= len(sentence) <= longest
        or (len(found) >= 12 and sum(map(in_list_case, found)) > capital * len(found))
        or sum(c in "0123456789{}+/()>" for c in sentence) > technical * len(sentence)
        or any(pattern in sentence for pattern in CURSED_LITERALS)
    )


def questionable(text: str, limits: dict[str, Any]) -> float | None:
    found = slow_text.sentences(text)
    return share(sum(is_questionable(sentence, **limits) for sentence in found), len(found))


REFERENCES: list[Reference] = [
    ("pattern_sentence_count", {}, lambda t: len(re.findall(r"\b[^.!?]+[.!?]*", t))),
    ("policy_phrase_count", {}, lambda t: sum(fold(t).count(p) for p in POLICY_PHRASES)),
    ("lorem_ipsum_count", {}, lambda t: fold(t).count("lorem ipsum")),
    (
        "lorem_ipsum_ratio",
        {},
        lambda t: share(
            fold(" ".join(normalised(t).split())).count("lorem ipsum"), len(" ".join(normalised(t).split()))
        ),
    ),
    ("javascript_count", {}, lambda t: fold(t).count("javascript")),
    ("javascript_count", {"lower": False}, lambda t: t.count("Javascript") + t.count("JavaScript")),
    ("curly_bracket_count", {}, lambda t: t.count("{")),
    ("cursed_string_count", {}, lambda t: sum(t.count(p) for p in CURSED_LITERALS)),
    (
        "phrase_count",
        {"phrases": ("aa", "a b", ". .", "B")},
        lambda t: sum(fold(t).count(p) for p in ("aa", "a b", ". .", "B")),
    ),
    ("phrase_count", {"phrases": ("aa", "B"), "fold": False}, lambda t: t.count("aa") + t.count("B")),
    ("url_count", {}, lambda t: sum(fold(t).count(p) for p in ("http://", "https://", "www."))),
    ("capital_token_ratio", {}, capital_tokens),
    ("sentence_count", {}, lambda t: len(slow_text.sentences(t))),
    *[
        ("questionable_sentence_ratio", p, lambda t, p=p: questionable(t, p))
        for p in ({}, {"shortest": 3, "longest": 40, "technical": 0.05, "capital": 0.2})
    ],
]
"""The phrases of a case-folded search are matched as given: an upper-case one never occurs."""
