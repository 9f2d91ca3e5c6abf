import csv
import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.parts import Part
from pipeline.warc import REASONS, Limits, PartReader, Record
from tests.archives import (
    ARC_HEAD,
    HTML,
    arc,
    http,
    member,
    members,
    outcomes,
    read,
    read_bytes,
    read_in_parts,
    stored,
    warc,
)

TWENTY = [warc(number=i) for i in range(20)]
SPLIT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damage(data: bytes, at: int) -> bytes:
    """Invert 8 bytes."""
    return data[:at] + bytes(b ^ 0xFF for b in data[at : at + 8]) + data[at + 8 :]


def test_a_page_has_all_that_its_record_says(tmp_path: Path) -> None:
    data = member(warc(http(HTML, "Content-Type: text/html; charset=utf-8"), 7))
    assert read_bytes(tmp_path, data) == [
        Record(
            offset=0,
            length=len(data),
            reason=None,
            record_id="urn:test:7",
            url="https://site.example/7",
            fetched_at=datetime(2024, 5, 18, 1, 2, 3, tzinfo=UTC),
            content_type="text/html; charset=utf-8",
            payload=HTML,
        )
    ]


@pytest.mark.parametrize(
    ("record", "reason", "detail"),
    [
        (warc(kind="request"), "not_response", "request"),
        (warc(kind="revisit"), "not_response", "revisit"),
        (warc(kind="WarcInfo"), "not_response", "warcinfo"),
        (warc(http(status="404 Not Found")), "status", "404"),
        (warc(b"no http at all"), "status", "no HTTP status line"),
        (warc(http(b"{}", "Content-Type: application/json")), "mime", "application/json"),
        (warc().replace(b"application/http", b"text/dns"), "mime", "text/dns"),
        (warc(http(b"")), "empty", ""),
        (warc(http(b" \r\n\t")), "empty", ""),
        (warc(http(), 0, "WARC-Truncated: length"), "truncated", "by the crawler: length"),
        (warc(http(b"<p>" + bytes(3000))), "too_large", "page of more than 2000 bytes"),
        (warc(http(b"<p>" + bytes(9000))), "too_large", "stored block"),
        (warc(http(bytes(9000), "Content-Type: video/mp4")), "mime", "video/mp4"),
        (
            warc(http(b"\x1f\x8b\x08", "Content-Type: text/html", "Content-Encoding: gzip")),
            "undecodable",
            "gzip body ends early",
        ),
    ],
)
@pytest.mark.parametrize("pack", [member, bytes], ids=["gzip", "plain"])
def test_a_record_that_is_no_page_is_removed_with_its_reason(
    tmp_path: Path, pack: type[bytes], record: bytes, reason: str, detail: str
) -> None:
    limits = Limits(block_bytes=8000, page_bytes=2000)
    found = read_bytes(tmp_path, pack(record) + pack(warc(number=1)), limits=limits)
    assert [(r.reason, r.detail) for r in found] == [(reason, detail), (None, "")]
    assert found[0].url == "https://site.example/0"
    assert reason in REASONS


