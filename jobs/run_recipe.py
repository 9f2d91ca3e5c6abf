"""Run every stage of a recipe, in the order of its plan.

    spark-submit jobs/run_recipe.py --recipe glotmill --workspace OUT

Spark starts when a stage needs it: a limit that is moved on a finished run of few documents needs none.
"""

import time
from collections.abc import Callable
from functools import partial

from pyspark.sql import SparkSession

from jobs import (
    annotate_documents,
    audit_languages,
    dedup_documents,
    extract_text,
    learn_thresholds,
    publish_corpus,
    sample_documents,
    select_documents,
)
from pipeline.arguments import open_job
from pipeline.audit_steps import audit_here
from pipeline.global_steps import (
    FEW_DOCUMENTS,
    dedup_here,
    documents,
    keep_results,
    note_results,
    reached,
    threshold_here,
)
from pipeline.plan import GlobalStep
from pipeline.run import Run, unfinished
from pipeline.spark import announce, hand_out, spark_session

Session = Callable[[], SparkSession]
"""Gives the Spark session, started at the first call."""
GLOBAL_JOBS = {
    "dedup": dedup_documents.run,
    "threshold": learn_thresholds.run,
    "audit": audit_languages.run,
    "sample": sample_documents.run,
}


def run(session: Session, run: Run) -> dict[str, object]:
    """Run what is not done yet, and return the statistics of the corpus."""
    run.workspace.sweep()
    if unfinished(run, "extract") or extract_text.wrong_cuts(run):
        run = extract_text.run(session(), run)
    else:
        _announce_done("extract", len(run.parts))
    for stage in run.plan.stages:
        if isinstance(stage, GlobalStep):
            _global_step(session, run, stage)
        elif unfinished(run, stage.name):
            annotate_documents.run(session(), run, stage.name)
        else:
            _announce_done(stage.name, len(run.parts))
    spark = None if _fits_here(run) and SparkSession.getActiveSession() is None else session()
    select_documents.run(spark, run)
    return publish_corpus.run(spark, run)


def _fits_here(run: Run) -> bool:
    return documents(run) <= FEW_DOCUMENTS


def _announce_done(stage: str, parts: int) -> None:
    announce(stage, f"0 records ({parts} of {parts} parts were done before)", 0.0)


def _global_step(session: Session, run: Run, planned: GlobalStep) -> None:
    """Do a global step unless it is done, or unless the same documents reach it as when it was done."""
    step = planned.step.name
    if not unfinished(run, step):
        return
    started = time.monotonic()
    few = _fits_here(run)
    found = reached(run, planned) if few else reached(run, planned, partial(hand_out, session()))
    if keep_results(run, planned, found):
        seconds = time.monotonic() - started
        announce(step, f"nothing new: the same {found.documents:,} documents reach it as before", seconds)
        return
    if few and planned.kind == "sample":
        sample_documents.run(None, run, step)
    elif (done := _done_here(run, planned) if few else None) is not None:
        announce(step, done, time.monotonic() - started)
    else:
        GLOBAL_JOBS[planned.kind](session(), run, step)
    note_results(run, planned, found)


def _done_here(run: Run, planned: GlobalStep) -> str | None:
    """Do a global step in this process and say what it found; None if only Spark knows how."""
    if planned.kind == "audit":
        return f"{audit_here(run, planned):,} languages judged"
    if planned.kind == "threshold":
        return f"limits for {threshold_here(run, planned):,} languages"
    removed = dedup_here(run, planned)
    return None if removed is None else f"{removed:,} removed"


if __name__ == "__main__":
    submitted = spark_session("run_recipe")  # spark-submit expects a session, needed or not
    run(lambda: submitted, open_job(__doc__ or ""))
