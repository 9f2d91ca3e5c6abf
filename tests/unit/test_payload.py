import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.payload import decode_chunks, is_markup, read_response
from tests.archives import HTML, http

LIMIT = 100_000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def brotlied(data: bytes) -> bytes:
    return brotli.compress(data, quality=5)  # the best takes a hundred times as long


def chunked(data: bytes, size: int = 20, trailer: bytes = b"") -> bytes:
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n" + trailer + b"\r\n"


def outcome(body: bytes, *fields: str) -> tuple[str | None, str, bytes]:
    verdict = read_response(memoryview(http(body, "Content-Type: text/html", *fields)), page_bytes=LIMIT)
    return verdict.reason, verdict.detail, verdict.payload


PAGE = (None, "", HTML)
ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotlied,
    "zstd": zstandard.compress,
    "identity": bytes,
    "utf-8": bytes,
    "gzip, br": lambda data: brotlied(gzip.compress(data)),
    "": bytes,
}


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_content_encoding_is_taken_off(encoding: str) -> None:
    body = ENCODERS[encoding](HTML)
    assert outcome(body, f"Content-Encoding: {encoding}") == PAGE
    assert outcome(chunked(body), f"content-encoding:{encoding}", "TRANSFER-ENCODING:  Chunked") == PAGE


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "compress", "what"])
def test_a_plain_body_under_a_header_that_names_an_encoding_is_taken_as_it_is(encoding: str) -> None:
    assert outcome(HTML, f"Content-Encoding: {encoding}") == PAGE


def test_the_headers_of_a_crawler_that_decoded_the_body_are_ignored() -> None:
    fields = ["X-Crawler-Content-Encoding: gzip", "X-Crawler-Transfer-Encoding: chunked", "Content-Length: 5"]
    assert outcome(HTML, *fields) == PAGE


def test_a_gzip_body_without_a_header_is_decoded() -> None:
    assert outcome(gzip.compress(HTML)) == PAGE


def test_gzip_bodies_in_several_members_are_joined() -> None:
    assert outcome(gzip.compress(HTML[:9]) + gzip.compress(HTML[9:]), "Content-Encoding: gzip") == PAGE


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_ends_early_or_is_damaged_is_undecodable(encoding: str) -> None:
    body = ENCODERS[encoding](HTML * 9)
    reason, detail, payload = outcome(body[:-9], f"Content-Encoding: {encoding}")
    assert (reason, payload) == ("undecodable", b"")
    assert detail.startswith(f"{encoding} body")
    broken = body[:3] + b"\xff\x00\xfe\x01" + body[7:]
    assert outcome(broken, f"Content-Encoding: {encoding}")[0] == "undecodable"


def test_an_encoding_that_is_not_known_is_undecodable_unless_the_body_is_text() -> None:
    assert outcome(b"\x00\x01\x02", "Content-Encoding: compress")[:2] == (
        "undecodable",
        "content-encoding compress is not known",
    )


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "Deflate", "br", "zstd"])
def test_a_body_that_decodes_to_more_than_the_limit_is_too_large(encoding: str) -> None:
    fits = b"<p>" + bytes(LIMIT - 3)
    header = f"Content-Encoding: {encoding}"
    assert outcome(ENCODERS[encoding](fits), header) == (None, "", fits)
    assert outcome(ENCODERS[encoding](fits + b"x"), header)[0] == "too_large"
    assert outcome(ENCODERS[encoding](bytes(20 << 20)), header)[0] == "too_large"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5;name=value\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", b"hello"),
        (b"  5  \r\nhello\r\n1\r\n!\r\n0\r\n\r\n", b"hello!"),
        (b"5\nhello\n0\n\n", b"hello"),
        (b"0005\r\nhello\r\n", b"hello"),
        (b"A\r\nhello", b"hello"),
        (b"5\r\nhello", b"hello"),
        (b"0\r\n\r\n", b""),
        (b"", b""),
        (b"<html>no chunks", b"<html>no chunks"),
        (b"zz\r\nhello", b"zz\r\nhello"),
    ],
)
def test_chunks_are_joined(body: bytes, expected: bytes) -> None:
    assert decode_chunks(body) == expected


