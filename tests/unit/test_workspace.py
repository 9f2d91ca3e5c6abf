from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.workspace import Receipt, Workspace
from schemas.errors import SchemaError, WorkspaceError
from schemas.table import column

SCHEMA = pa.schema([column("n", pa.int64(), "a number", unit="things")])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(str(tmp_path / "out"))


def table(values):
    return pa.table({"n": pa.array(values, pa.int64())})


def test_a_table_is_written_with_the_meaning_of_its_columns(workspace):
    workspace.put_parquet("t.parquet", SCHEMA, [table([1, 2]), table([3])])
    found = workspace.read_parquet("t.parquet")
    assert found.to_pydict() == {"n": [1, 2, 3]}
    assert found.schema.field("n").metadata == {b"meaning": b"a number", b"unit": b"things"}


def test_each_batch_is_a_row_group(workspace):
    workspace.put_parquet("t.parquet", SCHEMA, [table([1, 2]), table([3])])
    assert [b.num_rows for b in workspace.read_batches("t.parquet")] == [2, 1]


def test_a_column_of_another_type_is_refused(workspace):
    with pytest.raises(SchemaError, match=r"n: expected int64, got string"):
        workspace.put_parquet("t.parquet", SCHEMA, [pa.table({"n": ["x"]})])


def test_a_file_that_fails_half_way_is_not_there_at_all(workspace):
    def batches():
        yield table([1])
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        workspace.put_parquet("t.parquet", SCHEMA, batches())
    assert workspace.names("") == []
    assert not list(Path(workspace.root).iterdir())


def test_writing_again_gives_the_same_bytes(workspace):
    for name in ("a.parquet", "b.parquet"):
        workspace.put_parquet(name, SCHEMA, [table(list(range(1000)))])
    root = Path(workspace.root)
    assert (root / "a.parquet").read_bytes() == (root / "b.parquet").read_bytes()


def test_what_a_killed_process_left_aside_is_swept_and_nothing_else(workspace):
    workspace.put_text("data/kept.txt", "x")
    aside = Path(workspace.root) / "data" / ".00000.parquet.0a1b2c3d"
    hidden = Path(workspace.root) / ".gitignore"
    aside.write_bytes(b"half")
    hidden.write_text("data", encoding="utf-8")
    assert workspace.names("") == ["data/kept.txt"]
    workspace.sweep()
    assert not aside.exists()
    assert hidden.exists()


def test_receipts_are_found_by_stage_and_part(workspace):
    receipt = Receipt("extract", "7", "f", 1, {("", "kept"): 1})
    workspace.put_receipt(receipt)
    assert workspace.receipts("extract") == {"7": receipt}
    assert workspace.receipts("select") == {}


def test_a_folder_that_cannot_be_made_says_why(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"file/x.txt: cannot be written: File exists$"):
        Workspace(str(tmp_path / "file")).put_text("x.txt", "x")
