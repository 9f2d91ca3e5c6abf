"""The headers of WARC and ARC records: where a record starts, and what it says about itself."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

_FOLD = re.compile(rb"\r?\n[ \t]+")
_ARC_LINE = re.compile(rb"(\S.*?) (\S+) (\d{8,14}) (\S+) (?:.* )?(\d+)\s*")
_ARC_LINE_WITHOUT_DATE = re.compile(rb"(\S+) (\S+) (\S+) (\S+) (?:.* )?(\d+)\s*")
_MAX_DIGITS = 18  # of a length in bytes
_ARC_DATE_DIGITS = 14


@dataclass(frozen=True, slots=True)
class Grammar:
    """How records of a kind of archive are recognised.

    `start` matches at the first byte of a record in its place, whatever its version. `boundary` is stricter:
    group 1 begins at a record start found by searching, after a newline.
    """

    name: str
    start: re.Pattern[bytes]
    boundary: re.Pattern[bytes]
    header_end: re.Pattern[bytes]


WARC = Grammar(
    "WARC",
    re.compile(rb"WARC/", re.IGNORECASE),
    re.compile(rb"\n(WARC/\d+\.\d+[ \t]*\r?\n[a-z][a-z-]*[ \t]*:)", re.IGNORECASE),
    re.compile(rb"\n\r?\n"),
)
ARC = Grammar(
    "ARC",
    re.compile(rb"filedesc://|[a-z][a-z0-9+.-]*:\S[^\r\n]* \S+ \S+ [^\r\n]*\d\r?\n", re.IGNORECASE),
    re.compile(rb"\n((?:filedesc://|[a-z][a-z0-9+.-]*:\S)[^\r\n]* \d{8,14} [^\r\n]*\d\r?\n)", re.IGNORECASE),
    re.compile(rb"\n"),
)


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """What a record says about itself.

    `length` is None where it does not say how long its block is; `cut` is why the crawler cut it short.
    """

    type: str
    length: int | None
    content_type: str
    record_id: str | None
    url: str | None
    fetched_at: datetime | None
    cut: str = ""


def parse_fields(lines: bytes) -> dict[bytes, bytes]:
    """Return the fields of a header: names in lower case, folded lines joined, of repeated ones the first."""
    if b"\n " in lines or b"\n\t" in lines:
        lines = _FOLD.sub(b" ", lines)
    fields: dict[bytes, bytes] = {}
    for line in lines.split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def decode_header(value: bytes) -> str:
    """Return a header's value as text: UTF-8 where it is that, else Latin-1."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def parse_header(grammar: Grammar, header: bytes) -> RecordHeader:
    """Read the header of a record, from its first line to the blank line (WARC) or the line end (ARC)."""
    return _parse_warc(header) if grammar is WARC else _parse_arc(header)


def _parse_warc(header: bytes) -> RecordHeader:
    fields = parse_fields(header[header.find(b"\n") + 1 :])
    length = fields.get(b"content-length", b"")
    url = _clean_url(fields.get(b"warc-target-uri", b""))
    date = fields.get(b"warc-date", b"").decode("latin-1")
    record_id = decode_header(fields.get(b"warc-record-id", b"")).strip("<> ")
    return RecordHeader(
        type=fields.get(b"warc-type", b"").decode("latin-1").lower(),
        length=_length(length),
        content_type=fields.get(b"content-type", b"").decode("latin-1").lower(),
        record_id=record_id or _made_up_id(url, date),
        url=url,
        fetched_at=parse_date(date),
        cut=decode_header(fields.get(b"warc-truncated", b"")),
    )


def _parse_arc(header: bytes) -> RecordHeader:
    found = _ARC_LINE.fullmatch(header) or _ARC_LINE_WITHOUT_DATE.fullmatch(header)
    if found is None:
        return RecordHeader("", None, "", None, None, None)
    url = _clean_url(found[1])
    date = found[3].decode("latin-1")
    is_http = url is not None and url.lower().startswith(("http:", "https:"))
    return RecordHeader(
        type="warcinfo" if found[1].startswith(b"filedesc://") else "response",
        length=_length(found[5]),
        content_type="application/http" if is_http else found[4].decode("latin-1").lower(),
        record_id=_made_up_id(url, date),
        url=url,
        fetched_at=parse_date(date),
    )


def _length(value: bytes) -> int | None:
    return int(value) if value.isdigit() and len(value) <= _MAX_DIGITS else None


def _clean_url(value: bytes) -> str | None:
    """Return an address as text: without the angle brackets of Wget 1.19, spaces escaped."""
    if value[:1] == b"<" and value[-1:] == b">":
        value = value[1:-1]
    return decode_header(value).replace(" ", "%20") or None


def _made_up_id(url: str | None, date: str) -> str:
    """Return an identity for a record without one, as all of ARC: the same for the same address and date."""
    return uuid.uuid5(uuid.NAMESPACE_URL, " ".join([url or "", date])).urn


def parse_date(value: str) -> datetime | None:
    """Return a WARC-Date (ISO 8601) or an ARC date (14 digits) to the second; None where it is neither."""
    try:
        if len(value) == _ARC_DATE_DIGITS and value.isdigit():
            return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        found = datetime.fromisoformat(value)
        if found.microsecond:
            found = found.replace(microsecond=0)
        if found.tzinfo is UTC:
            return found
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
