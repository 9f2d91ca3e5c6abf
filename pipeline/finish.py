"""The end of a run: the law checked over all receipts, then ledger, statistics and card written."""

import hashlib
import json
import platform
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise

import pyarrow as pa

from pipeline.card import Manifest, card, stats
from pipeline.learning import learned_tables
from pipeline.ledger import Row, check_conservation, ledger_rows, ledger_table, receipt_rows
from pipeline.plan import in_chunks
from pipeline.publish import DATA, TAIL, Shard
from pipeline.reached import result_file
from pipeline.run import Run
from pipeline.steps import AuditStep
from pipeline.version import code_version
from pipeline.workspace import Outcomes, Receipt
from schemas.errors import ConservationError
from schemas.ledger import KEPT, LEDGER
from schemas.limit import LIMIT

LEDGER_FILE = "ledger.parquet"
THRESHOLDS_FILE = "thresholds.parquet"
STATS_FILE = "stats.json"
TIMINGS_FILE = "timings.json"
CARD_FILE = "README.md"
DISTRIBUTIONS = (
    "pyspark",
    "pyarrow",
    "numpy",
    "trafilatura",
    "resiliparse",
    "fastwarc",
    "fasttext-community",
    "icu4py",
)


def finish_run(run: Run, shards: list[Shard]) -> dict[str, object]:
    """Check the law, delete what no shard owns, write ledger, statistics and card; return the statistics.

    Raises:
        ConservationError: records are lost or invented; nothing is published as complete then.
    """
    workspace = run.workspace
    receipts = {stage: workspace.receipts(stage) for stage in stage_names(run)}
    rows = ledger(run, receipts, shards)
    _delete_stale(run, shards)
    table = ledger_table(rows)
    workspace.put_parquet(LEDGER_FILE, LEDGER, [table])
    manifest = _manifest(run, receipts["select"], shards)
    if manifest.thresholds:
        workspace.put_parquet(THRESHOLDS_FILE, LIMIT, manifest.thresholds.values())
    found = stats(rows, manifest)
    workspace.put_text(STATS_FILE, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    workspace.put_text(TIMINGS_FILE, json.dumps(_timings(receipts), indent=1) + "\n")
    workspace.put_text(CARD_FILE, card(rows, manifest))
    return found


def stage_names(run: Run) -> list[str]:
    """Return the stages that leave one receipt a part, in order."""
    return ["extract", *(p.name for p in run.plan.passes), "select"]


def ledger(run: Run, receipts: dict[str, dict[str, Receipt]], shards: list[Shard]) -> list[Row]:
    """Return the rows of the ledger, once the law holds on them.

    Raises:
        ConservationError: it does not.
    """
    names = stage_names(run)
    for stage in names:
        missing = {str(p.number) for p in run.parts} - set(receipts[stage])
        if missing:
            raise ConservationError(f"{stage}: no receipt of part(s) {', '.join(sorted(missing)[:5])}")
    rows = [row for stage in names for row in receipt_rows(_in_order(receipts[stage]))]
    rows += _published_rows(run, shards)
    check_conservation(rows, [*pairwise(names), ("select", "publish")])
    _check_decisions(run, rows)
    return rows


def _in_order(receipts: dict[str, Receipt]) -> list[Receipt]:
    return [receipts[part] for part in sorted(receipts, key=int)]


def _published_rows(run: Run, shards: list[Shard]) -> list[Row]:
    receipts = run.workspace.receipts("publish")
    outcomes: dict[int, Outcomes] = {part.number: {} for part in run.parts}
    for shard in shards:
        receipt = receipts[shard.part]
        written = sum(receipt.outcomes.values())
        if written != receipt.records_in:
            raise ConservationError(f"{shard.name}: {receipt.records_in} rows to publish, {written} written")
        for part, rows in receipt.extra["rows"].items():
            key = (shard.lang, KEPT)
            outcomes[int(part)][key] = outcomes[int(part)].get(key, 0) + rows
    return [
        row
        for part, found in sorted(outcomes.items())
        for row in ledger_rows("publish", part, sum(found.values()), found)
    ]


def _check_decisions(run: Run, rows: list[Row]) -> None:
    """Check that each global step removed as many documents as it decided against."""
    removed: Counter[str] = Counter()
    for stage, _, _, outcome, records in rows:
        if outcome == stage:
            removed[stage] += records
    for planned in run.plan.global_steps:
        name = planned.step.name
        if planned.kind != "dedup" or in_chunks(planned.step):
            continue
        decided = run.workspace.receipts(name)["all"].extra["removed"]
        if removed[name] != decided:
            raise ConservationError(f"{name}: decided against {decided} documents, {removed[name]} removed")


def _delete_stale(run: Run, shards: list[Shard]) -> None:
    own = {shard.name for shard in shards} | {f"removed/{part.number:05d}.parquet" for part in run.parts}
    for folder in (DATA, TAIL, "removed"):
        for name in run.workspace.names(folder):
            if name not in own:
                run.workspace.delete(name)


def _manifest(run: Run, selected: dict[str, Receipt], shards: list[Shard]) -> Manifest:
    text_bytes: Counter[str] = Counter()
    for receipt in selected.values():
        for lang, entry in receipt.extra["languages"].items():
            text_bytes[lang] += entry["bytes"]
    inputs = tuple(dict.fromkeys(part.archive for part in run.parts))
    digest = hashlib.sha256("\n".join(repr(part) for part in run.parts).encode()).hexdigest()
    sizes = dict(sorted(text_bytes.items()))
    tail = tuple(sorted({shard.lang for shard in shards if shard.folder == TAIL}))
    return Manifest(run.recipe, inputs, digest, _versions(), sizes, learned_tables(run), tail, _audits(run))


def _audits(run: Run) -> dict[str, pa.Table]:
    steps = [step for step in run.recipe.steps if isinstance(step, AuditStep)]
    return {step.name: run.workspace.read_parquet(result_file(step)) for step in steps}


def _versions() -> dict[str, str]:
    found = {"glotmill": code_version(), "python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _timings(receipts: dict[str, dict[str, Receipt]]) -> dict[str, float]:
    return {stage: round(sum(r.seconds for r in found.values()), 3) for stage, found in receipts.items()}
