"""Find the last document of each language that a sample takes: a global step of the plan.

    spark-submit jobs/sample_documents.py --recipe own.toml --workspace OUT [--step sample]

Each task writes the `candidates` of its parts, no more rows of a language than the sample may take; the
driver puts them together. Hashes and keys move, text never does.
"""

import time
from functools import partial

from pyspark.sql import SparkSession

from pipeline.arguments import open_steps
from pipeline.global_steps import sample
from pipeline.plan import GlobalStep
from pipeline.run import Run, find_stage, unfinished
from pipeline.spark import announce, hand_out, spark_session
from pipeline.steps import SampleStep
from schemas.errors import WorkspaceError


def run(spark: SparkSession | None, run: Run, step: str) -> None:
    """Find what the sample `step` takes of each language, unless that is done; without Spark, here.

    Raises:
        WorkspaceError: the plan has no such sample of so many documents.
    """
    planned = find_stage(run, step)
    if not isinstance(planned, GlobalStep) or not isinstance(planned.step, SampleStep):
        raise WorkspaceError(f"{step}: expected a sample with `max_documents`, got another stage")
    if not unfinished(run, step):
        return
    started = time.monotonic()
    languages = sample(run, planned, partial(hand_out, spark))
    announce(step, f"{languages:,} languages have more documents than it takes", time.monotonic() - started)


def main() -> None:
    """Run as a job of its own; without `--step`, every sample of so many documents in order."""
    opened, steps = open_steps(__doc__ or "", "sample")
    spark = spark_session("sample_documents")
    for step in steps:
        run(spark, opened, step)


if __name__ == "__main__":
    main()
