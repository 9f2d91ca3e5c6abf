"""DOCUMENT: an HTML page with text, as extracted from an archive."""

import pyarrow as pa

from schemas.table import column

DOCUMENT = pa.schema(
    [
        column(
            "doc_key", pa.int64(), "identity within a run: part number x 2^32 + row number", nullable=False
        ),
        column("doc_id", pa.string(), "identity across runs: WARC-Record-ID without angle brackets"),
        column("url", pa.string(), "WARC-Target-URI as written by the crawler"),
        column("host", pa.string(), "host name of the URL, lower case"),
        column("fetched_at", pa.timestamp("us", "UTC"), "WARC-Date; null where it cannot be read"),
        column("charset", pa.string(), "character set that the page was decoded with"),
        column("text", pa.string(), "extracted text, lines separated by newlines", nullable=False),
        column("title", pa.string(), "title of the page"),
        column("declared_lang", pa.string(), "language that the page declares for itself, as written"),
        column("canonical_url", pa.string(), "address that the page declares for itself"),
        column("warc_path", pa.string(), "address of the archive"),
        column("warc_offset", pa.int64(), "first byte of the record in the archive", unit="bytes"),
        column("extractor", pa.string(), "name of the extractor that made the text"),
    ]
)

IMAGE_FIELDS = ("url", "alt", "position")
IMAGES = column(
    "images",
    pa.list_(pa.struct([("url", pa.string()), ("alt", pa.string()), ("position", pa.int32())])),
    "images in the text: address, alternative text, characters of the text before it; only on request",
)


def document_schema(*, with_images: bool = False) -> pa.Schema:
    """Return the schema of documents; a column of images stands behind the others where it is asked for."""
    return DOCUMENT.append(IMAGES) if with_images else DOCUMENT


ROW_BITS = 32
"""Bits of `doc_key` that hold the row number; the part number is above them."""


def doc_key(part: int, row: int) -> int:
    """Return the key of row `row` of part `part`."""
    return (part << ROW_BITS) | row
