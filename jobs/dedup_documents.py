"""Decide which of the documents, or chunks, that are alike stay: one global step of the plan.

    spark-submit jobs/dedup_documents.py --recipe glotmill --workspace OUT [--step near_duplicate]

Keys, hashes and signatures go to Spark, text never does. Decisions are written by part, sorted by key.
"""

import time
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from filters.lsh import Bands
from jobs.relate_keys import Similar, decide_equal, decide_equal_chunks, decide_similar
from pipeline.arguments import job_parser
from pipeline.plan import GlobalStep, dedup_parameters, table_schema
from pipeline.reached import key_columns, keys_reader
from pipeline.run import ALL_PARTS, Run, find_stage, open_run, part_fingerprints, unfinished
from pipeline.spark import announce, read_keys, spark_session, write_by_part
from pipeline.steps import DedupStep
from pipeline.workspace import Receipt, Workspace
from schemas.decision import DECISION, is_removed
from schemas.document import ROW_BITS
from schemas.errors import WorkspaceError
from schemas.ledger import UNKNOWN_LANGUAGE


def run(spark: SparkSession, run: Run, step: str) -> None:
    """Decide for the global step `step`, unless that is done.

    Raises:
        WorkspaceError: the plan has no such global step.
    """
    planned = find_stage(run, step)
    if not isinstance(planned, GlobalStep) or not isinstance(planned.step, DedupStep):
        raise WorkspaceError(f"{step}: expected a dedup step of the recipe, got another stage")
    if not unfinished(run, step):
        return
    started = time.monotonic()
    run.workspace.delete(run.workspace.folder(f"decisions/{step}"))
    frame = _read(spark, run, planned).persist()  # a step looks at its keys several times
    decided = _decide(frame, planned)
    partitions = min(max(1, len(run.parts)), int(str(spark.conf.get("spark.sql.shuffle.partitions"))))
    removed = write_by_part(decided, ROW_BITS, partitions, partial(_write, run.workspace, step))
    spark.catalog.clearCache()
    fingerprint = part_fingerprints(run, step)[ALL_PARTS]
    seconds = round(time.monotonic() - started, 3)
    outcomes = {(UNKNOWN_LANGUAGE, step): removed}
    receipt = Receipt(step, ALL_PARTS, fingerprint, removed, outcomes, 0, seconds, {"removed": removed})
    run.workspace.put_receipt(receipt)
    announce(step, f"{removed:,} removed", seconds)


def _read(spark: SparkSession, run: Run, planned: GlobalStep) -> DataFrame:
    columns = key_columns(planned)
    table = table_schema(run.plan, planned.reads)
    schema = pa.schema([pa.field(name, table.field(name).type) for name in columns])
    numbers = [part.number for part in run.parts]
    return read_keys(spark, numbers, keys_reader(run, planned, columns), schema)


def _decide(frame: DataFrame, planned: GlobalStep) -> DataFrame:
    step = planned.step
    if not isinstance(step, DedupStep):
        raise TypeError(f"{step.name}: expected a dedup step")
    chosen = dedup_parameters(step)
    keep, within = str(chosen["keep"]), str(chosen["within"])
    if step.scope == "chunk":
        chunks = frame.select("*", F.posexplode(step.name).alias("line", "hash"))
        return decide_equal_chunks(chunks, step.name, keep=keep, within=within)
    if step.kind == "minhash":
        bands = Bands(int(str(chosen["bands"])), int(str(chosen["rows"])))
        similar = Similar(bands, float(str(chosen["min_similarity"])), signature=step.name)
        return decide_similar(frame, similar, step.name, keep=keep, within=within)
    return decide_equal(frame, step.name, step.name, keep=keep, within=within)


def _write(workspace: Workspace, step: str, part: int, table: pa.Table) -> int:
    rows = table.select(DECISION.names).cast(DECISION)
    workspace.put_parquet(workspace.table_name(f"decisions/{step}", part), DECISION, [rows])
    removed: int = pc.sum(is_removed(rows)).as_py() or 0
    return removed


def main() -> None:
    """Run as a job of its own; without `--step`, every global step up to the next row pass."""
    parser = job_parser(__doc__ or "")
    parser.add_argument("--step", action="append", help="name of a dedup step; default: all, in order")
    chosen = parser.parse_args()
    opened = open_run(Workspace(chosen.workspace), chosen.recipe)
    spark = spark_session("dedup_documents")
    dedups = [planned.step.name for planned in opened.plan.global_steps if planned.kind == "dedup"]
    for step in chosen.step or dedups:
        run(spark, opened, step)


if __name__ == "__main__":
    main()
