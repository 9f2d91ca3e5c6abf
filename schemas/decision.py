"""DECISION: what a global step says about a document, or about one of its chunks."""

import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import column

DECISION = pa.schema(
    [
        column("doc_key", pa.int64(), "the document", nullable=False),
        column("line", pa.int32(), "the chunk of the document, counted from 0; null: the whole document"),
        column("reason", pa.string(), "the step that removes it; null: it stays, as keeper of its cluster"),
        column("keeper", pa.int64(), "doc_key that stays in its place; null: none does"),
        column(
            "similarity", pa.float32(), "Jaccard similarity to the keeper, estimated or true", unit="0 to 1"
        ),
        column("cluster_size", pa.int32(), "documents (or chunks) that are alike, the keeper included"),
    ]
)
"""Of documents: one row for each member of a cluster of two or more, its keeper included (keeper = doc_key,
reason null). Of chunks: one row for each that goes. Nothing is said of what is alone.
"""


SPAN_DECISION = pa.schema(
    [
        *DECISION,
        column(
            "begin", pa.int64(), "where the span that goes begins", unit="code points or bytes of the text"
        ),
        column("end", pa.int64(), "where it ends", unit="code points or bytes of the text"),
    ]
)
"""Of spans of text: one row for each that goes; `line` is null."""


def is_removed(decisions: pa.Table | pa.RecordBatch) -> pa.Array:
    """Return whether each decision takes its document or chunk away; the others are on keepers."""
    return pc.is_valid(decisions.column("reason"))
