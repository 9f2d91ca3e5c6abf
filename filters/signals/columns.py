"""NumPy results as Arrow columns: null where the text is null or nothing can be measured."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.text import TextBatch

Mask = NDArray[np.bool_]


def column(text: TextBatch, values: NDArray[Any], kind: pa.DataType, missing: Mask | None = None) -> pa.Array:
    """Return `values` as a column, null where the text is null or `missing` is true."""
    mask = text.is_null if missing is None else text.is_null | missing
    return pa.array(values, mask=mask).cast(kind)


def count(text: TextBatch, values: NDArray[Any]) -> pa.Array:
    """Return whole numbers as int32."""
    return column(text, values, pa.int32())


def ratio(text: TextBatch, part: NDArray[Any], whole: NDArray[Any]) -> pa.Array:
    """Return part / whole as float32, null where the whole is 0."""
    empty = whole == 0
    values = np.divide(part, whole, out=np.zeros(len(whole)), where=~empty)
    return column(text, values.astype(np.float32), pa.float32(), empty)


def hashes(text: TextBatch, values: NDArray[np.uint64], missing: Mask) -> pa.Array:
    """Return 64-bit hashes as int64, bit for bit."""
    return column(text, values.view(np.int64), pa.int64(), missing)
