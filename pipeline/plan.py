"""The physical plan of a recipe: row passes over the text, global steps over keys, select, publish.

All that one row can tell about itself is measured in one pass, in the recipe's order, whatever documents a
global step removes in between: measuring costs a few per cent of extracting, and a limit can then be moved
without reading text again. Only a global step that changes text (duplicate chunks) makes a second pass
necessary. Rules on documents are evaluated from the stored columns wherever they are needed
(`pipeline/judge.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeGuard

import pyarrow as pa

from filters.registry import find_signal
from pipeline.recipe import Recipe
from pipeline.steps import (
    DEDUP_KINDS,
    AuditStep,
    DedupStep,
    EditStep,
    KeepStep,
    Parameters,
    SampleStep,
    Step,
    ThresholdStep,
)
from pipeline.thresholds import BUCKETS
from schemas.corpus import CORPUS
from schemas.document import IMAGES
from schemas.signals import LANGUAGE_COLUMNS, signals_schema
from schemas.table import column

SHINGLES = "shingles"

StageKind = Literal["row", "global", "publish"]


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure a signal on the text as it stands and store it as a column."""

    column: str
    signal: str
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChunkRules:
    """Cut the text into chunks, drop those that a rule removes, put the others together again.

    `unit` is how the text is cut (`filters/chunks.py`). Rules that count leave their chunks where they are;
    documents get the columns `chunk_count` and `failed_chunk_count`.
    """

    rules: tuple[KeepStep, ...]
    unit: str = "line"


@dataclass(frozen=True, slots=True)
class ChunkKeys:
    """Measure a hash of each chunk and store the list, with the chunks' ends, for a global step."""

    column: str
    signal: str
    parameters: Parameters
    unit: str = "line"


@dataclass(frozen=True, slots=True)
class DropChunks:
    """Drop the chunks that a global step decided against."""

    decisions: str
    unit: str = "line"


@dataclass(frozen=True, slots=True)
class DropRanges:
    """Cut the spans of text that a global step decided against; `unit` is what it counts, word or byte."""

    decisions: str
    unit: str


Operation = EditStep | Measure | ChunkRules | ChunkKeys | DropChunks | DropRanges


@dataclass(frozen=True, slots=True)
class RowPass:
    """One pass over the text of a part; reads the table `reads`, writes the table `writes`."""

    name: str
    reads: str
    writes: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class GlobalStep:
    """Relate the rows of all parts by columns of the table `reads`; what it finds goes by `step.name`.

    A dedup step leaves decisions on documents or chunks, a threshold limits by language, an audit verdicts on
    languages, a sample that counts documents the last hash that it takes of each language.
    """

    reads: str
    step: DedupStep | ThresholdStep | AuditStep | SampleStep

    @property
    def kind(self) -> str:
        """`dedup`, `threshold`, `audit` or `sample`."""
        return kind_of(self.step)


def kind_of(step: Step) -> str:
    """Return the word that begins a step in a recipe."""
    return type(step).__name__.removesuffix("Step").lower()


def is_global(step: Step) -> TypeGuard[DedupStep | ThresholdStep | AuditStep | SampleStep]:
    """Whether a step relates documents to each other, so that no row can tell its outcome alone."""
    if isinstance(step, SampleStep):
        return step.max_documents is not None
    return isinstance(step, DedupStep | ThresholdStep | AuditStep)


def reads_text(step: Step) -> bool:
    """Whether a global step looks at the texts themselves, part by part, and not at columns of them."""
    return isinstance(step, DedupStep) and step.kind == "substring"


def needs_shingles(step: Step) -> bool:
    """Whether a dedup step compares the sets of shingles themselves, in a column `NAME_shingles`."""
    return isinstance(step, DedupStep) and dedup_parameters(step).get("verify") == SHINGLES


def in_chunks(step: Step) -> bool:
    """Whether a step changes the text by its chunks and not the set of documents."""
    return isinstance(step, KeepStep | DedupStep) and step.scope == "chunk"


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs between extract and select, in order."""

    recipe: Recipe
    stages: tuple[RowPass | GlobalStep, ...]

    @property
    def passes(self) -> list[RowPass]:
        """The row passes, in order."""
        return [stage for stage in self.stages if isinstance(stage, RowPass)]

    @property
    def global_steps(self) -> list[GlobalStep]:
        """The global steps, in order."""
        return [stage for stage in self.stages if isinstance(stage, GlobalStep)]


def make_plan(recipe: Recipe) -> Plan:
    """Cut the recipe's steps at each global step that changes text, and fuse what lies between."""
    stages: list[RowPass | GlobalStep] = []
    reads, number = "documents", 1
    for steps in _cut_at_chunk_dedup(recipe):
        suffix = f"_{number}" if number > 1 else ""
        operations = (*_drop_before(recipe, stages), *_operations(recipe, steps))
        stages.append(RowPass(f"annotate{suffix}", reads, f"signals{suffix}", operations))
        stages.extend(GlobalStep(f"signals{suffix}", s) for s in steps if is_global(s))
        reads, number = f"signals{suffix}", number + 1
    return Plan(recipe, tuple(stages))


def _cut_at_chunk_dedup(recipe: Recipe) -> Iterator[list[Step]]:
    segment: list[Step] = []
    for step in recipe.steps:
        segment.append(step)
        if isinstance(step, DedupStep) and step.scope == "chunk":
            yield segment
            segment = []
    yield segment


