"""The normalised text of RedPajama-V2: no ASCII punctuation, form NFD; words are compared case-folded.

The published code lower-cases too; with case-folded hashes that changes neither counts nor lengths.
"""

import numpy as np
import pyarrow.compute as pc

from filters.spans import sums
from filters.text import TextBatch, encode
from filters.unicode_tables import ASCII_END, ASCII_PUNCT


def normalised(text: TextBatch) -> TextBatch:
    """Return the batch of the normalised texts."""
    return text.once("normalised", lambda: _normalise(text))


def _normalise(text: TextBatch) -> TextBatch:
    kept = ~text.flag(ASCII_PUNCT)
    codepoints = text.codepoints[kept]
    counts = sums(kept, text.row_offsets)
    if len(codepoints) and codepoints.max() >= ASCII_END:
        result = TextBatch.from_arrow(pc.utf8_normalize(encode(codepoints, counts), "NFD"))
        result.is_null = text.is_null
        return result
    return TextBatch(codepoints, np.concatenate(([0], np.cumsum(counts))), text.is_null, counts)
