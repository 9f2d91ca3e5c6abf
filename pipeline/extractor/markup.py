"""Pages to flat arrays: elements in document order and the blocks of text between them, batch by batch.

A parser of HTML5 makes any page well-formed; what follows is arithmetic on the bytes of the well-formed
pages, so that no loop runs over tags, words or characters.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.vocabulary import BLOCK, BREAK, HIDING, NAME_BYTES, NUMBERS, RULE, kinds, tag_numbers

Ints = NDArray[np.int64]

LESS, GREATER, SLASH, BLANK, AMPERSAND, NEWLINE = b"<>/ &\n"
BRACKET_BITS = np.uint8(0xFF ^ LESS ^ GREATER)
"""All bits in which `<` and `>` agree; no other byte agrees with them in these."""
BLOCK_MARK, LINE_MARK = 0, 1
"""What stands for a border between blocks and for a line break."""
MOST_TAGS = 60_000
"""Bytes `<` of one page that are read; what follows is cut off."""

RAW = [
    *("script", "style", "svg", "template", "iframe", "head", "noframes", "noembed", "xmp", "plaintext"),
]
"""Elements without text of the page, whose content is not written as markup, or is much. `noscript` is none:
forums may have all text in it. Each costs the parser a walk; those of `HIDDEN_NAMES` are cut out later."""
DECLARATION = re.compile(rb"<!(?:--.*?--|[^>]*)>", re.DOTALL)
TAG = re.compile(rb"<[^>]*>?")
LEAST_TAG = 3
"""Bytes of a tag."""
NO_BREAK_SPACE = b"&nbsp;"
ENTITIES = {"lt;": "<", "gt;": ">", "amp;": "&", "quot;": '"'}
"""All that a serialised text has, without the ampersand."""
LONGEST_ENTITY = max(map(len, ENTITIES))


@dataclass(frozen=True, slots=True)
class Markup:
    """The elements and blocks of a batch of pages. Every index counts through the batch."""

    pages: int
    page: Ints
    """Of each element, its page."""
    parent: Ints
    """Of each element, the element around it; the root of a page is its own parent."""
    end: Ints
    """Of each element, the first element after it that is not inside it."""
    tag: Ints
    depth: Ints
    attribute: Ints
    """Of each element, an index into `attributes`, whose first is empty."""
    attributes: list[bytes]
    texts: list[str]
    """Of each block: stripped, white space collapsed, line breaks as `\\n`."""
    codes: NDArray[np.uint32]
    """The code points of all blocks, with one 0 before each and one at the end."""
    element: Ints
    """Of each block, the innermost element around it."""
    links: Ints
    """Of each block, the links that begin in it."""
    link_ratio: NDArray[np.float32]
    """Of each block, its bytes inside links, over all; blanks do not count."""
    bold_ratio: NDArray[np.float32]
    images: tuple[tuple[int, int, bytes], ...] = ()
    """Of each image its page, the blocks that begin before it, and its tag; only where they are asked for."""


def well_formed(html: bytes, wanted: Callable[[str], bool] | None = None) -> tuple[bytes, int] | None:
    """Return a page as the parser understands it, without what is hidden, and the number of tags cut off.

    Args:
        html: a page in UTF-8.
        wanted: is given all text of the page; where it says no, there is no result.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    tree.strip_tags(RAW)
    if wanted is not None and not wanted(tree.body.text(separator=" ") if tree.body else ""):
        return None
    page = (tree.html or "").encode("utf-8", "replace")
    excess = page.count(b"<") - MOST_TAGS if len(page) > LEAST_TAG * MOST_TAGS else 0
    if excess > 0:
        places = np.flatnonzero(np.frombuffer(page, np.uint8) == LESS)
        page = (LexborHTMLParser(page[: places[MOST_TAGS]]).html or "").encode("utf-8", "replace")
    return DECLARATION.sub(b"", page), max(excess, 0)


