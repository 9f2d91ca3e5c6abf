"""Changed forms of the text in which published signals count.

`normalised`, of RedPajama-V2: no ASCII punctuation, Unicode form NFD. The published code lower-cases too,
which changes neither counts nor lengths where words are compared case-folded.
`spaced_digits`, of GlotCC: a space on both sides of every run of digits that touches something else.
"""

import numpy as np

from filters.decomposition import decompose
from filters.text import TextBatch
from filters.unicode_tables import ASCII_PUNCT, BLANK, DIGIT


def normalised(text: TextBatch) -> TextBatch:
    """Return the batch of RedPajama-V2's normalised texts."""
    return text.once("normalised", lambda: _normalise(text))


def _normalise(text: TextBatch) -> TextBatch:
    kept = np.flatnonzero(~text.flag(ASCII_PUNCT))
    decomposed = decompose(text.codepoints[kept], np.searchsorted(kept, text.row_offsets))
    return TextBatch(*decomposed, text.is_null, np.zeros(len(text), dtype=np.int64))  # bytes are not asked


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
