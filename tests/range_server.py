"""A web server on this machine that serves ranges of files, and misbehaves as told."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar


@dataclass
class Site:
    """What a server holds and how it behaves; `requests` are the Range headers that it saw.

    `drop_after` closes each connection after so many bytes. `answers` are taken for the first requests
    in turn: a status with its headers; 0 closes the connection, -1 says nothing until the client goes.
    `has_ranges` False answers every request with the whole file. `said_lengths` are lies about
    Content-Length, for the first answers in turn; `said_start` is one about where an answer begins.
    """

    files: dict[str, bytes]
    drop_after: int | None = None
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    has_ranges: bool = True
    said_lengths: list[int] = field(default_factory=list)
    said_start: int = 0
    etags: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: ClassVar[Site]

    def do_GET(self) -> None:
        site = self.site
        asked = self.headers.get("Range", "")
        site.requests.append(asked)
        site.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.close_connection = True
        if site.answers:
            status, headers = site.answers.pop(0)
            if status > 0:
                self._refuse(status, headers)
            elif status < 0:
                self.rfile.read(1)
            return
        data = site.files.get(self.path.partition("?")[0])
        if data is None:
            self._refuse(404, {})
            return
        self._serve(data, asked)

    def _serve(self, data: bytes, asked: str) -> None:
        site = self.site
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
        start, end = 0, len(data)
        if found and site.has_ranges:
            start = int(found[1])
            end = min(len(data), int(found[2]) + 1) if found[2] else len(data)
            if start >= len(data):
                self._refuse(416, {"Content-Range": f"bytes */{len(data)}"})
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start + site.said_start}-{end - 1}/{len(data)}")
        else:
            self.send_response(200)
        if site.etags:
            self.send_header("ETag", site.etags.pop(0))
        self.send_header(
            "Content-Length", str(end - start + (site.said_lengths.pop(0) if site.said_lengths else 0))
        )
        self.end_headers()
        body = data[start:end]
        self.wfile.write(body if site.drop_after is None else body[: site.drop_after])

    def _refuse(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the signature of the base
        pass


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Run a server for `site` on a free port; `site.url` is its address."""
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
