"""How long a text is: characters, words, lines."""

import pyarrow as pa

from filters.registry import signal
from filters.signals.columns import count, ratio
from filters.spans import sums
from filters.text import TextBatch


@signal(pa.int32(), unit="code points", source="own")
def char_count(text: TextBatch) -> pa.Array:
    """Code points of the text."""
    return count(text, text.lengths)


@signal(pa.int32(), unit="bytes", source="own")
def byte_count(text: TextBatch) -> pa.Array:
    """Bytes of the text in UTF-8."""
    return count(text, text.byte_counts)


@signal(pa.int32(), unit="words", source="own; ROOTS counts `kind='roots'`")
def word_count(text: TextBatch, *, kind: str = "unicode") -> pa.Array:
    """Words of the text, of the kind that `TextBatch.words` defines."""
    return count(text, text.words(kind).counts)


@signal(pa.int32(), unit="lines", source="own")
def line_count(text: TextBatch, *, kind: str = "newline") -> pa.Array:
    """Lines of the text, empty ones included, of the kind that `TextBatch.lines` defines."""
    return count(text, text.lines(kind).counts)


@signal(pa.float32(), unit="code points per word", source="Rae et al. 2021, arXiv:2112.11446, table A1")
def mean_word_length(text: TextBatch, *, kind: str = "unicode") -> pa.Array:
    """Mean code points per word; null where there is no word."""
    words = text.words(kind)
    return ratio(text, sums(words.lengths, words.offsets), words.counts)
