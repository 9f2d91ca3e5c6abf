"""What a model file must look like before a native library may open it.

fastText reads what it is given: a file that is cut short makes it ask for any amount of memory, loop or
crash. So the parts of a file are measured first, by its own numbers, and must end where the file ends.
"""

import mmap
import struct
from pathlib import Path
from typing import Final

from schemas.errors import ModelError

FASTTEXT_MAGIC: Final = 793712314
FASTTEXT_VERSIONS: Final = (11, 12)
FASTTEXT_SUPERVISED: Final = 3
QUANTISER_CENTROIDS: Final = 256
ENTRY_TAIL: Final = 9
"""Bytes after the name of a dictionary entry: its count and its type."""


class _Reader:
    """Reads numbers one after another from a file that is mapped into memory."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.place = 0

    def read(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(f"<{layout}", self.data, self.place)
        self.place += struct.calcsize(f"<{layout}")
        return values

    def skip(self, size: int) -> None:
        if size < 0 or self.place + size > len(self.data):
            raise struct.error(f"{size} bytes expected at byte {self.place} of {len(self.data)}")
        self.place += size

    def skip_names(self, number: int) -> None:
        for _ in range(number):
            end = self.data.find(b"\0", self.place)
            if end < 0:
                raise struct.error(f"a word expected at byte {self.place} of {len(self.data)}")
            self.place = end
            self.skip(1 + ENTRY_TAIL)

    def skip_matrix(self, quantised: bool) -> None:
        if not quantised:
            rows, columns = self.read("qq")
            self.skip(4 * max(rows, 0) * columns)
            return
        (normed,) = self.read("?")
        rows, _, codes = self.read("qqi")
        self.skip(codes)
        self.skip_quantiser()
        if normed:
            self.skip(rows)
            self.skip_quantiser()

    def skip_quantiser(self) -> None:
        dimensions, *_ = self.read("4i")
        self.skip(4 * dimensions * QUANTISER_CENTROIDS)


def check_fasttext(path: Path) -> None:
    """Check that a file is a whole fastText model for classification.

    Raises:
        ModelError: it is not; the message says what it is instead.
    """
    with path.open("rb") as file:
        if not file.read(1):
            raise ModelError(f"{path}: expected a fastText model, got an empty file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            reader = _Reader(data)
            try:
                _check_fasttext(path, reader)
            except struct.error as error:
                raise ModelError(
                    f"{path}: fastText model: the file is damaged or cut short: {error}; get it again"
                ) from error
            if reader.place != len(data):
                raise ModelError(
                    f"{path}: fastText model: expected {reader.place} bytes, got {len(data)}; get it again"
                )


def _check_fasttext(path: Path, reader: _Reader) -> None:
    if reader.data[:4] != struct.pack("<i", FASTTEXT_MAGIC):
        raise ModelError(f"{path}: expected a fastText model (.bin or .ftz), got something else")
    _, version = reader.read("ii")
    if version not in FASTTEXT_VERSIONS:
        raise ModelError(f"{path}: fastText model: expected version 11 or 12, got {version}")
    arguments = reader.read("12i")
    if arguments[7] != FASTTEXT_SUPERVISED:
        raise ModelError(f"{path}: expected a fastText model that gives labels, got one of word vectors")
    reader.skip(8)  # the sampling threshold
    size, words, labels = reader.read("3i")
    _, pruned = reader.read("qq")
    if words < 0 or labels < 1 or size != words + labels:
        raise ModelError(
            f"{path}: fastText model: {words} words and {labels} labels in {size} entries; get it again"
        )
    reader.skip_names(size)
    reader.skip(8 * max(pruned, 0))
    (quantised,) = reader.read("?")
    reader.skip_matrix(bool(quantised))
    (output_quantised,) = reader.read("?")
    reader.skip_matrix(bool(quantised and output_quantised))
