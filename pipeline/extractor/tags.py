"""The tags of well-formed pages, as flat arrays: arithmetic on bytes, without a loop over tags."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.vocabulary import HIDING, INLINE, kinds, tag_numbers

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

LESS, GREATER, SLASH, BANG = b"<>/!"
BRACKET_BITS = np.uint8(0xFF ^ LESS ^ GREATER)
"""All bits in which `<` and `>` agree; no other byte agrees with them in these."""
SEARCHED_BYTES = 1 << 18
"""Searched for brackets at once: what is noted of so many stays in the cache of a core."""

DECLARATION = re.compile(rb"<!(?:--.*?--|[^>]*)>", re.DOTALL)
"""A comment or a document type."""
COMMENT, COMMENT_END = b"<!--", b"-->"


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of some pages; a declaration is one that means nothing."""

    less: Ints
    """Of each tag, its first byte."""
    greater: Ints
    """Of each tag, its last byte."""
    stop: Ints
    """Of each tag, where the text after it ends."""
    number: Bytes
    kind: Bytes
    closing: Bools
    has_more: Bools
    """Of each tag, whether it holds more than a name."""

    @property
    def step(self) -> NDArray[np.int8]:
        """Of each tag, 1 where it begins an element and -1 where it ends one."""
        return np.asarray(1 - 2 * self.closing.view(np.int8), np.int8)


def read_tags(markup: bytes, codes: Bytes, borders: Ints, declared: bool = True) -> Tags | None:
    """Return all tags of some pages; None where a declaration begins inside of one.

    Args:
        markup: the pages, one after the other.
        codes: their bytes, and eight more.
        borders: where each page begins, and where the last one ends.
        declared: whether to look for declarations.
    """
    places = _brackets(codes)
    is_less = codes[places] == LESS
    starts = np.zeros(0, np.int64)
    if declared:
        candidates = places[is_less & (codes[places + 1] == BANG)]
        starts, stops = _declarations(markup, candidates, borders)
        if len(starts):
            places, is_less = _without(places, is_less, starts, stops - 1)
            before = np.searchsorted(places, starts) - 1
            if is_less[before[before >= 0]].any():
                return None
    if not is_less[0::2].all() or is_less[1::2].any():
        # A name may have `<` in it; older parsers do not escape either in attributes.
        follows = np.append(False, is_less[:-1])
        precedes = np.append(is_less[1:], True)
        places = places[np.where(is_less, ~follows, precedes)]
    less, greater = places[0::2], places[1::2]
    closing = codes[less + 1] == SLASH
    number, has_more = tag_numbers(codes, less + 1 + closing)
    kind = kinds()[number]
    kind[np.searchsorted(less, starts)] = INLINE
    return Tags(less, greater, np.append(less[1:], greater[-1:] + 1), number, kind, closing, has_more)


def _brackets(codes: Bytes) -> Ints:
    """Return where the bytes `<` and `>` are."""
    found = []
    for start in range(0, len(codes), SEARCHED_BYTES):
        places = np.flatnonzero((codes[start : start + SEARCHED_BYTES] & BRACKET_BITS) == LESS & GREATER)
        places += start
        found.append(places)
    return np.concatenate(found)


def _declarations(markup: bytes, candidates: Ints, borders: Ints) -> tuple[Ints, Ints]:
    """Return where declarations begin and end, as `DECLARATION` finds them in each page."""
    limits = borders[np.searchsorted(borders, candidates, "right")].tolist()
    starts, stops, stop = [], [], 0
    for start, limit in zip(candidates.tolist(), limits, strict=True):
        if start < stop:
            continue
        end = -1
        if markup.startswith(COMMENT, start):
            end = markup.find(COMMENT_END, start + len(COMMENT), limit) + len(COMMENT_END)
        if end < len(COMMENT_END):
            end = markup.find(b">", start, limit) + 1
        if end > 0:
            stop = end
            starts.append(start)
            stops.append(stop)
    return np.array(starts, np.int64), np.array(stops, np.int64)


def _without(places: Ints, is_less: Bools, starts: Ints, lasts: Ints) -> tuple[Ints, Bools]:
    """Return the brackets without those between the first and the last one of each declaration."""
    low, high = np.searchsorted(places, starts) + 1, np.searchsorted(places, lasts)
    if (low == high).all():
        return places, is_less
    change = np.zeros(len(places) + 1, np.int64)
    change[low] += 1
    np.subtract.at(change, high, 1)
    is_kept = np.cumsum(change)[:-1] == 0
    return places[is_kept], is_less[is_kept]


def hidden_levels(tags: Tags) -> Ints | None:
    """Return of each tag how many hidden elements it is in, its end tag not; None where there is none."""
    is_hiding = tags.kind == HIDING
    return np.cumsum(tags.step * is_hiding) if is_hiding.any() else None


def swallowing(tags: Tags, levels: Ints, borders: Ints) -> frozenset[int]:
    """Return the pages in which a hidden element begins without an end, or ends without a beginning."""
    level = np.concatenate(([0], levels))
    first = np.searchsorted(tags.less, borders)
    faulty = level[first[1:]] != level[first[:-1]]
    below = np.flatnonzero(level[1:] < level[first[:-1]][np.searchsorted(borders, tags.less, "right") - 1])
    faulty[np.searchsorted(borders, tags.less[below], "right") - 1] = True
    return frozenset(np.flatnonzero(faulty).tolist())


def without_hidden(tags: Tags, levels: Ints) -> Tags:
    """Return the tags without those in hidden elements; of these the end tag is left, which means nothing."""
    kept = levels == 0
    return Tags(
        less=tags.less[kept],
        greater=tags.greater[kept],
        stop=tags.stop[kept],
        number=tags.number[kept],
        kind=tags.kind[kept],
        closing=tags.closing[kept],
        has_more=tags.has_more[kept],
    )


def unbalanced(closing: Bools, first: Ints) -> frozenset[int]:
    """Return the pages whose start and end tags do not match: some names do not come out as they went in.

    Args:
        closing: of each tag, whether it is an end tag.
        first: of each page, its first tag, and one more at the end.
    """
    level = np.concatenate(([0], np.cumsum(1 - 2 * closing.view(np.int8))))
    count = len(first) - 1
    page = np.repeat(np.arange(count), np.diff(first))
    inside = level[1:] - level[first[:-1]][page]
    ends = np.bincount(page[inside == 0], minlength=count)
    below = np.bincount(page[inside < 0], minlength=count)
    is_fine = (ends == 1) & (below == 0) & (level[first[1:]] == level[first[:-1]])
    return frozenset(np.flatnonzero(~is_fine).tolist())
