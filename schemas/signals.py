"""SIGNALS: a document, measured. The base columns stand here; a recipe adds one for each measurement."""

import pyarrow as pa

from schemas.document import document_schema
from schemas.table import column

LANGUAGE_COLUMNS = pa.schema(
    [
        column("lang", pa.string(), "ISO 639-3 and ISO 15924, such as swh_Latn; null where not identified"),
        column("lang_score", pa.float32(), "probability of the best label", unit="0 to 1"),
        column("lang_second", pa.string(), "the runner-up, as lang"),
        column("lang_second_score", pa.float32(), "probability of the runner-up", unit="0 to 1"),
        column("script", pa.string(), "most frequent script of the text, ISO 15924"),
        column("script_ratio", pa.float32(), "share of the text's characters in that script", unit="0 to 1"),
    ]
)

TEXT_COLUMNS = pa.schema(
    [
        column("text_is_empty", pa.bool_(), "whether edits and chunk rules left no text", nullable=False),
        column("text_bytes", pa.int64(), "length of the text in UTF-8", unit="bytes", nullable=False),
    ]
)

CHUNK_ENDS = column(
    "chunk_ends", pa.list_(pa.int64()), "where each chunk of the text ends", unit="code points"
)


def signals_schema(measured: pa.Schema, *, with_chunk_ends: bool, with_images: bool = False) -> pa.Schema:
    """Return the schema of the signals table of a recipe that measures the columns `measured`."""
    document = document_schema(with_images=with_images)
    fields = [*document, *LANGUAGE_COLUMNS, *TEXT_COLUMNS, *((CHUNK_ENDS,) if with_chunk_ends else ())]
    known = {field.name for field in fields}
    return pa.schema([*fields, *(field for field in measured if field.name not in known)])
