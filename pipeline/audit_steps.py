"""Audits as steps of a recipe: samples of the documents that reach the step, judged language by language."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa
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

SAMPLED = pa.schema([("lang", pa.string()), ("text", pa.string()), ("host", pa.string())])
"""What is read of a document, and kept of a sampled one."""


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
    started = time.monotonic()
    pools: Pools = {}
    for part in run.parts:
        _pool_part(run, planned, part.number, pools)
    return judge_pools(run, planned, pools, started)


def sample_task(run: Run, planned: GlobalStep, part: str) -> Receipt:
    """Write the sample of one part, no more of a language than the whole sample may hold.

    The receipt counts the documents and the bytes of each language that are not in it.
    """
    pools: Pools = {}
    _pool_part(run, planned, int(part), pools)
    taken = {lang: pool.sampled() for lang, pool in pools.items()}
    rows = [{"lang": lang, "text": d.text, "host": d.host} for lang, found in taken.items() for d in found]
    table = pa.Table.from_pylist(rows, schema=SAMPLED)
    run.workspace.put_parquet(run.workspace.table_name(_folder(planned), int(part)), SAMPLED, [table])
    others = {
        lang: [pool.documents - len(taken[lang]), pool.text_bytes - sum(d.size for d in taken[lang])]
        for lang, pool in pools.items()
    }
    return Receipt(planned.step.name, part, "", len(rows), {}, extra={"others": others})


def pool_receipts(run: Run, planned: GlobalStep, receipts: Sequence[Receipt]) -> Pools:
    """Return the samples of all parts as one, and delete their files."""
    pools: Pools = {}
    most = settings_of(_step(planned)).sample_bytes
    for receipt in receipts:
        table = run.workspace.read_parquet(run.workspace.table_name(_folder(planned), int(receipt.part)))
        _pool_table(table, pools, most)
        for lang, (documents, text_bytes) in receipt.extra["others"].items():
            pools[lang].count(documents, text_bytes)
    run.workspace.delete(run.workspace.folder(_folder(planned)))
    return pools


def judge_pools(run: Run, planned: GlobalStep, pools: Pools, started: float) -> int:
    """Judge the samples, store what is found with its receipt, and return the number of languages."""
    step = _step(planned)
    settings, reference = settings_of(step), step.parameters.get("reference")
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


def _pool_part(run: Run, planned: GlobalStep, part: int, pools: Pools) -> None:
    most = settings_of(_step(planned)).sample_bytes
    for batch in read_keys(run, planned, list(SAMPLED.names), part):
        _pool_table(batch, pools, most)


def _pool_table(table: pa.RecordBatch | pa.Table, pools: Pools, most: int) -> None:
    for lang in pc.unique(table.column("lang")).drop_null().to_pylist():
        rows = table.filter(pc.equal(table.column("lang"), lang))
        pool_batch(pools, lang, rows.column("text").to_pylist(), rows.column("host").to_pylist(), most)


def _step(planned: GlobalStep) -> AuditStep:
    if not isinstance(planned.step, AuditStep):
        raise TypeError(f"{planned.step.name}: expected an audit")
    return planned.step


def _folder(planned: GlobalStep) -> str:
    return f"audit_samples/{planned.step.name}"
