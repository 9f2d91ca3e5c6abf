"""MADLAD-400's cursed patterns, the regular expressions among them as such."""

import re
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import search
from filters.phrases import CURSED_LITERALS
from filters.registry import signal
from filters.signals.columns import count
from filters.text import TextBatch, encode

REGULAR: Final = tuple(p for p in CURSED_LITERALS if re.search(r"\\|\[", p) or ",?" in p)
PLAIN: Final = tuple(pattern for pattern in CURSED_LITERALS if pattern not in REGULAR)


@signal(
    pa.int32(), unit="patterns", source="MADLAD-400 data card, cursed regexes; madlad_cursed_patterns.csv"
)
def cursed_pattern_count(text: TextBatch) -> pa.Array:
    """Different patterns of MADLAD-400's list that the text holds; `$` is the end of the text.

    GlotCC and datamap-rs compare the regular expressions as plain strings (`cursed_string_count`).
    """
    found = np.zeros(len(text), dtype=np.int64)
    for wanted in PLAIN:
        found += text.per_row(search.find(text, wanted)) > 0
    texts = encode(text.codepoints, text.lengths)
    for pattern in REGULAR:
        found += np.asarray(pc.match_substring_regex(texts, pattern), dtype=np.bool_)
    return count(text, found)
