"""Measurements and verdicts on any table with a text column, without Spark and without dedup."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

import filters.signals  # noqa: F401  declares every signal
from filters.registry import SIGNALS, Measurement, find_signal, unknown_inputs
from filters.text import cut_by_bytes
from pipeline.annotate import ChunkCounts, annotate_part
from pipeline.judge import Verdict, judge
from pipeline.parquet_texts import open_texts
from pipeline.pieces import in_order, read_pieces
from pipeline.plan import Plan, in_chunks, is_global, make_plan, table_schema
from pipeline.recipe import Recipe
from pipeline.row_groups import RowGroupFile
from pipeline.steps import EditStep, KeepStep, SampleStep, Step, ThresholdStep
from schemas.decision import SPAN_DECISION
from schemas.document import DOCUMENT, IMAGES
from schemas.errors import InputError, near_name
from schemas.signals import LANGUAGE_COLUMNS
from schemas.table import column

REMOVED_BY = "removed_by"
GROUP_BYTES = 32 << 20
"""Bytes, of all columns, in a row group that is written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: a recipe's columns and verdicts, or signals by name with their default parameters.

    `prefix` goes before the name of each column that is added; `settings` are parameters of signals by name.
    """

    text_column: str = "text"
    recipe: Recipe | None = None
    signals: tuple[str, ...] = ()
    prefix: str = ""
    settings: Mapping[str, Mapping[str, object]] | None = None


def find_signals(names: str) -> tuple[str, ...]:
    """Return the signals that `names` lists with commas between; `all` is what a page is enough for.

    Left out of `all` are those that need a word list, or a column that only a run has (a cluster's size).

    Raises:
        RecipeError: there is no such signal.
    """
    if names == "all":
        return tuple(sorted(name for name in SIGNALS if _needs_nothing_else(name)))
    return tuple(find_signal(name.strip()).name for name in names.split(","))


def _needs_nothing_else(name: str) -> bool:
    needs_list = SIGNALS[name].parameters.get("words", "") is None
    return not needs_list and not unknown_inputs(name, DOCUMENT.names)


def measure_table(recipe: Recipe, table: pa.Table, text_column: str = "text") -> tuple[pa.Table, Verdict]:
    """Return the columns that a recipe's row passes measure on `table`, and the verdict of its rules.

    Raises:
        InputError: `table` has no text column of that name.
    """
    plan = make_plan(recipe)
    made = _run_passes(plan, as_documents(table, text_column), {})
    return made, judge(recipe, made, _no_decisions(plan), languages=None)


def _run_passes(plan: Plan, documents: pa.Table, counts: ChunkCounts) -> pa.Table:
    """Run all row passes over documents that no global step has decided on; `counts` gets their chunks."""
    nothing = {planned.step.name: SPAN_DECISION.empty_table() for planned in plan.global_steps}
    made = documents
    for planned in plan.passes:
        schema = table_schema(plan, planned.writes)
        batches = iter(made.to_batches())
        annotated = annotate_part(plan.recipe, planned, schema, batches, decisions=nothing, counts=counts)
        made = pa.concat_tables([schema.empty_table(), *annotated])
    return made.combine_chunks()


def measure_signals(
    table: pa.Table,
    signals: Sequence[str],
    text_column: str = "text",
    settings: Mapping[str, Mapping[str, object]] | None = None,
) -> pa.Table:
    """Return one column for each signal, measured on `table`; what a signal reads besides text may be absent.

    Raises:
        InputError: `table` has no text column of that name.
    """
    fields = [_signal_field(name, "") for name in signals]
    pieces = []
    for batch in as_documents(table, text_column).to_batches():
        for first, last in cut_by_bytes(batch.column("text")):
            columns = {n: batch.column(n).slice(first, last - first) for n in DOCUMENT.names}
            measured = Measurement(columns, settings)
            pieces.append(pa.table([measured.get(name) for name in signals], schema=pa.schema(fields)))
    return pa.concat_tables([pa.schema(fields).empty_table(), *pieces]).combine_chunks()


def _signal_field(name: str, prefix: str) -> pa.Field:
    declared = SIGNALS[name]
    return column(prefix + name, declared.type, declared.definition, unit=declared.unit)


def _no_decisions(plan: Plan) -> dict[str, np.ndarray]:
    return {s.step.name: np.empty(0, np.int64) for s in plan.global_steps}


def as_documents(table: pa.Table, text_column: str) -> pa.Table:
    """Return the texts of any table as documents; columns of DOCUMENT that it does not have are null.

    Raises:
        InputError: `table` has no text column of that name.
    """
    if text_column not in table.column_names:
        hint = (
            near_name(text_column, table.column_names)
            or f"; columns: {', '.join(table.column_names) or 'none'}"
        )
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
    """Return the columns that a recipe's measurements add."""
    plan = make_plan(recipe)
    schema = table_schema(plan, plan.passes[-1].writes)
    own = [name for name in schema.names if name not in (*DOCUMENT.names, IMAGES.name)]
    languages = [name for name in own if name in LANGUAGE_COLUMNS.names]
    return [*languages, *(name for name in own if name not in languages)]


def measure_file(source: str, target: str, wanted: Wanted, workers: int = 1) -> Iterator[tuple[int, int]]:
    """Measure a Parquet file into another: its columns, one for each measurement, a recipe's `removed_by`.

    Yields the rows and the bytes of text done after each piece of a row group.

    Raises:
        InputError: the file is no Parquet, has no such column, or already has one that would be added; or it
            is itself to be written.
    """
    if Path(target).exists() and Path(source).exists() and Path(target).samefile(source):
        raise InputError(f"{source}: expected another file to write to than the one that is read")
    with open_texts(source, (wanted.text_column,)) as file:
        added = wanted.signals or (*measured_names(_recipe(wanted)), REMOVED_BY)
        clash = sorted({wanted.prefix + name for name in added} & set(file.schema_arrow.names))
        if clash:
            raise InputError(
                f"{source}: already has the column(s) {', '.join(clash)}; "
                "--prefix gives the new ones other names"
            )
        pieces = read_pieces(file, wanted.text_column)
        results = in_order(partial(_with_measurements, wanted), pieces, workers)
        yield from _write_groups(results, target, wanted.text_column)


def _write_groups(results: Iterator[pa.Table], target: str, text_column: str) -> Iterator[tuple[int, int]]:
    waiting: list[pa.Table] = []
    rows = size = 0
    with RowGroupFile(target, distinct=text_column) as file:
        for result in results:
            rows += result.num_rows
            size += result.column(text_column).nbytes
            waiting.append(result)
            del result  # else it stays until the next one is there
            if sum(table.nbytes for table in waiting) >= GROUP_BYTES:
                _write_group(file, waiting)
            yield rows, size
        if waiting:
            _write_group(file, waiting)


def _write_group(file: RowGroupFile, waiting: list[pa.Table]) -> None:
    file.write(pa.concat_tables(waiting))
    waiting.clear()
    pa.default_memory_pool().release_unused()  # some 50 MB that columns and pages were encoded in


def _recipe(wanted: Wanted) -> Recipe:
    if wanted.recipe is None:
        raise ValueError("expected a recipe or the names of signals, got neither")
    return wanted.recipe


def _with_measurements(wanted: Wanted, table: pa.Table) -> pa.Table:
    if wanted.signals:
        measured = measure_signals(table, wanted.signals, wanted.text_column, wanted.settings)
        for name in wanted.signals:
            table = table.append_column(_signal_field(name, wanted.prefix), measured.column(name))
        return table
    recipe = _recipe(wanted)
    measured, verdict = measure_table(recipe, table, wanted.text_column)
    for name in measured_names(recipe):
        field = measured.schema.field(name)
        table = table.append_column(field.with_name(wanted.prefix + name), measured.column(name))
    reasons = pa.array([verdict.all_reasons(row) for row in range(table.num_rows)], pa.list_(pa.string()))
    return table.append_column(wanted.prefix + REMOVED_BY, reasons)


def explain(recipe: Recipe, text: str) -> list[str]:
    """Return lines that say all about one text: each step with what was measured, kept or removed and why."""
    plan = make_plan(recipe)
    counts: ChunkCounts = {}
    made = _run_passes(plan, as_documents(pa.table({"text": [text]}), "text"), counts)
    verdict = judge(recipe, made, _no_decisions(plan), languages=None)
    row = made.to_pylist()[0]
    lines = [f"text: {len(text)} characters"]
    lines += [f"  {name:<20} {_shown(row[name])}" for name in LANGUAGE_COLUMNS.names]
    dropped = Counter({reason: n for found in counts.values() for (_, reason), n in found.items()})
    learned = [step.name for step in recipe.steps if isinstance(step, ThresholdStep)]
    lines += [f"recipe {recipe.name}:"]
    lines += [_explain_step(step, row, verdict, dropped, learned) for step in recipe.steps]
    reasons = verdict.all_reasons(0)
    lines.append(f"removed: {', '.join(reasons)}" if reasons else "kept")
    if row["text"] != text.strip():
        lines += ["text after edits and chunk rules:", row["text"] or "(none)"]
    return lines


def _explain_step(
    step: Step,
    row: Mapping[str, object],
    verdict: Verdict,
    dropped: Counter[str],
    learned: Collection[str],
) -> str:
    if isinstance(step, EditStep) or in_chunks(step):
        chunks = "" if isinstance(step, EditStep) else f"{dropped[step.name]} chunk(s) dropped"
        return f"  {step!s:<46} {chunks}"
    if is_global(step):
        return f"  {step!s:<46} not looked for: needs the other documents"
    if isinstance(step, KeepStep) and step.rule.limit_column in learned:
        measured = f"{step.name} = {_shown(row[step.name])}"
        return f"  {step!s:<46} not judged: its limit is learned from a corpus; {measured}"
    removed = verdict.removed[verdict.reasons.index(step.name)][0]
    outcome = "REMOVES" if removed else "keeps"
    if isinstance(step, SampleStep):
        return f"  {step!s:<46} {outcome}"
    return f"  {step!s:<46} {outcome:<8} {step.name} = {_shown(row[step.name])}"


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
