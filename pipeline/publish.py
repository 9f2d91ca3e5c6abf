"""Publish: rows grouped by language into shards. The plan of shards follows from the receipts alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.workspace import Receipt, Workspace

SELECTED = "selected"
ROW_GROUP_BYTES = 32 << 20
"""Text in one row group of the corpus."""


DATA, TAIL = "data", "tail"
"""Folders of the corpus: of languages with enough text, and of the others."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Languages with fewer chunks or documents are kept apart; 0 asks for nothing."""

    chunks: int = 0
    documents: int = 0

    def holds(self, entries: Sequence[Mapping[str, int]]) -> bool:
        """Return whether a language belongs here, from what the parts hold of it."""
        chunks = sum(entry.get("chunks", 0) for entry in entries)
        return chunks < self.chunks or sum(entry["rows"] for entry in entries) < self.documents


NO_TAIL = Tail()


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one language in one part of `selected`: row groups first to first + count - 1."""

    part: int
    first: int
    count: int
    rows: int


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of the corpus: the rows of one language in the parts that `slices` names, in order."""

    lang: str
    number: int
    of: int
    slices: tuple[Slice, ...]
    folder: str = DATA

    @property
    def name(self) -> str:
        """The file below the output folder."""
        return f"{self.folder}/{self.lang}/train-{self.number:05d}-of-{self.of:05d}.parquet"

    @property
    def part(self) -> str:
        """The name of the shard's receipt."""
        return f"{self.lang}-{self.number:05d}"


def plan_shards(receipts: Mapping[str, Receipt], shard_bytes: int, tail: Tail = NO_TAIL) -> list[Shard]:
    """Cut each language's rows, in the order of parts, into shards of about `shard_bytes` of text."""
    by_lang: dict[str, list[tuple[Slice, int]]] = {}
    entries: dict[str, list[Mapping[str, int]]] = {}
    for part in sorted(receipts, key=int):
        for lang, entry in receipts[part].extra["languages"].items():
            piece = Slice(int(part), entry["first"], entry["groups"], entry["rows"])
            by_lang.setdefault(lang, []).append((piece, entry["bytes"]))
            entries.setdefault(lang, []).append(entry)
    folders = {lang: TAIL if tail.holds(entries[lang]) else DATA for lang in sorted(by_lang)}
    return [shard for lang, at in folders.items() for shard in _cut(lang, by_lang[lang], shard_bytes, at)]


def _cut(lang: str, pieces: list[tuple[Slice, int]], shard_bytes: int, folder: str) -> list[Shard]:
    groups: list[list[Slice]] = [[]]
    size = 0
    for piece, length in pieces:
        if groups[-1] and size + length > shard_bytes:
            groups.append([])
            size = 0
        groups[-1].append(piece)
        size += length
    return [Shard(lang, number, len(groups), tuple(group), folder) for number, group in enumerate(groups)]


def shard_batches(workspace: Workspace, shard: Shard) -> Iterator[pa.Table]:
    """Yield the rows of a shard as row groups of about `ROW_GROUP_BYTES`."""
    pending: list[pa.Table] = []
    size = 0
    for piece in shard.slices:
        with workspace.open_parquet(workspace.table_name(SELECTED, piece.part)) as file:
            for group in range(piece.first, piece.first + piece.count):
                table = file.read_row_group(group)
                pending.append(table)
                size += table.nbytes
                if size >= ROW_GROUP_BYTES:
                    yield pa.concat_tables(pending)
                    pending, size = [], 0
    if pending:
        yield pa.concat_tables(pending)
