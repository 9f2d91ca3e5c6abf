"""Signals of RedPajama-V2 that no other source shares: vocabulary, sentences by pattern, values by line.

Raw words are `word_punct`; normalised words are the white-space words of `normalised`. Names of the source
are in `source`. Where it writes 0 or null for a text without words, these are null.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters import search
from filters.ngrams import Ngrams
from filters.registry import signal
from filters.signals.columns import column, count, ratio
from filters.signals.normalised import bare_words, normalised, normalised_counts, normalised_size
from filters.spans import Spans, distinct, holding, inside, rows_of, sums
from filters.text import TextBatch
from filters.unicode_tables import ALPHA, ASCII_PUNCT, LINE_FEED, LOWER, TITLE, UPPER, one_of
from filters.words import word_characters

WANTED = "javascript"
FLOATS = pa.list_(pa.float32())
LINE_END_MARKS = ".!?\u201d"
LINE_BULLETS = "•‣▶◀◦■□▪▫–"


@signal(pa.int32(), unit="words", source="RedPajama-V2 rps_doc_word_count")
def normalised_word_count(text: TextBatch) -> pa.Array:
    """White-space words of the normalised text."""
    return count(text, normalised_counts(text))


@signal(pa.float32(), unit="code points per word", source="RedPajama-V2 rps_doc_mean_word_length")
def normalised_mean_word_length(text: TextBatch) -> pa.Array:
    """Mean code points of the words of the normalised text (accents are code points of their own)."""
    return ratio(text, normalised_size(text), normalised_counts(text))


@signal(pa.float32(), unit="ratio", source="RedPajama-V2 rps_doc_frac_unique_words")
def unique_word_ratio(text: TextBatch, *, variant: str = "unicode") -> pa.Array:
    """Different case-folded words / words; null without one. Variant `rpv2`: those of the normalised text."""
    ngrams = _unigrams(text, variant)
    return ratio(text, ngrams.distinct, ngrams.totals)


@signal(pa.float32(), unit="nats", source="RedPajama-V2 rps_doc_unigram_entropy")
def unigram_entropy(text: TextBatch, *, variant: str = "unicode") -> pa.Array:
    """Entropy of the case-folded words; null without a word. Variants as `unique_word_ratio`."""
    ngrams = _unigrams(text, variant)
    weighted = np.bincount(ngrams.rows, ngrams.counts * np.log(ngrams.counts), minlength=len(text))
    totals = np.maximum(ngrams.totals, 1)
    return column(
        text, (np.log(totals) - weighted / totals).astype(np.float32), pa.float32(), ngrams.totals == 0
    )


@signal(pa.int32(), unit="sentences", source="RedPajama-V2 rps_doc_num_sentences")
def pattern_sentence_count(text: TextBatch) -> pa.Array:
    r"""Matches of `\b[^.!?]+[.!?]*`: runs between end marks that hold a letter, a number or an underscore."""
    marks = np.sort(np.concatenate([text.symbol(mark) for mark in ".!?"]))
    # each run lies between two edges
    edges = distinct(np.sort(np.concatenate((text.row_offsets, marks)), kind="stable"))
    runs = Spans(edges[:-1], edges[1:], np.searchsorted(edges, text.row_offsets))
    return count(text, sums(holding(runs, word_characters(text)), runs.offsets))


@signal(pa.float32(), unit="ratio", source="RedPajama-V2 rps_doc_frac_no_alph_words")
def word_without_latin_ratio(text: TextBatch) -> pa.Array:
    """Raw words without one of a-z, A-Z / raw words; null without a word. Near 1 outside the Latin script."""
    words = text.words("word_punct")
    latin = text.flag(ALPHA) & text.ascii
    return ratio(text, words.counts - sums(holding(words, latin), words.offsets), words.counts)


@signal(pa.float32(), unit="ratio", source="RedPajama-V2 rps_doc_frac_all_caps_words")
def all_caps_word_ratio(text: TextBatch, *, kind: str = "word_punct") -> pa.Array:
    """Words for which `str.isupper` holds / words; null without a word."""
    words, at = text.words(kind), text.flagged(UPPER)
    number = rows_of(at, words.starts)
    inside_word = (number >= 0) & (at < np.append(words.ends, 0)[number])
    held = words.at(distinct(number[np.flatnonzero(inside_word)]))
    others = sums(holding(held, text.flag(LOWER | TITLE)), held.offsets)
    return ratio(text, held.counts - others, words.counts)


@signal(FLOATS, unit="0 or 1 by line", source="RedPajama-V2 rps_lines_ending_with_terminal_punctution_mark")
def lines_with_end_mark(text: TextBatch) -> pa.Array:
    """For each line: whether it ends in `.`, `!`, `?` or `”`, white space aside."""
    lines, solid = text.lines(), text.stripped_lines()
    return _by_line(
        text, lines, _holding(lines, solid, one_of(LINE_END_MARKS)[text.codepoints[solid.ends - 1]])
    )


@signal(FLOATS, unit="0 or 1 by line", source="RedPajama-V2 rps_lines_start_with_bulletpoint")
def lines_with_bullet(text: TextBatch) -> pa.Array:
    """For each line: whether it begins with one of ten bullets (the en dash too), white space aside."""
    lines, solid = text.lines(), text.stripped_lines()
    return _by_line(text, lines, _holding(lines, solid, one_of(LINE_BULLETS)[text.codepoints[solid.starts]]))


@signal(FLOATS, unit="ratio by line", source="RedPajama-V2 rps_lines_uppercase_letter_fraction")
def lines_uppercase_ratio(text: TextBatch) -> pa.Array:
    """For each line: upper-case code points / code points, its line feed included."""
    lines = text.lines()
    sizes = lines.lengths + _ended(text, lines)
    return _by_line(text, lines, inside(text.flagged(UPPER), lines) / np.maximum(sizes, 1))


@signal(FLOATS, unit="words by line", source="RedPajama-V2 rps_lines_num_words")
def lines_word_count(text: TextBatch) -> pa.Array:
    """For each line: white-space words of its normalised form."""
    lines = text.lines()
    return _by_line(
        text, lines, inside(text.words("whitespace").starts, lines) - inside(bare_words(text).starts, lines)
    )


@signal(FLOATS, unit="words by line", source="RedPajama-V2 rps_lines_javascript_counts")
def lines_javascript_count(text: TextBatch) -> pa.Array:
    """For each line: white-space words of its normalised form that are `javascript`."""
    lines, words = text.lines(), text.words("whitespace")
    word = _may_be_wanted(text, words)
    if len(word):
        alone = Spans(words.starts[word], words.ends[word], np.arange(len(word) + 1))
        plain = normalised(text.as_rows(alone))
        word, first = word[plain.lengths == len(WANTED)], plain.row_offsets[:-1][plain.lengths == len(WANTED)]
        letters = plain.folded[first[:, None] + np.arange(len(WANTED))]
        word = word[(letters == np.array([ord(c) for c in WANTED])).all(axis=1)]
    return _by_line(text, lines, inside(words.starts[word], lines))


def _may_be_wanted(text: TextBatch, words: Spans) -> NDArray[np.int64]:
    """Return the words with a `j` before the other letters, as far as the first ASCII punctuation."""
    folded, mark = text.folded, text.flag(ASCII_PUNCT)
    at = search.places(text, WANTED[0], fold=True)
    at = at[at <= len(folded) - len(WANTED)]
    marked = np.zeros(len(at), dtype=np.bool_)
    for step in range(1, len(WANTED)):
        marked |= mark[at + step]
        going = np.flatnonzero(marked | (folded[at + step] == ord(WANTED[step])))
        at, marked = at[going], marked[going]
    word = distinct(np.searchsorted(words.starts, at, side="right") - 1)
    return word[words.ends[word] - words.starts[word] >= len(WANTED)]


@signal(FLOATS, unit="ratio by line", source="RedPajama-V2 rps_lines_numerical_chars_fraction")
def lines_numeric_ratio(text: TextBatch) -> pa.Array:
    """For each line: numeric code points (`str.isnumeric`) of its normalised form / its code points."""
    lines = text.lines()  # no decomposition makes or takes away a number
    sizes = lines.lengths + _ended(text, lines)
    return _by_line(text, lines, inside(text.numbers, lines) / np.maximum(sizes, 1))


def _unigrams(text: TextBatch, variant: str) -> Ngrams:
    return normalised(text).ngrams(1, "whitespace") if variant == "rpv2" else text.ngrams(1, variant)


def _by_line(text: TextBatch, lines: Spans, values: NDArray[np.generic]) -> pa.Array:
    offsets = pa.array(lines.offsets, pa.int32(), mask=np.append(text.is_null, False))
    return pa.ListArray.from_arrays(offsets, pa.array(values.astype(np.float32)))


def _holding(lines: Spans, solid: Spans, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each line the value of the stripped line in it; false for a blank one."""
    result = np.zeros(len(lines), dtype=np.bool_)
    result[rows_of(solid.starts, lines.starts)] = values
    return result


def _ended(text: TextBatch, lines: Spans) -> NDArray[np.bool_]:
    """Return which lines a line feed ends."""
    ends = np.minimum(lines.ends, len(text.codepoints) - 1)
    inside = lines.ends < np.repeat(text.row_offsets[1:], lines.counts)
    return np.asarray(inside & (text.codepoints[ends] == LINE_FEED), dtype=np.bool_)
