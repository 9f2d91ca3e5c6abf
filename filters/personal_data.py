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
EMAIL: Final = rf"{_EDGE}*([^\s@]+@[^\s@,?!;:)(]+?){_EDGE}?\s"
"""The published pattern, whose time grows with the cube of a line: `find_emails` finds the same."""
_EDGES: Final = re.compile(rf"{_EDGE}+")
_LOCAL: Final = re.compile(r"[^\s@]+")
_NO_DOMAIN: Final = re.compile(r"[\s@,?!;:)(]")
PHONE: Final = r"\s+\(?\d{3}\)?[-. ]*\d{3}[-. ]?\d{4}"
"""The published pattern of telephone numbers, whose time grows with the square of white space before none."""
_NUMBER: Final = re.compile(r"(?<=\s)\(?\d{3}\)?[-. ]*\d{3}[-. ]?\d{4}")
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
        for start, end, address in find_emails(line):
            local, domain = address.split("@", 1)
            if local != "(" and "." in domain:
                yield Place(begin + start, begin + end, "email")
    if _DIGIT.search(line):
        for found in _NUMBER.finditer(line):
            start = found.start()
            while start and line[start - 1].isspace():
                start -= 1
            yield Place(begin + start, begin + found.end(), "phone")
        yield from (Place(begin + m.start(), begin + m.end(), "ip") for m in IP.finditer(line))


def find_emails(line: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and first group of each match of EMAIL in a line, in time that grows with its length.

    A match begins with the run of edges that its local part begins in or after. Of several `@` that can be
    reached from there, the last is taken; edges take all that they can of the local part but one character.
    """
    signs = [
        (m.start(), m.end(), _end_of_email(line, m.end()))
        for m in _LOCAL.finditer(line)
        if line.startswith("@", m.end())
    ]
    runs, run, free, number = [m.span() for m in _EDGES.finditer(line)], 0, 0, 0
    while number < len(signs):
        local, at, ends = max(signs[number][0], free), *signs[number][1:]
        if ends is None or local >= at:
            number += 1
            continue
        while run < len(runs) and runs[run][1] < max(local, 1):
            run += 1
        first, last = runs[run] if run < len(runs) and runs[run][0] <= local else (local, local)
        for other in range(number + 1, len(signs)):
            if signs[other][0] > last:
                break
            if signs[other][2] is not None:
                number = other
        _, at, ends = signs[number]
        if ends is not None:
            yield max(first, free), ends[1], line[min(last, at - 1) : ends[0]]
            free = ends[1]
        number += 1


def _end_of_email(line: str, at: int) -> tuple[int, int] | None:
    """Return where the domain after the `@`, as short as it can be, and the match end, if there is one."""
    behind = _NO_DOMAIN.search(line, at + 1)
    stop = behind.start() if behind else len(line)
    edge, after = line[stop : stop + 1], line[stop + 1 : stop + 2]
    if stop > at + 2 and line[stop - 1] == "." and edge.isspace():
        return stop - 1, stop + 1
    if stop == at + 1 or not (edge.isspace() or after.isspace()):
        return None
    return stop, stop + 2 if after.isspace() else stop + 1


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
