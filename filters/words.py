r"""Words, as spans of a batch, right for every script.

`unicode`, the engine's own words, in the style of Unicode Standard Annex 29:

1. A code point is inside a word if it is a letter, a number, or a mark (vowel signs, accents, ZWJ, ZWNJ).
   Between two of those, neither in an unspaced script, it is also inside when it joins them: an apostrophe, a
   middle dot or a full stop between two letters or two numbers; a comma between two numbers; a connector
   (`_`) or a format character (soft hyphen, direction mark) between any two; a double quote between two
   Hebrew letters.
2. A word is a run of such code points, from its first letter or number on. A run without one is no word.
3. A run is cut where an unspaced script (Han, kana, Thai, Lao, Khmer, Burmese) begins or ends, and inside it
   where ICU's dictionaries cut. It is never cut before a mark.

So a hyphen, a Tibetan tsheg and an Ethiopic word space separate words; `l'homme`, `3.14`, `can't`, `צה"ל` are
one. Differences from the annex: a number joins its digits and superscripts to letters (`m²`), a colon joins
nothing (as in CLDR's root locale), a run of ideographs is cut by the dictionary.

Words as published recipes take them: `whitespace` is `str.split()`; `word_characters` is `\w+` of `re`;
`word_punct` is `\w+|[^\w\s]+` of `re` (NLTK's WordPunctTokenizer); `tokens` is `unicode` and each other code
point that is not white space; `english` joins and parts those as spaCy does (`english_tokens.py`); `blanks`
is `str.split(" ")`, empty ones too; `roots` is what space, tab and line feed separate, without the special
characters of ROOTS at both ends.
"""

import functools
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_spans import edges_of_kinds, put_between
from filters.spans import Spans, runs, span_positions, split, strip, where
from filters.unicode_tables import (
    ALNUM,
    BLANK,
    BMP_END,
    FORMAT,
    LETTER,
    LINE_FEED,
    MARK,
    MID_ANY,
    MID_BOTH,
    MID_HEBREW,
    MID_LETTER,
    MID_NUMBER,
    NUMBER,
    ROOTS_SPECIAL,
    SEGMENTED,
    SEGMENTED_SCRIPTS,
    SPACE,
    TAB,
    script_number,
)
from schemas.errors import MissingDependencyError, RecipeError, near_name

if TYPE_CHECKING:
    from icu4py.breakers import WordBreaker

    from filters.text import TextBatch

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

STEPS = 4
"""Marks that are left out one by one before the first letter is searched."""

ICU_LOCALE = "en"  # the dictionaries are chosen by script, not by locale


def find(text: "TextBatch", kind: str) -> Spans:
    """Return the words of the kind.

    Raises:
        RecipeError: there is no such kind.
    """
    if kind not in KINDS:
        raise RecipeError(
            f"words: expected one of {', '.join(KINDS)}, got {kind!r}{near_name(kind, list(KINDS))}"
        )
    return KINDS[kind](text)


def _unicode(text: "TextBatch") -> tuple[Spans, Mask]:
    """Return the words, and which code points they hold."""
    classes = text.word_classes
    inside = (classes - np.uint8(1)) < np.uint8(3)
    segmented = text.flag(SEGMENTED)
    has_segmented = bool(segmented.any())
    _join(text, classes, segmented, inside)
    cuts = _segment(text, classes, segmented, inside) if has_segmented else None
    starts, ends = runs(inside, text.row_offsets, cuts)
    leading = classes[starts] > NUMBER  # a mark, or what joined a run that is cut before it
    if leading.any():
        first, last = starts[leading], ends[leading]
        starts, ends = _from_first_letter(classes, starts, ends, leading)
        inside[span_positions(Spans(first, last, first))] = False
        changed = np.searchsorted(starts, first)
        changed = changed[changed < len(starts)]
        inside[span_positions(Spans(starts[changed], ends[changed], first))] = True
    return text.spans(starts, ends), inside


