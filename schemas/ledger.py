"""LEDGER: what became of the records of a part in a stage, in long form."""

import pyarrow as pa

from schemas.table import column

RECORDS_IN = "records_in"
KEPT = "kept"
UNKNOWN_LANGUAGE = ""
RELABELLED = "relabelled "
"""Begins the outcome of a document that is kept under the label that follows: it goes on as that language."""
RULE = "rule "
"""Begins the account of one reason over all documents of select: outcomes are that reason, for each language
(whatever removed the document first), and `kept` for all others, without their language."""
CUT_PAGES, CUT_TAGS = "cut pages", "cut tags"
"""Accounts beside extract: documents whose page was so large that its end was not read, and the HTML tags of
those ends. The one outcome is `tail_cut`."""
TAIL_CUT = "tail_cut"

LEDGER = pa.schema(
    [
        column(
            "stage",
            pa.string(),
            "extract, `cut pages`, `cut tags`, annotate, chunks, images, a global step, `rule NAME`, select, "
            "publish",
        ),
        column("part", pa.int32(), "number of the part"),
        column("lang", pa.string(), "language; empty where it is not known yet"),
        column("outcome", pa.string(), "`records_in`, `kept` or the reason of removal"),
        column("records", pa.int64(), "records with that outcome", unit="records"),
    ]
)
