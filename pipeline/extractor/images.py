"""Which images belong to the text of a page, and where in it they stand: for corpora of text with images."""

import html
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ATTRIBUTE = re.compile(rb' (src|alt|data-src|data-original|data-lazy-src)="([^"]*)"')
SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
"""Where the address of an image stands; scripts that load it late keep it in the others."""
LONGEST_ADDRESS, LONGEST_ALT = 2_000, 1_000


@dataclass(frozen=True, slots=True)
class Image:
    """An image in the text of a page."""

    url: str
    """As the page writes it."""
    alt: str
    position: int
    """Characters of the text before it, up to the end of the block that it stands in or after."""


def place_images(
    found: Iterable[tuple[int, bytes]], blocks: Sequence[int], ends: Sequence[int]
) -> list[Image]:
    """Return the images that stand after the first block of the text and not after the last one's element.

    Args:
        found: of each image of a page, the blocks that begin before it, and its tag.
        blocks: the numbers of the blocks of the text, ascending.
        ends: of each of these, where it ends in the text.
    """
    result = []
    for before, tag in found:
        kept = bisect_left(blocks, before)
        address, alt = _read(tag)
        if kept and before <= blocks[-1] + 1 and address:
            result.append(Image(address, alt, ends[kept - 1]))
    return result


def _read(tag: bytes) -> tuple[str, str]:
    """Return the address and the alternative text of an image; no address where it holds the image itself."""
    said = {
        name.decode(): html.unescape(value.decode("utf-8", "replace"))
        for name, value in ATTRIBUTE.findall(tag)
    }
    addresses = (said.get(name, "").strip() for name in SOURCES)
    address = next(
        (a for a in addresses if a and not a.startswith("data:") and len(a) <= LONGEST_ADDRESS), ""
    )
    return address, " ".join(said.get("alt", "").split())[:LONGEST_ALT]
