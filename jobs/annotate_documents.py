"""Measure the documents of every part: one row pass of the plan.

spark-submit jobs/annotate_documents.py --recipe glotmill --workspace OUT [--stage annotate]
"""

from functools import partial

from pyspark.sql import SparkSession

from pipeline.arguments import job_parser
from pipeline.plan import RowPass
from pipeline.run import Run, find_stage, open_run
from pipeline.spark import run_stage, spark_session
from pipeline.tasks import annotate_task
from pipeline.workspace import Workspace
from schemas.errors import WorkspaceError


def run(spark: SparkSession, run: Run, stage: str = "annotate") -> None:
    """Measure every part that has no finished measurements of the row pass `stage`.

    Raises:
        WorkspaceError: the plan has no such row pass.
    """
    planned = find_stage(run, stage)
    if not isinstance(planned, RowPass):
        raise WorkspaceError(f"{stage}: expected a row pass of the plan, got a global step")
    run_stage(spark, run, stage, partial(annotate_task, run, planned))


def main() -> None:
    """Run as a job of its own."""
    parser = job_parser(__doc__ or "")
    parser.add_argument("--stage", default="annotate", help="row pass, as `glotmill plan` names it")
    chosen = parser.parse_args()
    run(
        spark_session("annotate_documents"),
        open_run(Workspace(chosen.workspace), chosen.recipe),
        chosen.stage,
    )


if __name__ == "__main__":
    main()
