"""Text from an archive, a page or a table of pages, without a run: what `glotmill extract` does."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.extract import PartExtraction, cut_tail, image_rows
from pipeline.extractors import EXTRACTORS, OPTIONS, PageSettings, PageText, option_faults
from pipeline.page_guard import read_pages
from pipeline.parquet_texts import stream_parquet
from pipeline.parts import Part
from schemas.document import IMAGES
from schemas.errors import InputError, RecipeError, near_name
from schemas.ledger import KEPT
from schemas.table import column

ARCHIVE_ENDINGS = (".warc", ".warc.gz", ".arc", ".arc.gz")
PAGE_ENDINGS = (".html", ".htm", ".xhtml")
BATCH_ROWS = 256
"""Rows of a table that are in memory at once, with their pages."""

ADDED = (
    column("text", pa.string(), "extracted text, lines separated by newlines; null where there is none"),
    column("title", pa.string(), "title of the page"),
    column("removed_reason", pa.string(), "why the page has no text; null where it has"),
)


REASON = len(ADDED) - 1
OURS = PageSettings("glotmill")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a table or a file, as `read_pages` takes it."""

    payload: bytes
    url: str | None = None
    content_type: str | None = None


def extract_file(
    source: Path,
    output: Path,
    *,
    settings: PageSettings = OURS,
    html_column: str = "html",
) -> Counter[str]:
    """Write the text of every page of `source` to a Parquet file, and return the pages by outcome.

    Beside them stand giant pages of which the end was not read (`cut pages`), and its tags (`cut tags`).

    From an archive come documents, as in a run, and pages that give none are only counted. A table keeps all
    its rows and columns but the pages themselves, and gets `text`, `title` and `removed_reason`. An HTML file
    is a table of one row. A page that hangs or crashes its parser is removed with the reason, as in a run.

    Args:
        source: an archive, an HTML file or a Parquet file.
        output: the Parquet file to write.
        settings: the extractor, a key of `EXTRACTORS`, and its options.
        html_column: the column of a table that holds the pages, as text or as bytes; `url` is read too where
            it exists.

    Raises:
        RecipeError: there is no such extractor, or it has no such option.
        InputError: `source` is none of these, or has no such column.
    """
    extractor = settings.extractor
    if extractor not in EXTRACTORS:
        hint = near_name(extractor, list(EXTRACTORS)) or f"; extractors: {', '.join(EXTRACTORS)}"
        raise RecipeError(f"unknown extractor {extractor!r}{hint}")
    chosen = {name: getattr(settings, name) for name in OPTIONS}
    options = {name: value for name, value in chosen.items() if value != getattr(PageSettings(), name)}
    if faults := option_faults(extractor, options):
        raise RecipeError("; ".join(faults))
    name = source.name.lower()
    if name.endswith(ARCHIVE_ENDINGS):
        return _extract_archive(source, output, settings)
    if name.endswith(".parquet"):
        return _extract_table(source, output, settings, html_column)
    if name.endswith(PAGE_ENDINGS):
        page = pa.table({"path": [str(source)], html_column: pa.array([source.read_bytes()], pa.binary())})
        return _write(
            output, page.drop_columns(html_column).schema, iter(page.to_batches()), settings, html_column
        )
    endings = ", ".join((*ARCHIVE_ENDINGS, *PAGE_ENDINGS, ".parquet"))
    raise InputError(f"{source}: expected a name that ends in one of {endings}")


def _extract_archive(source: Path, output: Path, settings: PageSettings) -> Counter[str]:
    extraction = PartExtraction(Part(0, str(source), 0, None), settings)
    with pq.ParquetWriter(output, extraction.schema, compression="zstd") as writer:
        for batch in extraction.documents():
            writer.write_batch(batch)
    return extraction.outcomes + extraction.cut


def _extract_table(source: Path, output: Path, settings: PageSettings, html_column: str) -> Counter[str]:
    with stream_parquet(source) as file:
        schema = file.schema_arrow
        if html_column not in schema.names:
            near = near_name(html_column, schema.names) or f"; columns: {', '.join(schema.names)}"
            raise InputError(f"{source}: no column {html_column!r}{near}")
        kind = schema.field(html_column).type
        if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or _is_text(kind)):
            raise InputError(f"{source}: column {html_column!r}: expected text or bytes, got {kind}")
        others = schema.remove(schema.get_field_index(html_column))
        return _write(output, others, file.iter_batches(BATCH_ROWS), settings, html_column)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _write(
    output: Path,
    others: pa.Schema,
    batches: Iterator[pa.RecordBatch],
    settings: PageSettings,
    html_column: str,
) -> Counter[str]:
    """Write the other columns of each batch with the texts of its pages."""
    fields = (*ADDED, IMAGES) if settings.images else ADDED
    taken = {field.name for field in fields}
    kept = pa.schema([field for field in others if field.name not in taken])
    outcomes: Counter[str] = Counter()
    cut: Counter[str] = Counter()
    with pq.ParquetWriter(output, pa.schema([*kept, *fields]), compression="zstd") as writer:
        for batch in batches:
            rows: list[tuple[object, ...]] = []
            for _, result in read_pages(_pages(batch, html_column), settings):
                if isinstance(result, PageText):
                    cut += cut_tail(result.content)
                    content = result.content
                    rows.append((content.text, content.title, None, image_rows(content)))
                else:
                    rows.append((None, None, result.reason, None))
            outcomes.update(str(row[REASON] or KEPT) for row in rows)
            added = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(fields)]
            columns = [*(batch.column(name) for name in kept.names), *added]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=pa.schema([*kept, *fields])))
    return outcomes + cut


def _pages(batch: pa.RecordBatch, html_column: str) -> Iterator[_Page]:
    urls = batch.column("url").to_pylist() if "url" in batch.schema.names else [None] * len(batch)
    is_text = _is_text(batch.schema.field(html_column).type)
    for html, url in zip(batch.column(html_column).to_pylist(), urls, strict=True):
        payload = (html or "").encode() if is_text else html or b""
        yield _Page(payload, str(url) if url else None, "text/html; charset=utf-8" if is_text else None)
