"""Learn the limits of a threshold and of those next to it: a global step of the plan.

    spark-submit jobs/learn_thresholds.py --recipe culturax --workspace OUT [--step short_text]

Each task draws a sample of the measurements of its parts; samples of a language are merged, in Spark where
there are many parts, at last in the driver. Numbers go to Spark, text never does.
"""

import time
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from filters.quantiles import Sample
from pipeline.arguments import open_steps
from pipeline.learning import learn_group, learned_together, part_samples, sample_size, steps_of, store
from pipeline.plan import GlobalStep
from pipeline.run import Run, find_stage, unfinished
from pipeline.samples import SAMPLE_ROW, merge_rows, sample_rows
from pipeline.spark import announce, read_keys, spark_session
from pipeline.steps import ThresholdStep
from pipeline.threshold_report import brief
from schemas.errors import WorkspaceError

MERGED_BY_DRIVER = 64
"""Parts whose samples come straight to the driver; those of more are merged by language on the way."""


def run(spark: SparkSession, run: Run, step: str) -> None:
    """Learn the limits of `step` and of the thresholds next to it, unless that is done.

    Raises:
        WorkspaceError: the plan has no such threshold.
    """
    planned = find_stage(run, step)
    if not isinstance(planned, GlobalStep) or not isinstance(planned.step, ThresholdStep):
        raise WorkspaceError(f"{step}: expected a threshold of the recipe, got another stage")
    if not unfinished(run, step):
        return
    started = time.monotonic()
    group = learned_together(run, planned.step)
    steps = steps_of(group)
    learned = learn_group(run.recipe, steps, _samples(spark, run, group))
    for one, limits in zip(steps, learned, strict=True):
        seconds = time.monotonic() - started
        store(run, one, limits, seconds)
        announce(one.name, brief(limits), seconds)


def _samples(spark: SparkSession, run: Run, group: list[GlobalStep]) -> dict[str, Sample]:
    size = max(sample_size(step) for step in steps_of(group))

    def read(part: int) -> Iterator[pa.RecordBatch]:
        yield sample_rows(part_samples(run, group, part), part)

    def merge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield sample_rows(merge_rows(batches, size), 0)

    numbers = [part.number for part in run.parts]
    rows = read_keys(spark, numbers, read, SAMPLE_ROW)
    if len(numbers) > MERGED_BY_DRIVER:
        row_type = from_arrow_schema(SAMPLE_ROW)
        rows = rows.repartition("lang", "shard").mapInArrow(merge, row_type)
        rows = rows.repartition("lang").mapInArrow(merge, row_type)
    found = [tuple(row) for row in rows.collect()]
    columns = [
        pa.array(values, field.type)
        for values, field in zip(zip(*found, strict=True), SAMPLE_ROW, strict=True)
    ]
    return merge_rows([pa.RecordBatch.from_arrays(columns, schema=SAMPLE_ROW)] if found else [], size)


def main() -> None:
    """Run as a job of its own; without `--step`, every threshold in order."""
    opened, steps = open_steps(__doc__ or "", "threshold")
    spark = spark_session("learn_thresholds")
    for step in steps:
        run(spark, opened, step)


if __name__ == "__main__":
    main()
