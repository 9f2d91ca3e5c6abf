"""How much of a page the line corrections of RefinedWeb take away."""

from typing import Any, Final

import pyarrow as pa

from filters.registry import EDITS, signal
from filters.signals.columns import ratio
from filters.text import TextBatch

LINE_CORRECTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("drop_uppercase_lines", {"ratio": 0.5}),
    ("drop_number_lines", {}),
    ("drop_counter_lines", {}),
    ("drop_short_lines", {"words": 2, "blank": False}),
    ("cut_interface_phrases", {"words": 10}),
)
"""The edits in the order of DCLM."""


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
    import filters.edits  # noqa: F401  declares the edits, which read signals themselves

    before = text.words(kind).counts
    corrected = text
    for name, parameters in LINE_CORRECTIONS:
        corrected = TextBatch.from_arrow(EDITS[name].function(corrected, **parameters).text)
    return ratio(text, before - corrected.words(kind).counts, before)
