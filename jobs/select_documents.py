"""Apply rules and decisions to every part; write down what is removed, with its reasons.

spark-submit jobs/select_documents.py --recipe glotmill --workspace OUT
"""

from functools import partial

from pyspark.sql import SparkSession

from pipeline.arguments import open_job
from pipeline.run import Run
from pipeline.spark import run_stage, spark_session
from pipeline.tasks import select_task


def run(spark: SparkSession | None, run: Run) -> None:
    """Select in every part that has no finished selection, here without Spark."""
    run_stage(spark, run, "select", partial(select_task, run))


if __name__ == "__main__":
    run(spark_session("select_documents"), open_job(__doc__ or ""))