def _drop_before(recipe: Recipe, stages: list[RowPass | GlobalStep]) -> Iterator[DropChunks | DropRanges]:
    if stages and isinstance(stages[-1], GlobalStep):
        step = stages[-1].step
        if reads_text(step):
            yield DropRanges(step.name, str(step_parameters(step)["unit"]))
            return
        yield DropChunks(step.name, _unit(recipe, step))


def _unit(recipe: Recipe, step: Step) -> str:
    own = DEDUP_KINDS[step.kind].unit if isinstance(step, DedupStep) else None
    return own or recipe.chunk_unit


def _operations(recipe: Recipe, steps: list[Step]) -> Iterator[Operation]:
    chunk_rules: list[KeepStep] = []
    seen: set[str] = set()
    for step in steps:
        if isinstance(step, KeepStep) and step.scope == "chunk":
            chunk_rules.append(step)
            continue
        if chunk_rules:
            yield ChunkRules(tuple(chunk_rules), recipe.chunk_unit)
            chunk_rules = []
        operation = _operation(recipe, step)
        if operation is None:
            continue
        if isinstance(operation, Measure):
            if operation.column in seen or operation.column in LANGUAGE_COLUMNS.names:
                continue
            seen.add(operation.column)
        yield operation
        if isinstance(step, DedupStep) and needs_shingles(step):
            known = find_signal("shingle_set").parameters
            given = {k: v for k, v in step.parameters.items() if k in known}
            yield Measure(f"{step.name}_{SHINGLES}", "shingle_set", given)
    if chunk_rules:
        yield ChunkRules(tuple(chunk_rules), recipe.chunk_unit)


def _operation(recipe: Recipe, step: Step) -> Operation | None:
    if isinstance(step, EditStep):
        return step
    if isinstance(step, KeepStep):
        return Measure(step.name, step.rule.signal, step.parameters)
    if isinstance(step, ThresholdStep):
        return _threshold_measure(recipe, step)
    if not isinstance(step, DedupStep) or reads_text(step):
        return None
    key = key_signal(step)
    parameters = {k: v for k, v in step.parameters.items() if k in find_signal(key).parameters}
    if step.scope == "chunk":
        return ChunkKeys(step.name, key, parameters, _unit(recipe, step))
    return Measure(step.name, key, parameters)


def _threshold_measure(recipe: Recipe, step: ThresholdStep) -> Measure | None:
    """Return the measurement of a threshold's values, None where a step before it makes the column."""
    for other in recipe.steps:
        if isinstance(other, KeepStep) and other.scope == "document" and other.name == step.column:
            return Measure(other.name, other.rule.signal, other.parameters)
    return Measure(step.column, step.signal, step.measured_with)


def key_signal(step: DedupStep) -> str:
    """Return the name of the signal by which `step` relates rows."""
    return str(step.parameters.get("key", DEDUP_KINDS[step.kind].key))


def dedup_parameters(step: DedupStep) -> dict[str, object]:
    """Return the parameters of the global step itself, defaults filled in."""
    declared = DEDUP_KINDS[step.kind].parameters
    return {**declared, **{k: v for k, v in step.parameters.items() if k in declared}}


def step_parameters(step: Step) -> dict[str, object]:
    """Return what a global step works with, defaults filled in."""
    if isinstance(step, DedupStep):
        return dedup_parameters(step)
    if isinstance(step, SampleStep):
        return {"share": step.share, "by": step.by, "max_documents": step.max_documents}
    return dict(step.parameters) if not isinstance(step, KeepStep) else {}


def result_folder(step: Step) -> str:
    """Return the table or file of a global step's results, below the workspace."""
    folder = {"dedup": "decisions", "threshold": "thresholds", "audit": "audits", "sample": "samples"}
    return f"{folder[kind_of(step)]}/{step.name}"


def table_schema(plan: Plan, table: str) -> pa.Schema:
    """Return the schema of the table that a row pass writes."""
    fields: dict[str, pa.Field] = {}
    has_chunks = False
    for stage in plan.passes:
        fields |= {f.name: f for o in stage.operations if (f := _field(o)) is not None}
        has_chunks |= any(isinstance(o, ChunkKeys) for o in stage.operations)
        if stage.writes == table:
            break
    measured = pa.schema(list(fields.values()))
    return signals_schema(measured, with_chunk_ends=has_chunks, with_images=plan.recipe.has_images)


BUCKET = column("bucket", pa.string(), "head, middle or tail of its language; all where it has no limits")


def corpus_schema(plan: Plan) -> pa.Schema:
    """Return the schema of the published corpus: CORPUS, and what the recipe publishes besides."""
    measured = table_schema(plan, plan.passes[-1].writes)
    thresholds = [step for step in plan.recipe.steps if isinstance(step, ThresholdStep)]
    buckets = {step.name: BUCKET.with_name(step.name) for step in thresholds if step.rule == BUCKETS}
    own = [buckets.get(n) or measured.field(n) for n in plan.recipe.columns if n not in CORPUS.names]
    return pa.schema([*CORPUS, *own, *([IMAGES] if plan.recipe.has_images else [])])


def _field(operation: Operation) -> pa.Field | None:
    if isinstance(operation, Measure):
        declared = find_signal(operation.signal)
        return column(operation.column, declared.type, declared.definition, unit=declared.unit)
    if isinstance(operation, ChunkKeys):
        return column(operation.column, pa.list_(find_signal(operation.signal).type), "key of each chunk")
    return None
