"""Edits: text in, text out, the same rows. An edit says how many changes it made to each text.

Lines are the pieces between line feeds; those that are kept stay as they are. A page that a published cleaner
drops as a whole is a matter of rules: `lorem_ipsum_count`, `curly_bracket_count` and so on.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

import filters.masks
import filters.page_edits
import filters.script_repair
import filters.sentence_edits  # noqa: F401  (all four declare edits)
from filters import search
from filters.language_keys import list_keys
from filters.line_masks import counter_lines, number_lines, short_lines, uppercase_lines
from filters.phrases import POLICY_PHRASES
from filters.registry import Edited, edit
from filters.signals.content import C4
from filters.spans import Spans, runs, span_positions, strip, sums
from filters.text import TextBatch, encode
from filters.unicode_tables import (
    BLANK,
    LINE_FEED,
    ROOTS_SPECIAL,
    SPACE,
    TAB,
)
from schemas.errors import MissingDependencyError

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

ROOTS: Final = "BigScience ROOTS, data-preparation 9d05884, filtering.py"
REFINEDWEB: Final = "RefinedWeb, Penedo et al. 2023, appendix G; DCLM refinedweb.yaml"
OSCAR: Final = "OSCAR, ungoliant v2, RemoveShortSentences"
ROOTS_SPACES: Final = np.array(
    [0x20, 0x2009, 0x200A, 0x202F, 0x2005, 0x3000, 0x2002, 0xA0, 0x2008, 0x2003, 0xFFFC, 0x84],
    dtype=np.uint32,
)
INCORRECT_SUBSTRINGS: Final = ("http", "www", ".com", "href", "//")
END_MARKS: Final = '.?!"'


@edit(source="Unicode Standard Annex 15, form NFC")
def compose(text: TextBatch) -> Edited:
    """Bring each text into Unicode form NFC; a text that was in another form counts as one change."""
    before = encode(text.codepoints, text.lengths)
    after = pc.utf8_normalize(before, "NFC")
    return _edited(text, after, np.asarray(pc.not_equal(before, after), dtype=np.int64))


@edit(source="ftfy (Speer 2019); FineWeb-2 pipeline")
def mend_encoding(text: TextBatch) -> Edited:
    """Mend mojibake with the library ftfy; a text that it changes counts as one change.

    Raises:
        MissingDependencyError: ftfy is absent.
    """
    try:
        fix_text = importlib.import_module("ftfy").fix_text
    except ImportError as error:
        raise MissingDependencyError("mend_encoding needs ftfy: pip install ftfy") from error
    before = encode(text.codepoints, text.lengths)
    after = pa.array([fix_text(row) for row in before.to_pylist()], pa.string())
    return _edited(text, after, np.asarray(pc.not_equal(before, after), dtype=np.int64))


@edit(source=f"{ROOTS}, uniform_whitespace")
def unify_whitespace(text: TextBatch) -> Edited:
    """Strip the text, and make each of 11 space characters, U+FFFC and U+0084 a space; each one counts."""
    rows = text.stripped(Spans(text.row_offsets[:-1], text.row_offsets[1:], np.arange(len(text) + 1)))
    codepoints = text.gather(rows)
    lengths = sums(rows.lengths, rows.offsets)
    other = np.isin(codepoints, ROOTS_SPACES) & (codepoints != BLANK)
    changes = sums(other, np.concatenate(([0], np.cumsum(lengths))))
    return _edited(text, encode(np.where(other, np.uint32(BLANK), codepoints), lengths), changes)


@edit(source=f"{ROOTS}, remove_words_with_incorrect_substrings")
def drop_link_words(text: TextBatch, *, substrings: Sequence[str] = INCORRECT_SUBSTRINGS) -> Edited:
    """Cut the words that hold `http`, `www`, `.com`, `href` or `//` once stripped of special characters.

    Words are what space, tab and line feed separate; of the separators between two kept words the strongest
    stays, once.
    """
    words, stripped, of_word = _roots_words(text)
    dropped = np.zeros(len(words), dtype=np.bool_)
    for wanted in substrings:
        at = search.find(text, wanted)
        held = np.searchsorted(stripped.starts, at, side="right") - 1
        inside = (held >= 0) & (at + len(wanted) <= stripped.ends[held])
        dropped[of_word[held[inside]]] = True
    return _without_words(text, words, dropped)


@edit(source=f"{ROOTS}, remove_long_words")
def drop_long_words(text: TextBatch, *, characters: int = 25) -> Edited:
    """Cut the words of over so many code points, both as they are and stripped of special characters.

    Words and separators as in `drop_link_words`.
    """
    words, stripped, of_word = _roots_words(text)
    long_inside = np.ones(len(words), dtype=np.bool_)
    long_inside[of_word] = stripped.lengths > characters
    return _without_words(text, words, (words.lengths > characters) & long_inside)


@edit(source=f"{ROOTS}, remove_words_with_incorrect_substrings, by language")
def drop_link_words_by_language(text: TextBatch, lang: pa.Array, *, languages: Sequence[str] = ()) -> Edited:
    """Do as `drop_link_words` in the texts of the languages (`hi`, `hin` or `hin_Deva`), leave the others."""
    return _by_language(text, lang, dict.fromkeys(languages, True), lambda rows, _: drop_link_words(rows))


@edit(source=f"{ROOTS}, remove_long_words, by language")
def drop_long_words_by_language(
    text: TextBatch, lang: pa.Array, *, characters: Mapping[str, int] | None = None
) -> Edited:
    """Do as `drop_long_words` with the length that `characters` has for the language, leave the others."""
    return _by_language(
        text, lang, characters or {}, lambda rows, most: drop_long_words(rows, characters=most)
    )


@edit(source=f"{C4}, citations")
def drop_citations(text: TextBatch) -> Edited:
    """Cut `[edit]`, `[citation needed]` and square brackets that hold only digits or nothing."""
    opened = text.symbol("[")
    closed = text.symbol("]")
    after = np.append(closed, len(text.codepoints))[np.searchsorted(closed, opened)]
    same_row = after < text.row_offsets[np.searchsorted(text.row_offsets, opened, side="right")]
    opened, after = opened[same_row], after[same_row]
    digits = np.concatenate(([0], np.cumsum(text.in_categories("Nd"))))
    cited = digits[after] - digits[opened + 1] == after - opened - 1
    for wanted in ("[edit]", "[citation needed]"):
        cited |= np.isin(opened, search.find(text, wanted))
    removed = np.zeros(len(text.codepoints), dtype=np.bool_)
    places = Spans(opened[cited], after[cited] + 1, np.array([0, int(cited.sum())]))
    removed[span_positions(places)] = True
    lengths = text.lengths - sums(removed, text.row_offsets)
    return _edited(text, encode(text.codepoints[~removed], lengths), text.per_row(opened[cited]))


@edit(source=f"{C4}, end marks")
def drop_lines_without_end_mark(text: TextBatch, *, marks: str = END_MARKS, ellipsis: bool = False) -> Edited:
    """Cut the lines that do not end in one of the marks, white space aside; `...` only with `ellipsis`."""
    lines = text.lines("split")
    solid, of_line = _solid(text, lines)
    last = text.codepoints[solid.ends - 1]
    ends = np.isin(last, [ord(mark) for mark in marks])
    if not ellipsis:
        dots = search.find(text, "...")
        ends &= ~np.isin(solid.ends - len("..."), dots)
    dropped = np.ones(len(lines), dtype=np.bool_)
    dropped[of_line[ends]] = False
    return _without_lines(text, lines, dropped)


@edit(source=f"{C4}, at least 5 words (datatrove: 3; RefinedWeb: 2)")
def drop_short_lines(
    text: TextBatch, *, words: int = 5, blank: bool = True, kind: str = "whitespace"
) -> Edited:
    """Cut the lines of fewer words (of white space, or `kind`), empty ones if `blank` (RefinedWeb: not)."""
    return _without_lines(text, text.lines("split"), short_lines(text, words=words, blank=blank, kind=kind))


@edit(source=f"{C4}, words of over 1000 characters")
def drop_lines_with_long_words(text: TextBatch, *, characters: int = 1000) -> Edited:
    """Cut the lines with a white-space word of over so many code points."""
    words = text.words("whitespace")
    return _without_lines_at(text, words.starts[words.lengths > characters])


@edit(source=f"{C4}, lines of a WET record")
def strip_lines(text: TextBatch) -> Edited:
    """Cut the white space at both ends of each line, and the lines of nothing else; each such line counts."""
    lines = text.lines("split")
    solid, of_line = _solid(text, lines)
    same = (text.lengths == 0)[lines.rows]
    same[of_line] = solid.lengths == lines.lengths[of_line]
    feeds = np.full(len(solid), LINE_FEED, dtype=np.uint32)
    return _edited(text, _joined(text, solid, feeds), sums(~same, lines.offsets))


@edit(source=f"{C4}, Javascript")
def drop_javascript_lines(text: TextBatch) -> Edited:
    """Cut the lines that have `javascript`, case-folded."""
    return _without_lines_at(text, search.find(text, "javascript", fold=True))


@edit(source=f"{C4}, policy phrases")
def drop_policy_lines(text: TextBatch) -> Edited:
    """Cut the lines that have one of C4's six policy and cookie phrases, case-folded."""
    found = [search.find(text, phrase, fold=True) for phrase in POLICY_PHRASES]
    return _without_lines_at(text, np.concatenate(found))


