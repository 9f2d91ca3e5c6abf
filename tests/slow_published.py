"""Slow references of signals that one published corpus made known, and of the hashes."""

import re
import string
import unicodedata
from collections.abc import Callable
from typing import Any

import pyarrow as pa

import filters.edits  # noqa: F401  (declares the edits)
from filters.registry import EDITS
from filters.signals import refinedweb
from filters.signals.madlad import PLAIN, REGULAR
from filters.text import TextBatch
from filters.wordlists import WordLists
from tests import slow_text
from tests.slow_signals import WORDS, hash_of_line, listed_share
from tests.slow_text import fold

Value = Any
BASE = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
ENTRIES = ("the", "a", "ab", "a b", "aa 12")
LISTS = WordLists.of("any", {"*": ENTRIES})


def mixed(value: int) -> int:
    """MurmurHash3's last step."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value ^= value >> 33
        value = value * factor & MASK
    return value ^ value >> 33


def hash_of(values: list[int]) -> int:
    """The polynomial of a sequence modulo 2**64, mixed."""
    return mixed(sum((value + 1) * pow(BASE, i, 1 << 64) for i, value in enumerate(values)) & MASK)


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def hash_of_words(text: str) -> int | None:
    words = [hash_of([ord(c) for c in fold(word)]) for word in text.split()]
    return signed(hash_of(words)) if words else None


def stripped_hash(text: str) -> int | None:
    kept = [
        c for c in text if not (c.isspace() or c in string.punctuation or unicodedata.category(c)[0] == "P")
    ]
    return signed(hash_of([ord(c) for c in kept])) if kept else None


def paragraph_hash(text: str) -> int | None:
    lines = [hash_of_line(line) for line in re.findall(r"[^\n]*\n|[^\n]+$", text)]
    found = [line & MASK for line in lines if line is not None]
    return signed(hash_of(found)) if found else None


def phrase_starts(text: str) -> int:
    words = [fold(word) for word in slow_text.words(text)]
    entries = [[fold(word) for word in slow_text.words(entry)] for entry in ENTRIES]
    return sum(words[i : i + len(e)] == e for i in range(len(words)) for e in entries)


def cursed_patterns(text: str) -> int:
    plain = sum(pattern in text for pattern in PLAIN)
    return plain + sum(bool(re.search(p.replace("$", r"\Z"), text, re.ASCII)) for p in REGULAR)


def corrected(text: str) -> float | None:
    before, after = len(slow_text.words(text)), text
    for name, parameters in refinedweb.LINE_CORRECTIONS:
        after = EDITS[name].function(TextBatch.from_arrow(pa.array([after])), **parameters).text[0].as_py()
    return (before - len(slow_text.words(after))) / before if before else None


def long_tokens(text: str) -> float | None:
    return sum(len(word) for word in text.split() if len(word) >= 5) / len(text) if text else None


def pattern_run(text: str) -> int | None:
    words = WORDS["tokens"](text)
    best = 1 if words else None
    for start in range(len(words)):
        for period in range(1, 4):
            copies = 1
            pattern = words[start : start + period]
            while words[start + copies * period : start + (copies + 1) * period] == pattern:
                copies += 1
            best = max(best or 1, copies if len(pattern) == period else 1)
    return best


PUBLISHED: list[tuple[str, dict[str, Any], Callable[[str], Value]]] = [
    ("content_hash", {}, hash_of_words),
    ("stripped_hash", {}, stripped_hash),
    ("paragraph_hash", {}, paragraph_hash),
    ("flagged_word_ratio", {"words": LISTS}, lambda t: listed_share(t, ["the", "a", "ab"])),
    ("flagged_phrase_count", {"words": LISTS}, phrase_starts),
    ("cursed_pattern_count", {}, cursed_patterns),
    ("corrected_word_ratio", {}, corrected),
    ("long_token_char_ratio", {"characters": 5}, long_tokens),
    ("max_pattern_run", {"longest": 3}, pattern_run),
]
"""Each with parameters that short texts try."""
