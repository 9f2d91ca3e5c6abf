"""Which documents reach a global step, with the columns that it works on; what the steps before it found."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from filters.rule import Limit
from pipeline.judge import Found, OnLanguage, Verdict, judge, rule_columns
from pipeline.plan import (
    SHINGLES,
    GlobalStep,
    dedup_parameters,
    is_global,
    needs_shingles,
    reads_text,
    result_folder,
)
from pipeline.run import Run
from pipeline.sampling import Cut, read_cuts
from pipeline.selection import no_decisions
from pipeline.steps import AuditStep, DedupStep, SampleStep, Step, ThresholdStep
from pipeline.thresholds import BUCKETS, all_limits, limits_by_language
from pipeline.workspace import WORK, Workspace
from schemas.decision import is_removed


def read_decisions(workspace: Workspace, step: str, part: int) -> pa.Table:
    """Return what a dedup step decided on a part."""
    name = workspace.table_name(f"decisions/{step}", part)
    return workspace.read_parquet(name) if workspace.exists(name) else no_decisions()


def read_found(run: Run, before: str | None = None) -> Found:
    """Return what the global steps found so far, all or those before the step `before`."""
    names = [step.name for step in run.recipe.steps]
    steps = run.recipe.steps[: names.index(before)] if before is not None else run.recipe.steps
    workspace = run.workspace
    limits: dict[str, Mapping[str, Limit | None]] = {}
    verdicts: dict[str, Mapping[str, OnLanguage]] = {}
    cuts: dict[str, Mapping[str, Cut]] = {}
    buckets: dict[str, Mapping[str, Sequence[float]]] = {}
    for step in steps:
        if not is_global(step) or isinstance(step, DedupStep):
            continue
        file = result_file(step)
        if not workspace.exists(file):
            continue
        table = workspace.read_parquet(file)
        if isinstance(step, ThresholdStep):
            limits[step.name] = limits_by_language(table)
            if step.rule == BUCKETS:
                buckets[step.name] = all_limits(table)
        elif isinstance(step, AuditStep):
            verdicts[step.name] = read_verdicts(table)
        else:
            cuts[step.name] = read_cuts(table)
    return Found(limits, verdicts, cuts, buckets)


def read_verdicts(table: pa.Table) -> dict[str, OnLanguage]:
    """Return what an audit says of each language: columns `lang`, `verdict`, `relabel_to`."""
    columns = (table.column(name).to_pylist() for name in ("lang", "verdict", "relabel_to"))
    return {lang: OnLanguage(verdict, other) for lang, verdict, other in zip(*columns, strict=True)}


def result_file(step: Step) -> str:
    """Return the name of the file of what a threshold, an audit or a sample found."""
    return f"{WORK}/{result_folder(step)}.parquet"


def judged(
    run: Run, planned: GlobalStep, columns: list[str], part: int
) -> Iterator[tuple[pa.RecordBatch, Verdict]]:
    """Yield the rows of a part of a global step's table, and what the steps before it make of them."""
    step, workspace = planned.step, run.workspace
    wanted = list(dict.fromkeys([*columns, *rule_columns(run.recipe, step.name)]))
    names = [step.name for step in run.recipe.steps]
    earlier = [
        s
        for s in run.recipe.steps[: names.index(step.name)]
        if isinstance(s, DedupStep) and s.scope == "document"
    ]
    against = {s.name: _removed_keys(read_decisions(workspace, s.name, part)) for s in earlier}
    found = read_found(run, step.name)
    for batch in workspace.read_batches(workspace.table_name(planned.reads, part), wanted):
        yield (
            batch,
            judge(
                run.recipe,
                batch,
                against,
                languages=run.settings.wanted,
                before=step.name,
                found=found,
            ),
        )


def read_keys(run: Run, planned: GlobalStep, columns: list[str], part: int) -> Iterator[pa.RecordBatch]:
    """Yield the keys of the documents of a part that reach a global step, languages as audits left them."""
    for batch, verdict in judged(run, planned, columns, part):
        place = batch.schema.get_field_index("lang")
        rows = batch.set_column(place, batch.schema.field(place), verdict.lang)
        yield rows.select(columns).filter(pa.array(verdict.kept))


def reached_digest(run: Run, planned: GlobalStep, part: int) -> tuple[int, str]:
    """Return how many documents of a part reach a global step, and a digest of which they are."""
    digest, rows = hashlib.sha256(), 0
    for batch, verdict in judged(run, planned, ["lang"], part):
        kept = verdict.kept
        rows += int(kept.sum())
        digest.update(np.packbits(kept).tobytes())
        if not verdict.lang.equals(batch.column("lang")):
            digest.update("\n".join(str(code) for code in verdict.lang.to_pylist()).encode())
    return rows, digest.hexdigest()


def _removed_keys(decisions: pa.Table) -> pa.Array:
    removed: pa.Array = decisions.filter(is_removed(decisions)).column("doc_key").to_numpy()
    return removed


def key_columns(planned: GlobalStep) -> list[str]:
    """Return the columns that a global step works on, besides those that the rules before it read."""
    step = planned.step
    if isinstance(step, DedupStep):
        return _dedup_columns(step)
    if isinstance(step, ThresholdStep):
        return list(dict.fromkeys(["doc_key", "doc_id", "lang", step.column]))
    if isinstance(step, SampleStep):
        return list(dict.fromkeys(["doc_key", "lang", step.by]))
    return ["doc_key", "lang"]


def _dedup_columns(step: DedupStep) -> list[str]:
    if reads_text(step):
        return ["doc_key", "lang", "text"]
    policy = str(dedup_parameters(step).get("keep", "smallest_key"))
    ranked_by = {"longest": ["text_bytes"], "newest": ["fetched_at"]}.get(policy, [])
    if policy.startswith("best:"):
        ranked_by = [policy.removeprefix("best:")]
    sets = [f"{step.name}_{SHINGLES}"] if needs_shingles(step) else []
    return list(dict.fromkeys(["doc_key", "lang", step.name, *sets, *ranked_by]))


def keys_reader(run: Run, planned: GlobalStep, columns: list[str]) -> "partial[Iterator[pa.RecordBatch]]":
    """Return `read_keys` for one step, ready to be sent to executors."""
    return partial(read_keys, run, planned, columns)