def read_markup(pages: Sequence[bytes], with_images: bool = False) -> Markup:
    """Return the elements and blocks of pages that `well_formed` gave."""
    joined = b"".join(pages)
    borders = np.concatenate(([0], np.cumsum([len(page) for page in pages])))
    codes = np.frombuffer(joined + b"\0" * NAME_BYTES, np.uint8)
    tags = _tags(codes)
    if faulty := _swallowing(tags, borders):
        return read_markup(
            [_flat(page) if i in faulty else page for i, page in enumerate(pages)], with_images
        )
    tags = _without_hidden(tags)
    less, greater, number, closing = tags.less, tags.greater, tags.number, tags.closing
    at = np.flatnonzero(kinds()[number] == BLOCK)
    if faulty := _unbalanced(closing[at], np.searchsorted(less[at], borders)):
        return read_markup(
            [_flat(page) if i in faulty else page for i, page in enumerate(pages)], with_images
        )
    tree = _nest(closing[at])
    opens = at[~closing[at]]
    cut = _cut(codes, tags)
    element = tree.current[np.searchsorted(at, cut.block_tag, "right") - 1]
    page = np.searchsorted(borders, less[opens], "right") - 1
    has_text = _has_text(element, tree.end)
    attribute, attributes = _attributes(joined, less[opens], greater[opens], tags.has_more[opens] & has_text)
    texts, text_codes = _decode(cut.text)
    return Markup(
        pages=len(pages),
        page=page,
        parent=tree.parent,
        end=tree.end,
        tag=number[opens],
        depth=tree.depth,
        attribute=attribute,
        attributes=attributes,
        texts=texts,
        codes=text_codes,
        element=element,
        links=cut.links,
        link_ratio=cut.link_ratio,
        bold_ratio=cut.bold_ratio,
        images=_images(joined, tags, borders, cut.block_tag) if with_images else (),
    )


@dataclass(frozen=True, slots=True)
class _Tags:
    less: Ints
    """Of each tag, its first byte."""
    greater: Ints
    """Of each tag, its last byte."""
    stop: Ints
    """Of each tag, where the text after it ends."""
    number: Ints
    closing: NDArray[np.bool_]
    has_more: NDArray[np.bool_]
    """Of each tag, whether it holds more than a name."""


def _tags(codes: NDArray[np.uint8]) -> _Tags:
    """Return all tags."""
    less, greater = _brackets(codes)
    closing = codes[less + 1] == SLASH
    number, has_more = tag_numbers(codes, less + 1 + closing)
    return _Tags(less, greater, np.append(less[1:], greater[-1:] + 1), number, closing, has_more)


def _hiding(tags: _Tags) -> Ints:
    """Return of each tag how many hidden elements it is in; the end tag of one is outside of it."""
    return np.cumsum(np.where(tags.closing, -1, 1) * (kinds()[tags.number] == HIDING))


def _swallowing(tags: _Tags, borders: Ints) -> frozenset[int]:
    """Return the pages in which a hidden element begins without an end, or ends without a beginning."""
    level = np.concatenate(([0], _hiding(tags)))
    if not level.any():
        return frozenset()
    first = np.searchsorted(tags.less, borders)
    faulty = level[first[1:]] != level[first[:-1]]
    below = np.flatnonzero(level[1:] < level[first[:-1]][np.searchsorted(borders, tags.less, "right") - 1])
    faulty[np.searchsorted(borders, tags.less[below], "right") - 1] = True
    return frozenset(np.flatnonzero(faulty).tolist())


def _without_hidden(tags: _Tags) -> _Tags:
    """Return the tags without those in hidden elements; of these the end tag is left, which means nothing."""
    is_kept = _hiding(tags) == 0
    if is_kept.all():
        return tags
    parts = (tags.less, tags.greater, tags.stop, tags.number, tags.closing, tags.has_more)
    return _Tags(*(part[is_kept] for part in parts))


def _images(markup: bytes, tags: _Tags, borders: Ints, block_tag: Ints) -> tuple[tuple[int, int, bytes], ...]:
    """Return what `Markup.images` says."""
    at = np.flatnonzero(tags.number == NUMBERS["img"])
    page = np.searchsorted(borders, tags.less[at], "right") - 1
    before = np.searchsorted(block_tag, at)
    spans = zip(tags.less[at].tolist(), tags.greater[at].tolist(), strict=True)
    texts = [markup[start:stop] for start, stop in spans]
    return tuple(zip(page.tolist(), before.tolist(), texts, strict=True))


