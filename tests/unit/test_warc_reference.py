"""Real and odd archives of the reference data, against what other readers make of them."""

import csv
import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from warcio.archiveiterator import ArchiveIterator

from pipeline.headers import parse_fields
from pipeline.payload import decode_body
from pipeline.warc import DAMAGED, TRUNCATED, Record
from tests.archives import read, read_in_parts

LF = "lines end in LF, which FastWARC does not read"
ONE_MEMBER = "all records in one gzip member, which warcio does not read"
VERSION = "a first line alone; what follows is missing"
NO_VERSION = "no record begins in it; both readers give up"
NO_LENGTH = "records without a length; other readers guess it, or stop"

# Archives on which the two reference readers do not agree, or give up: what is right, and why.
OTHERS = {
    "apache_stormcrawler__unparsable-date.warc.gz": ("2 not_response, 1 status", ONE_MEMBER),
    "archivesunleashed_aut__badexample.arc.gz": (
        "1 not_response, 2 mime, 3 damaged",
        f"{ONE_MEMBER}; three records say that they are longer than they are",
    ),
    "chatnoir-eu_chatnoir-resiliparse__block-sized-records.warc.lz4": ("1 damaged", "lz4"),
    "internetarchive_gowarc__corrupted-mid-record.warc.gz.open": (
        "12 page, 1 damaged",
        "12 records, then bytes that are no gzip; warcio does not read several records in one member",
    ),
    "internetarchive_gowarc__corrupted-trailing-bytes.warc.gz.open": ("30 page, 1 damaged", "likewise"),
    "internetarchive_gowarc__skip-non-open.warc.gz": ("10 page", ONE_MEMBER),
    "netarchivesuite_jwat__test-arc-1.0-dashed-fields.arc": (
        "1 not_response, 1 damaged",
        "the one page is longer than its record says; FastWARC reads no ARC",
    ),
    "netarchivesuite_solrwayback__transfer_compression_brotli.warc.gz": (
        "4 not_response, 1 page",
        "warcio fails on brotli 1.2",
    ),
    "oduwsdl_ipwb__1memento_noContentType.warc": ("1 not_response, 1 page", LF),
    "oduwsdl_ipwb__2mementos.warc": ("1 not_response, 4 page", LF),
    "oduwsdl_ipwb__2mementos_queryString.warc": ("1 not_response, 2 page", LF),
    "oduwsdl_ipwb__3mementos.warc": ("1 not_response, 5 page", LF),
    "oduwsdl_ipwb__4mementos.warc": ("1 not_response, 6 page", LF),
    "oduwsdl_ipwb__HTTP204.warc": ("2 damaged, 1 page", "two records are longer than they say"),
    "oduwsdl_ipwb__baconIpsum_chunked_httpTrailors.warc": (
        "5 not_response, 1 page",
        "FastWARC loses its way after the first records",
    ),
    "oduwsdl_ipwb__broken.warc": (
        "4 not_response, 1 page, 1 damaged",
        "the last record says 7 bytes and has 180; warcio takes the rest for records",
    ),
    "oduwsdl_ipwb__redirectRelative.warc": ("1 not_response, 1 status", LF),
    "oduwsdl_ipwb__slash.warc": ("1 not_response, 1 page", LF),
    "richardlehane_webarchive__invalid-warcfile-duplicate-fields.warc": (
        "1 not_response",
        "FastWARC stumbles over newlines at the end",
    ),
    "richardlehane_webarchive__invalid-warcfile-fields-empty.warc": ("1 damaged", NO_LENGTH),
    "richardlehane_webarchive__invalid-warcfile-fields-invalidformat.warc": ("1 damaged", NO_LENGTH),
    "richardlehane_webarchive__invalid-warcfile-lonely-warcinfo-metadata.warc": ("2 damaged", NO_LENGTH),
    "richardlehane_webarchive__invalid-warcheaderfieldpolicy-11.warc": ("1 truncated", "a header alone"),
    "richardlehane_webarchive__invalid-warcheaderfieldpolicy-12.warc": ("1 truncated", "a header alone"),
    "richardlehane_webarchive__invalid-warcheaderversion-11.warc": ("1 truncated", VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-12.warc": ("1 truncated", VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-13.warc": ("1 truncated", VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-14.warc": ("1 truncated", VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-15.warc": ("1 truncated", VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-16.warc": ("1 damaged", NO_VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-18.warc": ("1 damaged", NO_VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-19.warc": ("1 damaged", NO_VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-4.warc": ("1 truncated", VERSION),
    "richardlehane_webarchive__invalid-warcheaderversion-9.warc": ("1 truncated", VERSION),
    "richardlehane_webarchive__invalid-warcreader-diagnosis-1.warc": ("1 damaged", NO_VERSION),
    "richardlehane_webarchive__invalid-warcrecord-1.warc": ("4 not_response, 2 damaged", NO_LENGTH),
    "richardlehane_webarchive__valid-warcfile-fields-continuation.warc": (
        "1 not_response",
        "FastWARC stumbles over newlines at the end",
    ),
    "richardlehane_webarchive__valid-warcfile-upper-lower-case.warc": (
        "1 not_response, 4 mime",
        "FastWARC reads no `warc/1.0` in lower case",
    ),
    "richardlehane_webarchive__valid-warcfile-utf8.warc": (
        "1 not_response",
        "FastWARC stumbles over newlines at the end",
    ),
    "webrecorder_warcio__example-wrong-chunks.warc.gz": (
        "1 not_response, 1 page",
        "a record in two gzip members, which warcio does not read",
    ),
}


def summary(records: list[Record]) -> Counter[str]:
    return Counter(r.reason or "page" for r in records)


@pytest.fixture(scope="module")
def warcs(shared: Path) -> Path:
    return shared / "data" / "warc"


def test_each_odd_archive_gives_the_records_that_both_reference_readers_find(warcs: Path) -> None:
    agreed = 0
    seen = set()
    with (warcs / "odd" / "MANIFEST.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found = summary(read(warcs / "odd" / row["file"]))
            by_warcio = sum(json.loads(row["warcio_records"]).values())
            failed = row["warcio_error"] or row["fastwarc_error"]
            if not failed and by_warcio == int(row["fastwarc_records"]):
                assert found.total() == by_warcio, row["file"]
                agreed += 1
                continue
            seen.add(row["file"])
            expected, why = OTHERS[row["file"]]
            counts = dict(reversed(item.split()) for item in expected.split(", "))
            assert found == {reason: int(n) for reason, n in counts.items()}, f"{row['file']}: {why}"
    assert agreed == 48
    assert seen == set(OTHERS)


@pytest.mark.parametrize("folder", ["real", "odd", "assembled"])
def test_any_cut_of_a_reference_archive_gives_the_records_of_the_whole(warcs: Path, folder: str) -> None:
    for path in sorted((warcs / folder).glob("*arc*")):
        size = path.stat().st_size
        whole = read(path)
        for split_bytes in {max(1000, size // 50), size // 3 + 1}:
            assert read_in_parts(str(path), size, split_bytes) == (whole, 0), path.name


def test_real_archives_have_the_records_that_warcio_finds_and_no_damage(warcs: Path) -> None:
    for path in sorted((warcs / "real").iterdir()):
        with path.open("rb") as file:
            expected = sum(1 for _ in ArchiveIterator(file))
        found = summary(read(path))
        assert found.total() == expected, path.name
        assert not found[DAMAGED] + found[TRUNCATED], path.name


def test_every_assembled_response_is_found_with_the_bytes_of_its_page(warcs: Path) -> None:
    columns = ["record_id", "url", "mime", "transfer", "bytes"]
    table = pq.read_table(warcs / "assembled" / "assembled-truth.parquet", columns=columns)
    truth = {str(row["record_id"]).strip("<>"): row for row in table.to_pylist()}
    outcomes: Counter[tuple[str, str | None]] = Counter()
    for path in sorted((warcs / "assembled").glob("*.warc.gz")):
        for record in read(path):
            row = truth.get(record.record_id)
            if row is None:
                assert record.reason == "not_response"
                continue
            assert record.url == row["url"]
            assert record.reason == ("mime" if row["mime"] == "text/xml" else None)
            assert len(record.payload) == (0 if record.reason else row["bytes"])
            outcomes[row["transfer"], record.reason] += 1
    assert outcomes == {
        ("identity", None): 1180,
        ("gzip", None): 72,
        ("chunked", None): 66,
        ("identity", "mime"): 57,
        ("gzip", "mime"): 6,
        ("chunked", "mime"): 4,
    }


def test_every_assembled_body_decodes_to_its_size_whatever_its_type(warcs: Path) -> None:
    """Feeds are no pages, but their bodies are encoded in the same ways."""
    columns = ["record_id", "transfer", "bytes"]
    table = pq.read_table(warcs / "assembled" / "assembled-truth.parquet", columns=columns)
    truth = {row["record_id"]: row for row in table.to_pylist()}
    decoded: Counter[str] = Counter()
    for path in sorted((warcs / "assembled").glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, no_record_parse=True):
                if record.rec_type == "response":
                    head, _, body = record.raw_stream.read().partition(b"\r\n\r\n")
                    row = truth[record.rec_headers.get_header("WARC-Record-ID")]
                    assert len(decode_body(body, parse_fields(head), 1 << 30)) == row["bytes"]
                    decoded[row["transfer"]] += 1
    assert decoded == {"identity": 1237, "gzip": 78, "chunked": 70}
