"""A recipe's measurements and verdicts on any table with a text column, without Spark and without dedup."""

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.annotate import ChunkCounts, annotate_part
from pipeline.judge import Verdict, judge
from pipeline.plan import Plan, make_plan, table_schema
from pipeline.recipe import Recipe
from pipeline.steps import DedupStep, EditStep, Step
from schemas.document import DOCUMENT
from schemas.errors import InputError, near_name
from schemas.signals import LANGUAGE_COLUMNS

REMOVED_BY = "removed_by"


def measure_table(recipe: Recipe, table: pa.Table, text_column: str = "text") -> tuple[pa.Table, Verdict]:
    """Return the columns that a recipe's first row pass measures on `table`, and the verdict of its rules.

    Raises:
        InputError: `table` has no text column of that name.
    """
    plan = make_plan(recipe)
    planned = plan.passes[0]
    schema = table_schema(plan, planned.writes)
    batches = _documents(table, text_column).to_batches()
    made = pa.concat_tables(
        [
            schema.empty_table(),
            *annotate_part(recipe, planned, schema, iter(batches), decisions={}, counts={}),
        ]
    ).combine_chunks()
    return made, judge(recipe, made, _no_decisions(plan), languages=None)


def _no_decisions(plan: Plan) -> dict[str, np.ndarray]:
    return {s.step.name: np.empty(0, np.int64) for s in plan.global_steps}


def _documents(table: pa.Table, text_column: str) -> pa.Table:
    if text_column not in table.column_names:
        hint = near_name(text_column, table.column_names) or f"; columns: {', '.join(table.column_names)}"
        raise InputError(f"no column {text_column!r}{hint}")
    rows = table.num_rows
    columns = {
        "doc_key": pa.array(np.arange(rows), pa.int64()),
        "text": table.column(text_column).cast(pa.string()).fill_null(""),
    }
    for field in DOCUMENT:
        if field.name not in columns:
            same = field.name in table.column_names and table.schema.field(field.name).type == field.type
            columns[field.name] = table.column(field.name) if same else pa.nulls(rows, field.type)
    return pa.Table.from_arrays([columns[n] for n in DOCUMENT.names], schema=DOCUMENT)


def measured_names(recipe: Recipe) -> list[str]:
    """Return the columns that `measure_file` adds."""
    plan = make_plan(recipe)
    schema = table_schema(plan, plan.passes[0].writes)
    own = [name for name in schema.names if name not in DOCUMENT.names]
    return [
        *(n for n in own if n in LANGUAGE_COLUMNS.names),
        *(n for n in own if n not in LANGUAGE_COLUMNS.names),
    ]


def measure_file(recipe: Recipe, source: str, target: str, text_column: str = "text") -> Iterator[int]:
    """Measure a Parquet file into another: its columns, one for each measurement, and `removed_by`.

    Yields the rows done after each row group.

    Raises:
        InputError: the file is no Parquet, has no such column, or already has one that would be added.
    """
    try:
        file = pq.ParquetFile(source)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{source}: cannot be read as Parquet: {error}") from None
    names = measured_names(recipe)
    clash = sorted({*names, REMOVED_BY} & set(file.schema_arrow.names))
    if clash:
        raise InputError(f"{source}: already has the column(s) {', '.join(clash)}; rename them first")
    writer: pq.ParquetWriter | None = None
    done = 0
    try:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            result = _with_measurements(recipe, table, names, text_column)
            writer = writer or pq.ParquetWriter(target, result.schema, compression="zstd")
            writer.write_table(result)
            done += table.num_rows
            yield done
    finally:
        if writer is not None:
            writer.close()


def _with_measurements(recipe: Recipe, table: pa.Table, names: list[str], text_column: str) -> pa.Table:
    measured, verdict = measure_table(recipe, table, text_column)
    for name in names:
        table = table.append_column(measured.schema.field(name), measured.column(name))
    reasons = pa.array([verdict.all_reasons(row) for row in range(table.num_rows)], pa.list_(pa.string()))
    return table.append_column(REMOVED_BY, reasons)


def explain(recipe: Recipe, text: str) -> list[str]:
    """Return lines that say all about one text: each step with what was measured, kept or removed and why."""
    plan = make_plan(recipe)
    schema = table_schema(plan, plan.passes[0].writes)
    documents = _documents(pa.table({"text": [text]}), "text").to_batches()
    counts: ChunkCounts = {}
    made = next(annotate_part(recipe, plan.passes[0], schema, iter(documents), decisions={}, counts=counts))
    verdict = judge(recipe, made, _no_decisions(plan), languages=None)
    row = made.to_pylist()[0]
    lines = [f"text: {len(text)} characters"]
    lines += [f"  {name:<20} {_shown(row[name])}" for name in LANGUAGE_COLUMNS.names]
    dropped = Counter({reason: n for found in counts.values() for (_, reason), n in found.items()})
    lines += [f"recipe {recipe.name}:"]
    lines += [_explain_step(step, row, verdict, dropped) for step in recipe.steps]
    reasons = verdict.all_reasons(0)
    lines.append(f"removed: {', '.join(reasons)}" if reasons else "kept")
    if row["text"] != text.strip():
        lines += ["text after edits and chunk rules:", row["text"] or "(none)"]
    return lines


def _explain_step(step: Step, row: Mapping[str, object], verdict: Verdict, dropped: Counter[str]) -> str:
    if isinstance(step, EditStep) or step.scope == "chunk":
        chunks = "" if isinstance(step, EditStep) else f"{dropped[step.name]} chunk(s) dropped"
        return f"  {step!s:<46} {chunks}"
    if isinstance(step, DedupStep):
        return f"  {step!s:<46} not looked for: needs the other documents"
    removed = verdict.removed[verdict.reasons.index(step.name)][0]
    outcome = "REMOVES" if removed else "keeps"
    return f"  {step!s:<46} {outcome:<8} {step.name} = {_shown(row[step.name])}"


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
