"""LEDGER: what became of the records of a part in a stage, in long form."""

import pyarrow as pa

from schemas.table import column

RECORDS_IN = "records_in"
KEPT = "kept"
UNKNOWN_LANGUAGE = ""

LEDGER = pa.schema(
    [
        column("stage", pa.string(), "extract, annotate, chunks, a global step, select or publish"),
        column("part", pa.int32(), "number of the part"),
        column("lang", pa.string(), "language; empty where it is not known yet"),
        column("outcome", pa.string(), "`records_in`, `kept` or the reason of removal"),
        column("records", pa.int64(), "records with that outcome", unit="records"),
    ]
)
