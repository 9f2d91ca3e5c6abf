from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.headers import ARC, WARC, RecordHeader, parse_date, parse_fields, parse_header
from pipeline.kinds import Kind, kind_of
from tests.archives import ARC_HEAD, member, warc


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-05-18T01:02:03Z", datetime(2024, 5, 18, 1, 2, 3, tzinfo=UTC)),
        ("2024-05-18T01:02:03.987654Z", datetime(2024, 5, 18, 1, 2, 3, tzinfo=UTC)),
        ("2024-05-18T01:02:03+02:00", datetime(2024, 5, 17, 23, 2, 3, tzinfo=UTC)),
        ("2024-05-18", datetime(2024, 5, 18, tzinfo=UTC)),
        ("20080430204825", datetime(2008, 4, 30, 20, 48, 25, tzinfo=UTC)),
        ("2024-13-18T01:02:03Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("99999999", None),
        ("20080431204825", None),
        ("", None),
    ],
)
def test_a_date_is_read_or_null(value: str, expected: datetime | None) -> None:
    assert parse_date(value) == expected


@given(st.text(max_size=30))
def test_no_date_crashes(value: str) -> None:
    parse_date(value)


def test_fields_are_in_lower_case_unfolded_and_the_first_of_its_name() -> None:
    lines = b"A-B : 1\r\nfolded: two\r\n  lines\r\n\tthree\r\na-b: 2\r\nno colon\r\nempty:\r\n\r\n"
    assert parse_fields(lines) == {b"a-b": b"1", b"folded": b"two lines three", b"empty": b""}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("12", 12), ("0", 0), ("", None), ("-1", None), ("1 2", None), ("\u0662", None), ("9" * 5000, None)],
)
def test_a_length_is_a_number_or_null(value: str, expected: int | None) -> None:
    header = f"WARC/1.0\r\nContent-Length: {value}\r\n\r\n".encode()
    assert parse_header(WARC, header).length == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            b"http://a.example/x y 1.2.3.4 20080430204825 text/html 12\n",
            ("response", 12, "application/http", "http://a.example/x%20y", 2008),
        ),
        (
            b"https://a.example/ 1.2.3.4 20080430204825 text/html 200 sum - 0 file.arc 34\n",
            ("response", 34, "application/http", "https://a.example/", 2008),
        ),
        (
            b"dns:a.example 1.2.3.4 20080430204825 text/dns 12\n",
            ("response", 12, "text/dns", "dns:a.example", 2008),
        ),
        (
            b"filedesc://x.arc 0.0.0.0 20080430204825 text/plain 7\n",
            ("warcinfo", 7, "text/plain", "filedesc://x.arc", 2008),
        ),
        (
            b"http://a.example/ 1.2.3.4 null text/html 680\n",
            ("response", 680, "application/http", "http://a.example/", None),
        ),
        (b"filedesc:// - - - 76\n", ("warcinfo", 76, "-", "filedesc://", None)),
    ],
)
def test_an_arc_line_is_read(line: bytes, expected: tuple[object, ...]) -> None:
    h: RecordHeader = parse_header(ARC, line)
    assert (h.type, h.length, h.content_type, h.url, h.fetched_at and h.fetched_at.year) == expected
    assert ARC.start.match(line)


@given(st.binary(max_size=200))
def test_no_header_crashes(data: bytes) -> None:
    parse_header(WARC, data)
    parse_header(ARC, data)


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (warc(), "a", Kind(WARC, False)),
        (member(warc()), "a.warc", Kind(WARC, True)),
        (member(warc())[:60], "a.arc.gz", Kind(ARC, True, doubt="something that begins with b''")),
        (b"\r\n" + warc(), "a", Kind(WARC, False)),
        (ARC_HEAD, "a.warc", Kind(ARC, False)),
        (member(ARC_HEAD), "a", Kind(ARC, True)),
        (b"junk" + member(warc()), "a.warc.gz", Kind(WARC, True)),
        (b"BZh91", "a.warc.bz2", Kind(WARC, False, "a bzip2 file")),
    ],
)
def test_the_kind_of_an_archive_is_known_by_its_first_bytes(head: bytes, name: str, expected: Kind) -> None:
    found = kind_of(head, name)
    assert (found.grammar, found.is_gzip, found.foreign) == (
        expected.grammar,
        expected.is_gzip,
        expected.foreign,
    )
