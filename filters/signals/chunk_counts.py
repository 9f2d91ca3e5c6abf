"""What the rules on chunks tell of the document that the chunks are of."""

import numpy as np
import pyarrow as pa

from filters.registry import signal


@signal(pa.float32(), unit="ratio", source="MADLAD-400 data card, Kudugunta et al. 2023, arXiv:2309.04662")
def failed_chunk_ratio(chunk_count: pa.Array, failed_chunk_count: pa.Array) -> pa.Array:
    """Chunks that failed a rule of the group of chunk rules just before / its chunks; null without a chunk.

    MADLAD-400 drops a document when more than 20 % of its sentences fail.
    """
    chunks, failed = (np.asarray(c.fill_null(0), np.float64) for c in (chunk_count, failed_chunk_count))
    ratio = np.divide(failed, chunks, out=np.zeros(len(chunks)), where=chunks > 0)
    return pa.array(ratio.astype(np.float32), pa.float32(), mask=chunks == 0)
