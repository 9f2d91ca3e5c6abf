"""From the bytes of an archive to the bytes of its records: as they are, or gzip member by member.

A frame is a run of decoded bytes that holds records: one gzip member with those that carry on its last
record, or the whole of an archive that is not compressed. Damage ends a frame; `fault` then says what is
wrong.
"""

import re
import zlib
from typing import Protocol, cast

from isal import isal_zlib

from pipeline.headers import Grammar
from pipeline.source import REACH, Source

GZIP_MAGIC = b"\x1f\x8b\x08"
MAX_HEADER_BYTES = 1 << 20
STEP_BYTES = 64 << 10
"""Compressed bytes decoded at once."""

_MADE_BYTES = 1 << 20  # decoded bytes made at once at most, whatever a bomb would
_CAREFUL_STEP_BYTES = 64  # near damage: what precedes it is lost only as far as these decode
_PROBE_BYTES = 64 << 10  # a gzip header may hold that much before the first compressed byte
_PROBE_STEP_BYTES = 32  # a start is one even where damage follows its first lines
_GZIP = 31  # zlib's `wbits` for a gzip wrapper
_ZLIB_FLAGS = 0xE2  # header checksum and reserved bits: ISA-L refuses right ones and accepts wrong ones
_GZIP_ERRORS = (zlib.error, cast(type[Exception], isal_zlib.error))
_MAGIC = re.compile(rb"(\x1f\x8b\x08)")
_NOT_NEWLINE = re.compile(rb"[^\r\n]")


def is_magic(source: Source, position: int) -> bool:
    """Whether a gzip member may begin at `position`."""
    return source.view(position, len(GZIP_MAGIC))[: len(GZIP_MAGIC)] == GZIP_MAGIC


def is_start(source: Source, position: int, grammar: Grammar, *, is_gzip: bool) -> bool:
    """Whether a search would find a record start at `position`.

    Both parts that meet there ask this, the one that begins and the one that ends, so that they agree.
    """
    if not is_gzip:
        return position > 0 and grammar.boundary.match(source.view(position - 1, REACH)) is not None
    if not is_magic(source, position):
        return False
    inflate, made, at = zlib.decompressobj(_GZIP), b"\n", position
    while not inflate.eof and len(made) < REACH and at < position + _PROBE_BYTES:
        piece = source.view(at, _PROBE_STEP_BYTES)[:_PROBE_STEP_BYTES]
        at += len(piece)
        try:
            made = (made + inflate.decompress(piece, REACH)).lstrip(b"\r\n")
        except zlib.error:
            return False
        if grammar.boundary.match(b"\n" + made):
            return True
        if not piece:
            return False
    return False


def find_start(
    source: Source, position: int, stop: int | None, grammar: Grammar, *, is_gzip: bool
) -> int | None:
    """Return the first record start, or gzip member that starts one, from `position` to before `stop`."""
    if not is_gzip:
        return source.search(grammar.boundary, position, stop)
    found = source.search(_MAGIC, position, stop)
    while found is not None and not is_start(source, found, grammar, is_gzip=True):
        found = source.search(_MAGIC, found + 1, stop)
    return found


class Inflater(Protocol):
    """Decodes the gzip member whose bytes it gets piece by piece."""

    @property
    def eof(self) -> bool:
        """Whether the member is over."""

    @property
    def unused_data(self) -> bytes:
        """What it got after the end of the member."""

    @property
    def unconsumed_tail(self) -> bytes:
        """What it got and did not decode yet, because of `max_length`."""

    def decompress(self, data: memoryview, max_length: int, /) -> bytes:
        """Return what the next bytes decode to, up to `max_length`."""


def _zlib_inflater() -> Inflater:
    return cast(Inflater, zlib.decompressobj(_GZIP))


def _fast_inflater() -> Inflater:
    """Return one that is twice as fast as zlib; what it refuses, zlib checks."""
    return cast(Inflater, isal_zlib.decompressobj(_GZIP))


