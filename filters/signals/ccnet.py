"""The key by which CCNet relates paragraphs."""

import numpy as np
import pyarrow as pa

from filters.hashing import row_hashes
from filters.registry import signal
from filters.signals.columns import hashes
from filters.signals.oscar import line_hashes
from filters.text import TextBatch


@signal(pa.int64(), unit="hash", source="CCNet, cc_net/dedup.py and text_normalizer.py")
def paragraph_hash(text: TextBatch) -> pa.Array:
    """64-bit hash of the lines as CCNet normalises them (`line_hashes`); null if nothing is left."""
    lines = line_hashes(text).fill_null([])
    offsets = np.asarray(lines.offsets, np.int64)
    values = lines.values.slice(offsets[0], offsets[-1] - offsets[0])
    kept = np.asarray(values.is_valid(), np.bool_)
    counts = np.concatenate(([0], np.cumsum(kept)))[offsets - offsets[0]]
    filled = np.asarray(values.drop_null(), np.int64).view(np.uint64)
    return hashes(text, row_hashes(filled, counts), np.diff(counts) == 0)
