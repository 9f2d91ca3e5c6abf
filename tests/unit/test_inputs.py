import gzip
from pathlib import Path

import pytest

from pipeline import inputs
from pipeline.inputs import Archive, Listing, Skipped, list_archives
from schemas.errors import InputError
from tests.archives import ARC_HEAD, member, warc
from tests.range_server import Site, serving

WARC = member(warc())
MADE = "WET and WAT files hold text and metadata made from pages, not pages"
OTHER = "not named like an archive (.warc, .warc.gz, .arc, .arc.gz)"


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    """A folder as a crawl leaves it."""
    for name, data in {
        "b.warc.gz": WARC,
        "a.warc": warc(),
        "deep/c.arc.gz": member(ARC_HEAD),
        "deep/d.warc.gz.open": WARC,
        "deep/lz.warc.lz4": b"\x04\x22\x4d\x18",
        "b.warc.wet.gz": WARC,
        "x.wat.gz": WARC,
        "empty.warc.gz": b"",
        "b.warc.gz.cdx": b"cdx",
        "README": b"read me",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def names(listing: Listing, folder: Path) -> list[str]:
    return [Path(a.uri).relative_to(folder).as_posix() for a in listing.archives]


def test_a_folder_gives_its_archives_and_notes_what_it_passes_over(crawl: Path) -> None:
    listing = list_archives([str(crawl)])
    assert names(listing, crawl) == [
        "a.warc",
        "b.warc.gz",
        "deep/c.arc.gz",
        "deep/d.warc.gz.open",
        "deep/lz.warc.lz4",
    ]
    assert listing.archives[1] == Archive(str(crawl / "b.warc.gz"), len(WARC))
    assert [(Path(s.uri).name, s.reason) for s in listing.skipped] == [
        ("README", OTHER),
        ("b.warc.gz.cdx", OTHER),
        ("b.warc.wet.gz", MADE),
        ("empty.warc.gz", "empty file"),
        ("x.wat.gz", MADE),
    ]


def test_globs_files_and_folders_join_sorted_and_each_once(
    crawl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(crawl)
    listing = list_archives(
        ["deep", "b.warc.gz", "./b.warc.gz", "*.warc*", (crawl / "a.warc").as_uri(), "**/c.*"]
    )
    assert names(listing, crawl) == [
        "a.warc",
        "b.warc.gz",
        "deep/c.arc.gz",
        "deep/d.warc.gz.open",
        "deep/lz.warc.lz4",
    ]
    assert Skipped(str(crawl / "b.warc.wet.gz"), MADE) in listing.skipped


def test_a_file_with_magic_letters_in_its_name_is_no_glob(tmp_path: Path) -> None:
    (tmp_path / "a[1].warc").write_bytes(warc())
    assert names(list_archives([str(tmp_path / "a[1].warc")]), tmp_path) == ["a[1].warc"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("none.warc", None, r"none.warc: no such file; paths are relative to "),
        ("empty.warc.gz", b"", r"empty.warc.gz: expected a WARC or ARC file, got an empty file"),
        ("page.warc", b"<html>", r"got something that begins with b'<html>'"),
        ("page.warc.gz", gzip.compress(b"<html>"), r"got something that begins with b'<html>'"),
        ("a.warc.lz4", b"\x04\x22\x4d\x18ab", r"got an lz4 file; archives are read as they are or with gzip"),
        ("a.warc.zst", b"\x28\xb5\x2f\xfdab", r"got a Zstandard file"),
        ("a.parquet", b"PAR1ab", r"got a Parquet file"),
        ("a.warc.wet.gz", WARC, r"a.warc.wet.gz: expected an archive of pages, got a WET or WAT file"),
        (
            "paths.txt",
            b"\n# none\n",
            r"paths.txt: expected a list of archives, one a line; got an empty list",
        ),
        ("warc.paths.gz", b"\x1f\x8b\x08broken", r"expected a list of archives, got damaged gzip"),
        ("paths.txt", b"\xff\xfe\x00", r"got bytes that are no text"),
    ],
)
def test_what_is_named_and_is_no_archive_is_an_error(
    tmp_path: Path, name: str, data: bytes | None, message: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message):
        list_archives([str(tmp_path / name)])


def test_inputs_without_any_archive_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected archives, found no file at all"):
        list_archives([str(tmp_path)])
    with pytest.raises(InputError, match="found no file at all"):
        list_archives([str(tmp_path / "*.warc.gz")])
    (tmp_path / "a.txt.png").write_bytes(b"1")
    with pytest.raises(InputError, match=r"found none; 1 files were passed over: not named like an archive"):
        list_archives([str(tmp_path)])
    with pytest.raises(InputError, match="no input"):
        list_archives([])


def test_a_damaged_gzip_archive_is_still_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(WARC[:20] + b"\xff" * 8 + WARC[28:])
    assert len(list_archives([str(tmp_path / "a.warc.gz")]).archives) == 1


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_list_names_archives_below_a_root(crawl: Path, pack: type[bytes]) -> None:
    lines = f"b.warc.gz\n\n# a comment\ndeep/c.arc.gz\r\n{crawl}/a.warc\n"
    paths = crawl / "warc.paths.gz"
    paths.write_bytes(pack(lines.encode()))
    listing = list_archives([str(paths)], archive_root=str(crawl))
    assert names(listing, crawl) == ["a.warc", "b.warc.gz", "deep/c.arc.gz"]


def test_an_entry_of_a_list_that_is_missing_is_named_with_its_list(crawl: Path) -> None:
    (crawl / "my.paths").write_text("b.warc.gz\nnone.warc.gz\n")
    with pytest.raises(InputError, match=r"none.warc.gz: no such file"):
        list_archives([str(crawl / "my.paths")], archive_root=f"{crawl}/")
    (crawl / "my.paths").write_text("README\n")
    with pytest.raises(InputError, match=r"my.paths: .*README: expected a WARC or ARC file, got something"):
        list_archives([str(crawl / "my.paths")], archive_root=f"{crawl}/")


def test_a_list_and_its_archives_may_lie_on_a_server() -> None:
    files = {"/crawl/warc.paths.gz": gzip.compress(b"d/1.warc.gz\nd/0.warc.gz\n"), "/d/0.warc.gz": WARC}
    with serving(Site({**files, "/d/1.warc.gz": WARC * 3})) as site:
        listing = list_archives([f"{site.url}/crawl/warc.paths.gz"], archive_root=site.url)
        assert listing.archives == (
            Archive(f"{site.url}/d/0.warc.gz", len(WARC)),
            Archive(f"{site.url}/d/1.warc.gz", 3 * len(WARC)),
        )


def test_lines_of_a_list_are_relative_to_common_crawl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "LOOKED_AT", 1)
    (tmp_path / "warc.paths").write_text("crawl-data/1.warc.gz\ns3://bucket/2.warc.gz\n")
    assert list_archives([str(tmp_path / "warc.paths")]).archives == (
        Archive("https://data.commoncrawl.org/crawl-data/1.warc.gz", None),
        Archive("s3://bucket/2.warc.gz", None),
    )


def test_a_prefix_and_a_pattern_of_an_object_store_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = (
        b'{"items": [{"name": "c/a.warc.gz", "size": "7"}, {"name": "c/d/b.warc.gz", "size": "8"},'
        b' {"name": "c/a.wet.gz", "size": "9"}]}'
    )
    with serving(Site({"/storage/v1/b/bucket/o": listing})) as site:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", site.url)
        assert list_archives(["gs://bucket/c/"]).archives == (
            Archive("gs://bucket/c/a.warc.gz", 7),
            Archive("gs://bucket/c/d/b.warc.gz", 8),
        )
        assert list_archives(["gs://bucket/c/*/*.warc.gz"]).archives == (
            Archive("gs://bucket/c/d/b.warc.gz", 8),
        )
