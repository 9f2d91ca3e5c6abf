"""Reading a part of an archive: each record is a page or a removal with its reason, and nothing is lost.

Damage stays where it is: reading goes on at the next record that can be found, and the bytes between are one
removal with their range.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.frames import STEP_BYTES, Frame, GzipFrame, find_start, is_magic, is_start
from pipeline.headers import ARC, Grammar, RecordHeader, parse_header
from pipeline.kinds import Kind, kind_of
from pipeline.parts import Coverage, Part
from pipeline.payload import EMPTY, MIME, STATUS, TOO_LARGE, TRUNCATED, UNDECODABLE, Verdict, read_response
from pipeline.remote import HEAD_BYTES, look
from pipeline.source import Source

NOT_RESPONSE, DAMAGED = "not_response", "damaged"

REASONS = {
    NOT_RESPONSE: "a record of another type: warcinfo, request, metadata, revisit, resource, conversion …",
    STATUS: "a response with another status than 200, or without one",
    MIME: "a response that is not HTML",
    TOO_LARGE: "a record or a page above the limits",
    UNDECODABLE: "a body that its content-encoding does not decode",
    EMPTY: "a response without a body",
    DAMAGED: "bytes that cannot be read as a record, with their range",
    TRUNCATED: "a response that the crawler, or a record that the end of the archive, cut short",
}
"""Why a record is no page, by name."""

_NO_RECORD = "bytes that belong to no record"
_TAIL_BYTES = 16
_HEAD_OF_LARGE_BYTES = 64 << 10
_BLANK_LINE = (b"\r\n\r\n", b"\n\n", b"\n\r\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read: a stored block up to `block_bytes`, a decoded page up to `page_bytes`."""

    block_bytes: int = 20 << 20
    page_bytes: int = 5 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """A page (`reason` None), or a record that is none and why.

    `offset` and `length` are the record's bytes in the archive, compressed where it is; a record that shares
    a gzip member has the member's offset, and a length only if it is damaged. `record_id` is without angle
    brackets; `fetched_at` is UTC, None where the date cannot be read. `content_type` is the HTTP header as
    sent. `payload` is the body, transfer and content encodings taken off; empty for what is no page.
    """

    offset: int
    length: int | None
    reason: str | None
    detail: str = ""
    record_id: str | None = None
    url: str | None = None
    fetched_at: datetime | None = None
    content_type: str | None = None
    payload: bytes = b""


LIMITS = Limits()


