"""A run in the driver: its settings, its parts, and what each part of each stage must be made from.

A part of a stage is done when its receipt carries the fingerprint of what it would be made from now: the
archive range, the recipe's part in that stage, the models, the code. Fingerprints chain, so a change redoes
what depends on it and nothing else.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from filters.models import LID176
from pipeline.extractors import BATCHED, PageSettings
from pipeline.parts import Part, parts_from_table, parts_to_table
from pipeline.plan import (
    ChunkRules,
    DropChunks,
    DropRanges,
    GlobalStep,
    Plan,
    RowPass,
    is_global,
    key_signal,
    make_plan,
    step_parameters,
)
from pipeline.recipe import Recipe, fingerprint, load_recipe
from pipeline.resources import MODELS, WORDS, resource_fingerprints, url_fingerprints
from pipeline.steps import DedupStep, KeepStep, Parameters, SampleStep, Step
from pipeline.thresholds import reference_stamp
from pipeline.version import code_version
from pipeline.workspace import WORK, Receipt, Workspace
from schemas.errors import WorkspaceError, near_name

RUN_FILE = "run.json"
PARTS_FILE = f"{WORK}/parts.parquet"
ALL_PARTS = "all"
INPUT, RESULT = "input", "result"
"""What a global step notes on its receipt: digests of what it was made from, and of what it found."""
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a user chooses besides the recipe.

    `languages` restricts the corpus (None: all); `signals` overrides the recipe's signal settings (models);
    with `language_first` pages whose whole text is in none of `languages` are not extracted;
    `split_bytes` is the size at which a compressed archive is cut into parts; `shard_bytes` is the text in
    one file of the corpus; of `removed_text_ratio` of the removed documents the text is kept for inspection.
    """

    languages: tuple[str, ...] | None = None
    signals: Mapping[str, Parameters] = field(default_factory=dict)
    extractor: str | None = None
    language_first: bool = False
    split_bytes: int = 64 * MEBIBYTE
    shard_bytes: int = 256 * MEBIBYTE
    removed_text_ratio: float = 0.01

    @property
    def wanted(self) -> frozenset[str] | None:
        """The languages to keep, None for all."""
        return frozenset(self.languages) if self.languages is not None else None


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that the stages of one run share."""

    workspace: Workspace
    recipe: Recipe
    plan: Plan
    settings: RunSettings
    parts: tuple[Part, ...]


def apply_settings(recipe: Recipe, settings: RunSettings) -> Recipe:
    """Return the recipe with the models and the extractor that the settings name."""
    merged = dict(recipe.settings)
    for signal, parameters in settings.signals.items():
        merged[signal] = {**merged.get(signal, {}), **parameters}
    return replace(recipe, settings=merged, extractor=settings.extractor or recipe.extractor)


def page_settings(run: Run) -> PageSettings:
    """Return how the pages of a run become text."""
    first = (run.settings.languages or ()) if run.settings.language_first else ()
    model = str(run.recipe.settings.get("lid", {}).get("model", LID176))
    options: dict[str, Any] = dict(run.recipe.extraction) if run.recipe.extractor in BATCHED else {}
    return PageSettings(run.recipe.extractor, languages=first, identifier=model, **options)


def start_run(workspace: Workspace, recipe_name: str, settings: RunSettings, parts: tuple[Part, ...]) -> Run:
    """Write down what the run is, and return it."""
    workspace.put_parquet(PARTS_FILE, parts_to_table(parts).schema, [parts_to_table(parts)])
    content = {"recipe": recipe_name, "settings": {n: getattr(settings, n) for n in settings.__slots__}}
    workspace.put_text(RUN_FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return open_run(workspace, recipe_name)


def open_run(workspace: Workspace, recipe_name: str | None = None) -> Run:
    """Return the run that stands in `workspace`, by its own recipe or by another.

    Raises:
        WorkspaceError: there is none.
    """
    if not workspace.exists(RUN_FILE) or not workspace.exists(PARTS_FILE):
        raise WorkspaceError(
            f"{workspace.path(RUN_FILE)}: no run stands here; jobs/list_parts.py or `glotmill run` begins one"
        )
    content = json.loads(workspace.read_text(RUN_FILE))
    chosen = content["settings"]
    if chosen["languages"] is not None:
        chosen["languages"] = tuple(chosen["languages"])
    settings = RunSettings(**chosen)
    recipe = apply_settings(load_recipe(recipe_name or content["recipe"]), settings)
    parts = tuple(parts_from_table(workspace.read_parquet(PARTS_FILE)))
    return Run(workspace, recipe, make_plan(recipe), settings, parts)


def correct_parts(run: Run, corrected: Iterable[Part]) -> Run:
    """Return the run with some of its parts replaced, and write that down."""
    parts = {part.number: part for part in (*run.parts, *corrected)}
    ordered = tuple(parts[number] for number in sorted(parts))
    table = parts_to_table(ordered)
    run.workspace.put_parquet(PARTS_FILE, table.schema, [table])
    return replace(run, parts=ordered)


def find_stage(run: Run, name: str) -> RowPass | GlobalStep:
    """Return the row pass or the global step of that name.

    Raises:
        WorkspaceError: the plan has none.
    """
    stages = {s.name if isinstance(s, RowPass) else s.step.name: s for s in run.plan.stages}
    if name not in stages:
        raise WorkspaceError(f"recipe {run.recipe.name}: no stage {name!r}{near_name(name, list(stages))}")
    return stages[name]


def part_fingerprints(run: Run, stage: str) -> dict[str, str]:
    """Return what each part of a stage is made from now: part name -> fingerprint.

    `stage` is `extract`, the name of a row pass or of a global step, or `select`.
    """
    return _Prints(run, {}).of(stage)


@dataclass(frozen=True, slots=True)
class _Prints:
    """Fingerprints of one run, each made once."""

    run: Run
    known: dict[str, dict[str, str]]

    def of(self, stage: str) -> dict[str, str]:
        if stage not in self.known:
            self.known[stage] = self._make(stage)
        return self.known[stage]

    def result(self, step: str) -> str:
        made_from = self.of(step)[ALL_PARTS]
        name = self.run.workspace.receipt_name(step, ALL_PARTS)
        if not self.run.workspace.exists(name):
            return made_from
        receipt = Receipt.from_json(self.run.workspace.read_text(name))
        noted = receipt.extra.get(RESULT) if receipt.fingerprint == made_from else None
        return str(noted or made_from)

    def _make(self, stage: str) -> dict[str, str]:
        run = self.run
        if stage == "extract":
            own = fingerprint([code_version(), repr(page_settings(run)), url_fingerprints(run.recipe)])
            return {str(p.number): fingerprint([own, repr(p)]) for p in run.parts}
        if stage == "select":
            own = _select_fingerprint(run)
            results = [self.result(s.step.name) for s in run.plan.global_steps]
            above = self.of(run.plan.passes[-1].name)
            return {part: fingerprint([own, above[part], results]) for part in above}
        planned = find_stage(run, stage)
        if isinstance(planned, GlobalStep):
            above = self.of(_writer(run, planned.reads).name)
            own = fingerprint([_global_fingerprint(run, planned), self._judged(planned)])
            return {ALL_PARTS: fingerprint([own, sorted(above.items())])}
        return self._pass(planned)

    def _judged(self, planned: GlobalStep) -> list[object]:
        """What decides which documents reach a global step: the steps before it and what they found."""
        names = [s.name for s in self.run.recipe.steps]
        before = self.run.recipe.steps[: names.index(planned.step.name)]
        rules = [s for s in before if isinstance(s, KeepStep) and s.scope == "document"]
        samples = [s for s in before if isinstance(s, SampleStep)]
        earlier = [self.result(s.name) for s in before if is_global(s)]
        limits = _limits(self.run.recipe, rules)
        return [repr(rules), repr(samples), limits, self.run.settings.languages, earlier]

    def _pass(self, planned: RowPass) -> dict[str, str]:
        recipe = self.run.recipe
        rules = [r for o in planned.operations if isinstance(o, ChunkRules) for r in o.rules]
        own: list[object] = [
            code_version(),
            repr(planned.operations),
            recipe.chunk_max_characters,
            settings_fingerprint(recipe),
            _limits(recipe, rules),
        ]
        own += [
            self.result(o.decisions) for o in planned.operations if isinstance(o, DropChunks | DropRanges)
        ]
        reads = "extract" if planned.reads == "documents" else _writer(self.run, planned.reads).name
        return {part: fingerprint([own, value]) for part, value in self.of(reads).items()}


def _writer(run: Run, table: str) -> RowPass:
    return next(p for p in run.plan.passes if p.writes == table)


def settings_fingerprint(recipe: Recipe) -> list[object]:
    """Return the signal settings, and a digest of each model and list in place of its address.

    Raises:
        ModelError: a model or a list is absent or damaged.
    """
    found: list[object] = []
    for signal, parameters in sorted(recipe.settings.items()):
        for key, value in sorted(parameters.items()):
            is_resource = key in (WORDS, *MODELS) and isinstance(value, str)
            found.append([signal, key, "" if is_resource else value])
    return [found, resource_fingerprints(recipe)]


def _limits(recipe: Recipe, steps: list[KeepStep]) -> list[object]:
    columns = sorted({s.rule.limit_column for s in steps if s.rule.limit_column is not None})
    return [[c, sorted((k, v) for k, v in recipe.limits.get(c, {}).items())] for c in columns]


def _global_fingerprint(run: Run, planned: GlobalStep) -> str:
    step = planned.step
    key = key_signal(step) if isinstance(step, DedupStep) else ""
    used = [s.rule.comparison for s in run.recipe.steps if _compares_with(s, step)]
    parameters = step_parameters(step)
    stamp = reference_stamp(parameters)
    return fingerprint([code_version(), str(step), key, repr(parameters), used, stamp])


def _compares_with(step: Step, threshold: Step) -> TypeGuard[KeepStep]:
    return isinstance(step, KeepStep) and step.rule.limit_column == threshold.name


def input_fingerprint(run: Run, planned: GlobalStep, reached: Iterable[str]) -> str:
    """Return what a global step is made from, told by the documents that reach it and not by the rules.

    `reached` are digests of those documents, part by part. Equal ones give equal results, however the rules
    before the step have changed.
    """
    above = part_fingerprints(run, _writer(run, planned.reads).name)
    return fingerprint([_global_fingerprint(run, planned), sorted(above.items()), list(reached)])


def _select_fingerprint(run: Run) -> str:
    rules = [s for s in run.recipe.steps if isinstance(s, KeepStep) and s.scope == "document"]
    chosen = [run.settings.languages, run.settings.removed_text_ratio]
    published = [
        repr(run.recipe.steps),
        run.recipe.columns,
        _limits(run.recipe, rules),
        run.recipe.tail_chunks > 0,
    ]
    return fingerprint([code_version(), published, chosen])


def unfinished(run: Run, stage: str) -> list[str]:
    """Return the parts of a stage that have no receipt made from what it would be made from now."""
    expected = part_fingerprints(run, stage)
    receipts = run.workspace.receipts(stage)
    return [p for p, value in expected.items() if p not in receipts or receipts[p].fingerprint != value]
