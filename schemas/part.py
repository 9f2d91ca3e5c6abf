"""PARTS: the units of work of a run, numbered once and for all."""

import pyarrow as pa

from schemas.table import column

PARTS = pa.schema(
    [
        column("number", pa.int32(), "place in the run's list of parts, from 0", nullable=False),
        column("archive", pa.string(), "address of the archive", nullable=False),
        column(
            "offset",
            pa.int64(),
            "the part owns what starts here or later, up to offset + length",
            unit="bytes",
            nullable=False,
        ),
        column("length", pa.int64(), "null: up to the end of the archive", unit="bytes"),
    ]
)