@pytest.mark.parametrize("bad", range(20))
def test_one_bad_member_of_twenty_leaves_the_other_nineteen(tmp_path: Path, bad: int) -> None:
    packed = [member(r) for r in TWENTY]
    start = sum(map(len, packed[:bad]))
    found = read_bytes(tmp_path, damage(b"".join(packed), start + len(packed[bad]) // 2))
    assert outcomes(found) == [*map(str, range(bad)), "damaged", *map(str, range(bad + 1, 20))]
    assert (found[bad].offset, found[bad].length) == (start, len(packed[bad]))


@pytest.mark.parametrize("where", [0, 1, 2, 3, 12, -8, -4, -1])
def test_a_member_is_damaged_by_one_wrong_byte_anywhere(tmp_path: Path, where: int) -> None:
    packed = [bytearray(member(r)) for r in TWENTY]
    packed[4][where] ^= 0xFF
    found = read_bytes(tmp_path, b"".join(packed))
    assert outcomes(found) == [*"0123", "damaged", *map(str, range(5, 20))]


@pytest.mark.parametrize("lost", [1, 5, 40, 200])
def test_bytes_missing_from_the_middle_cost_one_record(tmp_path: Path, lost: int) -> None:
    packed = [member(r) for r in TWENTY]
    cut = sum(map(len, packed[:6])) + 30
    data = b"".join(packed)
    found = outcomes(read_bytes(tmp_path, data[:cut] + data[cut + lost :]))
    assert found == [*"012345", "damaged", *map(str, range(7, 20))]


def test_two_members_damaged_side_by_side_are_two_removals(tmp_path: Path) -> None:
    packed = [member(r) for r in TWENTY]
    for bad in (3, 4):
        packed[bad] = damage(packed[bad], 150)
    assert outcomes(read_bytes(tmp_path, b"".join(packed)))[:6] == [*"012", "damaged", "damaged", "5"]


@pytest.mark.parametrize("kept", [1, 9, 17, 60, 200])
def test_an_archive_that_ends_early_loses_its_last_record_alone(tmp_path: Path, kept: int) -> None:
    whole = members(TWENTY[:19])
    found = read_bytes(tmp_path, whole + member(TWENTY[19])[:kept])
    reason = "truncated" if kept >= 3 else "damaged"
    assert outcomes(found) == [*map(str, range(19)), reason]
    assert (found[19].offset, found[19].length) == (len(whole), kept)


def test_a_plain_archive_that_ends_early_loses_its_last_record_alone(tmp_path: Path) -> None:
    data = b"".join(TWENTY)
    found = read_bytes(tmp_path, data[:-60], "a.warc")
    assert outcomes(found) == [*map(str, range(19)), "truncated"]
    assert found[19].url == "https://site.example/19"


def test_bytes_before_between_and_after_records_are_one_removal_each(tmp_path: Path) -> None:
    records = [member(r) for r in TWENTY[:3]]
    found = read_bytes(tmp_path, b"junk".join([b"", *records, b""]))
    assert outcomes(found) == ["damaged", "0", "damaged", "1", "damaged", "2", "damaged"]
    assert [r.length for r in found if r.reason] == [4, 4, 4, 4]


def test_newlines_and_empty_members_between_records_are_nothing(tmp_path: Path) -> None:
    records = [member(r) for r in TWENTY[:3]]
    found = read_bytes(tmp_path, b"\r\n".join(records) + member(b"") + b"\n" + member(b"\r\n\r\n"))
    assert outcomes(found) == ["0", "1", "2"]


def test_a_plain_record_whose_first_line_is_lost_costs_itself_alone(tmp_path: Path) -> None:
    records = list(TWENTY)
    records[5] = records[5].replace(b"WARC/1.0", b"xARC/1.0")
    found = read_bytes(tmp_path, b"".join(records), "a.warc")
    assert outcomes(found) == [*"01234", "damaged", *map(str, range(6, 20))]
    assert found[5].length == len(records[5])


@pytest.mark.parametrize("length", ["", "-5", "many", "10", "400", "99999", "99999999999"])
@pytest.mark.parametrize(
    "pack", [members, b"".join, lambda r: member(b"".join(r))], ids=["gzip", "plain", "one"]
)
def test_a_record_with_a_wrong_length_costs_itself_alone(tmp_path: Path, pack, length: str) -> None:
    records = list(TWENTY)
    block = http()
    records[5] = records[5].replace(b"Content-Length: %d" % len(block), f"Content-Length: {length}".encode())
    found = read_bytes(tmp_path, pack(records))
    assert outcomes(found) == [*"01234", "damaged", *map(str, range(6, 20))]
    assert found[5].url == "https://site.example/5"


def test_damage_within_a_member_of_many_records_keeps_those_before_it(tmp_path: Path) -> None:
    lines = [warc(http(b"<p>" + bytes(range(33, 126)) * (i + 1)), i) for i in range(20)]
    packed = member(b"".join(lines))
    found = read_bytes(tmp_path, damage(packed, len(packed) - 120) + member(warc(number=20)))
    kept = [r for r in outcomes(found) if r != "damaged"]
    assert outcomes(found).count("damaged") == 1
    assert kept == [*map(str, range(len(kept) - 1)), "20"]
    assert len(kept) > 10


def test_a_record_in_several_gzip_members_is_read_whole(tmp_path: Path) -> None:
    data = b"".join(TWENTY)
    pieces = [member(data[i : i + 100]) for i in range(0, len(data), 100)]
    found = read_bytes(tmp_path, b"".join(pieces))
    assert outcomes(found) == [*map(str, range(20))]


def test_all_records_in_one_gzip_member_share_its_offset(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, member(b"".join(TWENTY)))
    assert outcomes(found) == [*map(str, range(20))]
    assert {(r.offset, r.length) for r in found} == {(0, None)}


def test_gzip_headers_with_names_extra_fields_and_checksums_are_read(tmp_path: Path) -> None:
    import struct
    import zlib

    packed = member(warc())
    head = bytearray(
        b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff" + struct.pack("<H", 6) + b"sl\x02\0ab" + b"name\0note\0"
    )
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    assert outcomes(read_bytes(tmp_path, bytes(head) + packed[10:] + member(warc(number=1)))) == ["0", "1"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda r: r.replace(b"\r\n", b"\n"), "newlines of Unix"),
        (lambda r: r.replace(b"WARC/1.0", b"WARC/1.1"), "version 1.1"),
        (lambda r: r.replace(b"WARC/1.0", b"warc/0.18"), "an old version in lower case"),
        (lambda r: r.replace(b"WARC-Type", b"warc-type"), "names in lower case"),
        (lambda r: r.replace(b"WARC-Type:", b"WARC-Type:\r\n\t"), "a folded line"),
        (lambda r: r.replace(b"WARC-Type: response", b"WARC-TYPE:RESPONSE"), "a type in capitals"),
        (lambda r: r.replace(b"https://site.example/0", b"<https://site.example/0>"), "brackets of Wget"),
    ],
)
def test_unusual_headers_are_understood(tmp_path: Path, change, expected: str) -> None:
    record = warc()
    block = http()
    changed = change(record).replace(
        b"Content-Length: %d" % len(block), b"Content-Length: %d" % len(change(block))
    )
    found = read_bytes(tmp_path, changed + changed, "a.warc")
    assert [(r.reason, r.url) for r in found] == [(None, "https://site.example/0")] * 2, expected


