"""Signs of damaged or disguised text: our own signals."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters import search
from filters.registry import signal
from filters.signals.columns import count, ratio
from filters.signals.scripts import script_counts
from filters.spans import sums
from filters.tallies import UNASSIGNED, controls, not_ascii, tally
from filters.text import TextBatch
from filters.unicode_tables import ALPHA, CARRIAGE_RETURN, IGNORABLE, TAB, one_of, script_number

CONFUSABLE_SCRIPTS: Final = ("Latn", "Cyrl", "Grek", "Armn", "Cher", "Copt")
MOJIBAKE_LEADS: Final = "ÂÃÄÅÐÑØÙÎÏàáâãä"
CONTINUATION_1252: Final = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
FIRST_LEAD, LEADS = 0xC2, 0x23  # from Â to ä
LATIN_CONTINUATION: Final = (0x80, 0x40)  # U+0080 and the 63 after it


@signal(pa.float32(), unit="ratio", source="own")
def mixed_script_word_ratio(text: TextBatch) -> pa.Array:
    """Words with letters of two scripts that look alike (Latin, Cyrillic …) / words; null without a word."""
    words = text.words()
    mixed = np.zeros(len(text), dtype=np.int64)
    found = script_counts(text, merge=False)
    several = sum((found.of(code) > 0 for code in CONFUSABLE_SCRIPTS), np.zeros(len(text), np.int64)) > 1
    rows = np.flatnonzero(several)
    if len(rows):
        within = text.as_rows(text.rows().chosen(several))
        mixed[rows] = sums(_mixed(within), within.words().offsets)
    return ratio(text, mixed, words.counts)


def _mixed(text: TextBatch) -> NDArray[np.bool_]:
    """Return which words hold letters of two scripts that look alike."""
    bits = np.zeros(256, dtype=np.uint8)
    for bit, code in enumerate(CONFUSABLE_SCRIPTS):
        bits[script_number(code)] = 1 << bit
    held = np.bitwise_or.reduceat(bits[text.scripts] * text.flag(ALPHA), text.words().starts)
    return np.asarray((held & (held - np.uint8(1))) != 0, dtype=np.bool_)


@signal(pa.float32(), unit="ratio", source="own")
def invisible_char_ratio(text: TextBatch) -> pa.Array:
    """Default-ignorable code points (zero-width, direction and tag characters) / code points; null if empty.

    ZWJ and ZWNJ count: Persian, Indic scripts and emoji have some by right.
    """
    return ratio(text, tally(text, IGNORABLE), text.lengths)


@signal(pa.float32(), unit="ratio", source="own")
def private_use_ratio(text: TextBatch) -> pa.Array:
    """Private-use and unassigned code points (Co, Cn) / code points; null for an empty text."""
    return ratio(text, tally(text, UNASSIGNED), text.lengths)


@signal(pa.float32(), unit="ratio", source="own")
def control_char_ratio(text: TextBatch) -> pa.Array:
    """Control characters (Cc) that are not white space / code points; null for an empty text."""
    at = controls(text)
    at = at[(text.codepoints[at] - np.uint32(TAB)) > np.uint32(CARRIAGE_RETURN - TAB)]
    return ratio(text, text.per_row(at), text.lengths)


@signal(pa.int32(), unit="code points", source="own")
def replacement_char_count(text: TextBatch) -> pa.Array:
    """Replacement characters U+FFFD."""
    return count(text, text.per_row(text.symbol("\ufffd")))


@signal(pa.float32(), unit="ratio", source="own, after the pairs that ftfy mends")
def mojibake_ratio(text: TextBatch) -> pa.Array:
    """Pairs of a UTF-8 lead and a continuation byte read as Windows-1252 / code points; null if empty.

    The pair is one of `ÂÃÄÅÐÑØÙÎÏàáâãä` and then a code point from U+0080 to U+00BF or of Windows-1252's
    0x80-0x9F.
    """
    codepoints, high = text.codepoints, not_ascii(text)
    at = high[1:][np.flatnonzero(high[1:] - high[:-1] == 1)]
    at = at[np.flatnonzero(codepoints[at - 1] - np.uint32(FIRST_LEAD) < np.uint32(LEADS))]
    first, size = LATIN_CONTINUATION
    follows = (codepoints[at] - np.uint32(first)) < np.uint32(size)
    follows |= one_of(CONTINUATION_1252)[codepoints[at]]
    at = at[follows]
    at = at[one_of(MOJIBAKE_LEADS)[codepoints[at - 1]] & ~text.row_starts_flags[at]]
    return ratio(text, text.per_row(at), text.lengths)


@signal(pa.int32(), unit="occurrences", source="own")
def url_count(text: TextBatch) -> pa.Array:
    """Occurrences of `http://`, `https://` and `www.`, case-folded; `https://www.` is two."""
    return count(text, search.count_any(text, ("http://", "https://", "www."), fold=True))


@signal(pa.float32(), unit="bytes per byte", source="own; LZ4 block")
def compression_ratio(text: TextBatch) -> pa.Array:
    """Bytes of the text compressed as an LZ4 block / bytes of the text; null for an empty text.

    Low for repetition; running text is near 0.8, random characters and short texts are near 1 and above.
    """
    codec, rows = pa.Codec("lz4_raw"), text.rows_as_bytes()
    sizes = [len(codec.compress(row)) for row in rows]
    return ratio(text, np.array(sizes, dtype=np.int64), text.byte_counts)