def test_a_body_that_goes_on_with_what_is_no_chunk_is_undecodable() -> None:
    assert outcome(b"5\r\nhello\r\nworld", "Transfer-Encoding: chunked")[:2] == (
        "undecodable",
        "chunked body: no chunk at byte 10",
    )


@given(data=st.binary(max_size=300), size=st.integers(1, 50), trailer=st.sampled_from([b"", b"A: b\r\n"]))
def test_chunks_of_any_size_give_the_body_back(data: bytes, size: int, trailer: bytes) -> None:
    assert decode_chunks(chunked(data, size, trailer)) == data


@pytest.mark.parametrize(
    ("declared", "body", "detail"),
    [
        ("text/html; charset=utf-8", HTML, None),
        ("TEXT/HTML", HTML, None),
        ("application/xhtml+xml", HTML, None),
        ("text/html,text/plain", HTML, None),
        ('"text/html"', HTML, None),
        ("", HTML, None),
        ("html", b"\xef\xbb\xbf  <!-- hello --><BODY>", None),
        ("", "<html>".encode("utf-16"), None),
        ("", b"plain words", "no Content-Type, and no markup in the body"),
        ("text/plain", HTML, "text/plain"),
        ("application/rss+xml", HTML, "application/rss+xml"),
        ("text/html", b"%PDF-1.4", "application/pdf by its content"),
        ("text/html", b"\x89PNG\r\n\x1a\n", "image/png by its content"),
        ("text/html", b"words alone are a page where the header says so", None),
    ],
)
def test_a_page_is_html_by_its_header_or_without_one_by_its_content(
    declared: str, body: bytes, detail: str | None
) -> None:
    fields = [f"Content-Type: {declared}"] if declared else ["Server: x"]
    verdict = read_response(memoryview(http(body, *fields)), page_bytes=LIMIT)
    assert (verdict.reason, verdict.detail) == ((None, "") if detail is None else ("mime", detail))
    assert verdict.content_type == (declared or None)


@pytest.mark.parametrize(
    ("block", "detail"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", None),
        (b"HTTP/2 200\r\ncontent-type: text/html\r\n\r\n<p>", None),
        (b"HTTP/1.0 200 OK\ncontent-type: text/html\n\n<p>", None),
        (b"ICY 200 OK\r\nContent-Type:\r\n text/html\r\n\r\n<p>", None),
        (b"HTTP/1.1 200\xe9\xff OK\r\nX: \xff\r\nContent-Type: text/html\r\n\r\n<p>", None),
        (b"HTTP/1.1 2000 OK\r\n\r\n<p>", "no HTTP status line"),
        (b"HTTP/1.1 OK\r\n\r\n<p>", "no HTTP status line"),
        (b"HTTP/1.1 206 Partial Content\r\n\r\n<p>", "206"),
        (b"<p>", "no HTTP status line"),
        (b"", "no HTTP status line"),
    ],
)
def test_a_status_line_is_understood_as_servers_write_it(block: bytes, detail: str | None) -> None:
    verdict = read_response(memoryview(block), page_bytes=LIMIT)
    assert (verdict.reason, verdict.detail) == ((None, "") if detail is None else ("status", detail))


def test_a_head_without_end_has_no_body() -> None:
    block = memoryview(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
    assert read_response(block, page_bytes=LIMIT).reason == "empty"


def test_sniffing_takes_no_more_time_on_hostile_comments() -> None:
    assert not is_markup(b"<!---->" * 1100 + b"<")
    assert not is_markup(b"<!--" * 2000)
    assert not is_markup(b"<?xml" * 2000)


@given(st.binary(max_size=200), st.sampled_from(list(ENCODERS)), st.booleans())
def test_any_bytes_are_a_page_or_a_reason(body: bytes, encoding: str, is_chunked: bool) -> None:
    transfer = ["Transfer-Encoding: chunked"] if is_chunked else []
    reason, _, payload = outcome(body, f"Content-Encoding: {encoding}", *transfer)
    assert (reason is None) == bool(payload)
