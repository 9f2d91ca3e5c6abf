"""Names of HTML elements as numbers: what kind each is, and which region of a page it opens."""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK, INLINE, VOID, BREAK, RULE, HIDING = range(6)
"""Kinds: ends a block and holds others; neither; has no end; a line break; ends a block, has no end; holds no
text of the page."""

UNKNOWN: Final = 0
ELEMENTS: Final = (
    *(
        "p",
        "div",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "td",
        "th",
        "blockquote",
        "pre",
        "section",
        "article",
    ),
    *(
        "main",
        "nav",
        "header",
        "footer",
        "aside",
        "ul",
        "ol",
        "table",
        "tr",
        "tbody",
        "dl",
        "dt",
        "dd",
        "form",
    ),
    *(
        "figure",
        "figcaption",
        "body",
        "html",
        "details",
        "summary",
        "fieldset",
        "center",
        "button",
        "address",
    ),
    *("thead", "noscript"),
)
"""The elements that the model tells apart, from 1 up; the others are `UNKNOWN`."""
INLINE_NAMES: Final = (
    *(
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
    ),
    *(
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
    ),
    *("sub", "sup", "time", "tt", "u", "var", "nobr", "picture"),
)
VOID_NAMES: Final = (
    "img",
    "input",
    "source",
    "param",
    "area",
    "track",
    "embed",
    "wbr",
    "link",
    "meta",
    "base",
    "col",
)
HIDDEN_NAMES: Final = (
    *("object", "select", "canvas", "video", "audio", "map", "textarea", "math", "option", "dialog"),
)
OTHER_VOID: Final = ("frame", "keygen", "basefont", "bgsound")
NUMBERS: Final = {
    name: number
    for number, name in enumerate(
        (*ELEMENTS, *INLINE_NAMES, *VOID_NAMES, *OTHER_VOID, "br", "hr", *HIDDEN_NAMES), 1
    )
}
HEADINGS: Final = range(NUMBERS["h1"], NUMBERS["h6"] + 1)

REGIONS: Final = {
    "nav": 0, "header": 1, "footer": 2, "aside": 3, "article": 4, "main": 5, "form": 6, "table": 7, "ul": 8,
    "ol": 8,
    "blockquote": 9, "figure": 10, "figcaption": 10, "section": 11, "dl": 12, "pre": 13, "details": 14,
    "address": 15, "noscript": 16,
}  # fmt: skip
"""The bit that a block has inside such an element."""
HIDDEN_REGION, STYLED_REGION, BODY_REGION, COMMENT_REGION = range(17, 21)
"""Bits that attributes give: `hidden`, an invisible style, the body of an article, comments of readers."""
REGION_COUNT: Final = 21

NAME_BYTES: Final = 8
ONES: Final = np.uint64(0x0101010101010101)
HIGHS: Final = np.uint64(0x8080808080808080)
SLOTS: Final = 1 << 11
SLOT_SHIFT: Final = np.uint64(64 - 11)
SLOT_FACTOR: Final = np.uint64(0xA195A45C672EF6DF)
"""With this factor the highest bits of the product differ for all names, which a test checks."""


@functools.cache
def kinds() -> NDArray[np.uint8]:
    """Return the kind of each number."""
    result = np.full(len(NUMBERS) + 1, BLOCK, np.uint8)
    result[[NUMBERS[name] for name in INLINE_NAMES]] = INLINE
    result[[NUMBERS[name] for name in (*VOID_NAMES, *OTHER_VOID)]] = VOID
    result[NUMBERS["br"]] = BREAK
    result[NUMBERS["hr"]] = RULE
    result[[NUMBERS[name] for name in HIDDEN_NAMES]] = HIDING
    return result


@functools.cache
def region_bits() -> NDArray[np.int64]:
    """Return the region bits of each number."""
    result = np.zeros(len(NUMBERS) + 1, np.int64)
    for name, bit in REGIONS.items():
        result[NUMBERS[name]] = 1 << bit
    return result


def tag_numbers(
    codes: NDArray[np.uint8], at: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return the number of the name that begins at each place, and whether more than the name is in the tag.

    Args:
        codes: bytes of well-formed markup, followed by eight more.
        at: where names begin.
    """
    eights = np.ndarray((len(codes) - NAME_BYTES + 1,), np.dtype("<u8"), codes.data, strides=(1,))
    names = eights[at]
    blanks = _first_is(names, ord(" "))
    ends = _first_is(names, ord(">"))
    either = blanks | ends
    low = either & (~either + np.uint64(1))
    names &= (low >> np.uint64(7)) - np.uint64(1)
    keys, known = _slots()
    found = ((names * SLOT_FACTOR) >> SLOT_SHIFT).view(np.int64)
    is_long = low == 0
    numbers = np.where(keys[found] == names, known[found], np.uint8(UNKNOWN))
    if is_long.any():  # void elements have no end tag: a longer name must not be taken for one of them
        ends_here = np.isin(codes[np.minimum(at + NAME_BYTES, len(codes) - 1)], (ord(" "), ord(">")))
        numbers[is_long & ~ends_here & (kinds()[numbers] == VOID)] = UNKNOWN
    return numbers, is_long | ((low & blanks) != 0)


def _first_is(words: NDArray[np.uint64], byte: int) -> NDArray[np.uint64]:
    """Mark bytes equal to `byte`; the lowest mark of each word is true, higher ones may not be."""
    other = words ^ (ONES * np.uint64(byte))
    return (other - ONES) & ~other & HIGHS


@functools.cache
def _slots() -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Return the first eight letters of each name and its number, in the slots that they are looked up in."""
    keys, known = np.zeros(SLOTS, np.uint64), np.zeros(SLOTS, np.uint8)
    for name, number in NUMBERS.items():
        key = int.from_bytes(name.encode()[:NAME_BYTES], "little")
        slot = (key * int(SLOT_FACTOR) & ((1 << 64) - 1)) >> int(SLOT_SHIFT)
        keys[slot], known[slot] = key, number
    return keys, known
