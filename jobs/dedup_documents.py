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
from filters.substrings import Substrings
from jobs.relate_keys import Close, Similar, decide_equal, decide_equal_chunks, decide_similar
from jobs.relate_spans import decide_equal_spans, decide_overlapping_chunks
from jobs.relate_substrings import decide_substrings
from pipeline.arguments import open_steps
from pipeline.plan import SHINGLES, GlobalStep, dedup_parameters, reads_text, table_schema
from pipeline.reached import key_columns, keys_reader
from pipeline.run import ALL_PARTS, Run, find_stage, part_fingerprints, unfinished
from pipeline.spark import announce, read_keys, spark_session, write_by_part
from pipeline.steps import DedupStep
from pipeline.substring_parts import Setting
from pipeline.workspace import Receipt, Workspace
from schemas.decision import DECISION, SPAN_DECISION, is_removed
from schemas.document import ROW_BITS
from schemas.errors import RecipeError, WorkspaceError
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
    decided = _decide(spark, run, planned)
    schema = SPAN_DECISION if reads_text(planned.step) else DECISION
    partitions = min(max(1, len(run.parts)), int(str(spark.conf.get("spark.sql.shuffle.partitions"))))
    removed = write_by_part(decided, ROW_BITS, partitions, partial(_write, run.workspace, step, schema))
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


def _decide(spark: SparkSession, run: Run, planned: GlobalStep) -> DataFrame:
    step = planned.step
    if not isinstance(step, DedupStep):
        raise TypeError(f"{step.name}: expected a dedup step")
    chosen = {name: str(value) for name, value in dedup_parameters(step).items()}
    if reads_text(step):
        return _decide_text(spark, run, planned, chosen)
    frame = _read(spark, run, planned).persist()  # a step looks at its keys several times
    decide = _decide_chunks if step.scope == "chunk" else _decide_documents
    return decide(frame, step, chosen)


def _decide_documents(frame: DataFrame, step: DedupStep, chosen: dict[str, str]) -> DataFrame:
    keep, within = chosen["keep"], chosen["within"]
    if step.kind == "minhash":
        bands = Bands(int(chosen["bands"]), int(chosen["rows"]))
        similar = Similar(
            bands,
            float(chosen["min_similarity"]),
            verify=chosen["verify"],
            signature=step.name,
            split_above=int(chosen["split_above"]),
        )
        frame = frame.withColumnRenamed(f"{step.name}_{SHINGLES}", SHINGLES)
        return decide_similar(frame, similar, step.name, keep=keep, within=within)
    if step.kind == "simhash":
        close = Close(int(chosen["distance"]), int(chosen["blocks"]), signature=step.name)
        return decide_similar(frame, close, step.name, keep=keep, within=within)
    return decide_equal(frame, step.name, step.name, keep=keep, within=within)


def _decide_chunks(frame: DataFrame, step: DedupStep, chosen: dict[str, str]) -> DataFrame:
    within = chosen["within"]
    if step.kind == "spans":
        lists = frame.withColumnRenamed(step.name, "hashes")
        return decide_equal_spans(lists, step.name, lines=int(chosen["lines"]), within=within)
    chunks = frame.select("*", F.posexplode(step.name).alias("line", "hash"))
    if step.kind == "overlap":
        grams = chunks.withColumn("hash", F.explode("hash"))
        return decide_overlapping_chunks(grams, step.name, share=float(chosen["share"]), within=within)
    return decide_equal_chunks(chunks, step.name, keep=chosen["keep"], within=within)


def _decide_text(spark: SparkSession, run: Run, planned: GlobalStep, chosen: dict[str, str]) -> DataFrame:
    if chosen["keep"] not in ("smallest_key", "none"):
        raise RecipeError(
            f"{planned.step.name}: keep: expected smallest_key or none for spans, got {chosen['keep']!r}"
        )
    spans = Substrings(chosen["unit"], int(chosen["size"]))
    setting = Setting(spans, chosen["within"] == "language", chosen["keep"] == "smallest_key")
    read = keys_reader(run, planned, key_columns(planned))
    return decide_substrings(spark, [part.number for part in run.parts], read, planned.step.name, setting)


def _write(workspace: Workspace, step: str, schema: pa.Schema, part: int, table: pa.Table) -> int:
    rows = table.select(schema.names).cast(schema)
    if "begin" in schema.names:
        rows = rows.sort_by([(name, "ascending") for name in ("doc_key", "begin", "end")])
    workspace.put_parquet(workspace.table_name(f"decisions/{step}", part), schema, [rows])
    removed: int = pc.sum(is_removed(rows)).as_py() or 0
    return removed


def main() -> None:
    """Run as a job of its own; without `--step`, every dedup step in order."""
    opened, steps = open_steps(__doc__ or "", "dedup")
    spark = spark_session("dedup_documents")
    for step in steps:
        run(spark, opened, step)


if __name__ == "__main__":
    main()
