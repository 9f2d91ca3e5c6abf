"""What the model sees of each block: numbers that mean the same in every language and script.

Every feature is a count, a sum of weights in document order, or one division of two of them: no logarithm, nothing
that a machine could round differently. A block has the same features in every batch.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filters.unicode_tables import (
    CATEGORIES,
    CATEGORY_MASK,
    SCRIPT_MASK,
    SCRIPT_SHIFT,
    SPACE,
    script_number,
    tables,
)
from pipeline.extractor.attributes import FORUM_BIT, AttributeFacts
from pipeline.extractor.hints import HINTS, Hints
from pipeline.extractor.markup import Markup
from pipeline.extractor.vocabulary import COMMENT_REGION, HEADINGS, NUMBERS, REGION_COUNT, region_bits

Ints = NDArray[np.int64]
Counts = NDArray[np.float64]
Bools = NDArray[np.bool_]
Columns = dict[str, NDArray[np.generic]]

LETTER, BLANK, UPPER, DIGIT, ENDING, COMMA, QUOTE, UNSPACED, SYMBOL, OTHER = range(10)
CLASSES = 10
CHARACTERS = {
    ENDING: ".!?…。！？؟।॥։።",
    COMMA: ",;:、，；：،؛",
    QUOTE: "\"'“”‘’«»„()-–—/",
    SYMBOL: "|›•·©→×+#@&<>=_$€£%*",
}
UNSPACED_SCRIPTS = ("Hani", "Hira", "Kana", "Hang", "Thai", "Laoo", "Khmr", "Mymr", "Tibt")
HALF_WORD = 0.5
"""What a character of a script without spaces counts."""

GOOD_CHARACTERS, GOOD_LINK_RATIO = 60, 0.3
"""A block of prose: longer, with a smaller share in links, and with the end of a sentence."""
LONG_CHARACTERS = 50
"""A longer block that repeats an earlier one is dropped: some pages carry an article twice."""
TITLE_CHARACTERS = 8
LEVELS = 5
"""Elements around a block that are looked at, the innermost first."""
NOWHERE, FAR = -1, 999


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a batch of pages that may be chosen."""

    texts: list[str]
    page: Ints
    """Of each block, its page."""
    first: Ints
    """Of each page, its first block, and one more at the end."""
    element: Ints
    characters: Counts
    words: Counts
    is_comment: Bools
    is_forum: Bools
    """Of each page."""
    kept: Bools
    """Of each block of the markup, whether it is here: not a repetition of an earlier long one."""


@dataclass(frozen=True, slots=True)
class _View:
    """What several groups of features need."""

    markup: Markup
    blocks: Blocks
    classes: Counts
    """Of each block, its characters by class."""
    ends: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    """Of each block, the class of its first and of its last character."""
    link_ratio: Counts
    bold_ratio: Counts
    links: Ints
    tag: Ints
    good: Counts
    """Of each block, its characters if it is prose."""
    is_heading: Bools
    own: Counts
    inherited: tuple[Counts, Counts, Counts]
    """Of each element, sum, largest and smallest weight of the names on it and around it."""
    regions: Ints
    """Of each block."""
    page_elements: Ints
    """Of each page, its first element, and one more at the end."""
    spread: Ints
    """Of each block, the first block of its page."""


@functools.cache
def character_classes() -> NDArray[np.uint8]:
    """Return the class of every code point."""
    properties = tables().properties
    by_category = np.full(len(CATEGORIES), OTHER, np.uint8)
    for letters, number in (("Ll Lm Lo Mn Mc Me", LETTER), ("Lu Lt", UPPER), ("Nd", DIGIT), ("Zs Zl Zp", BLANK)):
        by_category[[CATEGORIES.index(name) for name in letters.split()]] = number
    result = by_category[properties & CATEGORY_MASK]
    result[(properties & SPACE) != 0] = BLANK
    scripts = [script_number(code) for code in UNSPACED_SCRIPTS]
    result[np.isin((properties >> SCRIPT_SHIFT) & SCRIPT_MASK, scripts) & (result == LETTER)] = UNSPACED
    for number, characters in CHARACTERS.items():
        result[[ord(character) for character in characters]] = number
    return result


def measure(markup: Markup, hints: Sequence[Hints], facts: AttributeFacts) -> tuple[Blocks, Columns]:
    """Return the blocks of pages and, by name, their features.

    Args:
        markup: the pages.
        hints: of each page, what its head says.
        facts: of each attribute text, what it says.
    """
    view = _look(markup, hints, facts)
    groups: tuple[Columns, ...] = (
        _shape(view),
        _position(view, hints),
        _regions(view),
        _weights(view),
        _around(view),
        _containers(view),
        _neighbours(view),
        _windows(view),
        _sequence(view),
        _siblings(view),
        _page(view, hints),
    )
    return view.blocks, {name: column for group in groups for name, column in group.items()}


