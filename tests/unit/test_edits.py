"""Edits: what they cut, and that they leave the rest alone."""

import re
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import edits, masks
from filters.registry import EDITS, Measurement
from schemas.errors import MissingDependencyError
from tests.slow_kinds import is_special
from tests.slow_text import fold
from tests.strategies import ROWS, TEXTS, examples

PIECES = [
    "[1]",
    "[edit]",
    "[",
    "]",
    "javascript",
    "Use Cookies",
    "a.",
    "...",
    "ok!",
    "AB",
    "12",
    "|",
    "\n",
    " ",
    "x",
    "http",
]
TEXT_ROWS = st.lists(
    st.one_of(TEXTS, st.lists(st.sampled_from(PIECES), max_size=20).map("".join)), max_size=5
)


def apply(name: str, rows: list[str | None], **parameters: Any) -> tuple[list[str | None], list[int | None]]:
    columns = {"text": pa.array(rows, pa.string()), "lang": pa.nulls(len(rows), pa.string())}
    edited = Measurement(columns).edited(name, **parameters)
    return edited.text.to_pylist(), edited.changes.to_pylist()


def keep_lines(keep: Callable[[str], bool]) -> Callable[[str], tuple[str, int]]:
    def edit(text: str) -> tuple[str, int]:
        lines = text.split("\n")
        kept = [line for line in lines if keep(line)]
        return "\n".join(kept), len(lines) - len(kept)

    return edit


def short_edges(text: str, characters: int, head: bool, tail: bool) -> tuple[str, int]:
    lines = text.split("\n")
    long = [i for i, line in enumerate(lines) if len(line) > characters]
    first, last = (long[0], long[-1]) if long else (len(lines), -1)
    kept = [s for i, s in enumerate(lines) if not (i < first and head) and not (i > last and tail)]
    return "\n".join(kept), len(lines) - len(kept)


def strip_special(word: str) -> str:
    return word.strip("".join({c for c in word if is_special(c)}))


def without_words(keep: Callable[[str], bool]) -> Callable[[str], tuple[str, int]]:
    """Split on line feeds, then tabs, then spaces; drop words; join what is not empty."""

    def edit(text: str) -> tuple[str, int]:
        words = [[[w for w in p.split(" ") if w] for p in line.split("\t")] for line in text.split("\n")]
        count = sum(not keep(w) for line in words for part in line for w in part)
        lines = [
            [" ".join(kept) for part in line if (kept := [w for w in part if keep(w)])] for line in words
        ]
        return "\n".join("\t".join(parts) for parts in lines if parts), count

    return edit


def citations(text: str) -> tuple[str, int]:
    return re.subn(r"\[\d*\]|\[edit\]|\[citation needed\]", "", text)


def uppercase(line: str) -> bool:
    return not (line and sum(map(str.isupper, line)) > 0.5 * len(line))


LINKS = ("http", "www", ".com", "href", "//")
POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
REFERENCES: list[tuple[str, dict[str, Any], Callable[[str], tuple[str, int]]]] = [
    ("drop_javascript_lines", {}, keep_lines(lambda s: "javascript" not in fold(s))),
    ("drop_policy_lines", {}, keep_lines(lambda s: not any(p in fold(s) for p in POLICY))),
    ("drop_short_lines", {"words": 2}, keep_lines(lambda s: len(s.split()) >= 2)),
    (
        "drop_lines_with_long_words",
        {"characters": 3},
        keep_lines(lambda s: all(len(w) <= 3 for w in s.split())),
    ),
    (
        "drop_lines_without_end_mark",
        {},
        keep_lines(lambda s: s.strip().endswith(tuple('.?!"')) and not s.strip().endswith("...")),
    ),
    ("drop_uppercase_lines", {}, keep_lines(uppercase)),
    (
        "drop_number_lines",
        {},
        keep_lines(lambda s: not all(c.isnumeric() for c in s if not c.isspace()) or not s.strip()),
    ),
    ("drop_short_edge_lines", {"characters": 3}, lambda t: short_edges(t, 3, True, True)),
    ("drop_short_edge_lines", {"characters": 3, "head": False}, lambda t: short_edges(t, 3, False, True)),
    ("drop_link_words", {}, without_words(lambda w: not any(p in strip_special(w) for p in LINKS))),
    (
        "drop_long_words",
        {"characters": 3},
        without_words(lambda w: len(w) <= 3 or 0 < len(strip_special(w)) <= 3),
    ),
    ("drop_citations", {}, citations),
    ("drop_short_lines", {"words": 2, "blank": False}, keep_lines(lambda s: not s or len(s.split()) >= 2)),
]