class PartReader:
    """The records that start in a part; once they are read, `coverage` says which bytes they were.

    Raises:
        InputError: while iterating, when the archive cannot be opened or its server gives up.
    """

    def __init__(self, part: Part, limits: Limits = LIMITS) -> None:
        self.coverage = Coverage(part, None, None)
        self._part = part
        self._limits = limits

    def __iter__(self) -> Iterator[Record]:
        part = self._part
        with Source(part.archive, part.end) as source:
            kind = self._kind(source)
            if kind.foreign:
                yield from self._give_up(kind)
                return
            first: int | None = 0
            if part.offset:
                first = find_start(source, part.offset, part.end, kind.grammar, is_gzip=kind.is_gzip)
            end = first
            if first is not None and part.length != 0:
                read = self._read_members if kind.is_gzip else self._read_plain
                end = yield from read(source, kind.grammar, first)
            self.coverage = Coverage(part, first, end)

    def _kind(self, source: Source) -> Kind:
        head = look(source.uri).head if self._part.offset else bytes(source.view(0, HEAD_BYTES)[:HEAD_BYTES])
        return kind_of(head, source.uri)

    def _give_up(self, kind: Kind) -> Iterator[Record]:
        """Remove a whole archive of a format that cannot be read, once."""
        if self._part.offset == 0:
            size = look(self._part.archive).size or self._part.length
            self.coverage = Coverage(self._part, 0, size)
            yield Record(0, size, DAMAGED, f"{kind.foreign}; archives are read as they are or with gzip")

    def _read_plain(self, source: Source, grammar: Grammar, position: int) -> Generator[Record, None, int]:
        """Yield the records of an archive that is not compressed; return where reading ended."""
        frame = Frame(source, position, grammar)
        while not frame.at_end():
            if frame.may_stop(self._part.end):
                return frame.offset
            yield self._read_record(frame, frame.begin_record())
        return frame.raw

    def _read_members(self, source: Source, grammar: Grammar, position: int) -> Generator[Record, None, int]:
        """Yield the records of gzip members; return where reading ended."""
        end = self._part.end
        while source.view(position):
            if end is not None and position >= end and is_start(source, position, grammar, is_gzip=True):
                break
            if is_magic(source, position):
                position = yield from self._read_member(source, grammar, position)
            elif (following := source.after_newlines(position)) > position:
                position = following
            else:
                following = _next_start(source, position + 1, grammar)
                yield Record(position, following - position, DAMAGED, _NO_RECORD)
                position = following
        return position

    def _read_member(self, source: Source, grammar: Grammar, position: int) -> Generator[Record, None, int]:
        """Yield the records of one gzip member; return where the next begins."""
        frame = GzipFrame(source, position, grammar)
        while True:
            before = frame.raw
            if not frame.at_end():
                record = self._read_record(frame, frame.begin_record())
                if record.reason != DAMAGED or not frame.fault or not frame.at_end():
                    yield record
                    continue
            elif frame.fault:
                record = Record(frame.offset, None, DAMAGED)
            else:
                return frame.raw
            resume = max(position + 1, before - STEP_BYTES)
            following = _next_start(source, resume, grammar)
            reason = TRUNCATED if frame.is_cut and not source.view(following) else DAMAGED
            yield replace(record, reason=reason, detail=frame.fault, length=following - record.offset)
            return following

    def _read_record(self, frame: Frame, offset: int) -> Record:
        """Read the record that begins here, and go on to the next."""
        if not frame.at_record():
            return self._damaged(frame, offset, None, _NO_RECORD)
        size = frame.find_header_end()
        if size is None:
            frame.drop(1)
            return self._damaged(frame, offset, None, "the record's header has no end", is_short=True)
        header = parse_header(frame.grammar, frame.peek(size))
        frame.drop(size)
        length = header.length
        if length is None:
            return self._damaged(frame, offset, header, "no Content-Length")
        is_whole = length <= self._limits.block_bytes
        kept = length if is_whole else _HEAD_OF_LARGE_BYTES
        mark = frame.mark()
        ready = frame.fill(kept, across=True)
        block = frame.view(kept)
        if not is_whole:
            ready, kept = frame.pass_over(length), 0
        frame.fill(kept + _TAIL_BYTES)
        tail = frame.peek(_TAIL_BYTES, skip=kept)
        is_short = ready < length
        if is_short or (frame.fault and len(tail) < _TAIL_BYTES) or not _ends_record(tail, frame.grammar):
            if not is_whole:
                frame.go_back(mark)
            detail = f"block of {length} bytes " + (
                f"ends after {ready}" if is_short else "goes on after them"
            )
            return self._damaged(frame, offset, header, detail, is_short=is_short)
        frame.drop(kept)
        return self._judge(header, block, is_whole, offset, frame.record_length())

    def _judge(
        self, header: RecordHeader, block: memoryview, is_whole: bool, offset: int, length: int | None
    ) -> Record:
        if header.type != "response":
            verdict = Verdict(NOT_RESPONSE, header.type or "no WARC-Type")
        elif header.content_type and not header.content_type.startswith("application/http"):
            verdict = Verdict(MIME, header.content_type)
        else:
            limit = self._limits.page_bytes
            verdict = read_response(block, page_bytes=limit, is_whole=is_whole, cut=header.cut)
        return Record(
            offset,
            length,
            verdict.reason,
            verdict.detail,
            header.record_id,
            header.url,
            header.fetched_at,
            verdict.content_type,
            verdict.payload,
        )

    def _damaged(
        self, frame: Frame, offset: int, header: RecordHeader | None, detail: str, *, is_short: bool = False
    ) -> Record:
        """Go on at the next record start, and remove what lies before it."""
        found = frame.resync()
        is_cut = is_short and not found and not isinstance(frame, GzipFrame)
        reason = TRUNCATED if is_cut else DAMAGED
        if header is None:
            return Record(offset, frame.record_length(), reason, detail)
        known = (header.record_id, header.url, header.fetched_at)
        return Record(offset, frame.record_length(), reason, detail, *known)


def _next_start(source: Source, position: int, grammar: Grammar) -> int:
    """Return the next gzip member that starts a record, else the end of the archive."""
    found = find_start(source, position, None, grammar, is_gzip=True)
    return source.size if found is None else found


def _ends_record(tail: bytes, grammar: Grammar) -> bool:
    """Whether what follows a block can follow one: a blank line, another record, or nothing."""
    rest = tail.lstrip(b"\r\n")
    if not rest or tail.startswith(_BLANK_LINE) or grammar.start.match(rest):
        return True
    return grammar is ARC and tail.startswith((b"\n", b"\r\n"))