def _join(text: "TextBatch", classes: NDArray[np.uint8], segmented: Mask, inside: Mask) -> None:
    """Put the code points that join their neighbours inside words."""
    joining = classes >= FORMAT
    joining[1:] &= inside[:-1]
    joining[:-1] &= inside[1:]
    joining[:1] = joining[-1:] = False
    at = np.flatnonzero(joining)
    borders = text.row_starts_flags
    at = at[~(borders[at] | borders[at + 1] | segmented[at - 1] | segmented[at + 1])]
    kind, left, right = classes[at], classes[at - 1], classes[at + 1]
    letters = (left != NUMBER) & (right == LETTER)
    numbers = (left == NUMBER) & (right == NUMBER)
    joins = (kind == FORMAT) | (kind == MID_ANY)
    joins |= letters & ((kind == MID_LETTER) | (kind == MID_BOTH))
    joins |= numbers & ((kind == MID_NUMBER) | (kind == MID_BOTH))
    quotes = np.flatnonzero(letters & (kind == MID_HEBREW))
    if len(quotes):
        hebrew = script_number("Hebr")
        scripts = text.scripts
        joins[quotes] = (scripts[at[quotes] - 1] == hebrew) & (scripts[at[quotes] + 1] == hebrew)
    inside[at[joins]] = True


def _from_first_letter(
    classes: NDArray[np.uint8], starts: Positions, ends: Positions, leading: Mask
) -> tuple[Positions, Positions]:
    """Move the starts of runs that begin otherwise to the first letter or number; drop runs without one."""
    starts = starts.copy()
    moving = np.flatnonzero(leading)
    for _ in range(STEPS):
        starts[moving] += 1
        moving = moving[starts[moving] < ends[moving]]
        moving = moving[classes[starts[moving]] > NUMBER]
    if len(moving):
        letters = np.append(np.flatnonzero((classes == LETTER) | (classes == NUMBER)), len(classes))
        starts[moving] = letters[np.searchsorted(letters, starts[moving])]
    kept = starts < ends
    return starts[kept], ends[kept]


def _segment(text: "TextBatch", classes: NDArray[np.uint8], segmented: Mask, inside: Mask) -> Positions:
    """Return where words are cut inside and at the borders of runs of unspaced scripts."""
    segmented = _with_shared_marks(text, classes, segmented)
    changes = np.flatnonzero(segmented[1:] != segmented[:-1]) + 1
    starts, ends = runs(segmented & inside, text.row_offsets)
    cuts: Positions = np.concatenate((changes, _dictionary_cuts(text.codepoints, starts, ends)))
    kept: Positions = cuts[classes[cuts] != MARK]
    return kept


def _with_shared_marks(text: "TextBatch", classes: NDArray[np.uint8], segmented: Mask) -> Mask:
    """Add the marks of no script of their own (kana voicing, ZWJ) that follow an unspaced script."""
    starts, ends = runs((classes == MARK) & ~segmented, text.row_offsets)
    follows = (starts > 0) & segmented[starts - 1] & ~text.row_starts_flags[starts]
    starts, ends = starts[follows], ends[follows]
    if len(starts) == 0:
        return segmented
    steps = np.zeros(len(segmented) + 1, dtype=np.int8)
    steps[starts] += 1
    steps[ends] -= 1
    return segmented | (np.cumsum(steps[:-1], dtype=np.int8) > 0)


def _dictionary_cuts(codepoints: NDArray[np.uint32], starts: Positions, ends: Positions) -> Positions:
    """Return the positions where ICU begins a word inside the runs.

    The runs are put before ICU as lines of one text, so that none is the context of another.
    """
    if len(starts) == 0:
        return np.empty(0, dtype=np.int64)
    lengths = ends - starts + 1
    before = np.cumsum(lengths) - lengths
    source = np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(starts - before, lengths)
    gathered = codepoints[np.minimum(source, len(codepoints) - 1)]
    gathered[before[1:] - 1] = LINE_FEED
    gathered[-1] = LINE_FEED
    segments = _word_breaker()(gathered.tobytes().decode("utf-32-le"), ICU_LOCALE).segments()
    found = np.fromiter(chain.from_iterable(segments), dtype=np.int64)[::2]
    wide = gathered >= BMP_END
    if wide.any():  # ICU counts UTF-16 units
        units = np.cumsum(wide + 1) - (wide + 1)
        found = np.searchsorted(units, found, side="right") - 1
    cuts: Positions = source[found[gathered[found] != LINE_FEED]]
    return cuts


