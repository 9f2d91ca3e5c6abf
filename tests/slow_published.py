"""Slow references of signals that one published corpus made known."""

import re
import unicodedata

import pyarrow as pa

import filters.edits  # noqa: F401  (declares the edits)
from filters.registry import EDITS
from filters.signals import refinedweb
from filters.signals.madlad import PLAIN, REGULAR
from filters.text import TextBatch
from filters.wordlists import WordLists
from tests import slow_text
from tests.slow_kinds import WORDS, Reference
from tests.slow_text import fold
from tests.slow_words import listed_share

ENTRIES = ("the", "a", "ab", "a b", "aa 12")
LISTS = WordLists.of("any", {"*": ENTRIES})
OSCAR_SHORT = 100
"""Code points of a short line, bytes of a short line at the edge."""
EDGE = r"[.\s@,?!;:)(]"
OCTET = "(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"


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


def oscar_warnings(text: str) -> str:
    """The labels of ungoliant v2; a line ends at a line feed, and one at the very end begins no line."""
    every, lines = text.split("\n"), text.removesuffix("\n").split("\n") if text else []
    edge = len(lines) // 5
    held = {
        "tiny": len(every) < 5,
        "short_sentences": 2 * sum(len(line) <= OSCAR_SHORT for line in every) > len(every),
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
    ("flagged_word_ratio", {"words": LISTS}, lambda t: listed_share(t, ["the", "a", "ab"])),
    ("flagged_phrase_count", {"words": LISTS}, phrase_starts),
    ("cursed_pattern_count", {}, cursed_patterns),
    ("corrected_word_ratio", {}, corrected),
    ("long_token_char_ratio", {"characters": 5}, long_tokens),
    ("max_pattern_run", {"longest": 3}, pattern_run),
    ("oscar_warnings", {}, oscar_warnings),
    ("personal_data_count", {}, personal_data),
]
"""Each with parameters that short texts try."""
