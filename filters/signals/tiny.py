"""Whether a page is too small for GlotCC."""

import numpy as np
import pyarrow as pa

from filters.models import LID176
from filters.registry import signal
from filters.signals.columns import column
from filters.signals.unit_language import identified_line_count
from filters.text import TextBatch


@signal(pa.bool_(), unit="truth", source="GlotCC v1, filter-v1.ipynb: OSCAR's tiny, withdrawn from 3 lines")
def is_tiny(
    text: TextBatch, *, lines: int = 5, identified: int = 3, model: str = LID176, least: float = 0.8
) -> pa.Array:
    """Whether a text has under `lines` lines, and under `identified` whose language is told with `least`."""
    few = text.lines("split").counts < lines
    told = np.asarray(identified_line_count(text, model=model, least=least).fill_null(0), dtype=np.int64)
    return column(text, few & (told < identified), pa.bool_())