@edit(source=f"{REFINEDWEB}, upper case")
def drop_uppercase_lines(text: TextBatch, *, ratio: float = 0.5) -> Edited:
    """Cut the lines of which over `ratio` of the code points are upper-case letters."""
    return _without_lines(text, text.lines("split"), uppercase_lines(text, ratio=ratio))


@edit(source=f"{REFINEDWEB}, numbers")
def drop_number_lines(text: TextBatch) -> Edited:
    """Cut the lines that hold, white space aside, only numeric characters."""
    return _without_lines(text, text.lines("split"), number_lines(text))


@edit(source=f"{REFINEDWEB}, counters")
def drop_counter_lines(text: TextBatch) -> Edited:
    """Cut the lines that are a number and a word of a counter (`3 likes`, `1.2K views`), nothing else."""
    return _without_lines(text, text.lines("split"), counter_lines(text))


@edit(source=f"{OSCAR}; CulturaX cuts the tail only (`head=False`)")
def drop_short_edge_lines(
    text: TextBatch, *, characters: int = 100, head: bool = True, tail: bool = True
) -> Edited:
    """Cut the lines of at most so many code points before the first and after the last longer line.

    A text without a longer line becomes empty.
    """
    lines = text.lines("split")
    long = np.flatnonzero(lines.lengths > characters)
    before = np.searchsorted(long, lines.offsets)
    numbers = np.arange(len(lines))
    row = lines.rows
    padded = np.append(long, len(lines))
    first = np.where(before[1:] > before[:-1], padded[before[:-1]], lines.offsets[1:])
    last = np.where(before[1:] > before[:-1], padded[before[1:] - 1], -1)
    dropped = ((numbers < first[row]) & head) | ((numbers > last[row]) & tail)
    return _without_lines(text, lines, np.asarray(dropped, dtype=np.bool_))


