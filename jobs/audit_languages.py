"""Judge whole languages by samples of their documents: a global step of the plan.

    spark-submit jobs/audit_languages.py --recipe glot500c --workspace OUT [--step cf2_confusion]

Each task writes the sample of its parts to the workspace; the driver puts the samples of a language together,
trains its models and scores all pairs: minutes for 500 languages. Text does not go through Spark.
"""

import time
from functools import partial

from pyspark.sql import SparkSession

from pipeline.arguments import open_steps
from pipeline.audit_steps import judge_pools, pool_receipts, sample_task
from pipeline.plan import GlobalStep
from pipeline.run import Run, find_stage, unfinished
from pipeline.spark import announce, hand_out, spark_session
from pipeline.steps import AuditStep
from schemas.errors import WorkspaceError


def run(spark: SparkSession, run: Run, step: str) -> None:
    """Judge the languages of the documents that reach the audit `step`, unless that is done.

    Raises:
        WorkspaceError: the plan has no such audit.
    """
    planned = find_stage(run, step)
    if not isinstance(planned, GlobalStep) or not isinstance(planned.step, AuditStep):
        raise WorkspaceError(f"{step}: expected an audit of the recipe, got another stage")
    if not unfinished(run, step):
        return
    started = time.monotonic()
    names = [str(part.number) for part in run.parts]
    receipts = hand_out(spark, names, partial(sample_task, run, planned))
    languages = judge_pools(run, planned, pool_receipts(run, planned, receipts), started)
    announce(step, f"{languages:,} languages judged", time.monotonic() - started)


def main() -> None:
    """Run as a job of its own; without `--step`, every audit in order."""
    opened, steps = open_steps(__doc__ or "", "audit")
    spark = spark_session("audit_languages")
    for step in steps:
        run(spark, opened, step)


if __name__ == "__main__":
    main()