class Frame:
    """The bytes of an archive that is not compressed, from a position on."""

    def __init__(self, source: Source, position: int, grammar: Grammar) -> None:
        self.grammar = grammar
        self.fault = ""
        self.raw = position  # the next byte of the archive to be decoded
        self._source = source
        self._data = b""
        self._at = 0
        self._began = position

    @property
    def offset(self) -> int:
        """Where in the archive a record is said to begin whose first byte is the next one."""
        return self.raw - (len(self._data) - self._at)

    def begin_record(self) -> int:
        """Take note that a record begins here; return its offset."""
        self._began = self.offset
        return self._began

    def record_length(self) -> int | None:
        """Return how many bytes of the archive the record takes up; None where it shares a gzip member."""
        self.at_end()
        return self.offset - self._began

    def fill(self, size: int, *, across: bool = False) -> int:
        """Decode until `size` bytes are ready or the frame ends; return how many are.

        `across` reads on in the gzip members that follow, where those do not start a record.
        """
        ready = len(self._data) - self._at
        if ready >= size:
            return ready
        pieces: list[bytes] = []
        while ready < size and (piece := self._decode() or (self._decode_next() if across else b"")):
            pieces.append(piece)
            ready += len(piece)
        if pieces:
            keep = max(0, self._at - 1)  # one byte of what was, for patterns that begin with a newline
            self._data = b"".join([self._data[keep:], *pieces]) if self._data else b"".join(pieces)
            self._at -= keep
        return ready

    def peek(self, size: int, skip: int = 0) -> bytes:
        """Return up to `size` of the ready bytes, after the first `skip`."""
        start = self._at + skip
        return self._data[start : start + size]

    def view(self, size: int) -> memoryview:
        """Return up to `size` of the ready bytes without a copy."""
        return memoryview(self._data)[self._at : self._at + size]

    def drop(self, size: int) -> None:
        """Go on after `size` ready bytes."""
        self._at += size

    def pass_over(self, size: int) -> int:
        """Go on after `size` bytes without keeping them; return how many there were."""
        left = size
        while left and (ready := self.fill(1, across=True)):
            step = min(ready, left)
            self._at += step
            left -= step
        return size - left

    def mark(self) -> tuple[int, int]:
        """Return the place of the next byte, for `go_back`."""
        return self.offset, 0

    def go_back(self, mark: tuple[int, int]) -> None:
        """Go on at a marked place again, decoding anew."""
        self.raw, skipped = mark
        self.fault = ""
        self._data, self._at = b"", 0
        self._begin()
        self.pass_over(skipped)

    def find_header_end(self) -> int | None:
        """Return the size of the record header at the next byte; None where it has no end."""
        ready = self.fill(1)
        while not (match := self.grammar.header_end.search(self._data, self._at)):
            before, ready = ready, self.fill(2 * ready, across=True)
            if ready == before or ready > MAX_HEADER_BYTES:
                return None
        return match.end() - self._at

    def at_end(self) -> bool:
        """Whether the frame has nothing more but newlines; those are passed over."""
        while self.fill(1):
            match = _NOT_NEWLINE.search(self._data, self._at)
            if match:
                self._at = match.start()
                return False
            self._at = len(self._data)
        return True

    def at_record(self) -> bool:
        """Whether a record starts at the next byte."""
        if not self.grammar.start.match(self._data, self._at):
            self.fill(REACH, across=True)
        return self.grammar.start.match(self._data, self._at) is not None

    def resync(self) -> bool:
        """Go on at the next record start in this frame; False: there is none, and the frame is used up."""
        self.fill(REACH)
        while True:
            match = self.grammar.boundary.search(self._data, max(0, self._at - 1))
            if match:
                self._at = match.start(1)
                return True
            self._at = max(self._at, len(self._data) - REACH)
            ready = len(self._data) - self._at
            if self.fill(ready + 1) == ready:
                self._at = len(self._data)
                return False

    def may_stop(self, end: int | None) -> bool:
        """Whether the next byte is another part's: it lies behind `end`, and a search finds a start there."""
        if end is None or self.offset < end:
            return False
        return is_start(self._source, self.offset, self.grammar, is_gzip=False)

    def _begin(self) -> None:
        """Prepare to decode at `raw`."""

    def _decode(self) -> bytes:
        piece = bytes(self._source.view(self.raw))
        self.raw += len(piece)
        return piece

    def _decode_next(self) -> bytes:
        return b""


class GzipFrame(Frame):
    """The decoded bytes of the gzip member at a position, and of those that carry on its last record."""

    def __init__(self, source: Source, position: int, grammar: Grammar) -> None:
        super().__init__(source, position, grammar)
        self.is_cut = False
        self._records = 0
        self._begin()

    @property
    def offset(self) -> int:
        """The first byte of the gzip member."""
        return self._member

    def begin_record(self) -> int:
        """Take note that a record begins in this member; return the member's offset."""
        self._records += 1
        return super().begin_record()

    def record_length(self) -> int | None:
        """Return the compressed bytes of the record; None where its member holds others too."""
        is_alone = self.at_end() and self._records == 1
        return self.raw - self._began if is_alone else None

    def may_stop(self, end: int | None) -> bool:  # noqa: ARG002  # the signature of Frame
        """Never inside a member: a part owns it whole."""
        return False

    def mark(self) -> tuple[int, int]:
        """Return the member, and how many of its decoded bytes lie before the next."""
        return self._member, self._given - (len(self._data) - self._at)

    def _begin(self) -> None:
        self._member = self.raw
        flags = self._source.view(self.raw, 4)[3:4]
        self._inflate = _fast_inflater() if not flags or not flags[0] & _ZLIB_FLAGS else _zlib_inflater()
        self._step = STEP_BYTES
        self._made = self._given = 0

    def _decode(self) -> bytes:
        """Return what the next compressed bytes decode to; nothing at the end of the member or at damage."""
        while not self._inflate.eof and not self.fault:
            piece = self._source.view(self.raw, self._step)[: self._step]
            try:
                made = self._inflate.decompress(piece, _MADE_BYTES)
            except _GZIP_ERRORS as error:
                self._fail(error)
                continue
            self.raw += len(piece) - len(self._inflate.unused_data or self._inflate.unconsumed_tail)
            self._made += len(made)
            if not piece and not made and not self._inflate.eof:
                self.fault, self.is_cut = "the archive ends inside a gzip member", True
            fresh = self._made - self._given
            if fresh > 0:
                self._given = self._made
                return made[-fresh:]
        return b""

    def _fail(self, error: Exception) -> None:
        """Decode the member again in small steps of zlib, to get what precedes the damage; then give up."""
        if self._step == _CAREFUL_STEP_BYTES:
            self.fault = f"gzip member damaged near byte {self.raw}: {error}"
            return
        self.raw = self._member
        self._inflate = _zlib_inflater()
        self._step = _CAREFUL_STEP_BYTES
        self._made = 0

    def _decode_next(self) -> bytes:
        """Go on in the next member, where it carries on a record and does not start one."""
        position = self.raw
        if self.fault or not is_magic(self._source, position):
            return b""
        if is_start(self._source, position, self.grammar, is_gzip=True):
            return b""
        self._begin()
        return self._decode()
