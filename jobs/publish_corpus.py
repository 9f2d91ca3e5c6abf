"""Write the corpus by language, then check the law and write ledger, statistics and card.

spark-submit jobs/publish_corpus.py --recipe glotmill --workspace OUT
"""

from functools import partial

from pyspark.sql import SparkSession

from pipeline.arguments import open_job
from pipeline.finish import finish_run
from pipeline.publish import Tail, plan_shards
from pipeline.recipe import fingerprint
from pipeline.run import Run, part_fingerprints
from pipeline.spark import run_named, spark_session
from pipeline.tasks import publish_task

SHARD_TASKS = 8
"""Tasks for each core, so that a large shard does not keep others waiting."""


def run(spark: SparkSession | None, run: Run) -> dict[str, object]:
    """Write every shard that is not finished, here without Spark; return the statistics of the corpus."""
    selected = run.workspace.receipts("select")
    tail = Tail(run.recipe.tail_chunks, run.recipe.tail_documents)
    shards = {shard.part: shard for shard in plan_shards(selected, run.settings.shard_bytes, tail)}
    made_from = part_fingerprints(run, "select")
    fingerprints = {
        name: fingerprint([repr(shard), [made_from[str(piece.part)] for piece in shard.slices]])
        for name, shard in shards.items()
    }
    receipts = run.workspace.receipts("publish")
    todo = [
        name
        for name, value in fingerprints.items()
        if name not in receipts
        or receipts[name].fingerprint != value
        or not run.workspace.exists(shards[name].name)
    ]
    work = partial(publish_task, run, shards, fingerprints)
    cores = 1 if spark is None else spark.sparkContext.defaultParallelism
    tasks = SHARD_TASKS * cores  # most shards are small: several a task
    run_named(spark, "publish", todo, work, total=len(shards), tasks=tasks)
    return finish_run(run, list(shards.values()))


if __name__ == "__main__":
    run(spark_session("publish_corpus"), open_job(__doc__ or ""))
