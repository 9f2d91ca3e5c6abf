"""The weights of the words in many start tags at once: arithmetic on their bytes, without a loop over names.

`attributes.words` defines what the words of a name are; this module gives the same sums, and says which tags
say more than class names and ids do, for `attributes.names_and_regions` to read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.attributes import (
    FORUM_NAMES,
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_NAMES,
    MOST_WORDS,
    AttributeFacts,
    names_and_regions,
    weigh,
    words,
)

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

EIGHT = 8
BLANK, QUOTE, HYPHEN, LOWER_BIT = ord(" "), ord('"'), ord("-"), np.uint8(0x20)
CLASS, ID = b' class="', b' id="'
MEANING = (b" role=", b" item", b" hidden=", b" aria-hi", b" style=")
"""How attributes begin that may say more."""
FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Of the hash of a word, the sum of c * FACTOR^i over its letters; any odd number does."""
COMMENT_WORDS = (
    *("comment", "comments", "disqus", "respond", "commentlist", "commentarea", "kommentar", "kommentare"),
    *("comentario", "comentarios", "commentaire", "commentaires", "replies"),
)
"""Words of names that may speak of comments, see `attributes.COMMENT`."""


def _powers(count: int) -> Hashes:
    return np.cumprod(np.append(np.uint64(1), np.full(count - 1, FACTOR)), dtype=np.uint64)


POWERS = _powers(LONGEST_VALUE + MOST_WORDS + 1)


class AttributeReader:
    """Reads start tags with one set of weights."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = weights
        self._table = word_table(weights, (*COMMENT_WORDS, *(words(name)[-1] for name in FORUM_NAMES)))

    def read(self, texts: Sequence[bytes]) -> AttributeFacts:
        """Return what the text of each start tag says."""
        weighed = weigh_tags(texts, self._table)
        facts = np.zeros((4, len(texts)), np.int64)
        facts[:3] = weighed.total, weighed.largest, weighed.smallest
        for i in np.flatnonzero(weighed.has_meaning).tolist():
            text = texts[i]
            names, facts[3, i] = names_and_regions(text)
            if b" role=" in text or b" item" in text:  # names that are not weighed yet
                facts[:3, i] = weigh(self._weights, names)
        total, largest, smallest = facts[:3].astype(np.float64)
        return AttributeFacts(total, largest, smallest, facts[3])


@dataclass(frozen=True, slots=True)
class WordTable:
    """Words by hash, ascending."""

    keys: Hashes
    weights: Ints
    has_weight: NDArray[np.bool_]
    has_meaning: NDArray[np.bool_]
    """Of each word, whether a name with it may say more than its weight."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Of each start tag."""

    total: Ints
    largest: Ints
    smallest: Ints
    has_meaning: NDArray[np.bool_]
    """Whether it may say more than the words of its class names and id do."""


def word_table(weights: Mapping[str, int], meaning: Iterable[str]) -> WordTable:
    """Return a table of the words in `weights`, and of those that have a meaning of their own."""
    meant = frozenset(meaning)
    words = sorted({word for word in weights if "=" not in word} | meant)
    keys = np.array([_hash(word) for word in words], np.uint64)
    order = np.argsort(keys)
    return WordTable(
        keys[order],
        np.array([weights.get(word, 0) for word in words], np.int64)[order],
        np.array([word in weights for word in words], bool)[order],
        np.array([word in meant for word in words], bool)[order],
    )


def _hash(word: str) -> int:
    codes = np.frombuffer(word.encode("ascii"), np.uint8).astype(np.uint64)
    return int((codes * POWERS[: len(codes)]).sum(dtype=np.uint64))


def weigh_tags(texts: Sequence[bytes], table: WordTable) -> Weighed:
    """Return what the words in the class names and the id of each start tag weigh."""
    count = len(texts)
    borders = np.zeros(count + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=borders[1:])
    codes = np.frombuffer(b"".join(texts) + b"\0" * EIGHT, np.uint8)
    blanks = np.flatnonzero(codes == BLANK)
    eights = np.ndarray((len(codes) - EIGHT + 1,), np.dtype("<u8"), codes.data, strides=(1,))[blanks]
    tag = np.repeat(np.arange(count), np.diff(np.searchsorted(blanks, borders)))
    has_meaning = np.zeros(count, bool)
    for name in MEANING:
        has_meaning[tag[_begins(eights, name)]] = True
    spans = _values(codes, blanks, eights, tag, borders)
    found = _cut_words(codes, spans)
    place = np.minimum(np.searchsorted(table.keys, found.hashes), len(table.keys) - 1)
    is_known = table.keys[place] == found.hashes
    has_meaning[found.tag[is_known & table.has_meaning[place]]] = True
    is_weighed = is_known & found.counts & table.has_weight[place]
    return _sum_up(found.tag[is_weighed], table.weights[place[is_weighed]], has_meaning)


def _sum_up(tag: Ints, weight: Ints, has_meaning: NDArray[np.bool_]) -> Weighed:
    """Return sum, largest and smallest weight of the words of each tag; zeros where there is none."""
    count = len(has_meaning)
    total = np.bincount(tag, weight, minlength=count).astype(np.int64)
    largest, smallest = np.zeros(count, np.int64), np.zeros(count, np.int64)
    order = np.argsort(tag, kind="stable")
    tag, weight = tag[order], weight[order]
    first = np.flatnonzero(np.append(True, tag[1:] != tag[:-1])[: len(tag)])
    if len(first):
        largest[tag[first]] = np.maximum.reduceat(weight, first)
        smallest[tag[first]] = np.minimum.reduceat(weight, first)
    return Weighed(total, largest, smallest, has_meaning)


