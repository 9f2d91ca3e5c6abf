"""Signals behind the warnings of GlotCC v1 and the sentence rules of MADLAD-400."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters import search
from filters.registry import signal
from filters.sentences import sentences
from filters.signals.columns import column, count, ratio
from filters.signals.content import CURSED_LITERALS
from filters.signals.ngrams import top_ngram_char_ratio
from filters.spans import Spans, maxima, sums
from filters.text import TextBatch
from filters.unicode_tables import ASCII_PUNCT, DIGIT, SPACE, UPPER

GLOTCC = "GlotCC v1, filters/filter-v1.ipynb; MADLAD-400, Kudugunta et al. 2023"
TECHNICAL: Final = np.frombuffer("0123456789{}+/()>".encode("utf-32-le"), dtype=np.uint32)
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
    return ratio(text, text.row_sums(_technical(text)), text.lengths)


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
    lines = text.lines("split")
    blanks = np.concatenate(([0], np.cumsum(text.codepoints == ord(" "))))
    long = lines.chosen(blanks[lines.ends] - blanks[lines.starts] >= LEAST_LINE_TOKENS)
    values = top_ngram_char_ratio(text.as_rows(long), n=n, variant="glotcc")
    result = np.zeros(len(text), dtype=np.float32)
    filled = long.counts > 0
    if filled.any():
        known = values.fill_null(0).to_numpy(zero_copy_only=False)
        result[filled] = np.maximum.reduceat(known, long.offsets[:-1][filled])
    return column(text, result, pa.float32(), ~filled)


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
    rows = text.as_rows(spans)
    bad = (rows.lengths < shortest) | (rows.lengths > longest)
    tokens = rows.words("whitespace")
    in_list = sums(_in_list_case(rows, tokens), tokens.offsets)
    bad |= (tokens.counts >= LEAST_LIST_TOKENS) & (in_list > capital * tokens.counts)
    bad |= rows.row_sums(_technical(rows)) > technical * rows.lengths
    bad |= search.count_any(rows, CURSED_LITERALS) > 0
    return ratio(text, sums(bad, spans.offsets), spans.counts)


def _sentences(text: TextBatch) -> Spans:
    return text.once("sentences", lambda: text.stripped(sentences(text)))


def _technical(text: TextBatch) -> NDArray[np.bool_]:
    return np.isin(text.codepoints, TECHNICAL)


def _in_list_case(text: TextBatch, tokens: Spans) -> NDArray[np.bool_]:
    if len(tokens) == 0:
        return np.zeros(0, dtype=np.bool_)
    other = (text.properties & np.uint32(DIGIT | ASCII_PUNCT | SPACE)) == 0
    plain = np.maximum.reduceat(other.view(np.uint8), tokens.starts) == 0
    return np.asarray(text.flag(UPPER)[tokens.starts] | plain, dtype=np.bool_)