def test_spaces_in_an_address_are_escaped_and_a_bad_date_is_null(tmp_path: Path) -> None:
    record = warc().replace(b"example/0", b"example/a b").replace(b"2024-05-18T01:02:03Z", b"in May")
    [found] = read_bytes(tmp_path, member(record))
    assert (found.url, found.fetched_at) == ("https://site.example/a%20b", None)


def test_a_record_without_an_id_gets_the_same_one_each_time(tmp_path: Path) -> None:
    record = warc().replace(b"WARC-Record-ID: <urn:test:0>\r\n", b"")
    ids = {read_bytes(tmp_path, member(record))[0].record_id for _ in range(2)}
    assert len(ids) == 1
    assert str(ids.pop()).startswith("urn:uuid:")


@pytest.mark.parametrize(
    "pack", [b"".join, members, lambda r: member(b"".join(r))], ids=["plain", "gzip", "one"]
)
def test_an_arc_is_read_like_a_warc(tmp_path: Path, pack) -> None:
    records = [ARC_HEAD, arc(http(), 1), arc(b"2008 site.example", 2, "text/dns").replace(b"http:", b"dns:")]
    found = read_bytes(tmp_path, pack([*records, arc(http(), 3)]), "a.arc.gz")
    assert [(r.reason, r.url) for r in found] == [
        ("not_response", "filedesc://test.arc"),
        (None, "http://site.example/1"),
        ("mime", "dns://site.example/2"),
        (None, "http://site.example/3"),
    ]
    assert found[1].fetched_at == datetime(2008, 4, 30, 20, 48, 25, tzinfo=UTC)
    assert found[1].payload == HTML
    assert len({r.record_id for r in found}) == 4


def test_a_damaged_arc_record_costs_itself_alone(tmp_path: Path) -> None:
    packed = [member(r) for r in [ARC_HEAD, *(arc(http(), i) for i in range(5))]]
    packed[2] = damage(packed[2], 60)
    found = read_bytes(tmp_path, b"".join(packed), "a.arc.gz")
    assert [r.reason for r in found] == ["not_response", None, "damaged", None, None, None]


@pytest.mark.parametrize(
    ("magic", "kind"), [(b"\x04\x22\x4d\x18", "lz4"), (b"\x28\xb5\x2f\xfd", "Zstandard"), (b"BZh9", "bzip2")]
)
def test_an_archive_in_another_compression_is_one_removal(tmp_path: Path, magic: bytes, kind: str) -> None:
    [found] = read_bytes(tmp_path, magic + bytes(500), "a.warc.lz4")
    assert (found.reason, found.offset, found.length) == ("damaged", 0, 504)
    assert kind in found.detail
    assert [r for n in (1, 2) for r in PartReader(Part(n, str(tmp_path / "a.warc.lz4"), 200 * n, 200))] == []


@pytest.mark.slow
def test_a_bomb_is_not_unpacked_into_memory(tmp_path: Path) -> None:
    import tracemalloc

    body = gzip.compress(bytes(200 << 20), 9)
    page = member(warc(http(body, "Content-Type: text/html", "Content-Encoding: gzip")))
    block = member(warc(http(bytes(200 << 20)), 1))
    path = tmp_path / "bomb.warc.gz"
    path.write_bytes(page + block + member(warc(number=2)))
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcomes(found) == ["too_large", "too_large", "2"]
    assert peak < 120 << 20


