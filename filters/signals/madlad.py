"""MADLAD-400's cursed patterns, the regular expressions among them as such."""

import functools
import re
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters import search
from filters.phrases import CURSED_LITERALS
from filters.registry import signal
from filters.signals.columns import count
from filters.spans import distinct
from filters.text import TextBatch
from filters.unicode_tables import BLANK, one_of

REGULAR: Final = tuple(p for p in CURSED_LITERALS if re.search(r"\\|\[", p) or ",?" in p)
PLAIN: Final = tuple(pattern for pattern in CURSED_LITERALS if pattern not in REGULAR)
NEEDED: Final = {pattern: re.sub(r"\\s\*|[\\$]", "", pattern) for pattern in REGULAR if "\\" in pattern}
"""What a text must hold for a regular expression to match, for those that need a string as it is."""
SPACED: Final = " [^ ]" * 9
EIGHT: Final = 8
TURNS: Final = 0x00FF00FF00FF00FF
"""Every other byte of eight."""
PAIRED: Final = ", ..,,? ..,,? ..,,? ..,,?"


@signal(
    pa.int32(), unit="patterns", source="MADLAD-400 data card, cursed regexes; madlad_cursed_patterns.csv"
)
def cursed_pattern_count(text: TextBatch) -> pa.Array:
    """Different patterns of MADLAD-400's list that the text holds; `$` is the end of the text.

    GlotCC and datamap-rs compare the regular expressions as plain strings (`cursed_string_count`).
    """
    found = np.zeros(len(text), dtype=np.int64)
    for wanted in PLAIN:
        if len(at := search.find(text, wanted)):
            found[_rows(text, at)] += 1
    for pattern in REGULAR:
        if len(at := _likely(text, pattern)):
            rows = _rows(text, at)
            texts = text.slice_text(text.rows().at(rows)).to_pylist()
            found[rows] += [_compiled(pattern).search(row) is not None for row in texts]
    return count(text, found)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return what RE2, whose own tables take longer to build than few texts to search, would match."""
    return re.compile(pattern.replace("$", r"\Z").replace(r"\s", r"[\t\n\f\r ]"))


def _rows(text: TextBatch, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows that some of the positions lie in."""
    return distinct(text.row_offsets.searchsorted(at, side="right") - 1)


def _likely(text: TextBatch, pattern: str) -> NDArray[np.int64]:
    """Return positions in all texts, and perhaps in others, that a regular expression matches in."""
    if pattern == SPACED:
        return _alternating(text)
    if pattern == PAIRED:
        codepoints, at = text.codepoints, text.symbol(",")
        at = at[: at.searchsorted(len(codepoints) - 5)]
        for step, characters in ((4, ","), (1, " "), (5, ", ")):  # the rarest first
            at = at[np.flatnonzero(one_of(characters)[codepoints[at + step]])]
        return at
    return search.find(text, NEEDED[pattern])


def _alternating(text: TextBatch) -> NDArray[np.int64]:
    """Return where eight code points, the first of them a multiple of eight, are blanks and others in turn.

    Each place that SPACED matches at is followed by eight such ones.
    """
    low = text.low_bytes()
    eights = low[: len(low) // EIGHT * EIGHT].view(np.uint64)
    likely = (eights & np.uint64(TURNS)) == np.uint64(TURNS // 0xFF * BLANK)
    likely |= (eights & np.uint64(TURNS << 8)) == np.uint64((TURNS << 8) // 0xFF * BLANK)
    at: NDArray[np.int64] = np.flatnonzero(likely) * EIGHT
    blanks = text.codepoints[at[:, None] + np.arange(EIGHT)] == BLANK
    return at[np.flatnonzero(blanks.sum(axis=1) == EIGHT // 2)]