def _begins(eights: Hashes, name: bytes) -> NDArray[np.bool_]:
    """Return of each eight bytes, little-endian, whether they begin with `name`."""
    mask = np.uint64((1 << 8 * len(name)) - 1)
    return np.asarray((eights & mask) == np.uint64(int.from_bytes(name, "little")))


@dataclass(frozen=True, slots=True)
class _Spans:
    """Values of `class` and `id`, by tag and in this order."""

    start: Ints
    end: Ints
    tag: Ints
    is_id: NDArray[np.bool_]


def _values(codes: NDArray[np.uint8], blanks: Ints, eights: Hashes, tag: Ints, borders: Ints) -> _Spans:
    starts, tags, kinds = [], [], []
    for is_id, name in enumerate((CLASS, ID)):
        at = np.flatnonzero(_begins(eights, name))
        at = at[np.append(True, tag[at][1:] != tag[at][:-1])[: len(at)]]  # the first of its tag
        starts.append(blanks[at] + len(name))
        tags.append(tag[at])
        kinds.append(np.full(len(at), is_id))
    start, owner, kind = map(np.concatenate, (starts, tags, kinds))
    order = np.argsort(2 * owner + kind, kind="stable")
    start, owner, kind = start[order], owner[order], kind[order]
    quotes = np.append(np.flatnonzero(codes == QUOTE), len(codes))
    end = np.minimum(
        quotes[np.searchsorted(quotes, start)], np.minimum(start + LONGEST_VALUE, borders[owner + 1])
    )
    return _Spans(start, end, owner, kind == 1)


@dataclass(frozen=True, slots=True)
class _Words:
    hashes: Hashes
    tag: Ints
    counts: NDArray[np.bool_]
    """Whether it is among the first words of the first names, which are weighed."""


def _cut_words(codes: NDArray[np.uint8], spans: _Spans) -> _Words:
    """Return the words of all names, and of names of several words all of them joined."""
    sizes = spans.end - spans.start + 1
    places = np.cumsum(sizes)
    span = np.repeat(np.arange(len(sizes)), sizes)
    text = codes[np.arange(len(span)) + (spans.start - places + sizes)[span]]
    text[(text <= BLANK) & ~spans.is_id[span]] = 0
    text[places - 1] = 0
    is_letter, begins = _begin_words(text)
    at = np.flatnonzero(begins)
    if not len(at):
        return _Words(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, bool))
    begins_name = (text != 0) & np.append(True, text[:-1] == 0)
    name_span = span[begins_name]
    name_fits = (_rank(name_span) < MOST_NAMES) | spans.is_id[name_span]
    name = (np.cumsum(begins_name) - 1)[at]
    fits = (_rank(name) < MOST_WORDS) & name_fits[name]

    letters = np.flatnonzero(is_letter)
    first = np.flatnonzero(begins[letters])
    length = np.diff(first, append=len(letters))
    word = np.repeat(np.arange(len(at)), length)
    position = np.arange(len(letters)) - first[word]
    values = (text[letters] | LOWER_BIT).astype(np.uint64)
    hashes = np.add.reduceat(values * POWERS[position], first)
    tag = spans.tag[span[at]]
    name_first = np.flatnonzero(np.append(True, name[1:] != name[:-1]))
    several = np.add.reduceat(fits, name_first, dtype=np.int64) > 1
    # Where each word begins in the joined name; where it does not fit, behind its end.
    sums = np.cumsum(length + 1) - length - 1
    offset = sums - sums[_first(name, np.arange(len(name)))]
    offset[~fits] = LONGEST_NAME + 1
    place = np.minimum(offset[word] + position, LONGEST_NAME)
    hyphen = np.where(offset > 0, np.minimum(offset - 1, LONGEST_NAME), LONGEST_NAME)
    parts = np.add.reduceat(values * JOINED_POWERS[place], first) + np.uint64(HYPHEN) * JOINED_POWERS[hyphen]
    joined = np.add.reduceat(parts, name_first)[several]
    return _Words(
        np.concatenate((hashes, joined)),
        np.concatenate((tag, tag[name_first[several]])),
        np.concatenate((fits, np.full(len(joined), True))),
    )


def _begin_words(text: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which bytes are letters, and which of these begin a word as `[A-Z]?[a-z]+|[A-Z]+` cuts them.

    That is before a capital after a small letter, and before a small letter after two capitals.
    """
    low = text | LOWER_BIT
    is_letter = (low >= ord("a")) & (low <= ord("z"))
    is_upper = is_letter & (low != text)
    before, upper_before = np.append(False, is_letter[:-1]), np.append(False, is_upper[:-1])
    two_before = upper_before & np.append([False, False], is_upper[:-2])[: len(text)]
    is_turn = np.where(is_upper, ~upper_before, two_before)
    return is_letter, is_letter & (~before | is_turn)


JOINED_POWERS = np.append(POWERS[:LONGEST_NAME], np.uint64(0))
"""Those of the letters of a joined name; letters behind its end do not count."""


def _rank(group: Ints) -> Ints:
    """Return of each value of an ascending array how many of the same are before it."""
    number = np.arange(len(group))
    return number - _first(group, number)


def _first(group: Ints, number: Ints) -> Ints:
    """Return of each value of an ascending array the place of the first that is the same."""
    is_first = np.append(True, group[1:] != group[:-1])[: len(group)]
    return np.asarray(np.maximum.accumulate(np.where(is_first, number, 0)))
