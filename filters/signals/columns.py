"""NumPy results as Arrow columns: null where the text is null or nothing can be measured."""

import functools
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.text import TextBatch

Mask = NDArray[np.bool_]


def column(text: TextBatch, values: NDArray[Any], kind: pa.DataType, missing: Mask | None = None) -> pa.Array:
    """Return `values` as a column, null where the text is null or `missing` is true."""
    mask = text.is_null if missing is None else text.is_null | missing
    number = _numbers().get(kind.id)
    if number is None:
        return pa.array(values, kind, mask=mask)
    values = np.ascontiguousarray(values, dtype=number)
    valid = pa.py_buffer(np.packbits(~mask, bitorder="little")) if np.count_nonzero(mask) else None
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])


@functools.cache
def _numbers() -> dict[int, np.dtype[Any]]:
    """Return the NumPy type of each column of numbers, by the id of its Arrow type."""
    kinds = (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64())
    return {kind.id: np.dtype(kind.to_pandas_dtype()) for kind in kinds}


def count(text: TextBatch, values: NDArray[Any]) -> pa.Array:
    """Return whole numbers as int32."""
    return column(text, values, pa.int32())


def ratio(text: TextBatch, part: NDArray[Any], whole: NDArray[Any]) -> pa.Array:
    """Return part / whole as float32, null where the whole is 0."""
    empty = whole == 0
    values = np.divide(part, whole + empty)  # no division by 0; what it gives there is null
    return column(text, values, pa.float32(), empty)


def hashes(text: TextBatch, values: NDArray[np.uint64], missing: Mask) -> pa.Array:
    """Return 64-bit hashes as int64, bit for bit."""
    return column(text, values.view(np.int64), pa.int64(), missing)
