"""Pages to flat arrays: elements in document order and the blocks of text between them, batch by batch.

A parser of HTML5 makes any page well-formed; what follows is arithmetic on the bytes of the well-formed
pages, so that no loop runs over tags, words or characters.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.cut import cut_blocks, decode
from pipeline.extractor.tags import (
    DECLARATION,
    LESS,
    Bools,
    Ints,
    Tags,
    hidden_levels,
    read_tags,
    swallowing,
    unbalanced,
    without_hidden,
)
from pipeline.extractor.vocabulary import BLOCK, NAME_BYTES, NUMBERS

MOST_TAGS = 60_000
"""Bytes `<` of one page that are read; what follows is cut off."""
GROUP_BYTES = 768 << 10
"""Markup that is read at once: its arrays stay in the cache of a core. Measured from 128 kB to 4 MB."""

RAW = [
    *("script", "style", "svg", "template", "iframe", "head", "noframes", "noembed", "xmp", "plaintext"),
]
"""Elements without text of the page, whose content is not written as markup, or is much. `noscript` is none:
forums may have all text in it. Each costs the parser a walk; those of `HIDDEN_NAMES` are cut out later."""
WITHOUT_EVENTS = 1
"""What the parser need not do: fill `selectedcontent`, which is hidden like all in a `select`."""
TAG = re.compile(rb"<[^>]*>?")
LEAST_TAG = 3
"""Bytes of a tag."""


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

    tree = LexborHTMLParser(html, options=WITHOUT_EVENTS)
    tree.strip_tags(RAW)
    if wanted is not None and not wanted(tree.body.text(separator=" ") if tree.body else ""):
        return None
    page = (tree.html or "").encode("utf-8", "replace")
    excess = page.count(b"<") - MOST_TAGS if len(page) > LEAST_TAG * MOST_TAGS else 0
    if excess > 0:
        places = np.flatnonzero(np.frombuffer(page, np.uint8) == LESS)
        start = LexborHTMLParser(page[: places[MOST_TAGS]], options=WITHOUT_EVENTS)
        page = (start.html or "").encode("utf-8", "replace")
    return page, max(excess, 0)


def read_markup(pages: Sequence[bytes], with_images: bool = False) -> Markup:
    """Return the elements and blocks of pages that `well_formed` gave."""
    numbers: dict[bytes, int] = {b"": 0}
    parts = [_read_group(group, numbers, with_images) for group in _groups(pages)]
    return _join(parts, list(numbers))


def _groups(pages: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the pages in groups, at least one."""
    group: list[bytes] = []
    size = 0
    for page in pages:
        if group and size + len(page) > GROUP_BYTES:
            yield group
            group, size = [], 0
        group.append(page)
        size += len(page)
    yield group


def _read_group(
    pages: Sequence[bytes], numbers: dict[bytes, int], with_images: bool, has_declarations: bool = True
) -> Markup:
    """Return the markup of some pages, without `attributes`: these are the keys of `numbers`."""
    joined = b"".join((*pages, b"\0" * NAME_BYTES))
    borders = np.zeros(len(pages) + 1, np.int64)
    np.cumsum([len(page) for page in pages], out=borders[1:])
    codes = np.frombuffer(joined, np.uint8)
    tags = read_tags(joined, codes, borders, has_declarations)
    if tags is None:
        return _read_group([DECLARATION.sub(b"", page) for page in pages], numbers, with_images, False)
    levels = hidden_levels(tags)
    faulty = swallowing(tags, levels, borders) if levels is not None else frozenset()
    if levels is not None and not faulty:
        tags = without_hidden(tags, levels)
    is_block = tags.kind == BLOCK
    at = np.flatnonzero(is_block)
    closing = tags.closing[at]
    faulty = faulty or unbalanced(closing, np.searchsorted(tags.less[at], borders))
    if faulty:
        flat = [_flat(page, has_declarations) if i in faulty else page for i, page in enumerate(pages)]
        return _read_group(flat, numbers, with_images, has_declarations)
    tree = _nest(closing)
    cut = cut_blocks(codes, tags)
    element = tree.current[(np.cumsum(is_block) - 1)[cut.block_tag]]
    opens = at[~closing]
    first = np.searchsorted(tags.less[opens], borders)
    has_text = _has_text(element, tree.end)
    attribute = _attributes(joined, tags, opens, tags.has_more[opens] & has_text, numbers)
    texts, text_codes = decode(cut.text)
    return Markup(
        pages=len(pages),
        page=np.repeat(np.arange(len(pages)), np.diff(first)),
        parent=tree.parent,
        end=tree.end,
        tag=tags.number[opens].astype(np.int64),
        depth=tree.depth,
        attribute=attribute,
        attributes=[],
        texts=texts,
        codes=text_codes,
        element=element,
        links=cut.links,
        link_ratio=cut.link_ratio,
        bold_ratio=cut.bold_ratio,
        images=_images(joined, tags, borders, cut.block_tag) if with_images else (),
    )


