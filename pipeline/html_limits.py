"""Which pages are not worth parsing: a linear look at the markup, before any parser sees it.

Parsers are quadratic in nesting and in the attributes of one tag, and linear with a large factor in tags.
Measured on one core: 20,000 attributes in a tag 1 s, 10,000 nested elements 2 s, 20,000 options of a select
3 s, 90,000 of them 74 s (Lexbor), 100,000 table rows 8 s and 0.5 GB (trafilatura). Real pages stay far below
these limits: of 714 the one with most has 9,207 tags. What gets past them is stopped by the limits on time
and memory.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LESS, SLASH, GREATER = b"</>"
LETTER_A, LETTER_Z = b"az"
TO_LOWER = 0x20

BLOCK = 4_096
"""Bytes. A stretch of two blocks without `<` holds a whole one, and a shorter tag is harmless."""

RAW_TEXT = {
    b"<!--": b"-->",
    b"<script": b"</script",
    b"<style": b"</style",
    b"<textarea": b"</textarea",
    b"<xmp": b"</xmp",
}
"""Where `<` does not begin a tag."""
VALUE = re.compile(rb"=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")

# Elements without content, or closed by what follows them: unclosed ones do not nest. First four letters.
FLAT = (
    "area", "base", "br", "col", "embe", "hr", "img", "inpu", "link", "meta", "para", "sour", "trac", "wbr",
    "p", "li", "dd", "dt", "td", "th", "tr", "tbod", "tfoo", "thea", "colg", "opti", "optg", "html", "head",
    "body",
)  # fmt: skip
FLAT_NAMES = np.array([int.from_bytes(name.encode(), "little") for name in FLAT], np.uint32)
OPTION_NAMES = FLAT_NAMES[[FLAT.index("opti"), FLAT.index("optg")]]
NAME_LETTERS = 4


@dataclass(frozen=True, slots=True)
class HtmlLimits:
    """How large a page may be to be parsed at all."""

    size: int = 8 << 20
    """Bytes."""
    tags: int = 200_000
    """Bytes `<`."""
    depth: int = 1_000
    """Open elements at one place, estimated."""
    options: int = 8_000
    """Elements `option` and `optgroup`."""
    attributes: int = 1_000
    """Attributes of one tag. Its length alone is no fault: images, drawings and data are inlined in tags."""


def html_fault(html: bytes, limits: HtmlLimits) -> str | None:
    """Return what of `html`, in a superset of ASCII, exceeds `limits`, or None."""
    if len(html) > limits.size:
        return f"{len(html)} bytes, limit {limits.size}"
    if not html:
        return None
    data = np.frombuffer(html, np.uint8)
    is_tag = data == LESS
    tags = int(np.count_nonzero(is_tag))
    if tags > limits.tags:
        return f"{tags} tags, limit {limits.tags}"
    if tags > limits.options and (options := count_options(data, np.flatnonzero(is_tag))) > limits.options:
        return f"{options} options, limit {limits.options}"
    if most_attributes(html) > limits.attributes:
        attributes = most_attributes(without_raw_text(html))
        if attributes > limits.attributes:
            return f"{attributes} attributes in one tag, limit {limits.attributes}"
    end_tags = int(np.count_nonzero(is_tag[:-1] & (data[1:] == SLASH)))
    if tags - end_tags > limits.depth < nesting(html):
        depth = nesting(without_raw_text(html))
        if depth > limits.depth:
            return f"{depth} nested elements, limit {limits.depth}"
    return None


def count_options(data: NDArray[np.uint8], at: NDArray[np.int64]) -> int:
    """Count the elements `option` and `optgroup` among the tags that begin at `at`."""
    names = _names(np.append(data, np.zeros(NAME_LETTERS, np.uint8)), at + 1)
    return int(np.isin(names, OPTION_NAMES).sum())


def without_raw_text(html: bytes) -> bytes:
    """Return `html` in lower case without comments and without the content of scripts and styles."""
    html = html.lower()
    starts = {start: html.find(start) for start in RAW_TEXT}
    kept, position = [], 0
    while found := [(at, start) for start, at in starts.items() if at >= 0]:
        at, start = min(found)
        kept.append(html[position:at])
        end = html.find(RAW_TEXT[start], at + len(start))
        position = end if end >= 0 else len(html)
        for name, seen in starts.items():
            if 0 <= seen < position:
                starts[name] = html.find(name, position)
    return b"".join([*kept, html[position:]])


def most_attributes(html: bytes) -> int:
    """Count the attributes of the tag that has most, among tags of two blocks and more."""
    most = position = 0
    while position + BLOCK <= len(html):
        if html.find(b"<", position, position + BLOCK) >= 0:
            position += BLOCK
            continue
        start = html.rfind(b"<", 0, position)
        end = html.find(b"<", position)
        end = end if end >= 0 else len(html)
        if start >= 0 and html[start + 1 : start + 2].isalpha():
            words = VALUE.sub(b" ", html[start:end]).partition(b">")[0].split()
            most = max(most, len(words) - 1)
        position = end + 1
    return most


def nesting(html: bytes) -> int:
    """Estimate the deepest nesting of elements from the tags alone.

    Differs from a parser where end tags are missing or misplaced, and where scripts hold markup.
    """
    data = np.frombuffer(html + b"\0" * 8, np.uint8)
    at = np.flatnonzero(data == LESS)
    if not len(at):
        return 0
    closing = data[at + 1] == SLASH
    names = _names(data, at + 1 + closing)
    is_element = (names != 0) & ~np.isin(names, FLAT_NAMES)
    ends = np.append(np.flatnonzero(data == GREATER), len(data) - 1)
    self_closed = data[ends[np.searchsorted(ends, at)] - 1] == SLASH
    depth = np.cumsum(np.where(closing, -1, ~self_closed) * is_element)
    floor = np.minimum.accumulate(np.minimum(depth, 0))  # an end tag without a start does nothing
    return int((depth - floor).max())


def _names(data: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The first four letters of the names at `at`, in lower case, as one number each; 0: no name."""
    names = np.zeros(len(at), np.uint32)
    inside = np.ones(len(at), bool)
    for i in range(NAME_LETTERS):
        letters = data[at + i] | TO_LOWER
        inside &= (letters >= LETTER_A) & (letters <= LETTER_Z)
        names |= np.where(inside, letters, 0).astype(np.uint32) << np.uint32(8 * i)
    return names
