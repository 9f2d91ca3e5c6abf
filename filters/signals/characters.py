"""Shares of kinds of characters."""

import pyarrow as pa

from filters.registry import signal
from filters.signals.columns import ratio
from filters.tallies import DIGITS, LETTERS, PUNCTUATION, tally
from filters.text import TextBatch
from filters.unicode_tables import ROOTS_SPECIAL, SPACE, UPPER

ROOTS = "BigScience ROOTS, data-preparation 9d05884, filtering.py"


@signal(pa.float32(), unit="ratio", source="own")
def digit_ratio(text: TextBatch) -> pa.Array:
    """Code points of category Nd / all code points; null for an empty text."""
    return ratio(text, tally(text, DIGITS), text.lengths)


@signal(pa.float32(), unit="ratio", source="own")
def letter_ratio(text: TextBatch) -> pa.Array:
    """Letters and marks (categories L and M) / all code points; null for an empty text."""
    return ratio(text, tally(text, LETTERS), text.lengths)


@signal(pa.float32(), unit="ratio", source="own")
def whitespace_ratio(text: TextBatch) -> pa.Array:
    """White space (`str.isspace`) / all code points; null for an empty text."""
    return ratio(text, tally(text, SPACE), text.lengths)


@signal(pa.float32(), unit="ratio", source="own")
def punctuation_ratio(text: TextBatch) -> pa.Array:
    """Unicode punctuation (category P) / all code points; null for an empty text."""
    return ratio(text, tally(text, PUNCTUATION), text.lengths)


@signal(pa.float32(), unit="ratio", source="own")
def uppercase_ratio(text: TextBatch) -> pa.Array:
    """Upper-case code points (`str.isupper`) / all code points; null for an empty text."""
    return ratio(text, tally(text, UPPER), text.lengths)


@signal(pa.float32(), unit="ratio", source=ROOTS)
def special_char_ratio(text: TextBatch) -> pa.Array:
    """Special characters of ROOTS, emoji included / all code points; null for an empty text."""
    return ratio(text, tally(text, ROOTS_SPECIAL), text.lengths)
