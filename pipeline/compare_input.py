"""Texts to compare recipes on: Parquet files with a text column, or the documents of a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from pipeline.parquet_texts import open_texts
from pipeline.run import RUN_FILE
from pipeline.workspace import Workspace
from schemas.document import DOCUMENT
from schemas.errors import InputError


def find_files(source: str) -> list[str]:
    """Return the Parquet files of a source: a file, a folder of files, or the documents of a run's folder.

    Raises:
        InputError: there are none.
    """
    path = Path(source)
    if path.is_file():
        return [source]
    workspace = Workspace(source)
    folder = Path(workspace.path(workspace.folder("documents"))) if workspace.exists(RUN_FILE) else path
    files = sorted(str(file) for file in folder.rglob("*.parquet"))
    if not files:
        kept = "; a run keeps its documents with --keep-workspace" if workspace.exists(RUN_FILE) else ""
        raise InputError(f"{folder}: expected Parquet files with texts, found none{kept}")
    return files


def read_tables(files: Sequence[str], text_column: str) -> Iterator[pa.Table]:
    """Yield the texts of files, a row group at a time, with the columns that recipes may read.

    Raises:
        InputError: a file cannot be read, or has no text column of that name.
    """
    for name in files:
        with open_texts(name, (text_column,)) as file:
            known = file.schema_arrow.names
            wanted = [n for n in dict.fromkeys([text_column, *DOCUMENT.names, "lang"]) if n in known]
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, wanted)


def read_texts(files: Sequence[str], text_column: str, rows: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return text and address of some rows, in the order asked for; rows count over all files."""
    found: dict[int, tuple[str, str]] = {}
    wanted, first = sorted(rows), 0
    for table in read_tables(files, text_column):
        here = [row for row in wanted if first <= row < first + table.num_rows]
        chosen = table.take(pa.array([row - first for row in here], pa.int64())).to_pylist()
        found |= {
            row: (one[text_column] or "", one.get("url") or "") for row, one in zip(here, chosen, strict=True)
        }
        first += table.num_rows
    return {row: found[row] for row in rows}
