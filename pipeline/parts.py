"""Parts: how a run's archives are cut into units of work, and the proof that the cuts lost nothing.

A part owns what *starts* in its range: gzip members whose first byte lies there, or records of an archive
that is not compressed. Its reader looks for the first one itself, so that cutting an archive needs nothing
but its size.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import pyarrow as pa

from pipeline.inputs import Archive
from schemas.errors import InputError
from schemas.part import PARTS

SPLIT_BYTES = 64 << 20
"""A part of this size holds some 3,000 pages of Common Crawl: a minute of work for one core."""


@dataclass(frozen=True, slots=True)
class Part:
    """A range of one archive; `length` None means up to its end."""

    number: int
    archive: str
    offset: int
    length: int | None

    @property
    def end(self) -> int | None:
        """The first byte after the range."""
        return None if self.length is None else self.offset + self.length


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the reader of a part found: the bytes from `first` to `end` are its own; None: nothing starts."""

    part: Part
    first: int | None
    end: int | None


def list_parts(archives: Iterable[Archive], split_bytes: int = SPLIT_BYTES) -> list[Part]:
    """Cut archives into parts of at most `split_bytes`, numbered from 0 in order; unknown size: whole."""
    if split_bytes < 1:
        raise ValueError(f"split_bytes: expected at least 1, got {split_bytes}")
    parts: list[Part] = []
    for archive in archives:
        for offset, length in _ranges(archive.size, split_bytes):
            parts.append(Part(len(parts), archive.uri, offset, length))
    return parts


def _ranges(size: int | None, split_bytes: int) -> Iterator[tuple[int, int | None]]:
    """Yield ranges of nearly equal length, so that no archive ends in a crumb."""
    if size is None or size <= split_bytes:
        yield 0, size
        return
    count = -(-size // split_bytes)
    cuts = [size * i // count for i in range(count + 1)]
    for start, end in pairwise(cuts):
        yield start, end - start


def parts_to_table(parts: Sequence[Part]) -> pa.Table:
    """Return the PARTS table of `parts`."""
    rows = [{"number": p.number, "archive": p.archive, "offset": p.offset, "length": p.length} for p in parts]
    return pa.Table.from_pylist(rows, schema=PARTS)


def parts_from_table(table: pa.Table) -> list[Part]:
    """Return the parts of a PARTS table."""
    return [Part(**row) for row in table.select(PARTS.names).to_pylist()]


def check_coverage(results: Iterable[Coverage]) -> list[Part]:
    """Return the parts to be read again, corrected; none: proof that no byte was left out or read twice.

    `results` holds every part of each archive. A reader that starts inside an archive can take for a start
    what is a copy of an archive within a record. The part before it, which reads from a true start, shows
    that: it ends elsewhere. The corrected part keeps its number and begins at the true start. Replace the
    result of each corrected part and check again until nothing comes back; that takes as many rounds as a
    record spans parts.

    Raises:
        InputError: no part reads what follows another, so bytes were left out.
    """
    ordered = sorted(results, key=lambda c: c.part.number)
    return [
        part
        for _, group in groupby(ordered, key=lambda c: c.part.archive)
        for part in _mismatches(list(group))
    ]


def _mismatches(chain: list[Coverage]) -> Iterator[Part]:
    reached = 0
    for found in chain:
        part, end = found.part, found.part.end
        if found.first is None:
            if end is None or reached < end:
                raise _gap(part, reached)
        elif found.first != reached:
            stop = None if end is None else max(end, reached)
            yield Part(part.number, part.archive, reached, None if stop is None else stop - reached)
        if found.end is not None:
            reached = max(reached, found.end)
    last = chain[-1].part
    if last.end is not None and reached < last.end:
        raise _gap(last, reached)


def _gap(part: Part, reached: int) -> InputError:
    return InputError(
        f"{part.archive}: part {part.number}: expected more to read at byte {reached}, got nothing; "
        "either results of parts are missing, or the archive became shorter while it was read"
    )
