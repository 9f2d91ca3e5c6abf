"""One Parquet file of any number of row groups, written in memory that does not grow with them.

PyArrow's writer holds an account of each column of each row group until the file is closed, a kilobyte each:
with a hundred columns 5 MB for a gigabyte of text. Here PyArrow writes each row group as a file of its own,
behind the one before; its footer is cut off, and the account in it, with offsets from the start of the whole
file, lies on disk until all are put together. The result is, byte for byte, that of PyArrow's writer.

A footer is a struct of Thrift's compact protocol (apache/thrift, doc/specs/thrift-compact-protocol.md) with
the fields of apache/parquet-format, src/main/thrift/parquet.thrift.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import SchemaError

MAGIC: Final = b"PAR1"
TRAILER: Final = 4 + len(MAGIC)
"""Bytes after a footer: its length, little endian, and the magic."""

VALUES_AT_ONCE: Final = 128
"""Texts encoded before the size of a page is looked at; with PyArrow's 1,024 pages have many megabytes."""

LOW_BITS: Final = 0x7F
"""Of each byte of a number; the high bit says that there is another byte."""

LONG: Final = 0xF
"""In the header of a list: its length follows."""

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, _MAP, STRUCT = range(1, 13)
"""Types of values in Thrift's compact protocol."""

Field = tuple[int, ...]
"""A value in a footer: the numbers of the fields that lead to it, 0 for each value of a list."""

ROWS: Final = (3,)
GROUPS: Final = (4,)
ORDINAL: Final = (4, 0, 7)
MOST_ORDINALS: Final = 1 << 15
OFFSETS: Final = frozenset(
    [
        (4, 0, 5),  # RowGroup.file_offset
        *((4, 0, 1, 0, number) for number in (2, 4, 6)),  # ColumnChunk: file, offset index, column index
        *((4, 0, 1, 0, 3, number) for number in (9, 10, 11, 14)),  # ColumnMetaData: pages, bloom filter
    ]
)
"""What counts bytes from the start of the file."""

CHANGED: Final = OFFSETS | {ROWS, GROUPS, ORDINAL}


class Found(NamedTuple):
    """Where a value of a footer is: its first byte, and the first byte after it."""

    field: Field
    start: int
    end: int


class RowGroupFile:
    """A local Parquet file that is written a row group at a time; without its footer until all went well.

    Of the column `distinct` no two values are expected to be equal: it gets no dictionary, which would fill a
    megabyte and hold back its pages for nothing.
    """

    def __init__(self, path: str, distinct: str) -> None:
        self._file = Path(path).open("w+b")  # noqa: SIM115  __exit__ closes both
        self._accounts = TemporaryFile()  # noqa: SIM115
        self._distinct = distinct
        self._rows = self._groups = self._end = 0
        self._last = b""
        self._schema: pa.Schema | None = None

    def __enter__(self) -> "RowGroupFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        with self._file, self._accounts:
            if kind is not None:
                self._file.truncate(self._end)  # a writer that fails still writes a footer
            elif self._groups:
                self._write_footer()

    def write(self, table: pa.Table) -> None:
        """Write a table as the next row group.

        Raises:
            SchemaError: it has another schema than those before.
        """
        self._schema = self._schema or table.schema
        if not table.schema.equals(self._schema):
            raise SchemaError(f"row group {self._groups}: expected {self._schema}, got {table.schema}")
        start = self._end
        writer = pq.ParquetWriter(
            pa.PythonFile(self._file, "w"),
            table.schema,
            compression="zstd",
            use_dictionary=[name for name in table.column_names if name != self._distinct],
            write_batch_size=VALUES_AT_ONCE,
        )
        if self._groups:
            self._file.seek(start)  # over the magic, which only the first has; the writer counts by itself
        with writer:
            writer.write_table(table, row_group_size=max(1, table.num_rows))
        footer = self._cut_footer()
        shift = start - len(MAGIC) if self._groups else 0
        self._accounts.write(_moved_group(footer, shift, self._groups))
        self._rows += table.num_rows
        self._groups += 1
        self._last = footer
        self._end = self._file.tell()

    def _cut_footer(self) -> bytes:
        """Return the footer that the file ends with, and go back to where it begins."""
        self._file.seek(-TRAILER, 2)
        size = int.from_bytes(self._file.read(4), "little")
        self._file.seek(-TRAILER - size, 2)
        footer = self._file.read(size)
        self._file.seek(-size, 1)
        self._file.truncate()
        return footer

    def _write_footer(self) -> None:
        start = self._file.tell()
        found = {value.field: value for value in values_in(self._last)}
        rows, groups = found[ROWS], found[GROUPS]
        self._file.write(self._last[: rows.start] + _zigzag(self._rows))
        self._file.write(self._last[rows.end : groups.start] + _list_of_structs(self._groups))
        self._accounts.seek(0)
        shutil.copyfileobj(self._accounts, self._file)
        self._file.write(self._last[groups.end :])
        self._file.write((self._file.tell() - start).to_bytes(4, "little") + MAGIC)