def _look(markup: Markup, hints: Sequence[Hints], facts: AttributeFacts) -> _View:
    classes, ends = _count_classes(markup)
    page = markup.page[markup.element]
    kept = ~_repeats(markup.texts, page)
    element, page, classes = markup.element[kept], page[kept], classes[kept]
    characters = classes.sum(axis=1)
    link_ratio = markup.link_ratio[kept].astype(np.float64)
    own = facts.total[markup.attribute]
    total, largest, smallest, bits = _inherit(markup, facts)
    regions = bits[element]
    forum = np.bincount(markup.page, (facts.regions[markup.attribute] & FORUM_BIT) != 0, minlength=markup.pages) > 0
    first = np.searchsorted(page, np.arange(markup.pages + 1))
    tag = markup.tag[element]
    blocks = Blocks(
        texts=[text for text, is_kept in zip(markup.texts, kept.tolist(), strict=True) if is_kept],
        page=page,
        first=first,
        element=element,
        characters=characters,
        words=classes[:, BLANK] + 1 + classes[:, UNSPACED] * HALF_WORD,
        is_comment=(regions >> COMMENT_REGION & 1) > 0,
        is_forum=forum | np.array([hint.forum for hint in hints], bool),
        kept=kept,
    )
    is_good = (link_ratio < GOOD_LINK_RATIO) & (classes[:, ENDING] > 0) & (characters > GOOD_CHARACTERS)
    return _View(
        markup=markup,
        blocks=blocks,
        classes=classes,
        ends=(ends[0][kept], ends[1][kept]),
        link_ratio=link_ratio,
        bold_ratio=markup.bold_ratio[kept].astype(np.float64),
        links=markup.links[kept],
        tag=tag,
        good=np.where(is_good, characters, 0.0),
        is_heading=(tag >= HEADINGS.start) & (tag < HEADINGS.stop),
        own=own,
        inherited=(total, largest, smallest),
        regions=regions,
        page_elements=np.searchsorted(markup.page, np.arange(markup.pages + 1)),
        spread=first[page],
    )


