"""Writes responses as Common Crawl does: warcinfo, then request, response and metadata of each address."""

import gzip
import random
import uuid
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import brotli
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562: names are URLs
# Weight and way in which a body is kept. `decoded` is Common Crawl's: plain, the header renamed.
TRANSFERS = {
    "identity": 60,
    "decoded": 18,
    "gzip": 9,
    "chunked": 6,
    "br": 3,
    "deflate": 2,
    "zstd": 1,
    "gzip,chunked": 1,
}
CHUNK_BYTES = 4096
SAFE = "%/:=&?~#+!$,;'@()*[]"
"""What stays as it is in the path of a request line, besides letters and digits."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response to be written, and what is expected to become of it."""

    url: str
    body: bytes
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)
    transfer: str = "identity"
    warc_headers: tuple[tuple[str, str], ...] = ()
    record_type: str = "response"
    later: bool = False


def record_id(*parts: object) -> str:
    """Return the same `urn:uuid:` for the same parts, always."""
    return uuid.uuid5(NAMESPACE, "|".join(map(str, parts))).urn


def response_id(response: Response) -> str:
    """Return the record id of a response: a second capture of an address has one of its own."""
    return record_id(response.record_type, response.url, response.later)


def fetch_date(response: Response) -> str:
    """Return when the address was fetched: fixed, within three days, a day later for a recrawl."""
    seconds = random.Random(response.url).randrange(3 * 86_400)
    day, rest = divmod(seconds, 86_400)
    return (
        f"2024-05-{18 + day + response.later:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"
    )


def chunk_body(body: bytes) -> bytes:
    """Return the body in HTTP's chunked transfer coding."""
    pieces = [body[i : i + CHUNK_BYTES] for i in range(0, len(body), CHUNK_BYTES)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def encode_body(body: bytes, transfer: str) -> tuple[bytes, list[tuple[str, str]]]:
    """Return the body as it is kept, and the headers which say so."""
    if transfer == "identity":
        return body, [("Content-Length", str(len(body)))]
    if transfer == "decoded":
        packed = len(gzip.compress(body, mtime=0))
        crawler = [("X-Crawler-Content-Encoding", "gzip"), ("X-Crawler-Content-Length", str(packed))]
        return body, [*crawler, ("Content-Length", str(len(body)))]
    coding = transfer.removesuffix("chunked").removesuffix(",")
    coders = {
        "gzip": lambda data: gzip.compress(data, mtime=0),
        "br": brotli.compress,
        "deflate": zlib.compress,
        "zstd": zstandard.ZstdCompressor(level=10).compress,
    }
    packed_body = coders[coding](body) if coding else body
    headers = [("Content-Encoding", coding)] if coding else []
    if transfer.endswith("chunked"):
        return chunk_body(packed_body), [*headers, ("Transfer-Encoding", "chunked")]
    return packed_body, [*headers, ("Content-Length", str(len(packed_body)))]


class ArchiveWriter:
    """One archive being written, with the ids that its records share."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._writer = WARCWriter(self._file, gzip=True, warc_version="1.0")
        self._info = f"<{record_id('warcinfo', path.name)}>"
        fields = {
            "isPartOf": "glotmill-sample",
            "publisher": "glotmill tests",
            "description": "Pages from packages of documentation; no crawl took place",
            "format": "WARC File Format 1.0",
            "software": "warcio",
            "robots": "none",
        }
        payload = "".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode()
        headers = {
            "WARC-Record-ID": self._info,
            "WARC-Date": "2024-05-18T00:00:00Z",
            "WARC-Filename": path.name,
        }
        self._write(None, "warcinfo", payload, headers, "application/warc-fields")

    def __enter__(self) -> "ArchiveWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _write(
        self,
        url: str | None,
        kind: str,
        payload: bytes,
        headers: dict[str, str],
        content_type: str,
        *,
        http: Any = None,
    ) -> None:
        record = self._writer.create_warc_record(
            url,
            kind,
            BytesIO(payload),
            len(payload),
            content_type,
            warc_headers_dict=headers,
            http_headers=http,
        )
        self._writer.write_record(record)

    def write(self, response: Response) -> None:
        """Write the request, the response and the metadata of one fetch."""
        own, request = f"<{response_id(response)}>", f"<{record_id('request', response.url, response.later)}>"
        host, _, path = response.url.partition("://")[2].partition("/")
        shared = {"WARC-Date": fetch_date(response), "WARC-Warcinfo-ID": self._info}
        address = {"WARC-IP-Address": f"192.0.2.{zlib.crc32(host.encode()) % 254 + 1}"}
        lines = [
            ("User-Agent", "CCBot/2.0"),
            ("Accept-Encoding", "br,gzip"),
            ("Host", host),
            ("Connection", "Keep-Alive"),
        ]
        get = StatusAndHeaders(f"GET /{quote(path, safe=SAFE)} HTTP/1.1", lines, is_http_request=True)
        headers = shared | address | {"WARC-Record-ID": request, "WARC-Concurrent-To": own}
        self._write(response.url, "request", b"", headers, "application/http; msgtype=request", http=get)
        headers = (
            shared
            | address
            | {"WARC-Record-ID": own, "WARC-Concurrent-To": request}
            | dict(response.warc_headers)
        )
        if response.record_type == "resource":
            self._write(response.url, "resource", response.body, headers, "text/html")
            return
        body, coding = encode_body(response.body, response.transfer)
        http = StatusAndHeaders(response.status, [*response.headers, *coding], protocol="HTTP/1.1")
        kind = "application/http; msgtype=response"
        self._write(response.url, response.record_type, body, headers, kind, http=http)
        ids = {
            "WARC-Record-ID": f"<{record_id('metadata', response.url, response.later)}>",
            "WARC-Concurrent-To": own,
        }
        fetched = f"fetchTimeMs: {zlib.crc32(response.url.encode()) % 900 + 60}\r\n".encode()
        self._write(response.url, "metadata", fetched, shared | ids, "application/warc-fields")
