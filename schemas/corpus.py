"""CORPUS: a published document (mC4 and CulturaX columns first), and REMOVED: a record that was not kept."""

import pyarrow as pa

from schemas.table import column

CORPUS = pa.schema(
    [
        column("text", pa.string(), "the document", nullable=False),
        column("timestamp", pa.string(), "when the page was fetched, ISO 8601 UTC"),
        column("url", pa.string(), "address of the page"),
        column("source", pa.string(), "archive that the page came from"),
        column("lang", pa.string(), "ISO 639-3 and ISO 15924"),
        column("lang_score", pa.float32(), "probability of the language", unit="0 to 1"),
        column("doc_id", pa.string(), "identity across runs: WARC-Record-ID"),
        column(
            "cluster_size", pa.int32(), "documents of the near-duplicate cluster that this one stands for"
        ),
        column("title", pa.string(), "title of the page"),
        column("charset", pa.string(), "character set that the page was decoded with"),
        column("script_ratio", pa.float32(), "share of the text's characters in its most frequent script"),
        column("doc_key", pa.int64(), "identity within the run; `keeper` of removed records points here"),
    ]
)

REMOVED = pa.schema(
    [
        column("stage", pa.string(), "stage that removed the record", nullable=False),
        column("doc_id", pa.string(), "WARC-Record-ID, where the record has one"),
        column("url", pa.string(), "WARC-Target-URI, where the record has one"),
        column("lang", pa.string(), "language; empty before it is known"),
        column("reasons", pa.list_(pa.string()), "every reason that holds, first the one that is counted"),
        column("detail", pa.string(), "what was found, where the reason alone does not say"),
        column("warc_path", pa.string(), "address of the archive"),
        column("warc_offset", pa.int64(), "first byte of the record in the archive", unit="bytes"),
        column("keeper", pa.int64(), "doc_key of the document that was kept instead"),
        column("similarity", pa.float32(), "similarity to the keeper", unit="0 to 1"),
        column("text", pa.string(), "the text, for a sample of the records"),
    ]
)
