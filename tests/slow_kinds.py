"""Kinds of words and lines, and what counts them, in plain Python: what the slow references share."""

import re
import string
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import regex

from filters.unicode_tables import listed
from tests import slow_text

Reference: TypeAlias = tuple[str, dict[str, Any], Callable[..., Any]]
"""A signal, the parameters that it is measured with, and the function that must give the same value."""

SPECIAL = frozenset(
    chr(c) for c in listed("roots_special_characters").nonzero()[0]
)  # the emoji part is added by a pattern
EMOJI = regex.compile(r"\p{Emoji}")


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def is_emoji(c: str) -> bool:
    return ord(c) >= 0x100 and bool(EMOJI.match(c))


def is_special(c: str) -> bool:
    return c in SPECIAL or is_emoji(c)


def roots_words(text: str) -> list[str]:
    special = "".join(sorted({c for c in text if is_special(c)}))
    return [w for p in re.split(r"[ \n\t]", text) if (w := p.strip(special))]


def tokens(text: str) -> list[str]:
    spans = slow_text.word_spans(text)
    inside = {i for a, b in spans for i in range(a, b)}
    spans += [(i, i + 1) for i, c in enumerate(text) if i not in inside and not c.isspace()]
    return [text[a:b] for a, b in sorted(spans)]


WORDS: dict[str, Callable[[str], list[str]]] = {
    "unicode": slow_text.words,
    "whitespace": str.split,
    "word_characters": lambda text: re.findall(r"\w+", text),
    "word_punct": lambda text: re.findall(r"\w+|[^\w\s]+", text),
    "tokens": tokens,
    "blanks": lambda text: text.split(" "),
    "roots": roots_words,
}
LINES: dict[str, Callable[[str], list[str]]] = {
    "newline": lambda text: text.removesuffix("\n").split("\n") if text else [],
    "unicode": str.splitlines,
    "split": lambda text: text.split("\n"),
    "runs": lambda text: re.split(r"\n+", text),
    "paragraphs": lambda text: re.split(r"\n{2,}", text.strip()),
}


def ngrams(items: Sequence[Any], n: int) -> list[Any]:
    return [tuple(items[i : i + n]) for i in range(len(items) - n + 1)]


def normalised(text: str) -> str:
    return unicodedata.normalize("NFD", "".join(c for c in text if c not in string.punctuation))
