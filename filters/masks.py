"""Edits that mask personal data: e-mail addresses, public IP addresses, telephone numbers.

Only texts that hold a sign of such data (`@`, a dot between digits, ten digits) are looked at one by one.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa

from filters.personal_data import DOLMA, replace_personal_data
from filters.registry import Edited, edit
from filters.text import TextBatch, encode
from filters.unicode_tables import NUMERIC

Find: TypeAlias = Callable[[str], Iterator[tuple[int, int]]]

DATATROVE: Final = "datatrove pipeline/formatters/pii.py (FineWeb, GlotCC)"
_ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN: Final = rf"@(?:{_LABEL}\.)+{_LABEL}"
EMAIL: Final = rf"\b{_ATOM}+(?:\.{_ATOM}+)*{_DOMAIN}"
"""The published pattern, whose time grows with the square of a text: `find_emails` finds the same."""
_LOCAL: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+", re.ASCII)
_BEGINS: Final = re.compile(rf"\b{_ATOM}", re.ASCII)
_FOLLOWS: Final = re.compile(_DOMAIN)
OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
IPV4: Final = re.compile(rf"(?:{OCTET}\.){{3}}{OCTET}")
IPV6: Final = re.compile(r"(?<![:.\w])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![:.\w])")
PHONE: Final = re.compile(r"(?<!\d)(?:\+?1[-. ]?)?\(?\d{3}\)?[-. ]?\d{3}[-. ]\d{4}(?!\d)")
EMAIL_REPLACEMENTS: Final = ("email@example.com", "firstname.lastname@example.org")
IP_REPLACEMENTS: Final = (
    *("22.214.171.124", "126.96.36.199", "188.8.131.52"),
    *("184.108.40.206", "220.127.116.11", "18.104.22.168"),
)
IPV6_REPLACEMENT: Final = ("2001:db8::1",)
PHONE_REPLACEMENT: Final = (" |||PHONE_NUMBER||| ",)
PHONE_DIGITS: Final = 10
IPV4_DOTS: Final = 3


@edit(source=f"{DATATROVE}; Dolma: ` |||EMAIL_ADDRESS||| `; ROOTS: `PI:EMAIL`")
def mask_emails(text: TextBatch, *, replacements: Sequence[str] = EMAIL_REPLACEMENTS) -> Edited:
    """Replace each e-mail address by the replacements in turn, from the first in each text.

    The published code takes turns over all texts that one process sees; here a row depends on itself alone.
    """
    return _masked(text, text.per_row(text.symbol("@")) > 0, find_emails, replacements)


@edit(source=DATATROVE)
def mask_public_ips(
    text: TextBatch,
    *,
    replacements: Sequence[str] = IP_REPLACEMENTS,
    replacements_v6: Sequence[str] = IPV6_REPLACEMENT,
) -> Edited:
    """Replace each globally routable IPv4 and IPv6 address by the replacements in turn, anew in each text.

    IPv6 is ours: the published code masks IPv4 only, as an empty `replacements_v6` does.
    """
    dots, colons = text.per_row(text.symbol(".")), text.per_row(text.symbol(":"))
    digits = text.row_sums(text.flag(NUMERIC)) > 0
    first = _masked(text, (dots >= IPV4_DOTS) & digits, _found(IPV4), replacements, _is_public)
    if not replacements_v6 or not (colons > 1).any():
        return first
    second = _masked(TextBatch.from_arrow(first.text), colons > 1, _found(IPV6), replacements_v6, _is_public)
    changes = np.asarray(first.changes.fill_null(0)) + np.asarray(second.changes.fill_null(0))
    return Edited(second.text, pa.array(changes.astype(np.int32), mask=text.is_null))


@edit(source="Dolma v1.5 pii_regex_with_counts_fast_v2 (US form, 3-3-4 digits)")
def mask_phones(text: TextBatch, *, replacements: Sequence[str] = PHONE_REPLACEMENT) -> Edited:
    """Replace each telephone number of North American form (3-3-4 digits, a prefix +1 or none)."""
    digits = text.row_sums(text.flag(NUMERIC))
    return _masked(text, digits >= PHONE_DIGITS, _found(PHONE), replacements)


@edit(source=DOLMA)
def mask_personal_data(
    text: TextBatch,
    *,
    email: str = " |||EMAIL_ADDRESS||| ",
    phone: str = " |||PHONE_NUMBER||| ",
    ip: str = " |||IP_ADDRESS||| ",
) -> Edited:
    """Replace what `personal_data_count` counts, of each kind by its replacement; of overlaps the first."""
    replacements = {"email": email, "phone": phone, "ip": ip}
    texts: list[str] = encode(text.codepoints, text.lengths).to_pylist()
    changes = np.zeros(len(text), dtype=np.int32)
    for row in np.flatnonzero((text.per_row(text.symbol("@")) > 0) | (text.row_sums(text.flag(NUMERIC)) > 0)):
        texts[row], changes[row] = replace_personal_data(texts[row], replacements)
    return Edited(pa.array(texts, pa.string(), mask=text.is_null), pa.array(changes, mask=text.is_null))


def find_emails(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each match of EMAIL starts and ends, in time that grows with the length of the text."""
    free = 0
    for run in _LOCAL.finditer(text):
        follows = _FOLLOWS.match(text, run.end())
        first = max(run.start(), free)
        dots = text.rfind("..", first, run.end())  # no address has two side by side
        begins = _BEGINS.search(text, first if dots < 0 else dots + 2, run.end())
        if follows and begins and text[run.end() - 1] != ".":
            yield begins.start(), follows.end()
            free = follows.end()


def _found(pattern: re.Pattern[str]) -> Find:
    return lambda text: (found.span() for found in pattern.finditer(text))


def _masked(
    text: TextBatch,
    rows: np.ndarray,
    find: Find,
    replacements: Sequence[str],
    accepted: Callable[[str], bool] | None = None,
) -> Edited:
    texts = encode(text.codepoints, text.lengths)
    changes = np.zeros(len(text), dtype=np.int32)
    if rows.any() or text.is_null.any():
        changed: list[str] = texts.to_pylist()
        for row in np.flatnonzero(rows).tolist():
            changed[row], changes[row] = _replaced(changed[row], find, replacements, accepted)
        texts = pa.array(changed, pa.string(), mask=text.is_null)
    return Edited(texts, pa.array(changes, mask=text.is_null))


def _replaced(
    text: str, find: Find, replacements: Sequence[str], accepted: Callable[[str], bool] | None
) -> tuple[str, int]:
    """Put the replacements in turn in the places that are found, and count them."""
    pieces: list[str] = []
    free = count = 0
    for start, end in find(text):
        if accepted is None or accepted(text[start:end]):
            pieces += [text[free:start], replacements[count % len(replacements)]]
            free, count = end, count + 1
    return "".join([*pieces, text[free:]]), count


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
