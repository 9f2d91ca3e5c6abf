"""Extract: records become documents; each record that is none is written down with its reason."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from urllib.parse import urlsplit

import pyarrow as pa

from pipeline.blocklists import UrlList, blocked
from pipeline.extractors import Extracted, PageSettings, PageText
from pipeline.page_guard import read_pages
from pipeline.parts import Coverage, Part
from pipeline.warc import LIMITS, Limits, PartReader, Record
from schemas.corpus import REMOVED
from schemas.document import IMAGE_FIELDS, IMAGES, doc_key, document_schema
from schemas.ledger import CUT_PAGES, CUT_TAGS, KEPT, UNKNOWN_LANGUAGE

BATCH_BYTES = 8 << 20
"""Text in one batch of documents."""
REMOVED_ROWS = 20_000
"""Rows in one batch of removed records."""

URLS_AT_ONCE = 32
"""Pages whose addresses are looked up together, and which wait in memory for it."""

Row = dict[str, object]


class PartExtraction:
    """The extraction of one part. `documents` is read once; the rest holds when it has ended.

    `outcomes` counts the records by outcome; `cut` counts the giant pages whose end was not read
    (`cut pages`) and the tags in these ends (`cut tags`); `coverage` says which bytes of the archive they
    were.
    """

    def __init__(
        self, part: Part, settings: PageSettings, limits: Limits = LIMITS, *, blocks: Sequence[UrlList] = ()
    ) -> None:
        self.part = part
        self.outcomes: Counter[str] = Counter()
        self._settings = settings
        self._blocks = blocks
        self._reader = PartReader(part, limits)
        self._removed: list[Row] = []
        self.schema = document_schema(with_images=settings.images)
        self.cut: Counter[str] = Counter()

    @property
    def coverage(self) -> Coverage:
        """The bytes of the archive that the part read."""
        return self._reader.coverage

    @property
    def records_in(self) -> int:
        """Records of the part, whatever became of them."""
        return self.outcomes.total()

    def documents(self) -> Iterator[pa.RecordBatch]:
        """Yield the documents of the part in the order of the archive.

        Raises:
            InputError: the archive cannot be opened, or its server gives up.
        """
        rows: list[Row] = []
        size = 0
        for record, result in read_pages(self._pages(), self._settings):
            if not isinstance(result, PageText):
                self._remove(record, result.reason, result.detail)
                continue
            rows.append(self._document(record, result))
            size += len(result.content.text)
            if size >= BATCH_BYTES:
                yield _batch(rows, self.schema)
                rows, size = [], 0
        if rows:
            yield _batch(rows, self.schema)

    def removed(self) -> Iterator[pa.RecordBatch]:
        """Yield the records that are no documents, in the order of the archive.

        Those of one gzip member share its offset, and pages among them come back when their text is done:
        what the rows say decides between them, never time.
        """
        ordered = sorted(self._removed, key=_place)
        for start in range(0, len(ordered), REMOVED_ROWS):
            yield _batch(ordered[start : start + REMOVED_ROWS], REMOVED)

    def _pages(self) -> Iterable[Record]:
        return self._wanted() if self._blocks else self._read()

    def _read(self) -> Iterator[Record]:
        for record in self._reader:
            if record.reason is None:
                yield record
            else:
                self._remove(record, record.reason, record.detail)

    def _wanted(self) -> Iterator[Record]:
        """Yield the pages whose address is on none of the lists; of others the text is never extracted."""
        pages = self._read()
        while group := list(islice(pages, URLS_AT_ONCE)):
            found = blocked(self._blocks, pa.array([record.url for record in group], pa.string()))
            for record, name in zip(group, found.to_pylist(), strict=True):
                if name is None:
                    yield record
                else:
                    self._remove(record, name, "")

    def _remove(self, record: Record, reason: str, detail: str) -> None:
        self.outcomes[reason] += 1
        self._removed.append(
            {
                "stage": "extract",
                "doc_id": record.record_id,
                "url": record.url,
                "lang": UNKNOWN_LANGUAGE,
                "reasons": [reason],
                "detail": detail or None,
                "warc_path": self.part.archive,
                "warc_offset": record.offset,
            }
        )

    def _document(self, record: Record, page: PageText) -> Row:
        row = self.outcomes[KEPT]
        self.outcomes[KEPT] += 1
        content = page.content
        self.cut += cut_tail(content)
        return {
            "doc_key": doc_key(self.part.number, row),
            "doc_id": record.record_id,
            "url": record.url,
            "host": _host(record.url),
            "fetched_at": record.fetched_at,
            "charset": page.charset,
            "text": content.text,
            "title": content.title,
            "declared_lang": content.declared_lang,
            "canonical_url": content.canonical_url,
            "warc_path": self.part.archive,
            "warc_offset": record.offset,
            "extractor": self._settings.extractor,
            **({IMAGES.name: image_rows(content)} if self._settings.images else {}),
        }


def image_rows(content: Extracted) -> list[dict[str, object]]:
    """Return the images of a page as the column `images` has them."""
    return [dict(zip(IMAGE_FIELDS, image, strict=True)) for image in content.images]


def cut_tail(content: Extracted) -> Counter[str]:
    """Count a giant page whose end was not read, and the tags of that end; nothing of any other page."""
    return Counter({CUT_PAGES: 1, CUT_TAGS: content.cut_tags}) if content.cut_tags else Counter()


def _place(row: Row) -> tuple[int, str, str, str]:
    return (
        int(str(row["warc_offset"])),
        str(row["doc_id"] or ""),
        str(row["reasons"]),
        str(row["detail"] or row["url"] or ""),
    )


def _host(url: str | None) -> str | None:
    """The host of an address, lower case; null where it cannot be read."""
    try:
        return urlsplit(url or "").hostname
    except ValueError:
        return None


def _batch(rows: list[Row], schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=schema)
