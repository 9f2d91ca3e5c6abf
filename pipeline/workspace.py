"""Files of a run: tables by part, receipts of finished parts, the published corpus.

Every file is written aside and then put in place in one step (a rename, or one upload), so that a reader sees
a whole file or none. The root is a local folder or any address that pyarrow can open (`s3://`, `gs://`).
"""

import contextlib
import errno
import json
import re
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from schemas.errors import WorkspaceError
from schemas.table import conform

WORK = "_work"
COMPRESSION_LEVEL = 3
_ASIDE = re.compile(r"\..+\.[0-9a-f]{8}")
Outcomes = dict[tuple[str, str], int]


def _discard(aside: Path) -> None:
    """Delete a file that was not finished; where its folder does not even exist there is none."""
    with contextlib.suppress(NotADirectoryError):
        aside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a finished part of a stage leaves: proof that it is done, and its accounts.

    `outcomes` maps (language, outcome) to records; `extra` holds what the next stage or the card needs.
    """

    stage: str
    part: str
    fingerprint: str
    records_in: int
    outcomes: Outcomes
    bytes: int = 0
    seconds: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the receipt as one JSON object."""
        outcomes = [[lang, outcome, n] for (lang, outcome), n in sorted(self.outcomes.items())]
        content = {name: getattr(self, name) for name in self.__slots__} | {"outcomes": outcomes}
        return json.dumps(content, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Receipt":
        """Read what `to_json` wrote."""
        content = json.loads(text)
        content["outcomes"] = {(lang, outcome): n for lang, outcome, n in content["outcomes"]}
        return cls(**content)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The output folder of a run; small enough to be sent to every task."""

    root: str

    @property
    def is_local(self) -> bool:
        """Whether the root is a folder of this machine's file system."""
        return "://" not in self.root

    def _open(self) -> tuple[pafs.FileSystem, str]:
        if not self.is_local:
            fs, root = pafs.FileSystem.from_uri(self.root)
            return fs, str(root)
        return pafs.LocalFileSystem(), str(Path(self.root).absolute())

    def path(self, *names: str) -> str:
        """Return the address of a file below the root, for messages."""
        return "/".join([self.root.rstrip("/"), *names])

    def table_name(self, table: str, part: int) -> str:
        """Return the name of a part's file of a table."""
        return f"{WORK}/{table}/{part:05d}.parquet"

    def folder(self, table: str) -> str:
        """Return the name of the folder of a table."""
        return f"{WORK}/{table}"

    def exists(self, name: str) -> bool:
        """Whether a file or folder stands below the root."""
        fs, root = self._open()
        found: bool = fs.get_file_info(f"{root}/{name}").type != pafs.FileType.NotFound
        return found

    def names(self, folder: str) -> list[str]:
        """Return the sorted names of the files below a folder, relative to the root."""
        fs, root = self._open()
        selector = pafs.FileSelector(f"{root}/{folder}", allow_not_found=True, recursive=True)
        infos = fs.get_file_info(selector)
        files = [i for i in infos if i.type == pafs.FileType.File and not i.base_name.startswith(".")]
        return sorted(info.path[len(root) + 1 :] for info in files)

    def entries(self, folder: str = "") -> list[str]:
        """Return the sorted names of what stands at the root or in a folder, hidden files left out."""
        fs, root = self._open()
        infos = fs.get_file_info(pafs.FileSelector(f"{root}/{folder}".rstrip("/"), allow_not_found=True))
        return sorted(info.base_name for info in infos if not info.base_name.startswith("."))

    def sweep(self) -> None:
        """Delete what a killed process left half written."""
        fs, root = self._open()
        for info in fs.get_file_info(pafs.FileSelector(root, allow_not_found=True, recursive=True)):
            if info.type == pafs.FileType.File and _ASIDE.fullmatch(info.base_name):
                fs.delete_file(info.path)

    def delete(self, name: str) -> None:
        """Delete a file or a folder, if it is there."""
        fs, root = self._open()
        kind = fs.get_file_info(f"{root}/{name}").type
        if kind == pafs.FileType.Directory:
            fs.delete_dir(f"{root}/{name}")
        elif kind == pafs.FileType.File:
            fs.delete_file(f"{root}/{name}")

    def put(self, name: str, write: Callable[[str], None]) -> int:
        """Let `write` fill a local file, then put it in place in one step; return its size in bytes."""
        fs, root = self._open()
        target = f"{root}/{name}"
        if not isinstance(fs, pafs.LocalFileSystem):
            with tempfile.TemporaryDirectory() as folder:
                aside = Path(folder) / "file"
                write(str(aside))
                pafs.copy_files(str(aside), target, pafs.LocalFileSystem(), fs)
                return aside.stat().st_size
        aside = Path(target).with_name(f".{Path(target).name}.{uuid.uuid4().hex[:8]}")
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            write(str(aside))
            size = aside.stat().st_size
            aside.replace(target)
        except OSError as error:
            _discard(aside)
            full = "; once there is room, the same command with --resume goes on from here"
            hint = full if error.errno == errno.ENOSPC else ""
            raise WorkspaceError(
                f"{self.path(name)}: cannot be written: {error.strerror or error}{hint}"
            ) from error
        except BaseException:
            _discard(aside)
            raise
        return size

    def put_text(self, name: str, text: str) -> None:
        """Write a text file in one step."""

        def write(path: str) -> None:
            Path(path).write_text(text, encoding="utf-8")

        self.put(name, write)

    def read_text(self, name: str) -> str:
        """Return the content of a text file."""
        fs, root = self._open()
        with fs.open_input_stream(f"{root}/{name}") as stream:
            content: bytes = stream.read()
        return content.decode("utf-8")

    def put_parquet(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch | pa.Table]) -> int:
        """Write batches as the row groups of one Parquet file; return its size in bytes."""

        def write(path: str) -> None:
            with pq.ParquetWriter(
                path, schema, compression="zstd", compression_level=COMPRESSION_LEVEL
            ) as writer:
                for batch in batches:
                    whole = conform(batch, schema, name)
                    if isinstance(whole, pa.RecordBatch):
                        whole = pa.Table.from_batches([whole])
                    writer.write_table(whole, row_group_size=max(1, whole.num_rows))

        return self.put(name, write)

    def open_parquet(self, name: str) -> pq.ParquetFile:
        """Open a Parquet file for reading."""
        fs, root = self._open()
        return pq.ParquetFile(fs.open_input_file(f"{root}/{name}"))

    def read_parquet(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Read a whole Parquet file."""
        with self.open_parquet(name) as file:
            return file.read(columns)

    def read_batches(self, name: str, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read a Parquet file one row group at a time."""
        with self.open_parquet(name) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns).combine_chunks()
                yield from table.to_batches()

    def receipt_name(self, stage: str, part: str) -> str:
        """Return the name of a receipt."""
        return f"{WORK}/ledger/{stage}/{part}.json"

    def put_receipt(self, receipt: Receipt) -> None:
        """Write the receipt of a finished part; its files stand already."""
        self.put_text(self.receipt_name(receipt.stage, receipt.part), receipt.to_json())

    def receipts(self, stage: str) -> dict[str, Receipt]:
        """Return the receipts of a stage by part."""
        receipts = (Receipt.from_json(self.read_text(name)) for name in self.names(f"{WORK}/ledger/{stage}"))
        return {receipt.part: receipt for receipt in receipts}
