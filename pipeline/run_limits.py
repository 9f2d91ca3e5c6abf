"""The thresholds of a run for people: what they learned or would learn, and what rules removed by them."""

import json
from collections import Counter
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.finish import LEDGER_FILE, THRESHOLDS_FILE
from pipeline.judge import rule_columns
from pipeline.learning import learn_here, learned_tables, learned_together, steps_of
from pipeline.plan import GlobalStep
from pipeline.recipe import Recipe, load_recipe
from pipeline.run import PARTS_FILE, RUN_FILE, Run, open_run
from pipeline.steps import KeepStep, ThresholdStep
from pipeline.thresholds import limits_table
from pipeline.workspace import Workspace
from schemas.errors import WorkspaceError

Applied = dict[str, Mapping[str, int]]
"""For each threshold, the documents that its rules removed by language."""


def run_limits(workspace: Workspace, recipe_name: str | None) -> tuple[dict[str, pa.Table], Applied]:
    """Return the limits of the thresholds of a run by step, and what they removed where they were applied.

    Raises:
        WorkspaceError: nothing was learned, and the measurements to learn from are not there.
    """
    has_ended = recipe_name is None and workspace.exists(LEDGER_FILE)
    ledger = workspace.read_parquet(LEDGER_FILE) if has_ended else None
    if has_ended and not workspace.exists(PARTS_FILE):  # what stages left was deleted: the corpus is there
        recipe = load_recipe(json.loads(workspace.read_text(RUN_FILE))["recipe"])
        found = workspace.read_parquet(THRESHOLDS_FILE) if workspace.exists(THRESHOLDS_FILE) else None
        return _by_step(found) if found is not None else {}, _applied(recipe, ledger)
    run = open_run(workspace, recipe_name)
    tables = learned_tables(run) if recipe_name is None else {}
    for planned in run.plan.global_steps:
        if isinstance(planned.step, ThresholdStep) and planned.step.name not in tables:
            tables |= _learned_now(run, planned, planned.step)
    ordered = {s.name: tables[s.name] for s in run.recipe.steps if s.name in tables}
    return ordered, _applied(run.recipe, ledger)


def _by_step(table: pa.Table) -> dict[str, pa.Table]:
    names = pc.unique(table.column("step")).to_pylist()
    return {name: table.filter(pc.equal(table.column("step"), name)) for name in names}


def _learned_now(run: Run, planned: GlobalStep, step: ThresholdStep) -> dict[str, pa.Table]:
    names = run.workspace.names(run.workspace.folder(planned.reads))
    if len(names) < len(run.parts):
        raise WorkspaceError(
            f"{run.workspace.path(run.workspace.folder(planned.reads))}: expected the measurements of "
            f"{len(run.parts)} part(s), got {len(names)}; run with --keep-workspace"
        )
    group = learned_together(run, step)
    wanted = {*rule_columns(run.recipe, step.name), *(one.column for one in steps_of(group))}
    with run.workspace.open_parquet(names[0]) as file:
        missing = sorted(wanted - set(file.schema_arrow.names))
    if missing:
        raise WorkspaceError(
            f"{run.workspace.root}: recipe {run.recipe.name}: the run has not measured {', '.join(missing)}; "
            f"run it with that recipe and --resume"
        )
    learned = learn_here(run, group)
    return {one.step.name: limits_table(found) for one, found in zip(group, learned, strict=True)}


def _applied(recipe: Recipe, ledger: pa.Table | None) -> Applied:
    if ledger is None:
        return {}
    rows = ledger.filter(pc.equal(ledger.column("stage"), "select"))
    found: dict[str, Counter[str]] = {}
    for lang, outcome, records in zip(
        *(rows.column(name).to_pylist() for name in ("lang", "outcome", "records")), strict=True
    ):
        found.setdefault(outcome, Counter())[lang] += records
    users = [s for s in recipe.steps if isinstance(s, KeepStep)]
    applied: Applied = {}
    for step in recipe.steps:
        if isinstance(step, ThresholdStep):
            uses = [s.name for s in users if s.rule.limit_column == step.name]
            applied[step.name] = sum((found.get(name, Counter()) for name in uses), Counter())
    return applied
