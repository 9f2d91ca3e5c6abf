"""Row groups are put together in one file as PyArrow's writer does it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.row_groups import VALUES_AT_ONCE, RowGroupFile, values_in
from schemas.errors import SchemaError

SCHEMA = pa.schema(
    [
        pa.field("text", pa.string(), metadata={"unit": "none"}),
        pa.field("host", pa.string()),
        pa.field("count", pa.int32()),
        pa.field("ratio", pa.float32()),
        pa.field("is_short", pa.bool_()),
        pa.field("reasons", pa.list_(pa.field("element", pa.string()))),
        pa.field("pair", pa.struct([("lang", pa.string()), ("score", pa.float64())])),
    ],
    metadata={"made by": "a test"},
)


def table(rows: int, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    columns = {
        "text": [None if i % 7 == 3 else random.bytes(40).hex() * (i % 90) for i in range(rows)],
        "host": [f"host{i % 5}.example" for i in range(rows)],
        "count": random.integers(0, 9, rows).astype(np.int32),
        "ratio": random.random(rows, np.float32),
        "is_short": [i % 3 == 0 for i in range(rows)],
        "reasons": [["a", "b"][: i % 3] if i % 4 else None for i in range(rows)],
        "pair": [{"lang": "swh_Latn", "score": i / 7} for i in range(rows)],
    }
    return pa.table(columns, schema=SCHEMA)


@pytest.mark.parametrize("sizes", [[3], [0], [700], [5, 0, 900, 1], [2 + i % 3 for i in range(150)]])
def test_the_file_has_the_bytes_of_one_writer(tmp_path: Path, sizes: list[int]) -> None:
    tables = [table(rows, seed) for seed, rows in enumerate(sizes)]
    with RowGroupFile(str(tmp_path / "grouped"), distinct="text") as file:
        for each in tables:
            file.write(each)
    flat = [name for name in SCHEMA.names if name != "text"]
    options = {"compression": "zstd", "use_dictionary": flat, "write_batch_size": VALUES_AT_ONCE}
    with pq.ParquetWriter(tmp_path / "whole", SCHEMA, **options) as writer:
        for each in tables:
            writer.write_table(each, row_group_size=max(1, each.num_rows))
    assert (tmp_path / "grouped").read_bytes() == (tmp_path / "whole").read_bytes()
    read = pq.read_table(tmp_path / "grouped")
    assert read.equals(pa.concat_tables(tables))
    assert read.schema.equals(SCHEMA, check_metadata=True)


def test_a_million_short_texts_are_one_row_group(tmp_path: Path) -> None:
    rows = (1 << 20) + 1
    with RowGroupFile(str(tmp_path / "out"), distinct="text") as file:
        file.write(pa.table({"text": pa.repeat("a", rows)}))
    metadata = pq.read_metadata(tmp_path / "out")
    assert (metadata.num_row_groups, metadata.num_rows) == (1, rows)


def test_what_broke_off_is_not_taken_for_a_whole_file(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no room")

    with (  # noqa: PT012  the file is left by the error
        pytest.raises(OSError, match="no room"),
        RowGroupFile(str(tmp_path / "out"), "text") as file,
    ):
        file.write(table(9, 0))
        monkeypatch.setattr(pq.ParquetWriter, "write_table", refuse)
        file.write(table(9, 1))
    with pytest.raises(pa.ArrowInvalid, match="Parquet magic bytes not found"):
        pq.ParquetFile(tmp_path / "out")


def test_row_groups_of_two_schemas_are_refused(tmp_path: Path) -> None:
    with RowGroupFile(str(tmp_path / "out"), distinct="text") as file:
        file.write(table(9, 0))
        with pytest.raises(SchemaError, match="row group 1: expected text: string"):
            file.write(table(9, 0).drop_columns("host"))
    assert pq.read_table(tmp_path / "out").equals(table(9, 0))


def test_a_footer_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a type from 1 to 12, got 13"):
        values_in(b"\x1d\x00")
