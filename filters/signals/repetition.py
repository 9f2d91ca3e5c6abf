"""How much of a text repeats itself."""

import numpy as np
import pyarrow as pa

from filters.counting import Repeats, count_repeats, largest_sums
from filters.registry import signal
from filters.signals.columns import ratio
from filters.text import TextBatch

ROOTS = "BigScience ROOTS, data-preparation 9d05884, filtering.py"


@signal(pa.float32(), unit="ratio", source=ROOTS)
def char_rep_ratio(text: TextBatch, *, n: int = 10) -> pa.Array:
    """Occurrences of the k most frequent character n-grams / all n-grams; null under n code points.

    With F different n-grams, k is the smaller of the whole part of the square root of F and the number of
    those that occur more than once. Case, white space and line feeds count. The published code gives 0 for
    null.
    """
    repeats = char_repeats(text, n)
    repeated = np.bincount(repeats.rows, minlength=len(text))
    limits = np.minimum(np.floor(np.sqrt(repeats.distinct)).astype(np.int64), repeated)
    return ratio(text, largest_sums(repeats, limits), repeats.totals)


@signal(pa.float32(), unit="ratio", source=ROOTS)
def word_rep_ratio(text: TextBatch, *, n: int = 5, kind: str = "roots") -> pa.Array:
    """Occurrences of word n-grams that occur more than once / all word n-grams; null under n words.

    Words are case-folded; those of ROOTS by default. The published code gives 0 for null.
    """
    ngrams = text.ngrams(n, kind)
    return ratio(text, ngrams.occurrences, ngrams.totals)


def char_repeats(text: TextBatch, n: int) -> Repeats:
    """Return the repeated character n-grams of each row."""
    return text.once(("char_repeats", n), lambda: count_repeats(text.prefix_hashes(), text.row_offsets, n))
