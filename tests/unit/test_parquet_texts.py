"""Reading Parquet files in memory that does not grow with them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.parquet_texts import stream_parquet

GROUPS, GROUP_BYTES = 32, 1 << 20


def test_reading_batch_by_batch_holds_a_row_group_and_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    random = np.random.default_rng(3)
    schema = pa.schema([("body", pa.binary())])
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for _ in range(GROUPS):
            rows = [random.bytes(GROUP_BYTES // 16) for _ in range(16)]
            writer.write_table(pa.table({"body": rows}, schema=schema))
    before, most, read = pa.total_allocated_bytes(), 0, 0
    with stream_parquet(path) as file:
        for batch in file.iter_batches(16):
            read += sum(len(body.as_py()) for body in batch.column("body"))
            most = max(most, pa.total_allocated_bytes() - before)
    assert read == GROUPS * GROUP_BYTES
    assert most < 8 * GROUP_BYTES
