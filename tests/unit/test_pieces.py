"""Reading a Parquet file in pieces, and the processes that work on them."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import pieces
from pipeline.parquet_texts import stream_parquet

SPARED = """
import sys
import numpy as np
import pyarrow as pa
from pipeline.pieces import spare_pandas
spare_pandas()
column = pa.array(np.arange(3), mask=np.array([True, False, False])).fill_null(7)
assert np.asarray(column).tolist() == [7, 1, 2]
assert pa.chunked_array([column]).to_numpy().tolist() == [7, 1, 2]
assert "pandas" not in sys.modules
assert pa.table({"a": column}).to_pandas()["a"].tolist() == [7, 1, 2]
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    pq.write_table(pa.table({"body": ["a" * 10] * 6 + ["b" * 100] * 3}), tmp_path / "in.parquet")
    return tmp_path / "in.parquet"


def sizes(source: Path) -> list[int]:
    with stream_parquet(source) as file:
        return [piece.num_rows for piece in pieces.read_pieces(file, "body")]


def test_a_piece_ends_at_the_first_limit_that_is_reached(source, monkeypatch):
    monkeypatch.setattr(pieces, "READ_ROWS", 1)
    monkeypatch.setattr(pieces, "PIECE_ROWS", 4)
    monkeypatch.setattr(pieces, "PIECE_BYTES", 150)
    assert sizes(source) == [4, 4, 1]


def test_an_empty_file_is_one_empty_piece(tmp_path):
    pq.write_table(pa.table({"body": pa.array([], pa.string())}), tmp_path / "in.parquet")
    assert sizes(tmp_path / "in.parquet") == [0]


def test_arrays_of_numpy_need_no_pandas_and_pandas_is_still_there_when_asked_for():
    pytest.importorskip("pandas")
    subprocess.run([sys.executable, "-c", SPARED], check=True)
