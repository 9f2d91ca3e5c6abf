"""Slow, obvious references for the segmentation of text, one text at a time."""

import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

import regex
from icu4py.breakers import WordBreaker

from filters.unicode_tables import SEGMENTED_SCRIPTS, SENTENCE_END, tables

# Of WordBreakProperty.txt; written out so that the reference does not read the table that it checks.
MID_LETTER = set("\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a")
MID_NUMBER = set(",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b")
MID_BOTH = set(".'\u2018\u2019\u2024\ufe52\uff07\uff0e")
MID_ANY = set("_\u202f\u203f\u2040\u2054\ufe33\ufe34\ufe4d\ufe4e\ufe4f\uff3f")
KANA_MARKS = set("\u30fc\uff70\uff9e\uff9f")
# Of another word-break class in the Unicode of `regex` than in that of the table.
CHANGED = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
LETTERS = regex.compile(
    r"[[\p{L}\p{Nl}\p{WB=ALetter}\p{WB=Hebrew_Letter}\p{WB=Katakana}]--[\u00b8\u070f]]", regex.V1
)
UNSPACED = regex.compile("[" + "".join(rf"\p{{sc={script}}}" for script in SEGMENTED_SCRIPTS) + "]")
FORMAT = regex.compile(r"[\p{WB=Format}]")
HEBREW = regex.compile(r"\p{sc=Hebr}")


@cache
def word_class(c: str) -> str:
    category = unicodedata.category(c)
    if category[0] == "M" or c in "\u200c\u200d":
        return "mark"
    if category in ("Nd", "No"):
        return "number"
    if category != "Cn" and (
        LETTERS.match(c) or is_unspaced(c)
    ):  # `regex` knows letters newer than the table
        return "letter"
    return "format" if c in CHANGED or FORMAT.match(c) else ""


@cache
def is_unspaced(c: str) -> bool:
    return c in KANA_MARKS or (bool(UNSPACED.match(c)) and unicodedata.category(c)[0] in "LMN")


def joins(text: str, i: int) -> bool:
    if not 0 < i < len(text) - 1 or is_unspaced(text[i - 1]) or is_unspaced(text[i + 1]):
        return False
    left, c, right = word_class(text[i - 1]), text[i], word_class(text[i + 1])
    if not {left, right} <= {"letter", "number", "mark"}:
        return False
    letters, numbers = left != "number" and right == "letter", left == right == "number"
    hebrew = bool(HEBREW.match(text[i - 1]) and HEBREW.match(text[i + 1]))
    return (
        word_class(c) == "format"
        or c in MID_ANY
        or (letters and (c in MID_LETTER or c in MID_BOTH or (c == '"' and hebrew)))
        or (numbers and (c in MID_NUMBER or c in MID_BOTH))
    )


def word_spans(text: str) -> list[tuple[int, int]]:
    return list(_word_spans(text))


@lru_cache(maxsize=256)  # many references ask for the words of the same text
def _word_spans(text: str) -> tuple[tuple[int, int], ...]:
    classes = [word_class(c) for c in text]
    inside = [k in ("letter", "number", "mark") or joins(text, i) for i, k in enumerate(classes)]
    unspaced = [is_unspaced(c) for c in text]
    for i in range(1, len(text)):
        unspaced[i] |= classes[i] == "mark" and unspaced[i - 1]
    cuts = {i for i in range(1, len(text)) if unspaced[i] != unspaced[i - 1]}
    for start, end in spans_of(unspaced):
        utf16 = [len(text[start:i].encode("utf-16-le")) // 2 for i in range(start, end)]
        cuts |= {start + utf16.index(at) for at, _ in WordBreaker(text[start:end], "en").segments()}
    cuts = {i for i in cuts if classes[i] != "mark"}
    found = []
    for start, end in spans_of(inside):
        edges = [start, *sorted(i for i in cuts if start < i < end), end]
        for first, last in pairwise(edges):
            solid = [i for i in range(first, last) if classes[i] in ("letter", "number")]
            if solid:
                found.append((solid[0], last))
    return tuple(found)


def spans_of(mask: list[bool]) -> list[tuple[int, int]]:
    found, start = [], None
    for i, value in enumerate([*mask, False]):
        if value and start is None:
            start = i
        if not value and start is not None:
            found.append((start, i))
            start = None
    return found


def words(text: str) -> list[str]:
    return [text[a:b] for a, b in word_spans(text)]


def fold(text: str) -> str:
    """Simple case folding: what `casefold` gives where that is one code point, else what `lower` gives."""
    return "".join(next((f for f in (c.casefold(), c.lower()) if len(f) == 1), c) for c in text)


WEAK = ".!?\u2026\u22ef"


def closes(c: str, weak: bool) -> bool:
    return c in "\"')]}" or unicodedata.category(c) in (("Pe", "Pf", "Pi") if weak else ("Pe", "Pf"))


def is_terminal(c: str) -> bool:
    return bool(tables().properties[ord(c)] & SENTENCE_END)


def sentences(text: str) -> list[str]:
    """The sentences, stripped, without empty ones."""
    return [s for line in text.split("\n") for piece in cut_line(line) if (s := piece.strip())]


def cut_line(line: str) -> list[str]:
    found, start, i = [], 0, 0
    while i < len(line):
        if not is_terminal(line[i]) or (i + 1 < len(line) and is_terminal(line[i + 1])):
            i += 1
            continue
        weak = line[i] in WEAK
        i += 1
        while i < len(line) and closes(line[i], weak):
            i += 1
        after = i
        while i < len(line) and line[i].isspace():
            i += 1
        if i < len(line) and (not weak or (i > after and not line[i].islower())):
            found.append(line[start:i])
            start = i
        i = max(after, start)
    return [*found, line[start:]]
