"""Small archives made in a test: records, gzip members, and reading them in parts."""

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

from pipeline.inputs import Archive
from pipeline.parts import Coverage, Part, check_coverage, list_parts
from pipeline.warc import LIMITS, Limits, PartReader, Record

HTML = b"<!DOCTYPE html><html><body><p>Watu wote wamezaliwa huru.</p></body></html>"


def http(body: bytes = HTML, *fields: str, status: str = "200 OK") -> bytes:
    """Return an HTTP response; without fields it is HTML."""
    lines = [f"HTTP/1.1 {status}", *(fields or ("Content-Type: text/html",)), "", ""]
    return "\r\n".join(lines).encode() + body


def warc(
    block: bytes | None = None, number: int = 0, *fields: str, kind: str = "response", version: str = "1.0"
) -> bytes:
    """Return a WARC record with its two newlines."""
    block = http() if block is None else block
    lines = [
        f"WARC/{version}",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:test:{number}>",
        "WARC-Date: 2024-05-18T01:02:03Z",
        f"WARC-Target-URI: https://site.example/{number}",
        "Content-Type: application/http",
        f"Content-Length: {len(block)}",
        *fields,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + block + b"\r\n\r\n"


def arc(block: bytes, number: int = 0, mime: str = "text/html") -> bytes:
    """Return an ARC record with its newline."""
    line = f"http://site.example/{number} 192.0.2.1 20080430204825 {mime} {len(block)}\n"
    return line.encode() + block + b"\n"


ARC_VERSION = b"1 0 Test\nURL IP-address Archive-date Content-type Archive-length\n"
ARC_HEAD = (
    b"filedesc://test.arc 0.0.0.0 20080430204825 text/plain %d\n" % len(ARC_VERSION) + ARC_VERSION + b"\n"
)


def member(data: bytes, level: int = 6) -> bytes:
    """Return one gzip member."""
    return gzip.compress(data, level, mtime=0)


def stored(data: bytes) -> bytes:
    """Return one gzip member with its bytes as they are."""
    packer = zlib.compressobj(0, wbits=31)
    return packer.compress(data) + packer.flush()


def members(records: Sequence[bytes]) -> bytes:
    """Return one gzip member a record."""
    return b"".join(map(member, records))


def read(path: Path, limits: Limits = LIMITS) -> list[Record]:
    """Return the records of a file read as one part."""
    return list(PartReader(Part(0, str(path), 0, path.stat().st_size), limits))


def read_bytes(folder: Path, data: bytes, name: str = "a.warc.gz", limits: Limits = LIMITS) -> list[Record]:
    """Return the records of an archive given as bytes."""
    path = folder / name
    path.write_bytes(data)
    return read(path, limits)


def read_in_parts(uri: str, size: int, split_bytes: int) -> tuple[list[Record], int]:
    """Return the records of an archive read in parts, and how many rounds of correction that took."""
    records: dict[int, list[Record]] = {}
    coverages: dict[int, Coverage] = {}
    todo = list_parts([Archive(uri, size)], split_bytes)
    rounds = -1
    while todo:
        rounds += 1
        for part in todo:
            reader = PartReader(part)
            records[part.number] = list(reader)
            coverages[part.number] = reader.coverage
        todo = check_coverage(coverages.values())
    return [record for number in sorted(records) for record in records[number]], rounds


def outcomes(records: Sequence[Record]) -> list[str]:
    """Return for each record its reason, or the number of its page."""
    return [r.reason or str(r.record_id).rpartition(":")[2] for r in records]
