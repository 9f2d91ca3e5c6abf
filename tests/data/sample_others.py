"""Responses that are no plain page: other types and statuses, too large, cut short, false codings."""

import gzip
import json
import random
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sample_records import Response, response_id
from sample_variants import Capture

# Larger than what any recipe takes for a page (Common Crawl cuts at 1 MiB).
TOO_LARGE_BYTES = 12 << 20
CUT_BYTES = 6000
HTML = (("Content-Type", "text/html; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Other:
    """A response with its defect by name; `outcome` is `document`, `removed` or `either`."""

    response: Response
    defect: str
    outcome: str
    reason: str = ""


def tiny_png() -> bytes:
    """Return a valid picture of one pixel."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\x00\x80")),
        (b"IEND", b""),
    ]
    chunks = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def error_page(title: str, words: str) -> bytes:
    """Return the page that a server sends with an error or a redirect."""
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head>"
    return f"{head}<body><h1>{title}</h1><p>{words}</p></body></html>".encode()


def other_types() -> Iterator[Other]:
    """Yield responses that are no HTML."""
    feed = (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>'
        "<link>https://news.example/</link>"
        "<description>Releases</description><item><title>Release 7.4.7</title></item></channel></rss>"
    )
    bodies = {
        "json": ("api/pages.json", "application/json", json.dumps({"pages": list(range(40))}).encode()),
        "plain_text": ("robots.txt", "text/plain", b"User-agent: *\nDisallow: /search\n"),
        "css": ("style/main.css", "text/css", b"body { margin: 0; font: 1em/1.5 serif }\n"),
        "javascript": (
            "js/main.js",
            "application/javascript",
            b"document.documentElement.className = 'js';\n",
        ),
        "png": ("images/logo.png", "image/png", tiny_png()),
        "pdf": (
            "manual.pdf",
            "application/pdf",
            b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        ),
        "feed": ("feed.xml", "application/rss+xml", feed.encode()),
    }
    for name, (path, kind, body) in bodies.items():
        response = Response(
            f"https://www.declaration.example/{path}", body, headers=(("Content-Type", kind),)
        )
        yield Other(response, f"mime_{name}", "removed", "mime")
    mislabelled = Response(
        "https://www.declaration.example/images/photo", tiny_png(), headers=(("Content-Type", "text/html"),)
    )
    yield Other(mislabelled, "png_called_html", "removed")


def other_statuses() -> Iterator[Other]:
    """Yield responses with a status other than 200."""
    for status, path in (
        ("301 Moved Permanently", "udhr"),
        ("302 Found", "latest"),
        ("308 Permanent Redirect", "old/udhr"),
    ):
        url = f"https://www.declaration.example/{path}"
        headers = (("Location", "https://www.declaration.example/udhr/"), ("Content-Type", "text/html"))
        response = Response(url, error_page(status, "The document has moved."), status, headers)
        yield Other(response, f"status_{status[:3]}", "removed", "status")
    missing = (
        "The page that you asked for is not here. It may have been moved, or its name may have changed. " * 12
    )
    failures = {
        "udhr/xx.html": "404 Not Found",
        "udhr/yy.html": "404 Not Found",
        "forum/1": "410 Gone",
        "admin/": "403 Forbidden",
        "search?q=a": "500 Internal Server Error",
        "s": "503 Service Unavailable",
    }
    for path, status in failures.items():
        response = Response(
            f"https://www.declaration.example/{path}", error_page(status, missing), status, HTML
        )
        yield Other(response, f"status_{status[:3]}", "removed", "status")
    yield Other(
        Response("https://www.declaration.example/cached", b"", "304 Not Modified", ()),
        "status_304",
        "removed",
        "status",
    )
    yield Other(
        Response("https://www.declaration.example/ping", b"", "204 No Content", ()),
        "status_204",
        "removed",
        "status",
    )


def too_large(captures: Sequence[Capture]) -> Iterator[Other]:
    """Yield pages whose main text goes on for megabytes; one of them is small until it is unpacked."""
    for number, capture in enumerate(captures):
        start, middle, end = capture.body.rpartition(b"</body>")
        content = b"".join(b"<p>%s</p>\n" % block.encode() for block in capture.page.blocks)
        body = start + content * (TOO_LARGE_BYTES // len(content) + 1) + middle + end
        url = f"https://archive.example/all-in-one/{number}.html"
        yield Other(
            Response(url, body, headers=HTML, transfer=("identity", "gzip")[number % 2]),
            "too_large",
            "removed",
            "too_large",
        )


def cut_short(captures: Sequence[Capture]) -> Iterator[Other]:
    """Yield pages that the crawler cut at its limit (it said so), and bodies cut within their coding."""
    first, second, third = captures
    for capture, kind in ((first, "length"), (second, "disconnect")):
        response = Response(
            capture.url.replace(".example/", f".example/cut-{kind}/"), capture.body[:CUT_BYTES], headers=HTML,
            warc_headers=(("WARC-Truncated", kind),),
        )  # fmt: skip
        yield Other(response, f"truncated_{kind}", "removed", "truncated")
    packed = gzip.compress(third.body, mtime=0)
    headers = (*HTML, ("Content-Encoding", "gzip"))
    response = Response(
        third.url.replace(".example/", ".example/cut-gzip/"), packed[: len(packed) // 2], headers=headers
    )
    yield Other(response, "gzip_body_cut", "either")


def false_codings(captures: Sequence[Capture]) -> Iterator[Other]:
    """Yield bodies which are not what their headers say."""
    names = ("gzip", "br", "rot13")
    for capture, coding in zip(captures, names, strict=True):
        url = capture.url.replace(".example/", f".example/says-{coding}/")
        response = Response(url, capture.body, headers=(*HTML, ("Content-Encoding", coding)))
        yield Other(response, f"says_{coding}_but_plain", "either")
    noise = random.Random(7).randbytes(6000)
    yield Other(
        Response("https://archive.example/blob.html", noise, headers=HTML), "noise_called_html", "removed"
    )
    yield Other(Response("https://archive.example/empty.html", b"", headers=HTML), "empty_body", "removed")
    head = b"<!DOCTYPE html><html><head><title>App</title><script src=/app.js></script></head>"
    shell = head + b"<body><div id=root></div></body></html>"
    yield Other(Response("https://app.example/", shell, headers=HTML), "no_text", "removed")


def untyped(capture: Capture) -> Other:
    """Return a page whose server named no type; the crawler looked into it."""
    url = capture.url.replace(".example/", ".example/untyped/")
    identified = (("WARC-Identified-Payload-Type", "text/html"),)
    return Other(
        Response(url, capture.body, headers=(("Server", "nginx"),), warc_headers=identified),
        "no_content_type",
        "either",
    )


def revisits(responses: Sequence[Response]) -> Iterator[Other]:
    """Yield `revisit` records which point to responses of the sample, and `resource` records."""
    profile = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
    for response in responses:
        headers = (("WARC-Profile", profile), ("WARC-Refers-To", f"<{response_id(response)}>"))
        again = replace(
            response, body=b"", record_type="revisit", warc_headers=headers, later=True, transfer="identity"
        )
        yield Other(again, "revisit", "removed", "not_response")
    for number in range(2):
        body = error_page("Archive", "A page that was put here by hand and was never fetched. " * 20)
        response = Response(f"https://archive.example/upload-{number}.html", body, record_type="resource")
        yield Other(response, "resource", "removed", "not_response")
