"""Slow references of SimHash, of OSCAR's labels and of personal data, from their definitions."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from tests.slow_published import BASE, MASK, mixed, signed
from tests.slow_text import fold

OSCAR_SHORT = 100
"""Code points of a short line, bytes of a short line at the edge."""
EDGE = r"[.\s@,?!;:)(]"
OCTET = "(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"


def place(number: int) -> int:
    """The odd constant of a place in a shingle."""
    return mixed((number + 1) * BASE & MASK) | 1


def shingles(items: list[int], n: int) -> list[int]:
    """The hashes of all windows of `n` items; of fewer items, one of all of them and their number."""
    total = lambda window: sum(item * place(i) for i, item in enumerate(window)) & MASK  # noqa: E731
    if 0 < len(items) < n:
        return [mixed(total(items) + place(n + len(items)) & MASK)]
    return [mixed(total(items[i : i + n])) for i in range(len(items) - n + 1)]


def simhash(text: str, n: int) -> int | None:
    """The bits that more than half of the n-grams of code points without punctuation have."""
    kept = [c for c in text if unicodedata.category(c)[0] != "P"]
    hashes = shingles([mixed(ord(fold(c)) * BASE & MASK) for c in kept], n)
    ones = [bit for bit in range(64) if 2 * sum(h >> bit & 1 for h in hashes) > len(hashes)]
    return signed(sum(1 << bit for bit in ones)) if hashes else None


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


HASHED: list[tuple[str, dict[str, Any], Callable[[str], Any]]] = [
    ("simhash", {"n": 3}, lambda t: simhash(t, 3)),
    ("simhash", {}, lambda t: simhash(t, 6)),
    ("oscar_warnings", {}, oscar_warnings),
    ("personal_data_count", {}, personal_data),
]
"""Each with parameters that short texts try."""
