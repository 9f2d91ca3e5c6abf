"""From the block of a `response` record to the bytes of an HTML page, or the reason why there is none."""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.headers import decode_header, parse_fields

STATUS, MIME, EMPTY, TOO_LARGE = "status", "mime", "empty", "too_large"
TRUNCATED, UNDECODABLE = "truncated", "undecodable"

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"\s*(?:HTTP|ICY)\S*[ \t]+(\d{3})\b", re.IGNORECASE)
_MEDIA_TYPE = re.compile(rb"[\s\"',;]*([\w.+*-]+/[\w.+*-]+)")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type
_MARKUP = re.compile(
    rb"(?:(?><!--.*?-->)|<\?xml[^>]*>|\s)*+"
    rb"<(?:!doctype\s+html|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>/])",
    re.IGNORECASE | re.DOTALL,
)
_BINARY = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
)
_GZIP_MAGIC = b"\x1f\x8b"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_SNIFFED_BYTES = 8 << 10
_ZSTD_STEP_BYTES = 1 << 10  # bounds what a bomb makes in one step to 33 MB


@dataclass(frozen=True, slots=True)
class Verdict:
    """A page (`reason` None) with its payload, or why a response is none."""

    reason: str | None
    detail: str = ""
    content_type: str | None = None
    payload: bytes = b""


class _TooLargeError(Exception):
    """A body decodes to more than the limit."""


class _UndecodableError(Exception):
    """A body is not what its header says."""


def read_response(block: memoryview, *, page_bytes: int, is_whole: bool = True, cut: str = "") -> Verdict:
    """Return the page in an HTTP response: status 200, HTML, whole, not empty, up to `page_bytes` decoded.

    `is_whole` False says that `block` is only the start of one that is too large; `cut` is why the crawler
    cut the response short (WARC-Truncated), empty where it did not.
    """
    end = _HEADER_END.search(block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, memoryview(b""))
    status = _STATUS_LINE.match(head)
    if status is None:
        return Verdict(STATUS, "no HTTP status line")
    fields = parse_fields(bytes(head))
    declared = fields.get(b"content-type", b"")
    content_type = decode_header(declared) or None
    if status[1] != b"200":
        return Verdict(STATUS, status[1].decode(), content_type)
    media_type = _MEDIA_TYPE.match(declared)
    if media_type and media_type[1].lower().decode("latin-1") not in _HTML:
        return Verdict(MIME, media_type[1].lower().decode("latin-1"), content_type)
    if cut:
        return Verdict(TRUNCATED, f"by the crawler: {cut}", content_type)
    if not is_whole:
        return Verdict(TOO_LARGE, "stored block", content_type)
    try:
        payload = decode_body(bytes(body), fields, page_bytes)
    except _TooLargeError:
        return Verdict(TOO_LARGE, f"page of more than {page_bytes} bytes", content_type)
    except _UndecodableError as error:
        return Verdict(UNDECODABLE, str(error), content_type)
    return _judge_payload(payload, content_type, is_declared=media_type is not None)


def _judge_payload(payload: bytes, content_type: str | None, *, is_declared: bool) -> Verdict:
    start = payload[:_SNIFFED_BYTES]
    if not start.strip() and not payload.strip():
        return Verdict(EMPTY, "", content_type)
    for magic, kind in _BINARY:
        if start.startswith(magic):
            return Verdict(MIME, f"{kind} by its content", content_type)
    if not is_declared and not is_markup(start):
        return Verdict(MIME, "no Content-Type, and no markup in the body", content_type)
    return Verdict(None, "", content_type, payload)


def is_markup(start: bytes) -> bool:
    """Whether bytes begin like HTML (the WHATWG rule for unknown types; UTF-16 with a BOM too)."""
    if start.startswith(_UTF16_BOMS):
        start = start[2:].replace(b"\0", b"")
    return _MARKUP.match(start.removeprefix(_BOM)) is not None


def decode_body(body: bytes, fields: dict[bytes, bytes], limit: int) -> bytes:
    """Take off the transfer encoding, then the content encodings, last one first.

    Crawlers store decoded bodies under headers that still name the encoding, so a body that does not decode
    but has the bytes of text is taken as it is.
    """
    transfer = _tokens(fields.get(b"transfer-encoding", b""))
    if b"chunked" in transfer:
        body = decode_chunks(body)
    encodings = [*_tokens(fields.get(b"content-encoding", b"")), *(t for t in transfer if t in _DECODERS)]
    if not encodings and body.startswith(_GZIP_MAGIC):
        encodings = [b"gzip"]
    for encoding in reversed(encodings):
        if encoding in _NO_ENCODING:
            continue
        decoder = _DECODERS.get(encoding)
        try:
            if decoder is None:
                raise _UndecodableError(f"content-encoding {decode_header(encoding)} is not known")
            body = decoder(body, limit)
        except _UndecodableError:
            if not _is_text(body):
                raise
    if len(body) > limit:
        raise _TooLargeError
    return body