def _moved_group(footer: bytes, shift: int, number: int) -> bytes:
    """Return the account of the one row group of `footer`, which is to lie `shift` bytes later."""
    values = values_in(footer)
    group = next(value for value in values if value.field == GROUPS)
    pieces, at = [], group.start + len(_list_of_structs(1))
    for field, start, end in values:
        before = _unzigzag(_varint(footer, start)[0]) if field in OFFSETS else 0
        if field == ORDINAL or before:
            after = before + shift if before else number % MOST_ORDINALS
            pieces += [footer[at:start], _zigzag(after)]
            at = end
    return b"".join([*pieces, footer[at : group.end]])


def values_in(footer: bytes) -> list[Found]:
    """Return where in a footer the values are that depend on what else the file holds, in their order."""
    found: list[Found] = []
    _skip(footer, 0, STRUCT, (), found)
    return sorted(found, key=lambda value: value.start)


def _skip(data: bytes, start: int, kind: int, field: Field, found: list[Found]) -> int:
    """Return the first byte after a value, and add to `found` what of it is in CHANGED."""
    at = start
    if kind == BYTE:
        at += 1
    elif kind in (I16, I32, I64):
        _, at = _varint(data, at)
    elif kind == DOUBLE:
        at += 8
    elif kind == BINARY:
        size, at = _varint(data, at)
        at += size
    elif kind in (LIST, SET):
        at = _skip_list(data, at, field, found)
    elif kind == STRUCT:
        at = _skip_struct(data, at, field, found)
    elif kind not in (TRUE, FALSE):  # which a field's header holds
        raise ValueError(f"Parquet footer, byte {at}: expected a type from {TRUE} to {STRUCT}, got {kind}")
    if field in CHANGED:
        found.append(Found(field, start, at))
    return at


def _skip_list(data: bytes, at: int, field: Field, found: list[Found]) -> int:
    size, kind = data[at] >> 4, data[at] & 0xF
    at += 1
    if size == LONG:
        size, at = _varint(data, at)
    if kind in (TRUE, FALSE):
        return at + size
    for _ in range(size):
        at = _skip(data, at, kind, (*field, 0), found)
    return at


def _skip_struct(data: bytes, at: int, field: Field, found: list[Found]) -> int:
    number = 0
    while header := data[at]:
        at += 1
        if header >> 4:
            number += header >> 4
        else:
            zigzag, at = _varint(data, at)
            number = _unzigzag(zigzag)
        at = _skip(data, at, header & 0xF, (*field, number), found)
    return at + 1


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and the first byte after it."""
    value = shift = 0
    while data[at] > LOW_BITS:
        value |= (data[at] & LOW_BITS) << shift
        shift += 7
        at += 1
    return value | data[at] << shift, at + 1


def _unzigzag(value: int) -> int:
    return value >> 1 ^ -(value & 1)


def _written_varint(value: int) -> bytes:
    found = bytearray()
    while value > LOW_BITS:
        found.append(value & LOW_BITS | LOW_BITS + 1)
        value >>= 7
    return bytes([*found, value])


def _zigzag(value: int) -> bytes:
    """Return a number that is not negative as Thrift writes it."""
    return _written_varint(value << 1)


def _list_of_structs(size: int) -> bytes:
    """Return the header of a list of so many structs."""
    if size < LONG:
        return bytes([size << 4 | STRUCT])
    return bytes([LONG << 4 | STRUCT]) + _written_varint(size)
