"""Slow references of signals that count lines, from their definitions."""

import re
from collections import Counter
from collections.abc import Callable

from filters.unicode_tables import listed
from tests.slow_kinds import LINES, Reference, normalised, share
from tests.slow_text import fold

TERMINAL = frozenset(chr(c) for c in listed("datatrove_terminal_punctuation").nonzero()[0])


def copies(lines: list[str], first: bool) -> list[str]:
    counts, seen, found = Counter(lines), set(), []
    for line in lines:
        if counts[line] > 1 and (first or line in seen):
            found.append(line)
        seen.add(line)
    return found


def line_choice(text: str, kind: str, blank: bool) -> list[str]:
    return [line for line in LINES[kind](text) if blank or line.strip()]


def dup_lines(text: str, lines: str = "runs", first: bool = False, blank: bool = True) -> float | None:
    chosen = line_choice(text, lines, blank)
    return share(len(copies(chosen, first)), len(chosen) if text else 0)


def dup_line_chars(
    text: str, lines: str = "runs", first: bool = False, blank: bool = True, of: str = "text"
) -> float | None:
    whole = {"text": text, "words": "".join(text.split()), "lines": text.replace("\n", "")}[of]
    return share(len("".join(copies(line_choice(text, lines, blank), first))), len(whole))


def edge_lines(text: str, lines: str, stripped: bool, test: Callable[[str], bool]) -> float | None:
    chosen = LINES[lines](text)
    return share(sum(test(line.strip() if stripped else line) for line in chosen), len(chosen))


def short_edge(text: str, first: bool, size: int = 100, share: float = 0.2) -> float | None:
    lines = LINES["newline"](text)
    count = int(len(lines) * share)
    edge = lines[:count] if first else lines[len(lines) - count :]
    return sum(len(line.encode()) < size for line in edge) / count if count else None


def line_chars(text: str, test: Callable[[int], bool]) -> float | None:
    lengths = [len(line) for line in LINES["newline"](text)]
    return share(sum(n for n in lengths if test(n)), sum(lengths))


def lines_of(values: Callable[[str], float]) -> Callable[[str], list[float]]:
    return lambda text: [values(m) for m in re.findall(r"[^\n]*\n|[^\n]+$", text)]


def nth_longest(text: str, n: int = 3, lines: str = "split") -> int:
    lengths = sorted(map(len, LINES[lines](text)), reverse=True)
    return lengths[n - 1] if len(lengths) >= n else 0


REFERENCES: list[Reference] = [
    *[("line_count", {"kind": k}, lambda t, k=k: len(LINES[k](t))) for k in LINES],
    *[
        ("dup_line_ratio", p, lambda t, p=p: dup_lines(t, **p))
        for p in (
            {},
            {"lines": "split", "first": True},
            {"lines": "split", "blank": False},
            {"lines": "unicode"},
        )
    ],
    *[
        ("dup_line_char_ratio", p, lambda t, p=p: dup_line_chars(t, **p))
        for p in (
            {},
            {"lines": "split", "first": True, "of": "words"},
            {"lines": "split", "blank": False, "of": "lines"},
        )
    ],
    *[
        ("dup_paragraph_ratio", {"first": f}, lambda t, f=f: dup_lines(t, "paragraphs", f))
        for f in (True, False)
    ],
    *[
        ("dup_paragraph_char_ratio", {"first": f}, lambda t, f=f: dup_line_chars(t, "paragraphs", f))
        for f in (True, False)
    ],
    (
        "bullet_line_ratio",
        {},
        lambda t: edge_lines(t, "unicode", True, lambda s: s.startswith(tuple("•-*●"))),
    ),
    (
        "bullet_line_ratio",
        {"bullets": "*-", "lines": "split", "stripped": False},
        lambda t: edge_lines(t, "split", False, lambda s: s.startswith(("*", "-"))),
    ),
    ("ellipsis_line_ratio", {}, lambda t: edge_lines(t, "unicode", True, lambda s: s.endswith(("...", "…")))),
    (
        "ellipsis_line_ratio",
        {"dots": False, "lines": "split", "stripped": False},
        lambda t: edge_lines(t, "split", False, lambda s: s.endswith("…")),
    ),
    (
        "line_punct_ratio",
        {},
        lambda t: share(
            sum(s.endswith(tuple(TERMINAL)) for s in line_choice(t, "split", False)),
            len(line_choice(t, "split", False)),
        ),
    ),
    (
        "line_punct_ratio",
        {"marks": ".'\"!?", "blank": True},
        lambda t: share(sum(s.endswith(tuple(".'\"!?")) for s in t.split("\n")), len(t.split("\n"))),
    ),
    (
        "short_line_ratio",
        {"characters": 3},
        lambda t: share(
            sum(len(s) <= 3 for s in line_choice(t, "split", False)), len(line_choice(t, "split", False))
        ),
    ),
    (
        "short_line_ratio",
        {"characters": 3, "blank": True},
        lambda t: share(sum(len(s) <= 3 for s in t.split("\n")), len(t.split("\n"))),
    ),
    ("lines_with_end_mark", {}, lines_of(lambda s: float(s.rstrip().endswith((".", "!", "?", "”"))))),
    ("lines_with_bullet", {}, lines_of(lambda s: float(s.lstrip().startswith(tuple("•‣▶◀◦■□▪▫–"))))),
    ("lines_uppercase_ratio", {}, lines_of(lambda s: sum(map(str.isupper, s)) / len(s))),
    ("lines_word_count", {}, lines_of(lambda s: float(len(normalised(s).split())))),
    (
        "lines_javascript_count",
        {},
        lines_of(lambda s: float(list(map(fold, normalised(s).split())).count("javascript"))),
    ),
    ("lines_numeric_ratio", {}, lines_of(lambda s: sum(map(str.isnumeric, normalised(s))) / len(s))),
    *[
        ("nth_longest_line_length", p, lambda t, p=p: nth_longest(t, **p))
        for p in ({}, {"n": 1}, {"n": 2, "lines": "unicode"})
    ],
    *[
        (name, p, lambda t, first=first, p=p: short_edge(t, first, **p))
        for name, first in (("header_short_line_ratio", True), ("footer_short_line_ratio", False))
        for p in ({}, {"size": 4, "share": 0.5})
    ],
    ("long_line_char_ratio", {"characters": 4}, lambda t: line_chars(t, lambda n: n >= 4)),
    ("short_line_char_ratio", {"characters": 4}, lambda t: line_chars(t, lambda n: n <= 4)),
]
