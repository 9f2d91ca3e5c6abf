r"""Where a text holds personal data, by the patterns of Dolma (`pii_regex_with_counts_fast_v2`).

Each line is looked at with its line feed. An e-mail address needs white space after it, so that one at the
very end of a text is not found; a telephone number needs white space before it, and any ten digits are one;
an IP address is any four octets. The published test that an IP address is no part of a URL never holds (its
`\b` is a backspace), and is left out. Texts with over 10,000 question marks are not looked at.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

DOLMA: Final = "Dolma, python/dolma/taggers/pii.py (0a1a55d), pii_regex_with_counts_fast_v2"
_EDGE: Final = r"[.\s@,?!;:)(]"
EMAIL: Final = re.compile(rf"{_EDGE}*([^\s@]+@[^\s@,?!;:)(]+?){_EDGE}?\s")
PHONE: Final = re.compile(r"\s+\(?\d{3}\)?[-. ]*\d{3}[-. ]?\d{4}")
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
IP: Final = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+$")
_DIGIT: Final = re.compile(r"\d")
MOST_QUESTION_MARKS: Final = 10_000


class Place(NamedTuple):
    """Where personal data stand in a text, and of what kind: email, phone or ip."""

    start: int
    end: int
    kind: str


def find_personal_data(text: str) -> list[Place]:
    """Return the places in the order of the lines; those of different kinds may overlap."""
    if text.count("?") > MOST_QUESTION_MARKS:
        return []
    return [place for line in _LINE.finditer(text) for place in find_in_line(line.group(), line.start())]


def find_in_line(line: str, begin: int = 0) -> Iterator[Place]:
    """Yield the places in one line with its line feed, which begins at `begin`."""
    if "@" in line:
        for found in EMAIL.finditer(line):
            local, domain = found.group(1).split("@", 1)
            if local != "(" and "." in domain:
                yield Place(begin + found.start(), begin + found.end(), "email")
    if _DIGIT.search(line):
        yield from (Place(begin + m.start(), begin + m.end(), "phone") for m in PHONE.finditer(line))
        yield from (Place(begin + m.start(), begin + m.end(), "ip") for m in IP.finditer(line))


def replace_personal_data(text: str, replacements: dict[str, str]) -> tuple[str, int]:
    """Return the text with each place replaced by what its kind has, and how many; of overlaps the first."""
    pieces: list[str] = []
    free = count = 0
    for place in sorted(find_personal_data(text)):
        if place.start < free or place.kind not in replacements:
            continue
        pieces += [text[free : place.start], replacements[place.kind]]
        free, count = place.end, count + 1
    return "".join([*pieces, text[free:]]), count