def _brackets(codes: NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """Return where tags begin and end, which takes turns in well-formed markup."""
    places = np.flatnonzero((codes & BRACKET_BITS) == LESS & GREATER)
    is_less = codes[places] == LESS
    if not is_less[0::2].all() or is_less[1::2].any():
        # A name may have `<` in it; older parsers do not escape either in attributes.
        follows = np.append(False, is_less[:-1])
        precedes = np.append(is_less[1:], True)
        places = places[np.where(is_less, ~follows, precedes)]
    return places[0::2], places[1::2]


def _unbalanced(closing: NDArray[np.bool_], first: Ints) -> frozenset[int]:
    """Return the pages whose start and end tags do not match: some names do not come out as they went in.

    Args:
        closing: of each tag, whether it is an end tag.
        first: of each page, its first tag, and one more at the end.
    """
    level = np.concatenate(([0], np.cumsum(np.where(closing, -1, 1))))
    page = np.repeat(np.arange(len(first) - 1), np.diff(first))
    inside = level[1:] - level[first[:-1]][page]
    count = len(first) - 1
    ends = np.bincount(page, inside == 0, minlength=count)
    below = np.bincount(page, inside < 0, minlength=count)
    is_fine = (ends == 1) & (below == 0) & (level[first[1:]] == level[first[:-1]])
    return frozenset(np.flatnonzero(~is_fine).tolist())


def _flat(page: bytes) -> bytes:
    """Return the text of a page without its structure, as paragraphs."""
    texts = (piece.replace(b">", b"&gt;") for piece in TAG.split(page) if not piece.isspace())
    return b"<html><p>" + b"</p><p>".join(texts) + b"</p></html>"


@dataclass(frozen=True, slots=True)
class _Tree:
    parent: Ints
    end: Ints
    depth: Ints
    current: Ints
    """After each tag, the innermost open element."""


def _nest(closing: NDArray[np.bool_]) -> _Tree:
    """Return the tree of balanced start and end tags."""
    step = np.where(closing, -1, 1)
    level = np.cumsum(step) + closing
    order = np.argsort(
        level.astype(np.int16) if len(level) and level.max() < 1 << 15 else level, kind="stable"
    )
    starts, ends = order[0::2], order[1::2]  # in each level they take turns
    before = np.cumsum(~closing)
    element = before[starts] - 1
    count = len(starts)
    end = np.empty(count, np.int64)
    end[element] = before[ends]
    depth = level[~closing]
    keys = depth[element] * (count + 1) + element  # ascending
    around = np.searchsorted(keys, (depth[element] - 1) * (count + 1) + element) - 1
    parent = np.empty(count, np.int64)
    parent[element] = np.where(depth[element] > 1, element[around], element)
    current = np.empty(len(closing), np.int64)
    current[starts] = element
    current[ends] = parent[element]
    return _Tree(parent, end, depth, current)


def _attributes(
    markup: bytes, start: Ints, end: Ints, has_more: NDArray[np.bool_]
) -> tuple[Ints, list[bytes]]:
    """Return of each tag the number of its text, and the texts; the first is empty."""
    some = np.flatnonzero(has_more)
    numbers: dict[bytes, int] = {b"": 0}
    found = [
        numbers.setdefault(markup[a:b], len(numbers))
        for a, b in zip(start[some].tolist(), end[some].tolist(), strict=True)
    ]
    result = np.zeros(len(start), np.int64)
    result[some] = found
    return result, list(numbers)


def _has_text(element: Ints, end: Ints) -> NDArray[np.bool_]:
    """Return of each element whether there is a block in it."""
    blocks = np.zeros(len(end) + 1, np.int64)
    np.cumsum(np.bincount(element, minlength=len(end)), out=blocks[1:])
    return np.asarray(blocks[end] > blocks[:-1])


@dataclass(frozen=True, slots=True)
class _Cut:
    block_tag: Ints
    """Of each block, the last tag before it that ends a block."""
    text: NDArray[np.uint8]
    """All blocks, with a mark before each and one at the end."""
    links: Ints
    link_ratio: NDArray[np.float32]
    bold_ratio: NDArray[np.float32]


def _cut(codes: NDArray[np.uint8], tags: _Tags) -> _Cut:
    """Cut the text into blocks."""
    kind = kinds()[tags.number]
    is_mark = (kind == BLOCK) | (kind == RULE) | (kind == BREAK)
    marks = np.flatnonzero(is_mark)
    # What follows each tag, with the tag's last byte where the tag is a mark.
    starts = tags.greater + 1 - is_mark
    sizes = tags.stop - starts
    places = np.cumsum(sizes)
    raw = codes[np.arange(places[-1]) + np.repeat(starts - places + sizes, sizes)]
    text = np.maximum(raw, BLANK)
    _blank_entities(raw, text)
    _keep_lines(raw, text, places, tags)
    text[places[marks] - sizes[marks]] = np.where(kind[marks] == BREAK, LINE_MARK, BLOCK_MARK)

    # A run of white space becomes its strongest sign, and belongs to the last tag in it.
    is_white = text <= BLANK
    first = is_white.copy()
    first[1:] &= ~is_white[:-1]
    runs = np.flatnonzero(first)
    strongest = np.minimum.reduceat(text, runs)
    text[runs] = strongest
    ends = np.append(runs[1:], len(text))[strongest == BLOCK_MARK]
    is_border = is_mark & (kind != BREAK)
    borders = np.flatnonzero(is_border)
    border = (np.searchsorted(places[borders] - sizes[borders], ends) - 1)[:-1]
    block = np.full(len(borders) + 1, len(border))
    block[border + 1] = np.arange(len(border))
    shares = _links(~is_white, sizes, block[np.cumsum(is_border)], len(border), tags.number, tags.closing)
    return _Cut(borders[border], text[~is_white | first], *shares)


def _blank_entities(raw: NDArray[np.uint8], text: NDArray[np.uint8]) -> None:
    """Put blanks in `text` where `raw` has no-break spaces."""
    at = np.flatnonzero(raw[: max(0, len(raw) - len(NO_BREAK_SPACE) + 1)] == AMPERSAND)
    for i, byte in enumerate(NO_BREAK_SPACE[1:], 1):
        at = at[raw[at + i] == byte]
    for i in range(len(NO_BREAK_SPACE)):
        text[at + i] = BLANK


def _keep_lines(raw: NDArray[np.uint8], text: NDArray[np.uint8], places: Ints, tags: _Tags) -> None:
    """Put line marks in `text` where `raw` has newlines in preformatted elements."""
    is_pre = tags.number == NUMBERS["pre"]
    if is_pre.any():
        inside = np.cumsum(np.where(tags.closing, -1, 1) * is_pre) > 0
        lines = np.flatnonzero(raw == NEWLINE)
        text[lines[inside[np.searchsorted(places, lines, "right")]]] = LINE_MARK


def _links(
    is_written: NDArray[np.bool_],
    sizes: Ints,
    block: Ints,
    count: int,
    number: Ints,
    closing: NDArray[np.bool_],
) -> tuple[Ints, NDArray[np.float32], NDArray[np.float32]]:
    """Return of each block its links, and the shares of its bytes, without blanks, in links and in bold.

    Args:
        is_written: of each byte of text, whether it is no blank.
        sizes: of each tag, the bytes of text after it.
        block: of each tag, the block that it is in; `count` where there is none.
        count: blocks.
        number: of each tag.
        closing: of each tag.
    """
    some = np.flatnonzero(sizes)
    written = np.zeros(len(sizes))
    written[some] = np.add.reduceat(is_written, np.cumsum(sizes)[some] - sizes[some], dtype=np.int64)
    step = np.where(closing, -1, 1)
    is_link = number == NUMBERS["a"]
    in_link = np.cumsum(step * is_link) > 0
    in_bold = np.cumsum(step * ((number == NUMBERS["b"]) | (number == NUMBERS["strong"]))) > 0

    def sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(block, values, minlength=count + 1)[:count].astype(np.float64)

    total = np.maximum(sums(written), 1)
    links = sums((is_link & ~closing).astype(np.float64)).astype(np.int64)
    link_ratio, bold_ratio = sums(written * in_link) / total, sums(written * in_bold) / total
    return links, link_ratio.astype(np.float32), bold_ratio.astype(np.float32)


def _decode(text: NDArray[np.uint8]) -> tuple[list[str], NDArray[np.uint32]]:
    """Return the blocks as strings, and their code points with a 0 between them."""
    joined = text.tobytes().decode("utf-8", "replace").replace("\1", "\n")
    if "&" in joined:
        joined = _unescape(joined)
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    return joined[1:-1].split("\0") if len(joined) > 1 else [], codes


def _unescape(text: str) -> str:
    """Return `text` with characters for entities, which are few."""
    first, *others = text.split("&")
    parts = [first]
    for part in others:
        name = part[: part.find(";", 0, LONGEST_ENTITY) + 1]
        parts += (ENTITIES[name], part[len(name) :]) if name in ENTITIES else ("&", part)
    return "".join(parts)
