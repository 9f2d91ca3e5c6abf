"""How much personal data a text holds."""

import numpy as np
import pyarrow as pa

from filters.personal_data import DOLMA, find_personal_data
from filters.registry import signal
from filters.signals.columns import count
from filters.text import TextBatch, encode
from filters.unicode_tables import NUMERIC


@signal(pa.int32(), unit="places", source=DOLMA)
def personal_data_count(text: TextBatch) -> pa.Array:
    """E-mail addresses, US telephone numbers and IPv4 addresses, by the patterns of `personal_data.py`."""
    counts = np.zeros(len(text), dtype=np.int64)
    held = (text.per_row(text.symbol("@")) > 0) | (text.row_sums(text.flag(NUMERIC)) > 0)
    texts = encode(text.codepoints, text.lengths)
    for row in np.flatnonzero(held).tolist():
        counts[row] = len(find_personal_data(texts[row].as_py()))
    return count(text, counts)
