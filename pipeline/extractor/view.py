"""What every group of features starts from: the blocks of a batch, counted, with what their elements say."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, pairwise

import numpy as np
from numpy.typing import NDArray

from filters.unicode_tables import (
    CATEGORIES,
    CATEGORY_MASK,
    SCRIPT_MASK,
    SCRIPT_SHIFT,
    SENTENCE_END,
    SPACE,
    script_number,
    tables,
)
from pipeline.extractor.attributes import FORUM_BIT, AttributeFacts
from pipeline.extractor.hints import Hints
from pipeline.extractor.markup import Markup
from pipeline.extractor.vocabulary import COMMENT_REGION, HEADINGS, region_bits

Ints = NDArray[np.int64]
Counts = NDArray[np.float64]
Bools = NDArray[np.bool_]

LETTER, BLANK, UPPER, DIGIT, ENDING, COMMA, QUOTE, UNSPACED, OTHER = range(9)
CLASSES = 9
CHARACTERS = {COMMA: ",;:、，；：،؛", QUOTE: "\"'“”‘’«»„()-–—/"}
UNSPACED_SCRIPTS = ("Hani", "Hira", "Kana", "Hang", "Thai", "Laoo", "Khmr", "Mymr", "Tibt")
HALF_WORD = 0.5
"""What a character of a script without spaces counts."""

GOOD_CHARACTERS, GOOD_LINK_RATIO = 60, 0.3
"""A block of prose: longer, with a smaller share in links, and with a sentence end or in such a script."""
LONG_CHARACTERS = 50
"""A longer block that repeats an earlier one is dropped: some pages carry an article twice."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a batch of pages that may be chosen."""

    texts: list[str]
    page: Ints
    """Of each block, its page."""
    first: Ints
    """Of each page, its first block, and one more at the end."""
    element: Ints
    same_text: Ints
    """Of each block, how many of its page have the same text."""
    characters: Counts
    words: Counts
    is_comment: Bools
    is_forum: Bools
    """Of each page."""
    kept: Bools
    """Of each block of the markup, whether it is here: not a repetition of an earlier long one."""


@dataclass(frozen=True, slots=True)
class View:
    """What several groups of features need."""

    markup: Markup
    blocks: Blocks
    classes: Counts
    """Of each block, its characters by class."""
    last_class: NDArray[np.uint8]
    """Of each block, the class of its last character."""
    link_ratio: Counts
    linked: Counts
    """Of each block, its characters in links: whole numbers, whose sums do not depend on the batch."""
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
    for letters, number in (
        ("Ll Lm Lo Mn Mc Me", LETTER),
        ("Lu Lt", UPPER),
        ("Nd", DIGIT),
        ("Zs Zl Zp", BLANK),
    ):
        by_category[[CATEGORIES.index(name) for name in letters.split()]] = number
    result = by_category[properties & CATEGORY_MASK]
    result[(properties & SPACE) != 0] = BLANK
    scripts = [script_number(code) for code in UNSPACED_SCRIPTS]
    result[np.isin((properties >> SCRIPT_SHIFT) & SCRIPT_MASK, scripts) & (result == LETTER)] = UNSPACED
    for number, characters in CHARACTERS.items():
        result[[ord(character) for character in characters]] = number
    result[(properties & SENTENCE_END) != 0] = ENDING
    return np.asarray(result, np.uint8)


