"""Repeated spans on Spark: tasks look at the texts of their part, hashes and places cross the network.

What crosses it, with windows of 50 words: 0.25 bytes of anchors for each byte of text; 3 bytes of windows for
each byte that is repeated, and fewer of runs and digests. A span is cut only where the BLAKE2b digest (128
bits) of the text itself is equal at both places.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.buckets import run_starts, whole_runs
from pipeline.repeats import Copies, join_runs, stream_copies
from pipeline.spark import read_keys
from pipeline.substring_parts import (
    ANCHORS,
    SIDES,
    WINDOWS,
    Setting,
    part_anchors,
    part_digests,
    part_windows,
)
from schemas.document import ROW_BITS

ReadPart = Callable[[int], Iterator[pa.RecordBatch]]
"""Gives `doc_key`, `lang` and `text` of the documents of a part, by its number, in order of keys."""
WholePart = Callable[[int, pa.Table], Iterator[pa.RecordBatch]]

RUN_COLUMNS = "run_key long, run_unit int, of_key long, of_unit int, count int"
WHOLE = 1 << 62


def decide_substrings(
    spark: SparkSession, parts: list[int], read: ReadPart, reason: str, setting: Setting
) -> DataFrame:
    """Return the spans that go: SPAN_DECISION rows, which may overlap.

    Of equal spans the one at the smallest place (doc_key, then place in the text) stays, or none does.
    """
    anchored = read_keys(spark, parts, partial(_anchors, read, setting), ANCHORS)
    places = anchored.groupBy("hash").agg(F.sum("count").alias("n"), F.collect_set("part").alias("parts"))
    shared = places.where("n > 1").select("hash", F.explode("parts").alias("part"))
    windows = _by_part(shared, partial(_windows, read, setting), WINDOWS)
    sorted_windows = windows.repartition("hash").sortWithinPartitions("hash", "doc_key", "unit")
    copies = sorted_windows.mapInArrow(_bound(setting, _copies), RUN_COLUMNS)
    runs = copies.repartition("run_key").sortWithinPartitions("run_key", "run_unit")
    joined = runs.mapInArrow(_runs, RUN_COLUMNS).persist()
    return _equal_runs(_by_part(_both_sides(joined), partial(_digests, read, setting), SIDES), reason)


def _both_sides(runs: DataFrame) -> DataFrame:
    name = ["run_key", "run_unit", "count"]
    copy = runs.select(*name, F.lit(True).alias("is_copy"), F.col("run_key").alias("doc_key"),
                       F.col("run_unit").alias("unit"))  # fmt: skip
    origin = runs.select(*name, F.lit(False).alias("is_copy"), F.col("of_key").alias("doc_key"),
                         F.col("of_unit").alias("unit"))  # fmt: skip
    return copy.unionByName(origin).withColumn("part", F.shiftright("doc_key", ROW_BITS))


def _equal_runs(sides: DataFrame, reason: str) -> DataFrame:
    """Return the runs whose two sides hold the same text."""
    copy = F.col("is_copy")
    found = sides.groupBy("run_key", "run_unit").agg(
        F.countDistinct("digest").alias("digests"),
        F.max(F.when(copy, F.col("begin"))).alias("begin"),
        F.max(F.when(copy, F.col("end"))).alias("end"),
        F.max(F.when(~copy, F.col("doc_key"))).alias("keeper"),
    )
    empty = F.lit(None).cast("int")
    return found.where("digests = 1").select(
        F.col("run_key").alias("doc_key"),
        empty.alias("line"),
        F.lit(reason).alias("reason"),
        "keeper",
        F.lit(1.0).cast("float").alias("similarity"),
        empty.alias("cluster_size"),
        "begin",
        "end",
    )


def _by_part(rows: DataFrame, work: WholePart, schema: pa.Schema) -> DataFrame:
    """Hand the rows of each part (`part`) to a task that looks at its texts once."""
    from pyspark.sql.pandas.types import from_arrow_schema

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch, _ in whole_runs(batches, "part", WHOLE):
            numbers = np.asarray(batch.column("part"), np.int64)
            starts = run_starts(numbers)
            for first, last in zip(starts, np.append(starts[1:], len(numbers)), strict=True):
                yield from work(
                    int(numbers[first]), pa.Table.from_batches([batch.slice(first, last - first)])
                )

    return rows.repartition("part").sortWithinPartitions("part").mapInArrow(run, from_arrow_schema(schema))


def _anchors(read: ReadPart, setting: Setting, part: int) -> Iterator[pa.RecordBatch]:
    yield part_anchors(read(part), setting, part)


def _windows(read: ReadPart, setting: Setting, part: int, shared: pa.Table) -> Iterator[pa.RecordBatch]:
    hashes = np.asarray(shared.column("hash").combine_chunks(), np.int64).view(np.uint64)
    yield from part_windows(read(part), setting, hashes)


def _digests(read: ReadPart, setting: Setting, part: int, asked: pa.Table) -> Iterator[pa.RecordBatch]:
    yield from part_digests(read(part), setting, asked)


def _bound(
    setting: Setting, work: Callable[[Setting, Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return work(setting, batches)

    return run


def _copies(setting: Setting, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for copies in stream_copies(batches, keep_first=setting.keep_first):
        yield _run_batch(*copies, np.ones(len(copies.keys), np.int32))


def _runs(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        keys, units, of_keys, of_units = (np.asarray(batch.column(i)) for i in range(4))
        yield _run_batch(*join_runs(Copies(keys, units, of_keys, of_units)))


def _run_batch(*columns: np.ndarray) -> pa.RecordBatch:
    types = (np.int64, np.int32, np.int64, np.int32, np.int32)
    names = ["run_key", "run_unit", "of_key", "of_unit", "count"]
    arrays = [pa.array(column.astype(kind)) for column, kind in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=names)