@functools.cache
def _word_breaker() -> type["WordBreaker"]:
    try:
        from icu4py.breakers import WordBreaker
    except ImportError as error:
        scripts = ", ".join(SEGMENTED_SCRIPTS)
        raise MissingDependencyError(
            f"words of {scripts} need ICU's dictionaries: pip install 'glotmill[icu]'"
        ) from error
    return WordBreaker


def _flagged(text: "TextBatch", flag: int, wanted: bool) -> Spans:
    return text.spans(*runs(text.flag(flag) == wanted, text.row_offsets))


def word_characters(text: "TextBatch") -> Mask:
    r"""Return where `\w` of `re` holds."""
    return text.once("word characters", lambda: text.flag(ALNUM) | (text.codepoints == ord("_")))


def _word_characters(text: "TextBatch") -> Spans:
    return text.spans(*runs(word_characters(text), text.row_offsets))


def _word_punct(text: "TextBatch") -> Spans:
    solid = ~text.flag(SPACE)
    if is_compiled():
        one_or_two = solid.view(np.uint8) + (solid & word_characters(text))
        return text.spans(*edges_of_kinds(one_or_two, text.row_offsets))
    first = text.row_starts_flags[:-1].copy()  # of a white-space word, once the rest is left out
    first[1:] |= ~solid[:-1]
    kinds = word_characters(text)
    begins = first.copy()
    begins[1:] |= kinds[1:] != kinds[:-1]
    begins &= solid
    starts, words = where(begins), text.words("whitespace")
    ends = np.empty_like(starts)
    ends[:-1] = starts[1:]  # but before white space
    ends[np.append(np.flatnonzero(first[starts])[1:], len(starts))[: len(words)] - 1] = words.ends
    return text.spans(starts, ends)


def _tokens(text: "TextBatch") -> Spans:
    words = text.words("unicode")
    alone = ~(text.flag(SPACE) | inside_words(text))
    if is_compiled():
        return text.spans(*put_between(words.starts, words.ends, where(alone)))
    begins = alone.copy()
    begins[words.starts] = True
    starts = where(begins)
    ends = starts + 1
    ends[np.flatnonzero(~alone[starts])] = words.ends
    return text.spans(starts, ends)


def solid_tokens(text: "TextBatch") -> Spans:
    """Return `tokens` that white space always parts, the narrow one (U+202F) inside `10 000` too."""
    tokens = text.words("tokens")
    spaces = np.flatnonzero(text.flag(SPACE) & inside_words(text))
    if len(spaces) == 0:
        return tokens
    parted = np.searchsorted(tokens.starts, spaces, side="right")
    starts, ends = np.insert(tokens.starts, parted, spaces + 1), np.insert(tokens.ends, parted - 1, spaces)
    filled = starts < ends
    return text.spans(starts[filled], ends[filled])


def inside_words(text: "TextBatch") -> Mask:
    """Return which code points the words of the kind `unicode` hold."""
    return text.once("unicode words", lambda: _unicode(text))[1]


def _english(text: "TextBatch") -> Spans:
    from filters.english_tokens import english_tokens  # reads batches itself

    return english_tokens(text)


def _blanks(text: "TextBatch") -> Spans:
    return split(np.flatnonzero(text.codepoints == BLANK), text.row_offsets)


def _roots(text: "TextBatch") -> Spans:
    code = text.low_bytes()
    separators = ((code == BLANK) | (code == LINE_FEED) | (code == TAB)) & text.ascii
    if np.array_equal(separators, text.flag(SPACE)):
        pieces = text.words("whitespace")
    else:
        pieces = text.spans(*runs(~separators, text.row_offsets))
    return strip(pieces, text.flag(ROOTS_SPECIAL))


KINDS: dict[str, Callable[["TextBatch"], Spans]] = {
    "unicode": lambda text: text.once("unicode words", lambda: _unicode(text))[0],
    "whitespace": functools.partial(_flagged, flag=SPACE, wanted=False),
    "word_characters": _word_characters,
    "word_punct": _word_punct,
    "tokens": _tokens,
    "english": _english,
    "blanks": _blanks,
    "roots": _roots,
}