def test_coverage_says_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(members(TWENTY) + b"junk")
    reader = PartReader(Part(0, str(path), 0, None))
    assert (reader.coverage.first, reader.coverage.end) == (None, None)
    assert len(list(reader)) == 21
    assert (reader.coverage.first, reader.coverage.end) == (0, path.stat().st_size)


def test_an_archive_stored_in_a_record_does_not_deceive(tmp_path: Path) -> None:
    inner = members([warc(http(bytes(range(256)) * 9), i) for i in range(100, 130)])
    records = [warc(http(HTML), 0), warc(http(inner, "Content-Type: application/gzip"), 1), warc(number=2)]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(map(stored, records)))
    whole = read(path)
    assert outcomes(whole) == ["0", "mime", "2"]
    for split_bytes in (500, 1000, 3000, 7000):
        found, rounds = read_in_parts(str(path), path.stat().st_size, split_bytes)
        assert found == whole
        assert rounds > 0


bodies = st.lists(st.binary(max_size=3000) | st.just(HTML * 40), min_size=1, max_size=12)
layouts = st.sampled_from(["gzip", "plain", "one", "pairs", "blocks", "arc", "arc.gz"])


def build(layout: str, blocks: list[bytes]) -> bytes:
    """Lay records out in one of the ways that archives are written."""
    if layout.startswith("arc"):
        records = [ARC_HEAD, *(arc(http(b), i) for i, b in enumerate(blocks))]
        return members(records) if layout == "arc.gz" else b"".join(records)
    records = [warc(http(b), i) for i, b in enumerate(blocks)]
    if layout == "pairs":
        return members([b"".join(records[i : i + 2]) for i in range(0, len(records), 2)])
    data = b"".join(records)
    if layout == "blocks":
        return members([data[i : i + 700] for i in range(0, len(data), 700)])
    return {"gzip": members(records), "plain": data, "one": member(data)}[layout]


@SPLIT
@given(layout=layouts, blocks=bodies, split_bytes=st.integers(1, 20_000))
def test_any_cut_gives_exactly_the_records_of_the_whole(
    tmp_path: Path, layout: str, blocks: list[bytes], split_bytes: int
) -> None:
    path = tmp_path / ("a.arc" if layout.startswith("arc") else "a.warc")
    path.write_bytes(build(layout, blocks))
    whole = read(path)
    assert len(whole) == len(blocks) + layout.startswith("arc")
    assert read_in_parts(str(path), path.stat().st_size, max(split_bytes, path.stat().st_size // 60)) == (
        whole,
        0,
    )


@SPLIT
@given(
    layout=layouts,
    blocks=bodies,
    split_bytes=st.integers(1, 20_000),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=20), st.integers(0, 300)), max_size=4),
)
def test_any_cut_of_a_damaged_archive_gives_the_records_of_the_whole(
    tmp_path: Path, layout: str, blocks: list[bytes], split_bytes: int, edits: list[tuple[float, bytes, int]]
) -> None:
    data = build(layout, blocks)
    for place, new, lost in edits:
        at = int(place * len(data))
        data = data[:at] + new + data[at + lost :]
    path = tmp_path / ("a.arc" if layout.startswith("arc") else "a.warc")
    path.write_bytes(data)
    whole = read(path)
    if data:
        assert read_in_parts(str(path), len(data), max(split_bytes, len(data) // 60))[0] == whole


@SPLIT
@given(blocks=bodies, bad=st.integers(0, 11), at=st.floats(0, 1), flip=st.integers(1, 255))
def test_one_flipped_byte_costs_at_most_one_member(
    tmp_path: Path, blocks: list[bytes], bad: int, at: float, flip: int
) -> None:
    packed = [member(warc(http(b), i)) for i, b in enumerate(blocks)]
    bad %= len(packed)
    broken = bytearray(packed[bad])
    broken[int(at * (len(broken) - 1))] ^= flip
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join([*packed[:bad], bytes(broken), *packed[bad + 1 :]]))
    expected = read_bytes(tmp_path, b"".join(packed), "whole.warc.gz")
    found = read(path)
    whole = [r for r in found if r.reason not in ("damaged", "truncated")]
    assert whole == [r for i, r in enumerate(expected) if i != bad or r in found]
    assert len(found) <= len(expected) + 1


def test_shipped_broken_archives_give_what_their_manifest_says(root: Path) -> None:
    folder = root / "tests" / "data" / "broken"
    if not folder.is_dir():
        pytest.fail(f"{folder}: expected the archives that tests/data/make_broken_archives.py writes")
    with (folder / "manifest.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found = Counter(r.reason or "page" for r in read(folder / row["file"]))
            assert found["page"] >= int(row["least"]), row
            assert not row["damage"] or found[row["damage"]] == 1, row
