"""The text between the tags of well-formed pages, cut into blocks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.tags import Bools, Bytes, Ints, Tags
from pipeline.extractor.vocabulary import BLOCK, BREAK, NUMBERS, RULE

Floats = NDArray[np.float32]

BLANK, AMPERSAND, NEWLINE = b" &\n"
BLOCK_MARK, LINE_MARK = 0, 1
"""What stands for a border between blocks and for a line break."""
NO_BREAK_SPACE = b"&nbsp;"
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}
"""All that a serialised text has besides, in this order."""
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Cut:
    """The blocks of some pages."""

    block_tag: Ints
    """Of each block, the last tag before it that ends a block."""
    text: Bytes
    """All blocks, with a mark before each and one at the end."""
    links: Ints
    """Of each block, the links that begin in it."""
    link_ratio: Floats
    """Of each block, its bytes in links, over all; blanks do not count."""
    bold_ratio: Floats


def cut_blocks(codes: Bytes, tags: Tags) -> Cut:
    """Cut the text into blocks."""
    kind = tags.kind
    is_border = (kind == BLOCK) | (kind == RULE)
    breaks, borders = np.flatnonzero(kind == BREAK), np.flatnonzero(is_border)
    # What follows each tag, with the tag's last byte where the tag is a mark.
    starts = tags.greater + 1 - (is_border | (kind == BREAK))
    sizes = tags.stop - starts
    places = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=places[1:])
    text = codes[np.arange(places[-1]) + np.repeat(starts - places[:-1], sizes)]
    lines = _lines(text, places, tags)
    _blank_entities(text)
    line_marks, block_marks = np.concatenate((places[breaks], lines)), places[borders]
    text[line_marks] = text[block_marks] = BLANK

    # A run of white space becomes its strongest sign, and belongs to the last tag in it.
    is_white = text <= BLANK
    is_kept = ~is_white
    is_kept[:1] = True
    is_kept[1:] |= ~is_white[:-1]
    kept_before = np.zeros(len(text) + 1, np.int32)
    np.cumsum(is_kept, out=kept_before[1:])
    text = text[is_kept]
    is_blank = text <= BLANK
    text[is_blank] = BLANK
    text[kept_before[line_marks + 1] - 1] = LINE_MARK
    runs = kept_before[block_marks + 1] - 1
    text[runs] = BLOCK_MARK
    block_tag = borders[np.append(runs[1:] != runs[:-1], True)[: len(runs)]][:-1]

    blanks_before = np.zeros(len(text) + 1, np.int32)
    np.cumsum(is_blank, out=blanks_before[1:])
    kept = kept_before[places]
    written = np.diff(kept - blanks_before[kept])
    block = np.full(len(borders) + 1, NOWHERE)
    block[np.searchsorted(borders, block_tag) + 1] = np.arange(len(block_tag))
    return Cut(block_tag, text, *_links(written, block_tag, block[np.cumsum(is_border)], tags))


def _lines(text: Bytes, places: Ints, tags: Tags) -> Ints:
    """Return where newlines are in preformatted elements.

    Args:
        text: what follows each tag.
        places: of each tag, where that begins, and where the last one's ends.
        tags: the tags.
    """
    is_pre = tags.number == NUMBERS["pre"]
    if not is_pre.any():
        return np.zeros(0, np.int64)
    inside = np.flatnonzero(np.cumsum(tags.step * is_pre) > 0)
    starts, sizes = places[inside], places[inside + 1] - places[inside]
    at = np.arange(sizes.sum()) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
    return np.asarray(at[text[at] == NEWLINE])


def _blank_entities(text: Bytes) -> None:
    """Put blanks for no-break spaces."""
    at = np.flatnonzero(text[: max(0, len(text) - len(NO_BREAK_SPACE) + 1)] == AMPERSAND)
    for i, byte in enumerate(NO_BREAK_SPACE[1:], 1):
        at = at[text[at + i] == byte]
    for i in range(len(NO_BREAK_SPACE)):
        text[at + i] = BLANK


def _links(
    written: NDArray[np.int32], block_tag: Ints, block: Ints, tags: Tags
) -> tuple[Ints, Floats, Floats]:
    """Return of each block its links, and the shares of its bytes, without blanks, in links and in bold.

    Args:
        written: of each tag, the bytes of text after it that are no blanks.
        block_tag: of each block, the last tag before it that ends a block.
        block: of each tag, the block that it is in, or `NOWHERE`.
        tags: the tags.
    """
    count, number = len(block_tag), tags.number
    if not count:
        return np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32)
    is_link = number == NUMBERS["a"]
    total = np.maximum(np.add.reduceat(written, block_tag, dtype=np.int64), 1)

    def share(which: Bools) -> Floats:
        at = np.flatnonzero((np.cumsum(tags.step * which) > 0) & (written > 0))
        inside = np.bincount(block[at], written[at], minlength=count)
        return np.asarray(inside / total, np.float32)

    begins = block[is_link & ~tags.closing]
    links = np.bincount(begins[begins >= 0], minlength=count)
    return links, share(is_link), share((number == NUMBERS["b"]) | (number == NUMBERS["strong"]))


def decode(text: Bytes) -> tuple[list[str], NDArray[np.uint32]]:
    """Return the blocks as strings, and their code points with a 0 before each and one at the end."""
    joined = text.tobytes().decode("utf-8", "replace").replace("\1", "\n")
    if "&" in joined:
        for entity, character in ENTITIES.items():
            joined = joined.replace(entity, character)
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    return joined[1:-1].split("\0") if len(joined) > 1 else [], codes
