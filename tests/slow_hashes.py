"""Slow references of hashes of texts and lines, and of windows of hashes, from their definitions."""

import re
import string
import unicodedata

from filters.unicode_tables import listed
from tests.slow_kinds import Reference
from tests.slow_text import fold

BASE = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
CCNET = frozenset(chr(c) for c in listed("ccnet_punctuation").nonzero()[0])


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


def hash_of_line(line: str) -> int | None:
    """The hash that the signal gives to the normalised line."""
    plain = "".join(c for c in fold(line.strip()) if c not in CCNET and unicodedata.category(c) != "Cc")
    plain = "".join("0" if unicodedata.category(c) == "Nd" else c for c in plain)
    return signed(hash_of([ord(c) for c in plain])) if plain else None


def paragraph_hash(text: str) -> int | None:
    lines = [hash_of_line(line) for line in re.findall(r"[^\n]*\n|[^\n]+$", text)]
    found = [line & MASK for line in lines if line is not None]
    return signed(hash_of(found)) if found else None


def place(number: int) -> int:
    """The odd constant of a place in a shingle."""
    return mixed((number + 1) * BASE & MASK) | 1


def shingles(items: list[int], n: int) -> list[int]:
    """The hashes of all windows of `n` items; of fewer items, one of all of them and their number."""
    total = lambda window: sum(item * place(i) for i, item in enumerate(window)) & MASK  # noqa: E731
    if 0 < len(items) < n:
        return [mixed(total(items) + place(n + len(items)) & MASK)]
    return [mixed(total(items[i : i + n])) for i in range(len(items) - n + 1)]


REFERENCES: list[Reference] = [
    ("content_hash", {}, hash_of_words),
    ("stripped_hash", {}, stripped_hash),
    ("line_hashes", {}, lambda t: [hash_of_line(m) for m in re.findall(r"[^\n]*\n|[^\n]+$", t)]),
    ("paragraph_hash", {}, paragraph_hash),
]
