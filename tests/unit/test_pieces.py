"""Reading a Parquet file in pieces, and the processes that work on them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import pieces
from pipeline.parquet_texts import stream_parquet


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
