"""Strings that tell what a page is: policies, code, filler text."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters import search
from filters.phrases import CURSED_LITERALS, JAVASCRIPT, JAVASCRIPT_CAPITALS, LOREM_IPSUM, POLICY_PHRASES
from filters.registry import signal
from filters.signals.columns import count, ratio
from filters.signals.normalised import normalised, normalised_counts, normalised_size
from filters.spans import distinct, steps
from filters.text import TextBatch
from filters.unicode_tables import ASCII_PUNCT, SPACE

C4 = "C4, tensorflow/datasets c4_utils.py (Raffel et al. 2020)"


@signal(pa.int32(), unit="occurrences", source="own")
def phrase_count(text: TextBatch, *, phrases: tuple[str, ...] = (), fold: bool = True) -> pa.Array:
    """Occurrences of the phrases as plain strings, each for itself; case-folded with `fold`."""
    return count(text, search.count_any(text, phrases, fold))


@signal(pa.int32(), unit="occurrences", source=f"{C4}, policy phrases")
def policy_phrase_count(text: TextBatch) -> pa.Array:
    """Occurrences of C4's six policy and cookie phrases in the case-folded text."""
    return count(text, search.count_any(text, POLICY_PHRASES, fold=True))


@signal(pa.int32(), unit="occurrences", source=C4)
def lorem_ipsum_count(text: TextBatch) -> pa.Array:
    """Occurrences of `lorem ipsum` in the case-folded text."""
    return count(text, search.count(text, LOREM_IPSUM, fold=True))


@signal(pa.int32(), unit="occurrences", source=f"{C4}; GlotCC v1 (Javascript, JavaScript only)")
def javascript_count(text: TextBatch, *, lower: bool = True) -> pa.Array:
    """Occurrences of `javascript`, case-folded; without `lower`, of `Javascript` and `JavaScript`."""
    if lower:
        return count(text, search.count(text, JAVASCRIPT, fold=True))
    return count(text, search.count_any(text, JAVASCRIPT_CAPITALS))


@signal(pa.int32(), unit="code points", source=C4)
def curly_bracket_count(text: TextBatch) -> pa.Array:
    """Opening curly brackets."""
    return count(text, text.per_row(text.symbol("{")))


@signal(pa.float32(), unit="ratio", source="RedPajama-V2 rps_doc_curly_bracket")
def curly_bracket_ratio(text: TextBatch) -> pa.Array:
    """Opening and closing curly brackets / code points; null for an empty text (0 in the published code)."""
    brackets = text.per_row(text.symbol("{")) + text.per_row(text.symbol("}"))
    return ratio(text, brackets, text.lengths)


@signal(pa.float32(), unit="occurrences per code point", source="RedPajama-V2 rps_doc_lorem_ipsum")
def lorem_ipsum_ratio(text: TextBatch) -> pa.Array:
    """Occurrences of `lorem ipsum` / code points of the normalised text, single spaces between its words.

    Null where that is empty (0 in the published code).
    """
    sizes, words = normalised_size(text), normalised_counts(text)
    found = np.zeros(len(text), dtype=np.int64)
    text.trim()
    rows = _may_hold_ipsum(text)
    if len(rows):
        found[rows] = _lorem_ipsums(normalised(text.as_rows(text.rows().at(rows))))
    return ratio(text, found, np.where(words > 0, sizes + words - 1, 0))


def _may_hold_ipsum(text: TextBatch) -> NDArray[np.int64]:
    """Return the rows with a word that begins with `ipsu`, ASCII punctuation aside, as is soon seen."""
    at, mark = search.ipsums(text), text.flag(ASCII_PUNCT)
    at = at[at < len(mark) - 2]
    first = text.row_starts_flags[at - 1] | text.flag(SPACE)[at - 2] | mark[at - 2]
    at = at[mark[at - 1] | ((text.folded[at - 1] == ord("i")) & first)]
    at = at[mark[at + 1] | (text.folded[at + 1] == ord("s"))]
    at = at[mark[at + 2] | (text.folded[at + 2] == np.where(mark[at + 1], ord("s"), ord("u")))]
    return distinct(np.searchsorted(text.row_offsets, at, side="right") - 1)


def _lorem_ipsums(text: TextBatch) -> NDArray[np.int64]:
    words = text.words("whitespace")
    first = _words_with_edge(text, "lorem", ends=True)
    second = first[np.isin(first + 1, _words_with_edge(text, "ipsum", ends=False))]
    same_row = second[~np.isin(second + 1, words.offsets)]
    return steps(same_row.searchsorted(words.offsets))


@signal(
    pa.int32(), unit="occurrences", source="GlotCC v1, filter-v1.ipynb; MADLAD-400 (Kudugunta et al. 2023)"
)
def cursed_string_count(text: TextBatch) -> pa.Array:
    """Occurrences of MADLAD-400's patterns as plain strings, as GlotCC compares them."""
    return count(text, search.count_any(text, CURSED_LITERALS))


def _words_with_edge(text: TextBatch, wanted: str, ends: bool) -> NDArray[np.int64]:
    """Return the numbers of the white-space words that end in a string, or begin with it."""
    words, at = text.words("whitespace"), search.find(text, wanted, fold=True)
    word = np.searchsorted(words.starts, at, side="right") - 1
    edges = words.ends[word] - len(wanted) if ends else words.starts[word]
    found: NDArray[np.int64] = word[edges == at]
    return found
