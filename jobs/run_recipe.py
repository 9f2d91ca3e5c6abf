"""Run every stage of a recipe, in the order of its plan.

spark-submit jobs/run_recipe.py --recipe glotmill --workspace OUT
"""

from pyspark.sql import SparkSession

from jobs import annotate_documents, dedup_documents, extract_text, publish_corpus, select_documents
from pipeline.arguments import open_job
from pipeline.plan import RowPass
from pipeline.run import Run
from pipeline.spark import spark_session


def run(spark: SparkSession, run: Run) -> dict[str, object]:
    """Run what is not done yet, and return the statistics of the corpus."""
    run.workspace.sweep()
    run = extract_text.run(spark, run)
    for stage in run.plan.stages:
        if isinstance(stage, RowPass):
            annotate_documents.run(spark, run, stage.name)
        else:
            dedup_documents.run(spark, run, stage.step.name)
    select_documents.run(spark, run)
    return publish_corpus.run(spark, run)


if __name__ == "__main__":
    run(spark_session("run_recipe"), open_job(__doc__ or ""))
