"""How much of a page the line corrections of RefinedWeb take away."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters import search
from filters.line_masks import counter_lines, number_lines, short_lines, uppercase_lines, words_in
from filters.phrases import INTERFACE_SIGNS
from filters.registry import EDITS, signal
from filters.signals.columns import ratio
from filters.spans import sums
from filters.text import TextBatch

LINE_CORRECTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("drop_uppercase_lines", {"ratio": 0.5}),
    ("drop_number_lines", {}),
    ("drop_counter_lines", {}),
    ("drop_short_lines", {"words": 2, "blank": False}),
    ("cut_interface_phrases", {"words": 10}),
)
"""The edits in the order of DCLM."""
LINE_MASKS: Final[dict[str, Callable[..., NDArray[np.bool_]]]] = {
    "drop_uppercase_lines": uppercase_lines,
    "drop_number_lines": number_lines,
    "drop_counter_lines": counter_lines,
    "drop_short_lines": short_lines,
}
LINE_KINDS: Final = ("unicode", "whitespace")
"""Kinds of words that lie in one line and do not depend on others."""


@signal(
    pa.float32(),
    unit="ratio",
    source="RefinedWeb, Penedo et al. 2023, appendix G; DCLM word_removal_ratio_filter (over 0.05)",
)
def corrected_word_ratio(text: TextBatch, *, kind: str = "unicode") -> pa.Array:
    """Words that the line corrections of RefinedWeb cut / words; null where there is no word.

    The corrections are `drop_uppercase_lines`, `drop_number_lines`, `drop_counter_lines`, `drop_short_lines`
    of under two words and `cut_interface_phrases`. The text stays as it is: a recipe makes them as edits.
    """
    words, lines = text.words(kind), text.lines("split")
    dropped = np.zeros(len(lines), dtype=np.bool_)
    for name, parameters in LINE_CORRECTIONS:
        if name in LINE_MASKS:
            dropped |= LINE_MASKS[name](text, **parameters)
    cut = sums(words_in(text, lines, kind) * dropped, lines.offsets)
    every = np.full(len(text), kind not in LINE_KINDS)
    by_edits = np.flatnonzero(every | (search.count_any(text, INTERFACE_SIGNS, fold=True) > 0))
    if len(by_edits):
        cut[by_edits] = _cut_by_edits(text.as_rows(text.rows().at(by_edits)), kind)
    return ratio(text, cut, words.counts)


def _cut_by_edits(text: TextBatch, kind: str) -> NDArray[np.int64]:
    """Return how many words of each text are gone once the corrections are made one after another."""
    import filters.edits  # noqa: F401  declares the edits, which read signals themselves

    corrected = text
    for name, parameters in LINE_CORRECTIONS:
        corrected = TextBatch.from_arrow(EDITS[name].function(corrected, **parameters).text)
    return text.words(kind).counts - corrected.words(kind).counts
