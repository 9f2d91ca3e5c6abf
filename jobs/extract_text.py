"""Turn the records of every part into documents.

spark-submit jobs/extract_text.py --recipe glotmill --workspace OUT
"""

from functools import partial

from pyspark.sql import SparkSession

from pipeline.arguments import open_job
from pipeline.parts import Coverage, Part, check_coverage
from pipeline.run import Run, correct_parts
from pipeline.spark import run_stage, spark_session
from pipeline.tasks import extract_task


def run(spark: SparkSession, run: Run) -> Run:
    """Extract every part that has no finished documents; return the run, with wrong cuts corrected.

    A part that began inside a record (an archive stored in an archive looks like a true start) is read again
    from where the part before it ended.
    """
    while True:
        run_stage(spark, run, "extract", partial(extract_task, run))
        corrected = wrong_cuts(run)
        if not corrected:
            return run
        run = correct_parts(run, corrected)


def wrong_cuts(run: Run) -> list[Part]:
    """Return the parts that have to be read again, with the place where they truly begin."""
    receipts = run.workspace.receipts("extract")
    found = [
        Coverage(p, receipts[str(p.number)].extra["first"], receipts[str(p.number)].extra["end"])
        for p in run.parts
    ]
    return list(check_coverage(found))


if __name__ == "__main__":
    run(spark_session("extract_text"), open_job(__doc__ or ""))
