"""Slow references of signals that one published corpus made known."""

import re
import unicodedata
from functools import lru_cache

import pyarrow as pa

import filters.edits  # noqa: F401  (declares the edits)
from filters.registry import EDITS
from filters.signals import refinedweb
from filters.signals.madlad import PLAIN, REGULAR
from filters.text import TextBatch
from tests.slow_kinds import WORDS, Reference

OSCAR_SHORT = 100
"""Code points of a short line, bytes of a short line at the edge."""
EDGE = r"[.\s@,?!;:)(]"
OCTET = "(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"


def cursed_patterns(text: str) -> int:
    plain = sum(pattern in text for pattern in PLAIN)
    return plain + sum(bool(re.search(p.replace("$", r"\Z"), text, re.ASCII)) for p in REGULAR)


@lru_cache(maxsize=64)  # words of several kinds are counted in the same text
def corrected(text: str) -> str:
    for name, parameters in refinedweb.LINE_CORRECTIONS:
        batch = TextBatch.from_arrow(pa.array([text]))
        text = EDITS[name].function(batch, **parameters).text[0].as_py()
    return text


def corrected_words(text: str, kind: str) -> float | None:
    before = len(WORDS[kind](text))
    return (before - len(WORDS[kind](corrected(text)))) / before if before else None


def long_tokens(text: str) -> float | None:
    return sum(len(word) for word in text.split() if len(word) >= 5) / len(text) if text else None


def pattern_run(text: str, longest: int, kind: str = "tokens") -> int | None:
    """Every pattern at every place, repeated as often as it is."""
    words = WORDS[kind](text)
    best = 1 if words else None
    for start in range(len(words)):
        for period in range(1, longest + 1):
            copies = 1
            pattern = words[start : start + period]
            while words[start + copies * period : start + (copies + 1) * period] == pattern:
                copies += 1
            best = max(best or 1, copies if len(pattern) == period else 1)
    return best


def oscar_warnings(text: str, tiny: int = 5, characters: int = OSCAR_SHORT) -> str:
    """The labels of ungoliant v2; a line ends at a line feed, and one at the very end begins no line."""
    every, lines = text.split("\n"), text.removesuffix("\n").split("\n") if text else []
    edge = len(lines) // 5
    held = {
        "tiny": len(every) < tiny,
        "short_sentences": 2 * sum(len(line) <= characters for line in every) > len(every),
        "header": short_edge(lines[:edge]),
        "footer": short_edge(lines[len(lines) - edge :]),
        "noisy": sum(unicodedata.category(c)[0] not in "LM" for c in text) > len(text) // 2,
    }
    return ",".join(name for name, is_held in held.items() if is_held)


def short_edge(lines: list[str]) -> bool:
    return sum(len(line.encode()) < OSCAR_SHORT for line in lines) > len(lines) // 2


def personal_data(text: str) -> int:
    """The places that Dolma's patterns find in each line with its line feed."""
    found = 0
    for line in re.split(r"(?<=\n)", text) if text.count("?") <= 10_000 else ():
        for match in re.finditer(rf"{EDGE}*([^\s@]+@[^\s@,?!;:)(]+?){EDGE}?\s", line):
            name, _, host = match[1].partition("@")
            found += name != "(" and "." in host
        found += len(re.findall(r"\s+\(?\d{3}\)?[-. ]*\d{3}[-. ]?\d{4}", line))
        found += len(re.findall(rf"({OCTET}\.){{3}}{OCTET}", line))
    return found


REFERENCES: list[Reference] = [
    ("cursed_pattern_count", {}, cursed_patterns),
    *[
        ("corrected_word_ratio", {"kind": k}, lambda t, k=k: corrected_words(t, k))
        for k in ("unicode", "whitespace", "tokens")
    ],
    ("long_token_char_ratio", {"characters": 5}, long_tokens),
    *[
        ("max_pattern_run", {"longest": 3, "kind": k}, lambda t, k=k: pattern_run(t, 3, k))
        for k in ("tokens", "unicode")
    ],
    ("oscar_warnings", {}, oscar_warnings),
    ("oscar_warnings", {"tiny": 2, "characters": 3}, lambda t: oscar_warnings(t, 2, 3)),
    ("personal_data_count", {}, personal_data),
]
"""Each with parameters that short texts try."""
