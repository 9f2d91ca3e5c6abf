"""Audits as steps of a recipe: samples of the documents that reach the step, judged language by language."""

import time
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pyarrow.compute as pc

from filters.audit_verdicts import ScriptLimits
from filters.confusion import Limits
from pipeline.audits import AuditSettings, Pools, audit_pools, pool_batch, read_reference
from pipeline.plan import GlobalStep
from pipeline.reached import read_keys, result_file
from pipeline.run import ALL_PARTS, Run, part_fingerprints
from pipeline.steps import AuditStep
from pipeline.workspace import Receipt
from schemas.audit import AUDIT
from schemas.ledger import KEPT, UNKNOWN_LANGUAGE

READS = ("lang", "text", "host")


def settings_of(step: AuditStep) -> AuditSettings:
    """Return the settings of an audit, from the parameters of its step."""
    chosen: dict[str, Any] = dict(step.parameters)
    own = {f.name for f in fields(AuditSettings)} - {"kinds", "then", "confusion", "script"}
    return AuditSettings(
        kinds=(step.kind,),
        then=step.then,
        confusion=Limits(**_of(Limits, chosen)),
        script=ScriptLimits(**_of(ScriptLimits, chosen)),
        **{name: value for name, value in chosen.items() if name in own},
    )


def _of(kind: type, chosen: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(kind)}
    return {name: value for name, value in chosen.items() if name in names}


def audit_here(run: Run, planned: GlobalStep) -> int:
    """Judge the languages of the documents that reach an audit, in this process; return their number.

    The text of every such document is read once, part by part; of each language a sample is held.
    """
    step = planned.step
    if not isinstance(step, AuditStep):
        raise TypeError(f"{step.name}: expected an audit")
    started = time.monotonic()
    settings = settings_of(step)
    pools: Pools = {}
    for part in run.parts:
        for batch in read_keys(run, planned, list(READS), part.number):
            for lang in pc.unique(batch.column("lang")).drop_null().to_pylist():
                rows = batch.filter(pc.equal(batch.column("lang"), lang))
                texts, hosts = rows.column("text").to_pylist(), rows.column("host").to_pylist()
                pool_batch(pools, lang, texts, hosts, settings.sample_bytes)
    reference = step.parameters.get("reference")
    audit = audit_pools(
        pools, settings, read_reference(None if reference is None else str(reference), settings)
    )
    run.workspace.put_parquet(result_file(step), AUDIT, [audit.table()])
    documents = sum(pool.documents for pool in pools.values())
    made_from = part_fingerprints(run, step.name)[ALL_PARTS]
    seconds = round(time.monotonic() - started, 3)
    outcomes = {(UNKNOWN_LANGUAGE, KEPT): documents}
    run.workspace.put_receipt(Receipt(step.name, ALL_PARTS, made_from, documents, outcomes, 0, seconds))
    return len(pools)