def _join(parts: Sequence[Markup], attributes: list[bytes]) -> Markup:
    """Return several markups, of pages that follow each other, as one."""
    pages, elements = _firsts(part.pages for part in parts), _firsts(len(part.page) for part in parts)
    blocks = _firsts(len(part.texts) for part in parts)
    ends = [part.codes[-1:] for part in parts[-1:]]
    return Markup(
        pages=pages[-1],
        page=_moved([part.page for part in parts], pages),
        parent=_moved([part.parent for part in parts], elements),
        end=_moved([part.end for part in parts], elements),
        tag=np.concatenate([part.tag for part in parts]),
        depth=np.concatenate([part.depth for part in parts]),
        attribute=np.concatenate([part.attribute for part in parts]),
        attributes=attributes,
        texts=list(chain.from_iterable(part.texts for part in parts)),
        codes=np.concatenate([*(part.codes[:-1] for part in parts), *ends]),
        element=_moved([part.element for part in parts], elements),
        links=np.concatenate([part.links for part in parts]),
        link_ratio=np.concatenate([part.link_ratio for part in parts]),
        bold_ratio=np.concatenate([part.bold_ratio for part in parts]),
        images=tuple(
            (page + first, before + block, tag)
            for part, first, block in zip(parts, pages, blocks, strict=False)
            for page, before, tag in part.images
        ),
    )


def _firsts(sizes: Iterable[int]) -> list[int]:
    """Return where each of some arrays begins when they follow each other, and where the last one ends."""
    return list(accumulate(sizes, initial=0))


def _moved(arrays: Sequence[Ints], firsts: Sequence[int]) -> Ints:
    """Return arrays of indices as one, each moved to where its own things begin."""
    return np.concatenate([array + first for array, first in zip(arrays, firsts, strict=False)])


def _images(markup: bytes, tags: Tags, borders: Ints, block_tag: Ints) -> tuple[tuple[int, int, bytes], ...]:
    """Return what `Markup.images` says."""
    at = np.flatnonzero(tags.number == NUMBERS["img"])
    page = np.searchsorted(borders, tags.less[at], "right") - 1
    before = np.searchsorted(block_tag, at)
    spans = zip(tags.less[at].tolist(), tags.greater[at].tolist(), strict=True)
    texts = [markup[start:stop] for start, stop in spans]
    return tuple(zip(page.tolist(), before.tolist(), texts, strict=True))


def _flat(page: bytes, has_declarations: bool) -> bytes:
    """Return the text of a page without its structure, as paragraphs."""
    page = DECLARATION.sub(b"", page) if has_declarations else page
    texts = (piece.replace(b">", b"&gt;") for piece in TAG.split(page) if not piece.isspace())
    return b"<html><p>" + b"</p><p>".join(texts) + b"</p></html>"


@dataclass(frozen=True, slots=True)
class _Tree:
    parent: Ints
    end: Ints
    depth: Ints
    current: Ints
    """After each tag, the innermost open element."""


def _nest(closing: Bools) -> _Tree:
    """Return the tree of balanced start and end tags."""
    level = np.cumsum(1 - 2 * closing.view(np.int8), dtype=np.int64) + closing
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


def _attributes(markup: bytes, tags: Tags, opens: Ints, has_more: Bools, numbers: dict[bytes, int]) -> Ints:
    """Return of each start tag the number of its text, which `numbers` grows by; 0 where there is none."""
    some = opens[has_more]
    spans = zip(tags.less[some].tolist(), tags.greater[some].tolist(), strict=True)
    result = np.zeros(len(opens), np.int64)
    result[has_more] = [numbers.setdefault(markup[start:stop], len(numbers)) for start, stop in spans]
    return result


def _has_text(element: Ints, end: Ints) -> NDArray[np.bool_]:
    """Return of each element whether there is a block in it."""
    blocks = np.zeros(len(end) + 1, np.int64)
    np.cumsum(np.bincount(element, minlength=len(end)), out=blocks[1:])
    return np.asarray(blocks[end] > blocks[:-1])
