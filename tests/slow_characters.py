"""Slow references of signals that count characters and scripts, from their definitions."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import groupby

import pyarrow as pa
import regex

from tests.slow_kinds import Reference, is_emoji, is_special, share


def is_category(prefix: str) -> Callable[[str], bool]:
    return lambda c: unicodedata.category(c).startswith(prefix)


def char_share(test: Callable[[str], bool]) -> Callable[[str], float | None]:
    return lambda text: share(sum(map(test, text)), len(text))


def scripts(text: str) -> Counter[str]:
    left = [c for c in text if not c.isspace() and c not in string.punctuation + string.digits]
    return Counter(script_of(c) for c in left)


@cache
def script_of(c: str) -> str:
    if unicodedata.category(c) in ("Cn", "Co"):
        return "Zzzz"
    for code in ("Zyyy", "Zinh", "Latn", "Hani", "Hira", "Kana", "Hang"):
        if regex.match(rf"\p{{sc={code}}}", c):
            return code
    from filters.unicode_tables import script_codes

    return next(s for s in script_codes() if s != "Zzzz" and regex.match(rf"\p{{sc={s}}}", c))


def merged(text: str) -> Counter[str]:
    """As in labels: Han and kana are one where there is kana, Hangul and Han where there is Hangul."""
    counts = scripts(text)
    for code, marks in (("Jpan", ("Hira", "Kana")), ("Hang", ("Hang",))):
        if any(counts[mark] for mark in marks):
            counts[code] = sum(counts.pop(part, 0) for part in ("Hani", *marks))
    return counts


def best_script(counts: Counter[str]) -> str | None:
    return min(counts, key=lambda s: (-counts[s], s), default=None)


def best_script_share(counts: Counter[str]) -> float | None:
    return share(max(counts.values(), default=0), counts.total())


def mojibake(text: str) -> float | None:
    return share(
        len(re.findall("(?<=[ÂÃÄÅÐÑØÙÎÏàáâãä])[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]", text)), len(text)
    )


REFERENCES: list[Reference] = [
    ("char_count", {}, len),
    ("byte_count", {}, lambda t: len(t.encode())),
    ("digit_ratio", {}, char_share(is_category("Nd"))),
    ("letter_ratio", {}, char_share(lambda c: unicodedata.category(c)[0] in "LM")),
    ("whitespace_ratio", {}, char_share(str.isspace)),
    ("punctuation_ratio", {}, char_share(is_category("P"))),
    ("uppercase_ratio", {}, char_share(str.isupper)),
    ("special_char_ratio", {}, char_share(is_special)),
    ("emoji_ratio", {}, char_share(is_emoji)),
    ("ascii_digit_ratio", {}, char_share(lambda c: c in string.digits)),
    ("ascii_punctuation_ratio", {}, char_share(lambda c: c in string.punctuation + "—–")),
    ("technical_char_ratio", {}, char_share(lambda c: c in "0123456789{}+/()>")),
    ("curly_bracket_ratio", {}, char_share(lambda c: c in "{}")),
    ("private_use_ratio", {}, char_share(lambda c: unicodedata.category(c) in ("Co", "Cn"))),
    (
        "control_char_ratio",
        {},
        char_share(lambda c: unicodedata.category(c) == "Cc" and c not in "\t\n\x0b\x0c\r"),
    ),
    (
        "invisible_char_ratio",
        {},
        char_share(lambda c: bool(regex.match(r"\p{Default_Ignorable_Code_Point}", c))),
    ),
    ("replacement_char_count", {}, lambda t: t.count("\ufffd")),
    ("max_char_run", {}, lambda t: max((len(list(g)) for _, g in groupby(t)), default=None)),
    (
        "compression_ratio",
        {},
        lambda t: share(len(pa.Codec("lz4_raw").compress(t.encode())), len(t.encode())),
    ),
    ("mojibake_ratio", {}, mojibake),
    *[
        entry
        for merge, counted in ((False, scripts), (True, merged))
        for entry in (
            ("script", {"merge": merge}, lambda t, counted=counted: best_script(counted(t))),
            ("script_ratio", {"merge": merge}, lambda t, counted=counted: best_script_share(counted(t))),
        )
    ],
]
