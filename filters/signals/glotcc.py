"""Signals behind the warnings of GlotCC v1 and the sentence rules of MADLAD-400."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters import search
from filters.phrases import CURSED_LITERALS
from filters.registry import signal
from filters.sentences import sentences
from filters.signals.columns import column, count, ratio
from filters.signals.ngrams import top_share
from filters.spans import Spans, before, holding, inside, maxima, merged, runs, sums, where
from filters.tallies import ascii_digits
from filters.text import TextBatch
from filters.unicode_tables import ASCII_PUNCT, BLANK, DIGIT, LINE_FEED, SPACE, UPPER, look_up, one_of

Positions = NDArray[np.int64]

GLOTCC = "GlotCC v1, filters/filter-v1.ipynb; MADLAD-400, Kudugunta et al. 2023"
TECHNICAL: Final = "{}+/()>"
LEAST_LIST_TOKENS: Final = 12
LEAST_LINE_TOKENS: Final = 20


@signal(pa.float32(), unit="ratio", source=f"{GLOTCC}, list case")
def capital_token_ratio(text: TextBatch) -> pa.Array:
    """White-space tokens in list case / tokens; null under 12 tokens.

    A token is in list case if it begins with an upper-case letter or holds only digits and ASCII punctuation.
    """
    tokens = text.words("whitespace")
    counts = np.where(tokens.counts >= LEAST_LIST_TOKENS, tokens.counts, 0)
    return ratio(text, sums(_in_list_case(text, tokens), tokens.offsets), counts)


@signal(pa.float32(), unit="ratio", source=f"{GLOTCC}, technical (danger) characters")
def technical_char_ratio(text: TextBatch) -> pa.Array:
    """Code points in `0123456789{}+/()>` / code points; null for an empty text."""
    digits, signs = _technical(text)
    return ratio(text, text.per_row(digits) + text.per_row(signs), text.lengths)


@signal(pa.int32(), unit="code points", source="GlotCC v1 long_word; C4 (1000)")
def max_word_length(text: TextBatch, *, kind: str = "whitespace") -> pa.Array:
    """Code points of the longest word; null where there is no word."""
    words = text.words(kind)
    return column(text, maxima(words.lengths, words.offsets), pa.int32(), words.counts == 0)


@signal(pa.float32(), unit="ratio", source="GlotCC v1 repetition_sent")
def max_line_top_ngram_char_ratio(text: TextBatch, *, n: int = 1) -> pa.Array:
    """Largest `top_ngram_char_ratio` (variant `glotcc`) of a line; null without a line of over 20 tokens.

    Tokens are what single spaces separate.
    """
    tokens, boundaries = _line_tokens(text)
    original = text.lines("split")
    spaced = inside(boundaries, original)
    long = tokens.counts - spaced >= LEAST_LINE_TOKENS + 1
    values = np.zeros(len(original))
    lines = np.flatnonzero(long)
    values[lines] = top_share(text, tokens.of_rows(lines), n, (original.lengths + spaced)[lines])
    result = np.zeros(len(text), dtype=np.float32)
    filled = original.counts > 0
    result[filled] = np.maximum.reduceat(values, original.offsets[:-1][filled])
    return column(text, result, pa.float32(), sums(long, original.offsets) == 0)


def _line_tokens(text: TextBatch) -> tuple[Spans, Positions]:
    """Return the tokens of each line as rows, and where GlotCC puts a space beside a run of digits.

    A token ends at a space, at the end of its line, and where digits begin or end, so that a space before a
    digit has an empty token beside it, as in the published code.
    """
    digit = text.flag(DIGIT)
    boundaries = np.flatnonzero(digit[1:] != digit[:-1]) + 1
    code, low, rows, lines = text.codepoints, text.low_bytes(), text.row_offsets, text.lines("split")
    separators = where(((low == BLANK) | (low == LINE_FEED)) & text.ascii)
    boundaries = boundaries[
        (code[boundaries] != LINE_FEED)
        & (code[boundaries - 1] != LINE_FEED)
        & ~text.row_starts_flags[boundaries]
    ]
    first = separators.searchsorted(lines.starts) + boundaries.searchsorted(lines.starts) + lines.rows
    # each token but the first begins where the one before ends, or one code point later, after a separator
    keys = merged(rows << 1 | 1, boundaries << 1 | 1, (separators + 1) << 1)
    starts = keys >> 1
    ends = starts[1:] - (~keys[1:] & 1)
    return Spans(starts[:-1], ends, np.append(first, len(ends))), boundaries


@signal(
    pa.int32(), unit="sentences", source="own (`filters/sentences.py`); C4 uses NLTK Punkt, datatrove spaCy"
)
def sentence_count(text: TextBatch) -> pa.Array:
    """Sentences that hold more than white space."""
    return count(text, _sentences(text).counts)


@signal(pa.float32(), unit="ratio", source=f"{GLOTCC}, rules 2 to 5")
def questionable_sentence_ratio(
    text: TextBatch, *, shortest: int = 20, longest: int = 500, technical: float = 0.2, capital: float = 0.5
) -> pa.Array:
    """Sentences that a rule of MADLAD-400 questions / sentences; null without a sentence.

    The rules: list case (12 tokens and more, over `capital` of them), under `shortest` or over `longest` code
    points, over `technical` of them technical characters, a cursed string. The language of a sentence (rule
    1) is not looked at; the cursed regular expressions are the plain strings of GlotCC.
    """
    spans = _sentences(text)
    lengths = spans.lengths
    bad = (lengths < shortest) | (lengths > longest)
    tokens = _tokens_of(text, spans)
    offsets = np.append(before(tokens.starts, spans.starts), len(tokens))
    in_list, counts = sums(_in_list_case(text, tokens), offsets), np.diff(offsets)
    bad |= (counts >= LEAST_LIST_TOKENS) & (in_list > capital * counts)
    bad |= sum(inside(at, spans) for at in _technical(text)) > technical * lengths
    for wanted in CURSED_LITERALS:
        if len(at := search.find(text, wanted)):
            sentence = np.searchsorted(spans.starts, at, side="right") - 1
            whole = (sentence >= 0) & (at + len(wanted) <= spans.ends[sentence])
            bad[sentence[whole]] = True
    return ratio(text, sums(bad, spans.offsets), spans.counts)


def _sentences(text: TextBatch) -> Spans:
    return text.once("sentences", lambda: text.stripped(sentences(text)))


def _technical(text: TextBatch) -> tuple[Positions, Positions]:
    """Return the positions of the ASCII digits and of the technical signs."""

    def compute() -> Positions:
        signs = text.symbols
        return signs[np.flatnonzero(look_up(one_of(TECHNICAL), text.codepoints[signs]))]

    return ascii_digits(text), text.once("technical", compute)


def _tokens_of(text: TextBatch, spans: Spans) -> Spans:
    """Return the white-space words, cut where a sentence begins."""
    starts = spans.starts
    if (text.flag(SPACE)[starts - 1] | text.row_starts_flags[starts]).all():
        return text.words("whitespace")
    return text.spans(*runs(~text.flag(SPACE), text.row_offsets, spans.starts))


def _in_list_case(text: TextBatch, tokens: Spans) -> NDArray[np.bool_]:
    """Return which tokens begin with an upper-case letter or hold only digits and ASCII punctuation."""

    def compute() -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = text.flag(UPPER)[tokens.starts]
        plain = text.flag(DIGIT) | text.flag(ASCII_PUNCT)
        doubtful = np.flatnonzero(plain[tokens.starts])
        rest = Spans(tokens.starts[doubtful], tokens.ends[doubtful], doubtful)
        found[doubtful] |= ~holding(rest, ~plain)
        return found

    return text.once("in list case", compute) if tokens is text.words("whitespace") else compute()
