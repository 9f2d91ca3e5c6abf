"""The one door to Spark: the session, handing parts to executors, tables of keys for global steps.

Spark carries part numbers and receipts, keys, hashes and numbers; the tasks read and write their part files
themselves.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.resources import files
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import LongType, StringType, StructField, StructType

from filters.list_files import LISTS_VARIABLE
from filters.model_registry import CACHE_VARIABLE, REGISTRY_VARIABLE
from pipeline.fetch_models import FETCH_VARIABLE
from pipeline.java import use_java
from pipeline.progress import Watched, progress
from pipeline.run import Run, part_fingerprints, unfinished
from pipeline.workspace import Receipt

TASK_TRIES = 4
PASSED_ON = (LISTS_VARIABLE, CACHE_VARIABLE, REGISTRY_VARIABLE, FETCH_VARIABLE)
"""Variables of the environment that executors get too: where lists and models lie, whether to fetch them."""

"""How often a task is tried, in local mode too (Spark's default there is once)."""

SUBMITTED = "PYSPARK_GATEWAY_PORT"
"""Set by spark-submit, which has then chosen master and settings."""

KEY_TASKS = 8
"""Tasks for each core that read keys: a part has few, so a task reads several parts."""

LOCAL_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.memory": "2g",
}
LATE_COMPILER = (
    "-XX:Tier4InvocationThreshold=200000",
    "-XX:Tier4MinInvocationThreshold=24000",
    "-XX:Tier4CompileThreshold=600000",
    "-XX:Tier4BackEdgeThreshold=400000",
)
"""Java's second compiler waits 10 to 40 times longer than by default. Else it takes a quarter of the CPU time
of a start (15 to 17 s on a busy core, 11 with this) for code that hardly runs again; what runs over millions
of rows is still compiled: a grouping of 4 million took no longer."""
SETTINGS = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.showConsoleProgress": "false",
    "spark.task.maxFailures": str(TASK_TRIES),
}


