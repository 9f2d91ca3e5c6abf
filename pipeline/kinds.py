"""What kind of archive a file is, by its first bytes."""

import re
import zlib
from dataclasses import dataclass

from pipeline.frames import GZIP_MAGIC
from pipeline.headers import ARC, WARC, Grammar

_ARC_NAME = re.compile(r"\.arc(\.(gz|open))*$", re.IGNORECASE)
_FOREIGN = (
    (b"\x04\x22\x4d\x18", "an lz4 file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x5d\x2a\x4d\x18", "a Zstandard file with a dictionary"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"PK\x03\x04", "a zip file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF file"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """How to read an archive; `foreign` names a format without records, `doubt` what it begins with."""

    grammar: Grammar
    is_gzip: bool
    foreign: str = ""
    doubt: str = ""


def kind_of(head: bytes, name: str) -> Kind:
    """Return the kind of an archive from its first bytes; its name decides where they are damaged."""
    by_name = ARC if _ARC_NAME.search(name) else WARC
    for magic, foreign in _FOREIGN:
        if head.startswith(magic):
            return Kind(by_name, False, foreign)
    is_gzip = head.startswith(GZIP_MAGIC)
    if is_gzip:
        try:
            head = zlib.decompressobj(31).decompress(head)
        except zlib.error:
            return Kind(by_name, True)
    for grammar in (WARC, ARC):
        if grammar.start.match(head.lstrip()):
            return Kind(grammar, is_gzip)
    is_gzip = is_gzip or name.lower().endswith(".gz")
    return Kind(by_name, is_gzip, doubt=f"something that begins with {head[:24]!r}")