@pytest.mark.parametrize(("name", "parameters", "reference"), REFERENCES, ids=[r[0] for r in REFERENCES])
@examples(60)
@given(rows=TEXT_ROWS)
def test_an_edit_equals_its_slow_reference(
    name: str, parameters: dict[str, Any], reference: Any, rows: list[str]
) -> None:
    texts, changes = apply(name, list(rows), **parameters)
    assert list(zip(texts, changes, strict=True)) == [reference(row) for row in rows]


@pytest.mark.parametrize("name", sorted(EDITS))
@examples(25)
@given(rows=ROWS)
def test_an_edit_gives_one_text_a_row_and_leaves_null_alone(name: str, rows: list[str | None]) -> None:
    texts, changes = apply(name, rows)
    alone = [apply(name, [row]) for row in rows]
    assert texts == [text[0] for text, _ in alone]
    assert changes == [count[0] for _, count in alone]
    assert [text is None for text in texts] == [row is None for row in rows]
    assert all(text == row for text, row, count in zip(texts, rows, changes, strict=True) if count == 0) or (
        name
        in ("unify_whitespace", "drop_link_words", "drop_long_words")  # they strip and unify separators too
    )


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_says_what_it_does(name: str) -> None:
    assert EDITS[name].definition.endswith(".")
    assert EDITS[name].source


def test_nfc_counts_the_texts_it_changes() -> None:
    assert apply("compose", ["e\u0301", "é", None]) == (["é", "é", None], [1, 0, None])


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("schÃ¶n", "schön"),
        ("la ville dâ€™Orléans", "la ville d'Orléans"),
        ("à¤¹à¤¿à¤¨à¥\x8dà¤¦à¥€", "हिन्दी"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("हिन्दी, አማርኛ, ไทย, 中文, שלום", "हिन्दी, አማርኛ, ไทย, 中文, שלום"),
        ("", ""),
    ],
)
def test_mojibake_is_mended_and_clean_text_left_alone(text: str, mended: str) -> None:
    assert apply("mend_encoding", [text, None]) == ([mended, None], [int(text != mended), None])


def test_without_ftfy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ftfy", None)
    with pytest.raises(MissingDependencyError, match="pip install ftfy"):
        apply("mend_encoding", ["a"])


def test_uniform_white_space_is_that_of_roots() -> None:
    assert apply("unify_whitespace", [" a\u00a0b\u3000\ufffcc\td\u2007 \n"]) == (
        ["a b  c\td\u2007".strip()],
        [3],
    )


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("3 likes", False),
        ("1.2K views.", False),
        ("3 likes to eat", True),
        ("likes", True),
        ("12", True),
        ("", True),
    ],
)
def test_a_counter_line_is_a_number_and_its_word(line: str, kept: bool) -> None:
    assert apply("drop_counter_lines", [line]) == ([line if kept else ""], [0 if kept else 1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to a.b+c@mail.example.co.uk now", "write to email@example.com now"),
        ("a@b.de, c@d.fr, e@f.it", "email@example.com, firstname.lastname@example.org, email@example.com"),
        ("@home a@b user@localhost", "@home a@b user@localhost"),
    ],
)
def test_email_addresses_are_replaced_in_turn(text: str, expected: str) -> None:
    assert apply("mask_emails", [text, None, text])[0] == [expected, None, expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8.8.8.8 and 1.1.1.1", "22.214.171.124 and 126.96.36.199"),
        ("192.168.0.1, 127.0.0.1, 10.1.2.3", "192.168.0.1, 127.0.0.1, 10.1.2.3"),
        ("2606:4700:4700::1111 at 12:30:45", "2001:db8::1 at 12:30:45"),
        ("fe80::1 and ::1", "fe80::1 and ::1"),
        ("version 1.2.3", "version 1.2.3"),
    ],
)
def test_only_public_addresses_are_masked(text: str, expected: str) -> None:
    texts, changes = apply("mask_public_ips", [text])
    assert texts == [expected]
    assert changes == [sum(a != b for a, b in zip(text.split(), expected.split(), strict=True))]


def test_telephone_numbers_are_masked() -> None:
    texts, changes = apply("mask_phones", ["call (555) 123-4567 or +1 555-123-4567", "12345678901234567890"])
    assert texts == ["call  |||PHONE_NUMBER|||  or  |||PHONE_NUMBER||| ", "12345678901234567890"]
    assert changes == [2, 0]


def test_edits_can_be_called_on_lists() -> None:
    assert edits.drop_citations(["a[1] b[edit]"]).text.to_pylist() == ["a b"]
    assert masks.mask_emails(["x@y.org"]).changes.to_pylist() == [1]
