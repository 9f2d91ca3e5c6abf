"""What the model sees of each block: numbers that mean the same in every language and script.

Every feature is a count, a sum of whole numbers, or one division of two of them: no logarithm, nothing that a
machine could round differently. A block has the same features in every batch.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.attributes import AttributeFacts
from pipeline.extractor.hints import HINTS, Hints
from pipeline.extractor.markup import Markup
from pipeline.extractor.view import (
    COMMA,
    DIGIT,
    ENDING,
    UNSPACED,
    UPPER,
    Blocks,
    Bools,
    Counts,
    Ints,
    View,
    look,
    prefix_sums,
    ratio,
    sum_before,
    sum_per_page,
)
from pipeline.extractor.vocabulary import NUMBERS, REGION_COUNT

Columns = dict[str, NDArray[np.generic]]

TITLE_CHARACTERS = 8
LINKED = 0.5
"""Share in links above which a block is one of links."""
PROSE_CHARACTERS = 200
"""Characters of prose after which a heading is not that of the page."""
LEVELS = 5
"""Elements around a block that are looked at, the innermost first."""
NOWHERE, FAR = -1, 999


def measure(markup: Markup, hints: Sequence[Hints], facts: AttributeFacts) -> tuple[Blocks, Columns]:
    """Return the blocks of pages and, by name, their features.

    Args:
        markup: the pages.
        hints: of each page, what its head says.
        facts: of each attribute text, what it says.
    """
    view = look(markup, hints, facts)
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


def _shape(view: View) -> Columns:
    """Length, words, links and the kinds of characters of the block itself."""
    blocks, classes = view.blocks, view.classes
    names = {UPPER: "upper", DIGIT: "digit", ENDING: "ending", COMMA: "comma"}
    return {
        "characters": blocks.characters,
        "words": blocks.words,
        "link_ratio": view.link_ratio,
        "links": view.links,
        "bold_ratio": view.bold_ratio,
        **{f"{name}_ratio": classes[:, i] / blocks.characters for i, name in names.items()},
        "endings": classes[:, ENDING],
        "last_class": view.last_class,
        "word_length": blocks.characters / blocks.words,
        "tag": view.tag,
        "depth": view.markup.depth[blocks.element],
    }


def _position(view: View, hints: Sequence[Hints]) -> Columns:
    """Where the block is on its page, also from the first heading and from the title."""
    blocks, page = view.blocks, view.blocks.page
    index = np.arange(len(page)) - view.spread
    count = np.diff(blocks.first)[page]
    total = sum_per_page(view, blocks.characters)[page]
    before = sum_before(view, blocks.characters)
    heading = _first_where(view, view.tag == NUMBERS["h1"])
    title = _first_where(view, _in_title(blocks, [hint.title for hint in hints]))
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
        "same_text": blocks.same_text,
    }


def _in_title(blocks: Blocks, titles: Sequence[str]) -> Bools:
    """Return of each block whether it stands in the title of its page."""
    result = np.zeros(len(blocks.page), bool)
    lengths = np.array([len(title) for title in titles])[blocks.page]
    at = np.flatnonzero((blocks.characters > TITLE_CHARACTERS) & (blocks.characters <= lengths))
    found = zip(at.tolist(), blocks.page[at].tolist(), strict=True)
    result[[i for i, page in found if blocks.texts[i] in titles[page]]] = True
    return result


def _first_where(view: View, chosen: Bools) -> Ints:
    """Return of each block the first chosen block of its page, or -1."""
    result = np.full(view.markup.pages, NOWHERE)
    places = np.flatnonzero(chosen)[::-1]
    result[view.blocks.page[places]] = places  # the last assignment is the first block
    return result[view.blocks.page]


def _regions(view: View) -> Columns:
    return {f"region_{bit}": view.regions >> bit & 1 for bit in range(REGION_COUNT)}


def _weights(view: View) -> Columns:
    """The weights of class words on the element and around it."""
    element = view.blocks.element
    total, largest, smallest = view.inherited
    return {
        "weight_total": total[element],
        "weight_largest": largest[element],
        "weight_smallest": smallest[element],
    }


def _subtrees(view: View) -> dict[str, Counts]:
    """Return sums over all blocks in each element."""
    count = len(view.markup.page)
    values = {
        "characters": view.blocks.characters,
        "linked": view.linked,
        "blocks": np.ones(len(view.tag)),
        "good": view.good,
    }
    result = {}
    for name, value in values.items():
        sums = prefix_sums(np.bincount(view.blocks.element, value, minlength=count))
        result[name] = sums[view.markup.end] - sums[:-1]
    return result


def _around(view: View) -> Columns:
    """What is in the elements around the block."""
    sums = _subtrees(view)
    good = sums["good"][view.page_elements[:-1]][view.blocks.page]
    around = view.blocks.element
    result: Columns = {}
    for level in range(LEVELS):
        result |= {
            f"around{level}_characters": sums["characters"][around],
            f"around{level}_link_ratio": ratio(sums["linked"][around], sums["characters"][around]),
            f"around{level}_good": sums["good"][around],
            f"around{level}_good_ratio": ratio(sums["good"][around], good),
            f"around{level}_blocks": sums["blocks"][around],
            f"around{level}_weight": view.own[around],
        }
        if level:
            result[f"around{level}_tag"] = view.markup.tag[around]
        around = view.markup.parent[around]
    return result


def _containers(view: View) -> Columns:
    """The smallest elements that hold half and four fifths of the prose, and the article elements."""
    markup, page = view.markup, view.blocks.page
    sums = prefix_sums(np.bincount(view.blocks.element, view.good, minlength=len(markup.page)))
    good = sums[markup.end] - sums[:-1]
    whole = np.maximum(good[view.page_elements[:-1]], 1)
    number = np.arange(len(markup.page))
    result: Columns = {}
    for name, part in (("half", 0.5), ("most", 0.8)):
        size = np.where(good >= part * whole[markup.page], markup.end - number, len(number) + 1)
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


def _neighbours(view: View) -> Columns:
    """The same facts of the blocks before and after."""
    blocks = view.blocks
    near = {"tag": view.tag, "weight_total": view.inherited[0][blocks.element]}
    nearest = {
        "characters": blocks.characters,
        "link_ratio": view.link_ratio,
        "good": view.good,
        "weight": view.own[blocks.element],
        "depth": view.markup.depth[blocks.element],
    }
    result: Columns = {}
    number = np.arange(len(blocks.page))
    for step in (-3, -2, -1, 1, 2, 3):
        at = number + step
        is_near = (at >= view.spread) & (at < blocks.first[blocks.page + 1])
        at = np.where(is_near, at, number)
        for name, values in (near | nearest if abs(step) == 1 else near).items():
            result[f"{name}{step:+d}"] = np.where(is_near, values[at], 0)
    return result


def _windows(view: View) -> Columns:
    """Sums over the blocks nearby."""
    blocks = view.blocks
    values = {
        "characters": blocks.characters,
        "linked": view.linked,
        "good": view.good,
        "endings": view.classes[:, ENDING],
    }
    sums = {name: prefix_sums(value) for name, value in values.items()}
    number = np.arange(len(blocks.page))
    result: Columns = {}
    for width in (3, 8):
        low = np.maximum(number - width, view.spread)
        high = np.minimum(number + width + 1, blocks.first[blocks.page + 1])
        near = {name: total[high] - total[low] for name, total in sums.items()}
        result |= {f"window{width}_{name}": near[name] for name in ("characters", "good", "endings")}
        result[f"window{width}_link_ratio"] = ratio(near["linked"], near["characters"])
    return result


def _sequence(view: View) -> Columns:
    """What came before on the page: prose, links, headings, comments."""
    blocks, page = view.blocks, view.blocks.page
    number = np.arange(len(page))
    outside = np.where(blocks.is_comment, 0, view.good)
    good = sum_per_page(view, view.good)[page]
    until = sum_before(view, outside)
    linked = sum_before(view, np.where(view.link_ratio > LINKED, blocks.characters, 0))
    last_good = _last_where(view, view.good > 0)
    last_heading = _last_where(view, view.is_heading, itself=True)
    here = np.maximum(last_heading, 0)
    weight = view.inherited[0][blocks.element]
    has_good, has_heading = last_good >= 0, last_heading >= 0
    link_heading = view.is_heading & (view.link_ratio > LINKED)
    return {
        "comment_after_good": np.where(blocks.is_comment, until, NOWHERE),
        "comment_after_ratio": np.where(blocks.is_comment, ratio(until, good), NOWHERE),
        "linked_since_good": np.where(has_good, linked - linked[np.maximum(last_good, 0)], NOWHERE),
        "blocks_since_good": np.where(has_good, number - last_good, NOWHERE),
        "link_headings_before": sum_before(view, link_heading),
        "headings_before": sum_before(view, view.is_heading),
        "headings_after_prose": sum_before(
            view, view.is_heading & (sum_before(view, view.good) > PROSE_CHARACTERS)
        ),
        "heading_tag": np.where(has_heading, view.tag[here], NOWHERE),
        "heading_link_ratio": np.where(has_heading, view.link_ratio[here], NOWHERE),
        "blocks_since_heading": np.where(has_heading, number - here, NOWHERE),
        "heading_weight": np.where(has_heading, weight[here] - weight, 0),
    }


def _last_where(view: View, chosen: Bools, itself: bool = False) -> Ints:
    """Return of each block the last chosen one before it (or itself) on its page, or -1."""
    number = np.arange(len(chosen))
    last = np.maximum.accumulate(np.where(chosen, number, NOWHERE)) if len(chosen) else number
    if not itself:
        last = np.concatenate(([NOWHERE], last[:-1])) if len(last) else last
    return np.where(last >= view.spread, last, NOWHERE)


def _siblings(view: View) -> Columns:
    """Blocks in elements of the same kind on the page: rows of a list of teasers look alike."""
    blocks, markup = view.blocks, view.markup
    element = blocks.element
    around = markup.parent[element]
    kind = markup.attribute * (len(NUMBERS) + 1) + markup.tag
    key = (blocks.page * (kind.max(initial=0) + 1) + kind[element]) * (kind.max(initial=0) + 1) + kind[around]
    _, group = np.unique(key, return_inverse=True)
    count = np.bincount(group)
    characters = np.bincount(group, blocks.characters)
    total = sum_per_page(view, blocks.characters)[blocks.page]
    return {
        "alike": count[group],
        "alike_characters": (characters / np.maximum(count, 1))[group],
        "alike_ratio": characters[group] / total,
        "alike_link_ratio": (np.bincount(group, view.linked) / np.maximum(characters, 1))[group],
        "alike_good_ratio": ratio(
            np.bincount(group, view.good)[group], sum_per_page(view, view.good)[blocks.page]
        ),
    }


def _page(view: View, hints: Sequence[Hints]) -> Columns:
    """The page as a whole."""
    blocks, page = view.blocks, view.blocks.page
    characters = sum_per_page(view, blocks.characters)
    inside = sum_per_page(view, np.where(blocks.is_comment, view.good, 0))
    good = sum_per_page(view, view.good)
    values: Mapping[str, NDArray[np.generic]] = {
        "page_forum": blocks.is_forum,
        **{
            f"page_{name}": np.array([getattr(hint, name) for hint in hints], bool)
            for name in HINTS
            if name != "forum"
        },
        "page_good": good,
        "page_good_comments": inside,
        "page_comment_ratio": ratio(inside, good),
        "page_characters": characters,
        "page_blocks": np.diff(blocks.first),
        "page_link_ratio": ratio(sum_per_page(view, view.linked), characters),
        "page_good_ratio": ratio(good, characters),
        "page_paragraphs": sum_per_page(view, view.tag == NUMBERS["p"]),
        "page_items": sum_per_page(view, view.tag == NUMBERS["li"]),
        "page_headings": sum_per_page(view, view.is_heading),
        "page_unspaced_ratio": ratio(sum_per_page(view, view.classes[:, UNSPACED]), characters),
    }
    return {name: value[page] for name, value in values.items()}