def _edited(text: TextBatch, after: pa.Array, changes: Positions) -> Edited:
    after = pc.if_else(pa.array(text.is_null), pa.scalar(None, pa.string()), after)
    return Edited(after, pa.array(changes.astype(np.int32), mask=text.is_null))


def _solid(text: TextBatch, lines: Spans) -> tuple[Spans, Positions]:
    """Return the stripped lines that hold something, and the number of the line of each."""
    solid = strip(lines, text.flag(SPACE))
    return solid, _line_of(lines, solid.starts)


def _line_of(lines: Spans, at: Positions) -> Positions:
    """Return the number of the line in which each position lies."""
    return np.searchsorted(lines.starts, at, side="right") - 1


def _without_lines_at(text: TextBatch, at: Positions) -> Edited:
    lines = text.lines("split")
    dropped = np.zeros(len(lines), dtype=np.bool_)
    dropped[_line_of(lines, at)] = True
    return _without_lines(text, lines, dropped)


def _without_lines(text: TextBatch, lines: Spans, dropped: Mask) -> Edited:
    kept = lines.chosen(~dropped)
    feeds = np.full(len(kept), LINE_FEED, dtype=np.uint32)
    return _edited(text, _joined(text, kept, feeds), sums(dropped, lines.offsets))


def _joined(text: TextBatch, pieces: Spans, separators: NDArray[np.uint32]) -> pa.Array:
    """Return the pieces of each row, each after the first with its separator before it."""
    lengths = pieces.lengths + 1
    first = pieces.offsets[:-1][pieces.counts > 0]
    lengths[first] -= 1
    ends = np.cumsum(lengths)
    codepoints = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.uint32)
    later = np.ones(len(pieces), dtype=np.bool_)
    later[first] = False
    codepoints[(ends - lengths)[later]] = separators[later]
    source = span_positions(pieces)
    codepoints[source + np.repeat(ends - pieces.ends, pieces.lengths)] = text.codepoints[source]
    return encode(codepoints, sums(lengths, pieces.offsets))


