"""The code points of an Arrow string column."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.unicode_tables import ASCII_END
from schemas.errors import InputError, SchemaError


def plain_strings(array: pa.Array) -> pa.Array:
    """Return a column as strings with "" for null.

    Raises:
        SchemaError: the column does not hold strings.
    """
    if pa.types.is_null(array.type) or pa.types.is_dictionary(array.type) or array.type == pa.string_view():
        array = array.cast(pa.large_string())
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        raise SchemaError(f"text column: expected strings, got {array.type}")
    return array.fill_null("") if array.null_count else array


def bytes_of(array: pa.Array) -> memoryview:
    """Return the bytes of a string column without nulls, row after row."""
    _, offsets_buffer, data = array.buffers()
    if len(array) == 0 or data is None:
        return memoryview(b"")
    width = np.int64 if pa.types.is_large_string(array.type) else np.int32
    offsets = np.frombuffer(offsets_buffer, dtype=width, count=array.offset + len(array) + 1)
    return memoryview(data)[int(offsets[array.offset]) : int(offsets[-1])]


def decode(data: memoryview) -> NDArray[np.uint32]:
    """Return the code points of some UTF-8.

    Raises:
        InputError: the bytes are not UTF-8.
    """
    raw = np.frombuffer(data, dtype=np.uint8)
    if len(raw) == 0 or raw.max() < ASCII_END:
        return raw.astype(np.uint32)
    try:
        return np.frombuffer(str(data, "utf-8").encode("utf-32-le"), dtype=np.uint32)
    except UnicodeDecodeError as error:
        raise InputError(f"text column: byte {error.start} is not UTF-8 ({error.reason})") from error