def look(markup: Markup, hints: Sequence[Hints], facts: AttributeFacts) -> View:
    """Return the blocks of `markup` without repetitions, and what the features need of them."""
    classes, last_class = _count_classes(markup)
    characters = classes.sum(axis=1)
    kept, same_text = _without_repetitions(markup, characters)
    element, classes, characters = markup.element[kept], classes[kept], characters[kept]
    page = markup.page[element]
    link_ratio = markup.link_ratio[kept].astype(np.float64)
    total, largest, smallest, bits = _inherit(markup, facts)
    regions = bits[element]
    first = np.searchsorted(page, np.arange(markup.pages + 1))
    tag = markup.tag[element]
    blocks = Blocks(
        texts=list(compress(markup.texts, kept.tolist())),
        page=page,
        first=first,
        element=element,
        same_text=same_text,
        characters=characters,
        words=classes[:, BLANK] + 1 + classes[:, UNSPACED] * HALF_WORD,
        is_comment=(regions >> COMMENT_REGION & 1) > 0,
        is_forum=_are_forums(markup, hints, facts),
        kept=kept,
    )
    is_sentence = (classes[:, ENDING] > 0) | (2 * classes[:, UNSPACED] > characters)
    is_good = (link_ratio < GOOD_LINK_RATIO) & is_sentence & (characters > GOOD_CHARACTERS)
    return View(
        markup=markup,
        blocks=blocks,
        classes=classes,
        last_class=last_class[kept],
        link_ratio=link_ratio,
        linked=np.rint(characters * link_ratio),
        bold_ratio=markup.bold_ratio[kept].astype(np.float64),
        links=markup.links[kept],
        tag=tag,
        good=np.where(is_good, characters, 0.0),
        is_heading=(tag >= HEADINGS.start) & (tag < HEADINGS.stop),
        own=facts.total[markup.attribute],
        inherited=(total, largest, smallest),
        regions=regions,
        page_elements=np.searchsorted(markup.page, np.arange(markup.pages + 1)),
        spread=first[page],
    )


def _count_classes(markup: Markup) -> tuple[Counts, NDArray[np.uint8]]:
    """Return the characters of each block by class, and the class of its last one."""
    texts = len(markup.texts)
    kinds = character_classes().take(markup.codes)
    marks = np.flatnonzero(markup.codes == 0)
    # Most are letters, which are what is left when the others are counted.
    others = np.flatnonzero(kinds[: marks[-1]] != LETTER)
    text = np.cumsum(markup.codes[others] == 0) - 1
    counts = np.bincount(text * CLASSES + kinds[others], minlength=texts * CLASSES)
    classes = counts.reshape(texts, CLASSES).astype(np.float64)
    classes[:, kinds[marks[0]]] -= 1  # the mark before each block
    classes[:, LETTER] = np.diff(marks) - 1 - classes.sum(axis=1)
    return classes, kinds[marks[1:] - 1]


def _without_repetitions(markup: Markup, characters: Counts) -> tuple[Bools, Ints]:
    """Return which blocks repeat no long one before, and of each of these how many have its text."""
    page = markup.page[markup.element]
    same = _same_texts(markup.texts, np.searchsorted(page, np.arange(markup.pages + 1)).tolist())
    kept = (same == np.arange(len(same))) | (characters <= LONG_CHARACTERS)
    same = same[kept]
    return kept, np.bincount(same)[same] if len(same) else same


def _are_forums(markup: Markup, hints: Sequence[Hints], facts: AttributeFacts) -> Bools:
    """Return of each page whether its head or one of its elements says that it is of a forum."""
    says_so = (facts.regions[markup.attribute] & FORUM_BIT) != 0
    has_element = np.bincount(markup.page, says_so, minlength=markup.pages) > 0
    return np.asarray(has_element | np.array([hint.forum for hint in hints], bool))


def _same_texts(texts: Sequence[str], firsts: Sequence[int]) -> Ints:
    """Return of each block the first of its page with the same text.

    Args:
        texts: of the blocks.
        firsts: of each page, its first block, and one more at the end.
    """
    result: list[int] = []
    for start, stop in pairwise(firsts):
        first_with: dict[str, int] = {}
        result += map(first_with.setdefault, texts[start:stop], range(start, stop))
    return np.array(result, np.int64)


def _inherit(markup: Markup, facts: AttributeFacts) -> tuple[Counts, Counts, Counts, Ints]:
    """Return sum, largest and smallest weight and the regions of each element and those around it."""
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


def sum_before(view: View, values: NDArray[np.generic]) -> Counts:
    """Return of each block the sum of `values` over the blocks before it on its page."""
    sums = prefix_sums(values)
    return sums[:-1] - sums[view.spread]


def prefix_sums(values: NDArray[np.generic]) -> Counts:
    """Return the sum of the values before each, and of all."""
    result = np.zeros(len(values) + 1)
    np.cumsum(values, out=result[1:])
    return result


def ratio(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Counts:
    """Divide; by one where the whole is less."""
    return np.asarray(part / np.maximum(whole, 1))


def sum_per_page(view: View, values: NDArray[np.generic]) -> Counts:
    """Return the sums over the blocks of each page."""
    result = np.bincount(view.blocks.page, np.asarray(values, np.float64), minlength=view.markup.pages)
    return result.astype(np.float64)  # without any block NumPy counts in integers
