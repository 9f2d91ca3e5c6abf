"""Changed forms of the text in which published signals count.

`normalised`, of RedPajama-V2: no ASCII punctuation, Unicode form NFD. The published code lower-cases too,
which changes neither counts nor lengths where words are compared case-folded.
`normalised_counts` and `normalised_size` say of it what needs no other text.
`spaced_digits`, of GlotCC: a space on both sides of every run of digits that touches something else.
"""

import numpy as np
from numpy.typing import NDArray

from filters.decomposition import decompose, growth
from filters.spans import Spans, holding, kept, sums
from filters.tallies import LIGHT, not_ascii, tally
from filters.text import TextBatch
from filters.unicode_tables import ASCII_PUNCT, BLANK, DIGIT


def normalised(text: TextBatch) -> TextBatch:
    """Return the batch of RedPajama-V2's normalised texts."""
    return text.once("normalised", lambda: _normalise(text))


def _normalise(text: TextBatch) -> TextBatch:
    left = ~text.flag(ASCII_PUNCT)
    offsets = np.concatenate(([0], np.cumsum(text.row_sums(left))))
    decomposed = decompose(kept(text.codepoints, left), offsets)
    return TextBatch(*decomposed, text.is_null, np.zeros(len(text), dtype=np.int64))  # bytes are not asked


def bare_words(text: TextBatch) -> Spans:
    """Return the white-space words of which the normalised text keeps nothing: ASCII punctuation alone."""

    def compute() -> Spans:
        words, mark = text.words("whitespace"), text.flag(ASCII_PUNCT)
        doubtful = words.at(np.flatnonzero(mark[words.starts]))
        return doubtful.chosen(~holding(doubtful, ~mark))

    return text.once("bare words", compute)


def normalised_counts(text: TextBatch) -> NDArray[np.int64]:
    """Return the white-space words of each normalised text: no decomposition makes or takes white space."""
    return text.words("whitespace").counts - bare_words(text).counts


def normalised_size(text: TextBatch) -> NDArray[np.int64]:
    """Return the code points in the words of each normalised text."""

    def compute() -> NDArray[np.int64]:
        high = not_ascii(text)  # nothing else grows
        grown = sums(growth(text.codepoints[high]), high.searchsorted(text.row_offsets))
        return text.lengths - tally(text, LIGHT) + grown

    return text.once("normalised size", compute)


def spaced_digits(text: TextBatch) -> TextBatch:
    """Return the batch of the texts with spaces around runs of digits (`str.isdigit`)."""
    return text.once("spaced digits", lambda: _space_digits(text))


def _space_digits(text: TextBatch) -> TextBatch:
    digit = text.flag(DIGIT)
    changes = np.flatnonzero(digit[1:] != digit[:-1]) + 1
    changes = changes[~text.row_starts_flags[changes]]
    codepoints = np.insert(text.codepoints, changes, np.uint32(BLANK))
    added = np.searchsorted(changes, text.row_offsets)
    return TextBatch(codepoints, text.row_offsets + added, text.is_null, text.byte_counts + np.diff(added))