def _roots_words(text: TextBatch) -> tuple[Spans, Spans, Positions]:
    """Return the words as they are, those stripped of special characters, the word of each of these."""
    code = text.codepoints
    inside = (code != BLANK) & (code != LINE_FEED) & (code != TAB)
    words = text.spans(*runs(inside, text.row_offsets))
    stripped = strip(words, text.flag(ROOTS_SPECIAL))
    return words, stripped, _line_of(words, stripped.starts)


def _without_words(text: TextBatch, words: Spans, dropped: Mask) -> Edited:
    kept = words.chosen(~dropped)
    separators = np.full(len(kept), BLANK, dtype=np.uint32)
    for separator in (TAB, LINE_FEED):
        before = np.searchsorted(np.flatnonzero(text.codepoints == separator), kept.starts)
        separators[1:][np.diff(before) > 0] = separator
    return _edited(text, _joined(text, kept, separators), sums(dropped, words.offsets))


def _by_language(
    text: TextBatch, lang: pa.Array, settings: Mapping[str, int], change: Callable[[TextBatch, int], Edited]
) -> Edited:
    """Change the rows of each setting; a row whose language has none stays as it is."""
    labels = lang.cast(pa.string()).to_pylist()
    found = {label: _first(settings, label) for label in set(labels)}
    texts = encode(text.codepoints, text.lengths).to_pylist()
    changes = np.zeros(len(text), np.int32)
    for setting in sorted({setting for setting in found.values() if setting is not None}):
        rows = [i for i, label in enumerate(labels) if found[label] == setting]
        edited = change(TextBatch.from_arrow(pa.array([texts[i] for i in rows], pa.string())), setting)
        for row, after, count in zip(rows, edited.text.to_pylist(), edited.changes.to_pylist(), strict=True):
            texts[row], changes[row] = after, count
    return Edited(pa.array(texts, pa.string(), mask=text.is_null), pa.array(changes, mask=text.is_null))


def _first(settings: Mapping[str, int], label: str | None) -> int | None:
    return next((settings[key] for key in list_keys(label or "") if key in settings), None)