def spark_session(name: str, master: str | None = None) -> SparkSession:
    """Return the session: the one that spark-submit made, or a new one on `master` (`local[*]` if None).

    Raises:
        MissingDependencyError: no usable Java is found.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    builder = SparkSession.builder.appName(f"glotmill {name}")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    for variable in PASSED_ON:
        if variable in os.environ:
            builder = builder.config(f"spark.executorEnv.{variable}", os.environ[variable])
    if SUBMITTED not in os.environ:
        use_java()
        chosen = master or "local[*]"
        builder = builder.master(_with_tries(chosen))
        os.environ["PYSPARK_PYTHON"] = sys.executable  # only spark-submit heeds spark.pyspark.python
        if chosen.startswith("local"):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
            quiet = f"-Dlog4j2.configurationFile={files('pipeline') / 'log4j2.properties'}"
            builder = builder.config("spark.driver.extraJavaOptions", " ".join((quiet, *LATE_COMPILER)))
            for key, value in LOCAL_SETTINGS.items():
                builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")  # what goes wrong comes back as an exception
    return session


def _with_tries(master: str) -> str:
    """`local[*]` -> `local[*,4]`: local mode tries a task once unless the master says otherwise."""
    if master == "local":
        return f"local[1,{TASK_TRIES}]"
    if master.startswith("local[") and "," not in master:
        return f"{master[:-1]},{TASK_TRIES}]"
    return master


def run_parts(
    spark: SparkSession | None,
    names: list[str],
    work: Callable[[str], Receipt],
    *,
    tasks: int | None = None,
) -> list[Receipt]:
    """Run `work` on each of `names` in `tasks` tasks (None: one each); return the receipts in order.

    Without Spark they run here, one after another: for what takes less than Spark's start.
    """
    if spark is None or not names:
        return [work(name) for name in names]

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for index in batch.column(0).to_pylist():
                receipt = work(names[index])
                yield pa.record_batch({"receipt": pa.array([receipt.to_json()], pa.string())})

    numbers = spark.range(0, len(names), 1, min(len(names), tasks or len(names)))
    schema = StructType([StructField("receipt", StringType())])
    rows = numbers.mapInArrow(run, schema).collect()
    receipts = {r.part: r for r in (Receipt.from_json(row["receipt"]) for row in rows)}
    return [receipts[name] for name in names]


def run_stage(
    spark: SparkSession | None, run: Run, stage: str, work: Callable[[Mapping[str, str], str], Receipt]
) -> list[Receipt]:
    """Run the parts of a stage that are not done, with progress, and print one line about them.

    `work` gets the fingerprints by part and the name of its part.
    """
    names = unfinished(run, stage)
    fingerprints = part_fingerprints(run, stage)
    return run_named(
        spark, stage, names, partial(work, {n: fingerprints[n] for n in names}), total=len(fingerprints)
    )


def run_named(
    spark: SparkSession | None,
    stage: str,
    names: list[str],
    work: Callable[[str], Receipt],
    *,
    total: int,
    tasks: int | None = None,
) -> list[Receipt]:
    """Run `work` on each of `names`, with progress, and print one line; `total` counts the done ones too."""
    started = time.monotonic()
    pieces = min(len(names), tasks or len(names))
    with progress(Watched(stage, "tasks", pieces, partial(task_counts, spark))):
        receipts = run_parts(spark, names, work, tasks=pieces)
    seconds = time.monotonic() - started
    records = sum(receipt.records_in for receipt in receipts)
    rate = f", {records / seconds:,.0f}/s" if records else ""
    before = f" ({total - len(names)} of {total} parts were done before)" if len(names) < total else ""
    announce(stage, f"{records:,} records{rate}{before}", seconds)
    return receipts


def hand_out(spark: SparkSession | None, names: list[str], work: Callable[[str], Receipt]) -> list[Receipt]:
    """Run `work`, which reads keys, on each of `names`: a task takes several parts. Without Spark, here."""
    tasks = KEY_TASKS * spark.sparkContext.defaultParallelism if spark else None
    return run_parts(spark, names, work, tasks=tasks)


def announce(stage: str, what: str, seconds: float) -> None:
    """Print the line that stands for a finished stage."""
    print(f"{stage:<16} {seconds:7.1f} s  {what}", file=sys.stderr, flush=True)


def read_keys(
    spark: SparkSession,
    parts: list[int],
    read: Callable[[int], Iterator[pa.RecordBatch]],
    schema: pa.Schema,
) -> DataFrame:
    """Return the rows that `read` yields for each part, as a DataFrame with the columns of `schema`."""
    from pyspark.sql.pandas.types import from_arrow_schema

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for index in batch.column(0).to_pylist():
                yield from read(parts[index])

    tasks = min(len(parts), KEY_TASKS * spark.sparkContext.defaultParallelism)
    numbers = spark.range(0, len(parts), 1, max(1, tasks))
    return numbers.mapInArrow(run, from_arrow_schema(schema))


def write_by_part(
    frame: DataFrame, row_bits: int, partitions: int, write: Callable[[int, pa.Table], int]
) -> int:
    """Hand the rows of `frame`, sorted by key, to `write` part by part; return the sum of what it gives.

    `frame` has a column `doc_key` whose upper bits are the part number.
    """
    from pyspark.sql import functions as F

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part, table in _tables_by_part(batches):
            yield pa.record_batch({"written": pa.array([write(part, table)], pa.int64())})

    by_part = frame.withColumn("__part", F.shiftright("doc_key", row_bits))
    sorted_rows = by_part.repartition(partitions, "__part").sortWithinPartitions(
        "__part", "doc_key", *_line(frame)
    )
    schema = StructType([StructField("written", LongType())])
    return sum(row["written"] for row in sorted_rows.mapInArrow(run, schema).collect())


def _line(frame: DataFrame) -> list[str]:
    return ["line"] if "line" in frame.columns else []


def _tables_by_part(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    current: int | None = None
    pending: list[Any] = []
    for batch in batches:
        parts = batch.column("__part").to_pylist()
        rows = batch.drop_columns(["__part"])
        start = 0
        for end in range(1, len(parts) + 1):
            if end < len(parts) and parts[end] == parts[start]:
                continue
            if pending and parts[start] != current:
                yield _one(current, pending)
                pending = []
            current = parts[start]
            pending.append(rows.slice(start, end - start))
            start = end
    if pending:
        yield _one(current, pending)


def _one(part: int | None, pending: list[pa.RecordBatch]) -> tuple[int, pa.Table]:
    if part is None:
        raise AssertionError("rows without a part")
    return part, pa.Table.from_batches(pending)


def task_counts(spark: SparkSession | None) -> tuple[int, int]:
    """Return the tasks done and the tasks in all of the stages that run now."""
    if spark is None:
        return 0, 0
    tracker = spark.sparkContext.statusTracker()
    infos = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    found = [info for info in infos if info is not None]
    return sum(info.numCompletedTasks for info in found), sum(info.numTasks for info in found)
