"""One archive seen as bytes at positions."""

import re
from typing import BinaryIO

from pipeline.remote import open_range

BLOCK_BYTES = 1 << 20
"""Read at once: large, so that a remote read is few system calls, and small beside a worker's memory."""

REACH = 8 << 10
"""What a searched pattern may span, in bytes: a line of an ARC header with a long URL."""

_SLACK_BYTES = 1 << 20  # read past a part's end in its first request: the last record of a part ends there
_FURTHER_BYTES = 16 << 20  # each request after it
_SEEK_BYTES = 4 << 20  # a gap up to this is read through, a wider one costs a new request
_NOT_NEWLINE = re.compile(rb"([^\r\n])")


class Source:
    """The bytes of an archive from any position on, read forward in large blocks; going back opens it again.

    `end` is where the reader means to stop (None: at the end of the archive); it may read further.
    """

    def __init__(self, uri: str, end: int | None = None) -> None:
        self.uri = uri
        self._end = end
        self._stream: BinaryIO | None = None
        self._block = b""
        self._start = 0
        self._asked_to: int | None = 0
        self._size: int | None = None

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def view(self, position: int, size: int = 1) -> memoryview:
        """Return the bytes from `position` on: at least `size` of them, or all to the archive's end."""
        while True:
            reached = self._start + len(self._block)
            if self._start <= position and reached - position >= size:
                return memoryview(self._block)[position - self._start :]
            if position < self._start or position > reached + _SEEK_BYTES or self._stream is None:
                if self._size is not None and position >= self._size:
                    return memoryview(b"")
                self._open(position)
            elif not self._read_on(position):
                return memoryview(self._block)[max(0, position - self._start) :]

    def search(self, pattern: re.Pattern[bytes], position: int, stop: int | None = None) -> int | None:
        """Return where group 1 of the first match begins, from `position` to before `stop`; None: nowhere.

        The byte before `position` is looked at too, and no match may span more than REACH bytes.
        """
        start = max(0, position - 1)
        while stop is None or start < stop:
            data = self.view(start, REACH)
            for match in pattern.finditer(data):
                found = start + match.start(1)
                if stop is not None and found >= stop:
                    return None
                if found >= position:
                    return found
            if len(data) < REACH:
                return None
            start += len(data) - REACH + 1
        return None

    @property
    def size(self) -> int:
        """The size of the archive; known once reading came to its end."""
        if self._size is None:
            raise RuntimeError(f"{self.uri}: its end is not reached yet")
        return self._size

    def after_newlines(self, position: int) -> int:
        """Return where the line ends at `position` are over."""
        found = self.search(_NOT_NEWLINE, position)
        return self.size if found is None else found

    def _open(self, position: int) -> None:
        self._close()
        length = None if self._end is None else max(_FURTHER_BYTES, self._end + _SLACK_BYTES - position)
        self._stream = open_range(self.uri, position, length)
        self._asked_to = None if length is None else position + length
        self._block, self._start = b"", position

    def _read_on(self, position: int) -> bool:
        """Append a block, dropping what lies before `position`; False at the end of the archive."""
        assert self._stream is not None
        reached = self._start + len(self._block)
        data = self._stream.read(BLOCK_BYTES)
        if not data and self._asked_to == reached:
            self._close()
            self._stream = open_range(self.uri, reached, _FURTHER_BYTES)
            self._asked_to = reached + _FURTHER_BYTES
            data = self._stream.read(BLOCK_BYTES)
        if not data:
            self._size = reached
            return False
        drop = min(len(self._block), max(0, position - 1 - self._start))
        self._block = self._block[drop:] + data
        self._start += drop
        return True

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
