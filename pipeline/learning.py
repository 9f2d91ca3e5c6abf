"""The thresholds of a run: what each is learned from, and what is written down about it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import filters.signals  # noqa: F401  declares every signal
from filters.quantiles import SAMPLE_SIZE, Sample, merge
from filters.registry import Measurement
from pipeline.parquet_texts import stream_parquet
from pipeline.plan import GlobalStep
from pipeline.reached import read_keys
from pipeline.recipe import Recipe, fingerprint
from pipeline.run import ALL_PARTS, RESULT, Run, part_fingerprints
from pipeline.samples import IDENTITY, sample_languages
from pipeline.steps import KeepStep, ThresholdStep
from pipeline.thresholds import OWN_RUN, Learned, Procedure, learn, limits_file, write_limits
from pipeline.workspace import Receipt
from schemas.document import DOCUMENT
from schemas.errors import InputError
from schemas.ledger import KEPT, UNKNOWN_LANGUAGE


def procedure_of(recipe: Recipe, step: ThresholdStep) -> Procedure:
    """Return how the limits of a step are learned; the comparison is that of the first rule with them."""
    chosen: dict[str, Any] = dict(step.parameters)
    uses = [s for s in recipe.steps if isinstance(s, KeepStep) and s.rule.limit_column == step.name]
    return Procedure(
        step.name,
        step.rule,
        chosen,
        min_documents=int(chosen["min_documents"]),
        shrink=float(chosen["shrink"]),
        fallback=tuple(chosen["fallback"]),
        comparison=uses[0].rule.comparison if uses else None,
    )


def sample_size(step: ThresholdStep) -> int:
    """Return up to how many documents of a language the limits of a step are exact."""
    return int(str(step.parameters.get("sample_size", SAMPLE_SIZE)))


def learned_together(run: Run, step: ThresholdStep) -> list[GlobalStep]:
    """Return the thresholds that the same documents reach: those with no other step between."""
    steps = run.recipe.steps
    first = last = steps.index(step)
    while first and isinstance(steps[first - 1], ThresholdStep):
        first -= 1
    while last + 1 < len(steps) and isinstance(steps[last + 1], ThresholdStep):
        last += 1
    names = [other.name for other in steps[first : last + 1]]
    return [planned for planned in run.plan.global_steps if planned.step.name in names]


def steps_of(group: list[GlobalStep]) -> list[ThresholdStep]:
    """Return the threshold steps of a group."""
    return [planned.step for planned in group if isinstance(planned.step, ThresholdStep)]


def part_samples(run: Run, group: list[GlobalStep], part: int) -> dict[str, Sample]:
    """Return a sample of each language of a part: a column for each threshold of the group."""
    steps = steps_of(group)
    columns, size = [step.column for step in steps], max(sample_size(step) for step in steps)
    batches = read_keys(run, group[0], list(dict.fromkeys([*IDENTITY, *columns])), part)
    return sample_languages(batches, columns, size)


def learn_group(
    recipe: Recipe, steps: list[ThresholdStep], samples: Mapping[str, Sample]
) -> list[list[Learned]]:
    """Return what each of several thresholds learns; `samples` have a column for each."""
    return [
        learn(procedure_of(recipe, step), samples, number, reference_samples(recipe, step))
        for number, step in enumerate(steps)
    ]


def learn_here(run: Run, group: list[GlobalStep]) -> list[list[Learned]]:
    """Return what thresholds learn from the documents of a run that reach them now, without Spark."""
    steps = steps_of(group)
    size = max(sample_size(step) for step in steps)
    pending: dict[str, list[Sample]] = {}
    for part in run.parts:
        for lang, sample in part_samples(run, group, part.number).items():
            pending.setdefault(lang, []).append(sample)
    samples = {lang: merge(found, size) for lang, found in sorted(pending.items())}
    return learn_group(run.recipe, steps, samples)


def store(run: Run, step: ThresholdStep, learned: list[Learned], seconds: float) -> None:
    """Write down what a threshold learned, and that it is done."""
    write_limits(run.workspace, step.name, learned)
    documents = sum(one.documents for one in learned)
    outcomes = {(UNKNOWN_LANGUAGE, KEPT): documents}
    made_from = part_fingerprints(run, step.name)[ALL_PARTS]
    extra = {RESULT: fingerprint([step.name, [(one.lang, one.limits) for one in learned]])}
    run.workspace.put_receipt(
        Receipt(step.name, ALL_PARTS, made_from, documents, outcomes, 0, round(seconds, 3), extra)
    )


def learned_tables(run: Run) -> dict[str, pa.Table]:
    """Return the limits that the thresholds of a run have learned so far, by step."""
    steps = [step for step in run.recipe.steps if isinstance(step, ThresholdStep)]
    files = {step.name: limits_file(step.name) for step in steps}
    return {n: run.workspace.read_parquet(f) for n, f in files.items() if run.workspace.exists(f)}


def reference_samples(recipe: Recipe, step: ThresholdStep) -> dict[str, Sample] | None:
    """Return the values of the reference corpus of a step by language, None where that is the run itself.

    A reference is a Parquet file or a folder of them, with a column `lang` and either the values (named as
    the step's column or signal) or `text`, which is measured here.

    Raises:
        InputError: there is no such file, or it has not these columns.
    """
    source = str(step.parameters.get("reference", OWN_RUN))
    if source == OWN_RUN:
        return None
    try:
        dataset = pq.ParquetDataset(source)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"threshold {step.name}: reference {source}: cannot be read as Parquet: {error}"
        ) from None
    names = dataset.schema.names
    value = next((name for name in (step.column, step.signal) if name in names), None)
    if "lang" not in names or (value is None and "text" not in names):
        wanted = f"columns lang and {step.signal} or text"
        raise InputError(
            f"threshold {step.name}: reference {source}: expected {wanted}, got {', '.join(names)}"
        )
    batches = _reference_batches(dataset.files, names, value, step, recipe)
    return sample_languages(batches, ["value"], sample_size(step))


def _reference_batches(
    files: list[str], names: list[str], value: str | None, step: ThresholdStep, recipe: Recipe
) -> Iterator[pa.RecordBatch]:
    wanted = [name for name in ("doc_id", "lang", value or "text") if name in names]
    row = 0
    for file in sorted(files):
        for batch in stream_parquet(file).iter_batches(columns=wanted):
            keys = pa.array(range(row, row + batch.num_rows), pa.int64())
            ids = (
                batch.column("doc_id").cast(pa.string())
                if "doc_id" in wanted
                else pa.nulls(len(keys), pa.string())
            )
            values = batch.column(value) if value is not None else _measured(batch, step, recipe)
            row += batch.num_rows
            columns = {"doc_id": ids, "doc_key": keys, "lang": batch.column("lang").cast(pa.string())}
            yield pa.record_batch({**columns, "value": values.cast(pa.float64())})


def _measured(batch: pa.RecordBatch, step: ThresholdStep, recipe: Recipe) -> pa.Array:
    rows = batch.num_rows
    columns = {field.name: pa.nulls(rows, field.type) for field in DOCUMENT}
    columns |= {"text": batch.column("text").cast(pa.string()).fill_null(""), "lang": batch.column("lang")}
    return Measurement(columns, recipe.settings).get(step.signal, **step.measured_with)
