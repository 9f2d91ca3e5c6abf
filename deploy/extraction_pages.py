"""Pages with reference text, for training and measuring the extractor.

Used by `train_extractor.py` and its modules only. Two sources: a Parquet file of pages with `html`, `url`,
`gold_kind`, `gold_text`, `gold_with` and `gold_without`; and folders of archives beside a Parquet file that
has the main text by record id.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyarrow.parquet as pq
from extraction_labels import word_f1

from pipeline.charset import decode_html

UNSPACED_LANGUAGES = frozenset(("jpn", "zho", "tha", "khm", "dzo", "kor", "mya", "lao"))
REAL_SOURCES = ("htmldate", "trafilatura", "article-extraction-benchmark")
ARCHIVED = "archive"
SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A page and what should be got from it."""

    html: str
    kind: str
    site: str
    """Pages of one site or template, which are never on both sides of a split."""
    source: str
    lang: str
    page_type: str
    text: str | None
    wanted: Sequence[str]
    unwanted: Sequence[str]


def read_gold(path: Path) -> list[GoldPage]:
    """Return the pages of a Parquet file."""
    return [
        GoldPage(
            html=decode_html(row["html"], None).text,
            kind=row["gold_kind"],
            site=_site(row["url"] or row["page_id"]),
            source=row["source"],
            lang=row["lang_auto"] or "",
            page_type=row["page_type"] or "",
            text=row["gold_text"],
            wanted=row["gold_with"] or (),
            unwanted=row["gold_without"] or (),
        )
        for row in pq.read_table(path).to_pylist()
    ]


def read_archives(folder: Path) -> list[GoldPage]:
    """Return the HTML pages of the archives in `folder` whose main text its `*-truth.parquet` has."""
    truth = {
        row["record_id"].strip("<>").removeprefix("urn:uuid:"): row
        for path in sorted(folder.glob("*-truth.parquet"))
        for row in pq.read_table(path).to_pylist()
    }
    pages = []
    for record_id, content_type, body in _responses(folder):
        row = truth.get(record_id)
        if row and row["main_text"] and not row["exact_dup_of"] and "html" in (row["mime"] or ""):
            is_real = row["source"] in REAL_SOURCES
            pages.append(
                GoldPage(
                    html=decode_html(body, content_type).text,
                    kind=ARCHIVED,
                    site=_site(row["url"]) if is_real else template(row["source"]),
                    source=row["source"],
                    lang=row["lang"] or "",
                    page_type="",
                    text=row["main_text"],
                    wanted=(),
                    unwanted=(),
                )
            )
    return pages


def template(source: str) -> str:
    """Return the common name of sources made with the same tool."""
    return "docbook" if source.startswith(("debian", "maint", "aptitude")) else source


def _responses(folder: Path) -> Iterator[tuple[str, str | None, bytes]]:
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            records = ArchiveIterator(file, record_types=WarcRecordType.response, auto_decode="all")
            for record in records:
                name = record.record_id.strip("<>").removeprefix("urn:uuid:")
                yield name, record.http_headers.get("Content-Type"), record.reader.read()


def _site(url: str) -> str:
    host = re.sub(r"^www\d?\.", "", (urlsplit(url).hostname or url).lower())
    return ".".join(host.split(".")[-3:])


def sample(
    pages: Sequence[GoldPage], most: int, most_of_source: Mapping[str, int], seed: int = 0
) -> list[GoldPage]:
    """Return at most so many pages of each source and language, and of some sources in all."""
    shuffled = list(pages)
    random.Random(seed).shuffle(shuffled)
    by_language: Counter[tuple[str, str]] = Counter()
    by_source: Counter[str] = Counter()
    result = []
    for page in shuffled:
        key = page.source, page.lang
        if by_language[key] < most and by_source[page.source] < most_of_source.get(page.source, len(pages)):
            by_language[key] += 1
            by_source[page.source] += 1
            result.append(page)
    return result


def scores(pages: Sequence[GoldPage], texts: Sequence[str]) -> dict[str, float]:
    """Return the mean word F1 by kind of page, and the shares of snippets kept and removed."""
    by_kind: dict[str, list[float]] = {}
    for page, text in zip(pages, texts, strict=True):
        if page.text is not None:
            by_kind.setdefault(page.kind, []).append(page_f1(page, text))
        one_line = SPACE.sub(" ", text)
        for name, snippets, is_wanted in (("kept", page.wanted, True), ("removed", page.unwanted, False)):
            if page.kind == "human-segments":
                found = [(SPACE.sub(" ", snippet).strip() in one_line) == is_wanted for snippet in snippets]
                by_kind.setdefault(name, []).extend(map(float, found))
    return {kind: float(np.mean(values)) for kind, values in sorted(by_kind.items()) if values}


def page_f1(page: GoldPage, text: str) -> float:
    """Return the word F1 of a text, or the F1 of its letters where words are not spaced."""
    by_character = page.kind == ARCHIVED and page.lang in UNSPACED_LANGUAGES
    return word_f1(text, page.text or "", by_character=by_character)
