"""Pages to flat arrays: elements in document order and the blocks of text between them, batch by batch.

A parser of HTML5 makes any page well-formed; what follows is arithmetic on the bytes of the well-formed
pages, so that no loop runs over tags, words or characters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.vocabulary import BLOCK, BREAK, NAME_BYTES, NUMBERS, RULE, kinds, tag_numbers

Ints = NDArray[np.int64]

LESS, GREATER, SLASH, BLANK = b"<>/ "
BRACKET_BITS = np.uint8(0xFF ^ LESS ^ GREATER)
"""All bits in which `<` and `>` agree; no other byte agrees with them in these."""
BLOCK_MARK, LINE_MARK = 0, 1
"""What stands for a border between blocks and for a line break."""
MOST_TAGS = 60_000
"""Bytes `<` of one page that are read; what follows is cut off."""

HIDDEN = [
    *(
        "script",
        "style",
        "svg",
        "template",
        "iframe",
        "head",
        "object",
        "select",
        "canvas",
        "video",
        "audio",
        "map",
    ),
    *("textarea", "math", "noframes", "noembed", "xmp", "plaintext", "option", "dialog"),
]
"""Elements whose content is no text of the page. `noscript` is not one: forums may have all text in it."""
DECLARATION = re.compile(rb"<!(?:--.*?--|[^>]*)>", re.DOTALL)
TAG = re.compile(rb"<[^>]*>?")
WHITE = np.where(np.arange(256) <= BLANK, BLANK, np.arange(256)).astype(np.uint8)
WHITE_LINES = WHITE.copy()
WHITE_LINES[ord("\n")] = LINE_MARK


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


def well_formed(html: bytes) -> tuple[bytes, int]:
    """Return a page as the parser understands it, without what is hidden, and the number of tags cut off."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    tree.strip_tags(HIDDEN)
    page = (tree.html or "").encode("utf-8", "replace")
    excess = page.count(b"<") - MOST_TAGS
    if excess > 0:
        places = np.flatnonzero(np.frombuffer(page, np.uint8) == LESS)
        page = (LexborHTMLParser(page[: places[MOST_TAGS]]).html or "").encode("utf-8", "replace")
    if b"<!" in page:
        page = DECLARATION.sub(b"", page)
    if b"&nbsp;" in page:
        page = page.replace(b"&nbsp;", b" ")
    return page, max(excess, 0)


def read_markup(pages: Sequence[bytes]) -> Markup:
    """Return the elements and blocks of pages that `well_formed` gave."""
    joined = b"".join(pages)
    borders = np.concatenate(([0], np.cumsum([len(page) for page in pages])))
    codes = np.frombuffer(joined + b"\0" * NAME_BYTES, np.uint8)
    less, greater = _brackets(codes)
    closing = codes[less + 1] == SLASH
    number, has_more = tag_numbers(codes, less + 1 + closing)
    kind = kinds()[number]
    at = np.flatnonzero(kind == BLOCK)
    if faulty := _unbalanced(closing[at], np.searchsorted(less[at], borders)):
        return read_markup([_flat(page) if i in faulty else page for i, page in enumerate(pages)])
    tree = _nest(closing[at])
    opens = at[~closing[at]]
    cut = _cut(codes, less, greater, number, closing)
    element = tree.current[np.searchsorted(at, cut.block_tag, "right") - 1]
    page = np.searchsorted(borders, less[opens], "right") - 1
    has_text = _has_text(element, tree.end)
    attribute, attributes = _attributes(joined, less[opens], greater[opens], has_more[opens] & has_text)
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
    )


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


def _cut(
    codes: NDArray[np.uint8], less: Ints, greater: Ints, number: Ints, closing: NDArray[np.bool_]
) -> _Cut:
    """Cut the text into blocks."""
    kind = kinds()[number]
    is_mark = (kind == BLOCK) | (kind == RULE) | (kind == BREAK)
    marks = np.flatnonzero(is_mark)
    # What follows each tag, with the tag's last byte where the tag is a mark.
    sizes = np.append(less[1:], greater[-1:] + 1) - greater - 1 + is_mark
    places = np.cumsum(sizes)
    raw = codes[np.arange(places[-1]) + np.repeat(greater + 1 - is_mark - places + sizes, sizes)]
    is_line = _inside_pre(number, closing)
    text = (
        WHITE[raw] if is_line is None else np.where(np.repeat(is_line, sizes), WHITE_LINES[raw], WHITE[raw])
    )
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
    shares = _links(~is_white, sizes, block[np.cumsum(is_border)], len(border), number, closing)
    return _Cut(borders[border], text[~is_white | first], *shares)


def _inside_pre(number: Ints, closing: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Return of each tag whether preformatted text follows; None where there is none."""
    is_pre = number == NUMBERS["pre"]
    return np.cumsum(np.where(closing, -1, 1) * is_pre) > 0 if is_pre.any() else None


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
        joined = joined.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    return joined[1:-1].split("\0") if len(joined) > 1 else [], codes
