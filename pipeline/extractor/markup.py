"""Pages to flat arrays: elements in document order and the blocks of text between them, for a whole batch at once.

A parser of HTML5 makes any page well-formed; what follows is arithmetic on the bytes of the well-formed pages, so
that no loop runs over tags, words or characters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.vocabulary import BLOCK, BREAK, NAME_BYTES, NUMBERS, RULE, kinds, tag_numbers

Ints = NDArray[np.int64]

LESS, GREATER, SLASH, BLANK = b"<>/ "
BLOCK_MARK, LINE_MARK = 0, 1
"""What stands for a border between blocks and for a line break."""
IN_TEXT, IN_LINK, IN_BOLD = 1, 2, 4
MOST_TAGS = 60_000
"""Bytes `<` of one page that are read; what follows is cut off."""

HIDDEN = [
    *("script", "style", "svg", "template", "iframe", "head", "object", "select", "canvas", "video", "audio", "map"),
    *("textarea", "math", "noframes", "noembed", "xmp", "plaintext", "option", "dialog"),
]
"""Elements whose content is no text of the page. `noscript` is not one: some forums have all their text in it."""
DECLARATION = re.compile(rb"<!(?:--.*?--|[^>]*)>", re.DOTALL)
QUOTED = re.compile(rb"<[a-z][^\s>]*\s[^\">]*(?:\"[^\"]*\"[^\">]*)*>")
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
    """Of each block, its bytes inside links, over all."""
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
    if page.count(b"<") != page.count(b">"):  # older parsers do not escape them in attributes
        page = QUOTED.sub(lambda tag: b"<" + tag[0].replace(b"<", b"").replace(b">", b"") + b">", page)
    return page, max(excess, 0)


def read_markup(pages: Sequence[bytes]) -> Markup:
    """Return the elements and blocks of pages that `well_formed` gave."""
    joined = b"".join(pages)
    codes = np.frombuffer(joined + b"\0" * NAME_BYTES, np.uint8)
    less, greater = np.flatnonzero(codes == LESS), np.flatnonzero(codes == GREATER)
    closing = codes[less + 1] == SLASH
    number, has_more = tag_numbers(codes, less + 1 + closing)
    kind = kinds()[number]
    at = np.flatnonzero(kind == BLOCK)
    tree = _nest(closing[at])
    opens = at[~closing[at]]
    borders = np.concatenate(([0], np.cumsum([len(page) for page in pages])))
    page = np.searchsorted(borders, less[opens], "right") - 1
    attribute, attributes = _attributes(joined, less[opens], greater[opens], has_more[opens])

    block_tag, texts, text_codes, link_ratio, bold_ratio = _cut(codes, less, greater, number, closing)
    element = tree.current[np.searchsorted(at, block_tag, "right") - 1]
    links = np.flatnonzero((number == NUMBERS["a"]) & ~closing)
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
        links=np.bincount(np.searchsorted(block_tag, links), minlength=len(texts) + 1)[1 : len(texts) + 1],
        link_ratio=link_ratio,
        bold_ratio=bold_ratio,
    )


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
    order = np.argsort(level.astype(np.int16) if len(level) and level.max() < 1 << 15 else level, kind="stable")
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


def _attributes(markup: bytes, start: Ints, end: Ints, has_more: NDArray[np.bool_]) -> tuple[Ints, list[bytes]]:
    """Return of each tag the number of its text, and the texts; the first is empty."""
    some = np.flatnonzero(has_more)
    numbers: dict[bytes, int] = {b"": 0}
    found = [
        numbers.setdefault(markup[a:b], len(numbers)) for a, b in zip(start[some].tolist(), end[some].tolist(), strict=True)
    ]
    result = np.zeros(len(start), np.int64)
    result[some] = found
    return result, list(numbers)


def _cut(
    codes: NDArray[np.uint8], less: Ints, greater: Ints, number: Ints, closing: NDArray[np.bool_]
) -> tuple[Ints, list[str], NDArray[np.uint32], NDArray[np.float32], NDArray[np.float32]]:
    """Cut the text into blocks: the last tag before each, texts, code points, and shares in links and in bold."""
    kind = kinds()[number]
    marks = np.flatnonzero((kind == BLOCK) | (kind == RULE) | (kind == BREAK))
    state = _states(codes, less, greater, number, closing)
    kept = (state & IN_TEXT).view(bool)
    kept[less[marks]] = True
    place = np.flatnonzero(kept)
    raw, state = codes[place], state[place]
    text = WHITE[raw]
    if np.any(number == NUMBERS["pre"]):
        inside = _inside(len(codes), greater, number == NUMBERS["pre"], closing)[place]
        text[inside] = WHITE_LINES[raw[inside]]
    text[raw == LESS] = np.where(kind[marks] == BREAK, LINE_MARK, BLOCK_MARK)

    # A run of white space becomes its strongest sign, and belongs to the last tag in it.
    is_white = text <= BLANK
    first = is_white.copy()
    first[1:] &= ~is_white[:-1]
    runs = np.flatnonzero(first)
    strongest = np.minimum.reduceat(text, runs)
    text[runs] = strongest
    borders = np.cumsum(kind[marks] != BREAK)
    seen = np.cumsum(raw == LESS)[np.append(runs[1:], len(text)) - 1]
    block_tag = marks[np.searchsorted(borders, borders[seen[strongest == BLOCK_MARK] - 1])]
    stays = ~is_white | first
    text, state = text[stays], state[stays]
    starts = np.flatnonzero(text == BLOCK_MARK)
    return (block_tag[:-1], *_decode(text), *_shares(state, starts))


def _states(
    codes: NDArray[np.uint8], less: Ints, greater: Ints, number: Ints, closing: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return of each byte whether it is text, in a link, in bold."""
    step = np.zeros(len(codes) + 1, np.uint8)
    sign = np.where(closing, -1, 1).astype(np.uint8)
    step[0] = IN_TEXT
    step[greater + 1] += np.uint8(IN_TEXT)
    step[less] -= np.uint8(IN_TEXT)
    is_link = number == NUMBERS["a"]
    is_bold = (number == NUMBERS["b"]) | (number == NUMBERS["strong"])
    step[greater + 1] += sign * (is_link * np.uint8(IN_LINK) + is_bold * np.uint8(IN_BOLD))
    return np.cumsum(step[:-1], dtype=np.uint8)


def _inside(size: int, greater: Ints, chosen: NDArray[np.bool_], closing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return of each byte whether it is inside the chosen elements."""
    step = np.zeros(size + 1, np.int64)
    step[greater[chosen] + 1] += np.where(closing[chosen], -1, 1)
    return np.cumsum(step[:-1]) > 0


def _decode(text: NDArray[np.uint8]) -> tuple[list[str], NDArray[np.uint32]]:
    """Return the blocks as strings, and their code points with a 0 between them."""
    joined = text.tobytes().decode("utf-8", "replace").replace("\1", "\n")
    if "&" in joined:
        joined = joined.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    return joined[1:-1].split("\0") if len(joined) > 1 else [], codes


def _shares(state: NDArray[np.uint8], starts: Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the shares of each block's bytes that are in links and in bold."""
    in_link = np.add.reduceat(state & IN_LINK != 0, starts, dtype=np.int64)[:-1] 
    in_bold = np.add.reduceat(state >= IN_BOLD, starts, dtype=np.int64)[:-1]
    sizes = (np.diff(starts) - 1).astype(np.float32)
    return (in_link / sizes).astype(np.float32), (in_bold / sizes).astype(np.float32)