def _count_classes(markup: Markup) -> tuple[Counts, tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Return the characters of each block by class, and the classes of its first and last one."""
    count = len(markup.texts)
    kinds = character_classes()[markup.codes]
    marks = np.flatnonzero(markup.codes == 0)
    sizes = np.diff(marks)
    cells = np.repeat(np.arange(count) * CLASSES, sizes) + kinds[marks[0] : marks[-1]]
    classes = np.bincount(cells, minlength=count * CLASSES).reshape(count, CLASSES).astype(np.float64)
    classes[:, kinds[marks[0]]] -= 1  # the mark before each block
    return classes, (kinds[marks[:-1] + 1], kinds[marks[1:] - 1])


def _repeats(texts: Sequence[str], pages: Ints) -> Bools:
    """Return of each block whether it is long and the same as an earlier one of its page."""
    seen: set[tuple[int, str]] = set()
    result = np.zeros(len(texts), bool)
    for i, (text, page) in enumerate(zip(texts, pages.tolist(), strict=True)):
        if len(text) > LONG_CHARACTERS:
            key = (page, text)
            if key in seen:
                result[i] = True
            else:
                seen.add(key)
    return result


def _inherit(markup: Markup, facts: AttributeFacts) -> tuple[Counts, Counts, Counts, Ints]:
    """Return of each element the sum, largest and smallest weight and the regions of it and those around it."""
    total = facts.total[markup.attribute]
    largest, smallest = facts.largest[markup.attribute], facts.smallest[markup.attribute]
    bits = region_bits()[markup.tag] | facts.regions[markup.attribute]
    order = np.argsort(markup.depth, kind="stable")
    levels = np.searchsorted(markup.depth[order], np.arange(2, int(markup.depth.max(initial=1)) + 2))
    for start, stop in zip(levels[:-1].tolist(), levels[1:].tolist(), strict=True):
        here = order[start:stop]
        around = markup.parent[here]
        total[here] += total[around]
        largest[here] = np.maximum(largest[here], largest[around])
        smallest[here] = np.minimum(smallest[here], smallest[around])
        bits[here] |= bits[around]
    return total, largest, smallest, bits


def _before(view: _View, values: NDArray[np.generic]) -> Counts:
    """Return of each block the sum of `values` over the blocks before it on its page."""
    sums = _prefix(values)
    return sums[:-1] - sums[view.spread]


def _prefix(values: NDArray[np.generic]) -> Counts:
    result = np.zeros(len(values) + 1)
    np.cumsum(values, out=result[1:])
    return result


def _share(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Counts:
    """Divide; by one where the whole is less."""
    return np.asarray(part / np.maximum(whole, 1))


def _per_page(view: _View, values: NDArray[np.generic]) -> Counts:
    return np.bincount(view.blocks.page, values, minlength=view.markup.pages)


def _shape(view: _View) -> Columns:
    """Length, words, links and the kinds of characters of the block itself."""
    blocks, classes = view.blocks, view.classes
    names = {UPPER: "upper", DIGIT: "digit", ENDING: "ending", COMMA: "comma", QUOTE: "quote", UNSPACED: "unspaced",
             SYMBOL: "symbol", OTHER: "other"}  # fmt: skip
    return {
        "characters": blocks.characters,
        "words": blocks.words,
        "link_ratio": view.link_ratio,
        "links": view.links,
        "bold_ratio": view.bold_ratio,
        **{f"{name}_ratio": classes[:, i] / blocks.characters for i, name in names.items()},
        "endings": classes[:, ENDING],
        "commas": classes[:, COMMA],
        "first_class": view.ends[0],
        "last_class": view.ends[1],
        "word_length": blocks.characters / blocks.words,
        "tag": view.tag,
        "depth": view.markup.depth[blocks.element],
    }


def _position(view: _View, hints: Sequence[Hints]) -> Columns:
    """Where the block is on its page, also from the first heading and from the title."""
    blocks, page = view.blocks, view.blocks.page
    index = np.arange(len(page)) - view.spread
    count = np.diff(blocks.first)[page]
    total = _per_page(view, blocks.characters)[page]
    before = _before(view, blocks.characters)
    heading = _first_where(view, view.tag == NUMBERS["h1"])
    is_title = np.zeros(len(page), bool)
    for number, hint in enumerate(hints):
        for i in range(blocks.first[number], blocks.first[number + 1]):
            text = blocks.texts[i]
            is_title[i] = TITLE_CHARACTERS < len(text) and text in hint.title
    title = _first_where(view, is_title)
    seen: dict[tuple[int, str], int] = {}
    keys = [seen.setdefault(key, len(seen)) for key in zip(page.tolist(), blocks.texts, strict=True)]
    after_heading = before - before[np.maximum(heading, 0)]
    return {
        "index": index,
        "index_ratio": index / count,
        "characters_before": before,
        "characters_after": total - before,
        "before_ratio": before / total,
        "blocks_from_h1": np.where(heading >= 0, np.arange(len(page)) - heading, index),
        "characters_from_h1": np.where(heading >= 0, after_heading, before) / total,
        "blocks_from_title": np.where(title >= 0, np.arange(len(page)) - title, FAR),
        "is_title": is_title,
        "same_text": np.bincount(keys, minlength=1)[keys] if keys else index,
    }


def _first_where(view: _View, chosen: Bools) -> Ints:
    """Return of each block the first chosen block of its page, or -1."""
    result = np.full(view.markup.pages, NOWHERE)
    places = np.flatnonzero(chosen)[::-1]
    result[view.blocks.page[places]] = places  # the last assignment is the first block
    return result[view.blocks.page]


def _regions(view: _View) -> Columns:
    return {f"region_{bit}": view.regions >> bit & 1 for bit in range(REGION_COUNT)}


def _weights(view: _View) -> Columns:
    """The weights of class words on the element and around it."""
    element = view.blocks.element
    total, largest, smallest = view.inherited
    return {
        "weight_total": total[element],
        "weight_largest": largest[element],
        "weight_smallest": smallest[element],
    }


def _subtrees(view: _View) -> dict[str, Counts]:
    """Return sums over all blocks in each element."""
    count = len(view.markup.page)
    values = {
        "characters": view.blocks.characters,
        "linked": view.blocks.characters * view.link_ratio,
        "blocks": np.ones(len(view.tag)),
        "good": view.good,
        "headings": view.is_heading,
    }
    result = {}
    for name, value in values.items():
        sums = _prefix(np.bincount(view.blocks.element, value, minlength=count))
        result[name] = sums[view.markup.end] - sums[:-1]
    return result


def _around(view: _View) -> Columns:
    """What is in the elements around the block."""
    sums = _subtrees(view)
    good = sums["good"][view.page_elements[:-1]][view.blocks.page]
    around = view.blocks.element
    result: Columns = {}
    for level in range(LEVELS):
        result |= {
            f"around{level}_characters": sums["characters"][around],
            f"around{level}_link_ratio": _share(sums["linked"][around], sums["characters"][around]),
            f"around{level}_good": sums["good"][around],
            f"around{level}_good_ratio": _share(sums["good"][around], good),
            f"around{level}_blocks": sums["blocks"][around],
            f"around{level}_weight": view.own[around],
        }
        if level:
            result |= {
                f"around{level}_tag": view.markup.tag[around],
                f"around{level}_headings": sums["headings"][around],
            }
        around = view.markup.parent[around]
    return result


def _containers(view: _View) -> Columns:
    """The smallest elements that hold half and four fifths of the prose, and the article elements."""
    markup, page = view.markup, view.blocks.page
    sums = _prefix(np.bincount(view.blocks.element, view.good, minlength=len(markup.page)))
    good = sums[markup.end] - sums[:-1]
    whole = np.maximum(good[view.page_elements[:-1]], 1)
    number = np.arange(len(markup.page))
    result: Columns = {}
    for name, ratio in (("half", 0.5), ("most", 0.8)):
        size = np.where(good >= ratio * whole[markup.page], markup.end - number, len(number) + 1)
        chosen = np.minimum.reduceat(size * len(number) + number, view.page_elements[:-1]) % len(number)
        here = chosen[page]
        after = view.blocks.element >= markup.end[here]
        result |= {
            f"{name}_side": after.astype(np.int64) - (view.blocks.element < here),
            f"{name}_weight": view.inherited[0][here],
        }
    is_article = markup.tag == NUMBERS["article"]
    score = np.where(is_article, good.astype(np.int64) * len(number) + (len(number) - 1 - number), -1)
    best = np.maximum.reduceat(score, view.page_elements[:-1])
    biggest = np.where(best >= 0, len(number) - 1 - best % len(number), 0)[page]
    initial = np.minimum.reduceat(np.where(is_article, number, len(number)), view.page_elements[:-1])
    initial = np.where(initial < len(number), initial, 0)[page]
    has_article = (best >= 0)[page]
    element = view.blocks.element
    for name, here in (("biggest_article", biggest), ("first_article", initial)):
        inside = (element >= here) & (element < markup.end[here])
        result[f"in_{name}"] = np.where(has_article, inside, NOWHERE)
    result["articles"] = np.bincount(markup.page, is_article, minlength=markup.pages)[page]
    result["article_good_ratio"] = (np.where(best >= 0, best // len(number), 0) / whole)[page]
    return result


def _neighbours(view: _View) -> Columns:
    """The same facts of the blocks before and after."""
    blocks = view.blocks
    near = {
        "characters": blocks.characters,
        "link_ratio": view.link_ratio,
        "tag": view.tag,
        "endings": view.classes[:, ENDING],
        "weight_total": view.inherited[0][blocks.element],
    }
    nearest = {"good": view.good, "weight": view.own[blocks.element], "depth": view.markup.depth[blocks.element]}
    result: Columns = {}
    for step in (-3, -2, -1, 1, 2, 3):
        at = np.arange(len(blocks.page)) + step
        at = np.clip(at, 0, len(at) - 1)
        is_near = (blocks.page[at] == blocks.page) & (at != np.arange(len(at)))
        for name, values in (near | nearest if abs(step) == 1 else near).items():
            result[f"{name}{step:+d}"] = np.where(is_near, values[at], 0)
    return result


def _windows(view: _View) -> Columns:
    """Sums over the blocks nearby."""
    blocks = view.blocks
    values = {
        "characters": blocks.characters,
        "linked": blocks.characters * view.link_ratio,
        "good": view.good,
        "endings": view.classes[:, ENDING],
        "headings": view.is_heading,
    }
    sums = {name: _prefix(value) for name, value in values.items()}
    number = np.arange(len(blocks.page))
    result: Columns = {}
    for width in (3, 8):
        low = np.maximum(number - width, view.spread)
        high = np.minimum(number + width + 1, blocks.first[blocks.page + 1])
        near = {name: total[high] - total[low] for name, total in sums.items()}
        result |= {f"window{width}_{name}": near[name] for name in ("characters", "good", "endings", "headings")}
        result[f"window{width}_link_ratio"] = _share(near["linked"], near["characters"])
    return result


def _sequence(view: _View) -> Columns:
    """What came before on the page: prose, links, headings, comments."""
    blocks, page = view.blocks, view.blocks.page
    number = np.arange(len(page))
    outside = np.where(blocks.is_comment, 0, view.good)
    good = _per_page(view, view.good)[page]
    until = _before(view, outside)
    linked = _before(view, np.where(view.link_ratio > 0.5, blocks.characters, 0))  # noqa: PLR2004
    last_good = _last_where(view, view.good > 0)
    last_heading = _last_where(view, view.is_heading, itself=True)
    here = np.maximum(last_heading, 0)
    weight = view.inherited[0][blocks.element]
    has_good, has_heading = last_good >= 0, last_heading >= 0
    link_heading = view.is_heading & (view.link_ratio > 0.5)  # noqa: PLR2004
    return {
        "comment_after_good": np.where(blocks.is_comment, until, NOWHERE),
        "comment_after_ratio": np.where(blocks.is_comment, _share(until, good), NOWHERE),
        "linked_since_good": np.where(has_good, linked - linked[np.maximum(last_good, 0)], NOWHERE),
        "blocks_since_good": np.where(has_good, number - last_good, NOWHERE),
        "link_headings_before": _before(view, link_heading),
        "headings_before": _before(view, view.is_heading),
        "headings_after_prose": _before(view, view.is_heading & (_before(view, view.good) > 200)),  # noqa: PLR2004
        "heading_tag": np.where(has_heading, view.tag[here], NOWHERE),
        "heading_link_ratio": np.where(has_heading, view.link_ratio[here], NOWHERE),
        "blocks_since_heading": np.where(has_heading, number - here, NOWHERE),
        "heading_weight": np.where(has_heading, weight[here] - weight, 0),
    }


def _last_where(view: _View, chosen: Bools, itself: bool = False) -> Ints:
    """Return of each block the last chosen one before it (or itself) on its page, or -1."""
    number = np.arange(len(chosen))
    last = np.maximum.accumulate(np.where(chosen, number, NOWHERE)) if len(chosen) else number
    if not itself:
        last = np.concatenate(([NOWHERE], last[:-1])) if len(last) else last
    return np.where(last >= view.spread, last, NOWHERE)


def _siblings(view: _View) -> Columns:
    """Blocks in elements of the same kind on the page: rows of a list of teasers look alike."""
    blocks, markup = view.blocks, view.markup
    element = blocks.element
    around = markup.parent[element]
    kind = markup.attribute * (len(NUMBERS) + 1) + markup.tag
    key = (blocks.page * (kind.max(initial=0) + 1) + kind[element]) * (kind.max(initial=0) + 1) + kind[around]
    _, group = np.unique(key, return_inverse=True)
    count = np.bincount(group)
    characters = np.bincount(group, blocks.characters)
    total = _per_page(view, blocks.characters)[blocks.page]
    return {
        "alike": count[group],
        "alike_characters": (characters / np.maximum(count, 1))[group],
        "alike_ratio": characters[group] / total,
        "alike_link_ratio": (np.bincount(group, blocks.characters * view.link_ratio) / np.maximum(characters, 1))[group],
        "alike_good_ratio": _share(np.bincount(group, view.good)[group], _per_page(view, view.good)[blocks.page]),
    }


def _page(view: _View, hints: Sequence[Hints]) -> Columns:
    """The page as a whole."""
    blocks, page = view.blocks, view.blocks.page
    characters = _per_page(view, blocks.characters)
    inside = _per_page(view, np.where(blocks.is_comment, view.good, 0))
    good = _per_page(view, view.good)
    values: Mapping[str, NDArray[np.generic]] = {
        "page_forum": blocks.is_forum,
        **{f"page_{name}": np.array([getattr(hint, name) for hint in hints], bool) for name in HINTS if name != "forum"},
        "page_good": good,
        "page_good_comments": inside,
        "page_comment_ratio": _share(inside, good),
        "page_characters": characters,
        "page_blocks": np.diff(blocks.first),
        "page_link_ratio": _share(_per_page(view, blocks.characters * view.link_ratio), characters),
        "page_good_ratio": _share(good, characters),
        "page_paragraphs": _per_page(view, view.tag == NUMBERS["p"]),
        "page_items": _per_page(view, view.tag == NUMBERS["li"]),
        "page_headings": _per_page(view, view.is_heading),
        "page_unspaced_ratio": _share(_per_page(view, view.classes[:, UNSPACED]), characters),
    }
    return {name: value[page] for name, value in values.items()}
