"""Reading a range of a file over HTTP to its last byte, from servers that drop, refuse and lie.

Common Crawl's server answers 403, 429 or 503 to those who ask too fast and closes long answers half way. A
read goes on where it broke off, after a pause that doubles, and gives up after a bounded number of tries
without progress.
"""

import email.utils
import http.client
import io
import logging
import random
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.errors import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(?:(\d+)|\*)")
_RETRIED = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
_PROGRESS_BYTES = 64 << 10
_DISCARD_BYTES = 1 << 20
_URL_SAFE = ":/?#[]@!$&'()*+,;=%~"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retry:
    """How long a failing read is tried again: `tries` times in a row without 64 KiB of progress."""

    tries: int = 8
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 120.0
    timeout_seconds: float = 60.0

    def pause(self, failures: int, asked: float | None) -> float:
        """Return the seconds to wait: what the server asked for, else a jittered power of two."""
        doubled = self.first_pause_seconds * 2.0 ** (failures - 1) * random.uniform(0.5, 1.0)
        return min(self.longest_pause_seconds, max(doubled, asked or 0.0))


class FileReplacedError(InputError):
    """The file behind an address is another one than that which a read began with."""


class _Refusal(Exception):
    """An answer or a broken connection that may be better next time."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class HttpRange(io.RawIOBase):
    """Bytes `offset` to `offset + length` of a file behind an address, as one stream that mends itself.

    `total` is the size of the file once the server has said it; `has_ranges` is whether it serves parts;
    `version` is what the server calls this version of the file (ETag or date). A caller that read the first
    bytes earlier gives the version that it saw. `headers` is called for each request.
    """

    def __init__(
        self,
        uri: str,
        offset: int = 0,
        length: int | None = None,
        *,
        retry: Retry | None = None,
        headers: Callable[[], Mapping[str, str]] = dict,
        name: str | None = None,
        version: str | None = None,
    ) -> None:
        self.total: int | None = None
        self.version = version
        self.has_ranges = True
        self._url, self._name = urllib.parse.quote(uri, safe=_URL_SAFE), name or uri
        self._position = offset
        self._end = None if length is None else offset + length
        self._retry = retry or Retry()
        self._headers = headers
        self._answer: http.client.HTTPResponse | None = None
        self._failures = 0
        self._progress = 0

    def readable(self) -> bool:
        """Say that this stream can be read."""
        return True

    def close(self) -> None:
        """Close the connection."""
        self._hang_up()
        super().close()

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read what there is, up to the size of `buffer`; 0 at the end of the range.

        Raises:
            InputError: the server refuses for good, or the tries are used up.
        """
        view = memoryview(buffer).cast("B")
        while view:
            if self._end is not None and self._position >= self._end:
                return 0
            try:
                if self._answer is None and not self._ask():
                    return 0
                count = self._receive(view)
            except _Refusal as refusal:
                self._wait(refusal)
                continue
            if count or self._end is None:
                return count
        return 0

    def _receive(self, view: memoryview) -> int:
        assert self._answer is not None
        wanted = len(view) if self._end is None else min(len(view), self._end - self._position)
        try:
            count = self._answer.readinto(view[:wanted])
        except (OSError, http.client.HTTPException) as error:
            raise _Refusal(f"connection broken: {error!r}") from error
        if count == 0 and self._end is not None:
            raise _Refusal(f"the answer ended {self._end - self._position} bytes early")
        self._position += count
        self._progress += count
        if self._progress >= _PROGRESS_BYTES:
            self._failures = self._progress = 0
        return count

    def _ask(self) -> bool:
        """Send a request for what is left; False when the file ends before."""
        last = "" if self._end is None else str(self._end - 1)
        headers = {"Range": f"bytes={self._position}-{last}", "Accept-Encoding": "identity"}
        headers = {"User-Agent": "glotmill", **headers, **self._headers()}
        try:
            request = urllib.request.Request(self._url, headers=headers)
            answer = urllib.request.urlopen(request, timeout=self._retry.timeout_seconds)
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error)
        except ValueError as error:
            raise InputError(f"{self._name}: expected an address, got one that is none: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise _Refusal(f"no answer: {getattr(error, 'reason', error)!r}") from error
        self._answer = answer
        self._check_version(answer.headers)
        if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
            self._place(answer.headers.get("Content-Range", ""))
        else:
            self._skip(answer)
        return self._end is None or self._position < self._end

    def _refused(self, error: urllib.error.HTTPError) -> bool:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            said = _CONTENT_RANGE.fullmatch(error.headers.get("Content-Range", ""))
            self.total = self._end = int(said[3]) if said and said[3] else self._position
            return False
        if error.code in _RETRIED:
            raise _Refusal(
                f"{error.code} {error.reason}", _seconds(error.headers.get("Retry-After"))
            ) from error
        raise InputError(
            f"{self._name}: expected a file, got {error.code} {error.reason}; check the address"
        ) from error

    def _place(self, content_range: str) -> None:
        """Take the size of the file, and check that the answer begins where it was asked to."""
        said = _CONTENT_RANGE.fullmatch(content_range)
        if said is None or said[1] is None or int(said[1]) != self._position:
            self._hang_up()
            raise _Refusal(
                f"asked for bytes from {self._position}, got {content_range or 'no Content-Range'}"
            )
        if said[3] is not None:
            self.total = int(said[3])
        end = self.total if self.total is not None else int(said[2]) + 1
        self._end = end if self._end is None else min(self._end, end)

    def _skip(self, answer: http.client.HTTPResponse) -> None:
        """Read past what was not asked for: this server sends whole files only."""
        self.has_ranges = False
        if answer.length is not None:
            self.total = answer.length
            self._end = answer.length if self._end is None else min(self._end, answer.length)
        left = self._position
        try:
            while left and (piece := answer.read(min(left, _DISCARD_BYTES))):
                left -= len(piece)
        except (OSError, http.client.HTTPException) as error:
            self._hang_up()
            raise _Refusal(f"connection broken: {error!r}") from error
        if left and (self.total is None or self.total <= self._position):
            self._end = self._position
        elif left:
            self._hang_up()
            raise _Refusal(f"the answer ended {left} bytes before the range")

    def _check_version(self, headers: Mapping[str, str]) -> None:
        version = headers.get("ETag") or headers.get("Last-Modified")
        if self.version is None:
            self.version = version
        elif version is not None and version != self.version:
            raise FileReplacedError(
                f"{self._name}: expected version {self.version}, got {version}; "
                "the file was replaced while it was read: run again"
            )

    def _wait(self, refusal: _Refusal) -> None:
        self._hang_up()
        self._failures += 1
        self._progress = 0
        if self._failures >= self._retry.tries:
            raise InputError(
                f"{self._name}: cannot be read at byte {self._position}, tried {self._failures} times; "
                f"last: {refusal.reason}; run again later, with fewer workers if the server limits clients"
            ) from refusal
        pause = self._retry.pause(self._failures, refusal.retry_after)
        _log.info("%s: %s; trying again in %.1f s", self._name, refusal.reason, pause)
        time.sleep(pause)

    def _hang_up(self) -> None:
        if self._answer is not None:
            self._answer.close()
            self._answer = None


def _seconds(retry_after: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None
