"""LIMIT: what a `threshold` step learned of one language."""

import pyarrow as pa

from schemas.table import column

LIMIT = pa.schema(
    [
        column("step", pa.string(), "name of the threshold; rules call it by $name", nullable=False),
        column("lang", pa.string(), "language, ISO 639-3 and ISO 15924", nullable=False),
        column("limit", pa.float64(), "the limit in force; null where nothing could be learned"),
        column("limits", pa.list_(pa.float64()), "all limits in order, where the rule gives several"),
        column("own_limit", pa.float64(), "what the language's own documents give; null below the minimum"),
        column("own_weight", pa.float64(), "weight of the own limit in the one in force", unit="0 to 1"),
        column("level", pa.string(), "language, script X, family X, global or none: the first one used"),
        column("documents", pa.int64(), "documents that reached the step", unit="documents"),
        column(
            "sampled", pa.int64(), "documents with a value that the level's limit is from", unit="documents"
        ),
        column(
            "rank_error", pa.float64(), "bound of the limit's rank error at 95 % confidence", unit="0 to 1"
        ),
        column("would_remove", pa.int64(), "documents that a rule with the limit removes", unit="documents"),
        column("is_exact", pa.bool_(), "whether would_remove is counted (else estimated from a sample)"),
    ]
)