def _tokens(value: bytes) -> list[bytes]:
    return [token for part in value.lower().split(b",") if (token := part.strip(b" \t\"'"))]


def _is_text(body: bytes) -> bool:
    return body.startswith(_UTF16_BOMS) or _CONTROL.search(body[:512]) is None


def decode_chunks(body: bytes) -> bytes:
    """Return a chunked body in one piece; the body itself where it is not chunked after all.

    Extensions and trailers are dropped, and a body may end early, as it does when a connection breaks.
    """
    pieces: list[bytes] = []
    at = 0
    while size := _CHUNK_SIZE.match(body, at):
        length = int(size[1], 16)
        if length == 0:
            break
        pieces.append(body[size.end() : size.end() + length])
        at = size.end() + length
        while body[at : at + 1] in (b"\r", b"\n"):
            at += 1
    else:
        if not pieces:
            return body
        if at < len(body):
            raise _UndecodableError(f"chunked body: no chunk at byte {at}")
    return b"".join(pieces)


def _finish(pieces: list[bytes], is_over: bool, name: str) -> bytes:
    if not is_over:
        raise _UndecodableError(f"{name} body ends early")
    return b"".join(pieces)


def _bounded(pieces: list[bytes], limit: int) -> None:
    if sum(map(len, pieces)) > limit:
        raise _TooLargeError


def _inflate(body: bytes, limit: int, wbits: int, name: str) -> bytes:
    pieces: list[bytes] = []
    inflate = zlib.decompressobj(wbits)
    try:
        pieces.append(inflate.decompress(body, limit + 1))
        while inflate.eof and inflate.unused_data.startswith(_GZIP_MAGIC):
            rest, inflate = inflate.unused_data, zlib.decompressobj(wbits)
            _bounded(pieces, limit)
            pieces.append(inflate.decompress(rest, limit + 1))
    except zlib.error as error:
        raise _UndecodableError(f"{name} body: {error}") from error
    _bounded(pieces, limit)
    return _finish(pieces, inflate.eof, name)


def _gunzip(body: bytes, limit: int) -> bytes:
    return _inflate(body, limit, 31, "gzip")


def _undeflate(body: bytes, limit: int) -> bytes:
    """Decode `deflate`: the zlib format that the standard names, or the raw one that some servers send."""
    try:
        return _inflate(body, limit, 15, "deflate")
    except _UndecodableError:
        return _inflate(body, limit, -15, "deflate")


def _unbrotli(body: bytes, limit: int) -> bytes:
    import brotli

    pieces: list[bytes] = []
    decoder = brotli.Decompressor()
    rest = body
    try:
        while True:
            piece = decoder.process(rest, output_buffer_limit=limit + 1)
            pieces.append(piece)
            rest = b""
            _bounded(pieces, limit)
            if not piece or decoder.is_finished():
                break
    except brotli.error as error:
        raise _UndecodableError(f"br body: {error}") from error
    return _finish(pieces, decoder.is_finished(), "br")


def _unzstd(body: bytes, limit: int) -> bytes:
    import zstandard

    pieces: list[bytes] = []
    decoder = zstandard.ZstdDecompressor().decompressobj()
    try:
        for at in range(0, len(body), _ZSTD_STEP_BYTES):
            pieces.append(decoder.decompress(body[at : at + _ZSTD_STEP_BYTES]))
            _bounded(pieces, limit)
            if decoder.eof:
                break
    except zstandard.ZstdError as error:
        raise _UndecodableError(f"zstd body: {error}") from error
    return _finish(pieces, decoder.eof, "zstd")


_NO_ENCODING = frozenset({b"identity", b"none", b"utf-8", b"binary", b"8bit"})
_DECODERS: dict[bytes, Callable[[bytes, int], bytes]] = {
    b"gzip": _gunzip,
    b"x-gzip": _gunzip,
    b"deflate": _undeflate,
    b"br": _unbrotli,
    b"zstd": _unzstd,
}
