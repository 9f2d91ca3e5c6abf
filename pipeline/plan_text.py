"""A plan for people: stage by stage, with what each costs.

Costs are estimates for one core: of signals and edits from `signal_costs.tsv` (`tests/bench/bench_costs.py`
measures them), of stages from the constants below. They tell what is dear in a recipe, not how long a run on
another machine takes.
"""

import functools
from collections.abc import Iterable, Mapping
from importlib.resources import files

import filters.signals  # noqa: F401  declares every signal
from filters.registry import SIGNALS
from pipeline.plan import (
    ChunkKeys,
    ChunkRules,
    DropChunks,
    DropRanges,
    GlobalStep,
    Measure,
    Operation,
    Plan,
    RowPass,
    is_global,
    result_folder,
    step_parameters,
)
from pipeline.steps import EditStep, KeepStep, Parameters
from schemas.signals import LANGUAGE_COLUMNS

COSTS_FILE = "signal_costs.tsv"
PAGES = 100_000
"""Pages of an estimate, unless the user says how many."""

TEXT_BYTES = 4_000
"""Text of a page: the mean of 1,318 assembled pages in 100 languages."""

DOCUMENTS_A_PAGE = 0.94
"""Pages with text: 1,318 of 1,401 of them."""

EXTRACT_PAGES = 100
"""Pages a second and core that extract reads, the costliest stage by far."""

SELECT_DOCUMENTS = 4_000
PUBLISH_DOCUMENTS = 6_000
GLOBAL_DOCUMENTS: Mapping[str, float] = {
    "dedup": 20_000,
    "threshold": 50_000,
    "audit": 400,
    "sample": 100_000,
}
"""Documents a second and core, in the driver."""

DEAR = 0.2
"""Share of a pass from which a signal is named as dear."""

ON_EVERY_ROW = (
    "Every signal is measured on every document, on those that an earlier rule removes too: a limit can then "
    "be moved without reading text again."
)


def describe(plan: Plan, pages: int | None = None) -> str:
    """Return the plan as text, one stage a line with its steps below, and what each costs.

    `pages` is the size of the input; None: `PAGES`.
    """
    pages = pages or PAGES
    documents = pages * DOCUMENTS_A_PAGE
    lines = [
        f"recipe {plan.recipe.name} {plan.recipe.version}",
        _stage("row", "extract", "parts -> documents", pages / EXTRACT_PAGES),
        *(f"           block    {step.block}: {step.name}" for step in plan.recipe.urls),
    ]
    for stage in plan.stages:
        if isinstance(stage, RowPass):
            lines += _pass_lines(stage, documents * TEXT_BYTES / 1e6)
        else:
            lines += _global_lines(stage, documents)
    select = f"{plan.passes[-1].writes} + {_results(plan)} -> selected, removed"
    lines.append(_stage("row", "select", select, documents / SELECT_DOCUMENTS))
    lines.extend(f"           {i:2}. {step}" for i, step in enumerate(plan.recipe.steps, 1))
    publish = "selected -> data/<lang>/, row groups gathered by language"
    lines.append(_stage("publish", "publish", publish, documents / PUBLISH_DOCUMENTS))
    return "\n".join([*lines, "", *_notes(plan, pages)])


def _results(plan: Plan) -> str:
    kinds = {"dedup": "decisions", "threshold": "limits", "audit": "verdicts", "sample": "samples"}
    found = [kinds[stage.kind] for stage in plan.global_steps]
    return ", ".join(dict.fromkeys(found)) or "rules"


def _stage(kind: str, name: str, what: str, seconds: float) -> str:
    return f"{kind:<8} {name:<11} {what}  [{_time(seconds)}]"


def _time(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 1 else "under 1 s"


def _pass_lines(stage: RowPass, megabytes: float) -> list[str]:
    costs = [_seconds(operation, megabytes) for operation in stage.operations]
    shared, language = (megabytes * cost for cost in _once(stage))
    total = shared + language + sum(cost or 0 for cost in costs)
    lines = [
        _stage("row", stage.name, f"{stage.reads} -> {stage.writes}", total),
        f"           text     words, lines, classes of characters: shared by all  [{shared / total:.0%}]",
    ]
    if language:
        lines.append(f"           language lang, lang_score, script, script_ratio  [{language / total:.0%}]")
    for operation, cost in zip(stage.operations, costs, strict=True):
        share = "not measured" if cost is None else f"{cost / total:.0%}"
        lines.append(f"           {_describe_operation(operation)}  [{share}]")
    return lines


def _global_lines(stage: GlobalStep, documents: float) -> list[str]:
    settings = ", ".join(f"{k}={_shown(v)}" for k, v in step_parameters(stage.step).items() if v is not None)
    where = f"{stage.reads} -> {result_folder(stage.step)}"
    return [
        _stage("global", stage.kind, where, documents / GLOBAL_DOCUMENTS[stage.kind]),
        f"           {stage.step}" + (f": {settings}" if settings else ""),
    ]


def _shown(value: object) -> str:
    return ">".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _notes(plan: Plan, pages: int) -> list[str]:
    lines = [
        f"In brackets: estimates for {pages:,} pages of {TEXT_BYTES:,} bytes of text on one core of the "
        "machine that the constants are from; of row passes the share of each operation.",
        ON_EVERY_ROW,
    ]
    for stage in plan.passes:
        lines += _dear(stage)
    if len(plan.passes) > 1:
        lines.append(
            f"{len(plan.passes)} passes over text: what is dropped from the text of a document by what other "
            "documents hold has to be known before the next steps measure it."
        )
    changing = [s for s in plan.recipe.steps if is_global(s)]
    if changing:
        lines.append(
            "Global steps are done again only where other documents reach them than before: a limit that is "
            "moved costs them, select and publish, and no pass over text."
        )
    return lines


def _dear(stage: RowPass) -> list[str]:
    """Name the measurements that cost a large share of a pass, and what follows from it."""
    costs = [_seconds(operation, 1.0) or 0.0 for operation in stage.operations]
    total = sum(_once(stage)) + sum(costs)
    return [
        f"{operation.column} takes {cost / total:.0%} of {stage.name}, also for documents that cheaper rules "
        "remove. To measure only what these keep, leave its rule out and run `glotmill measure` on the "
        "corpus that comes out."
        for operation, cost in zip(stage.operations, costs, strict=True)
        if isinstance(operation, Measure) and cost >= DEAR * total
    ]


def _once(stage: RowPass) -> tuple[float, float]:
    """Return the seconds a megabyte for what all operations share, and for the language of each page."""
    language = 1 / _speeds()["signal", "lid"] if stage.reads == "documents" else 0.0
    return 1 / _speeds()["text", "text"], language


@functools.cache
def _speeds() -> Mapping[tuple[str, str], float]:
    """Return megabytes a second by kind and name."""
    text = files("pipeline").joinpath(COSTS_FILE).read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {(kind, name): float(speed) for kind, name, speed in rows}


def _seconds(operation: Operation, megabytes: float) -> float | None:
    """Return what an operation costs on so much text, None where a part of it was never measured."""
    speeds = _speeds()
    if isinstance(operation, EditStep):
        names = [("edit", operation.edit)]
    elif isinstance(operation, Measure):
        names = list(_signals(operation.signal, set()))
    elif isinstance(operation, ChunkKeys):
        names = [("text", "text"), ("text", "chunks"), ("signal", operation.signal)]
    elif isinstance(operation, ChunkRules):
        rules = [("signal", rule.rule.signal) for rule in operation.rules]
        names = [("text", "text"), ("text", "chunks"), *rules]
    else:
        names = [("text", "chunks")]
    known = [speeds.get(name) for name in names]
    return None if None in known else sum(megabytes / speed for speed in known if speed is not None)


def _signals(name: str, seen: set[str]) -> Iterable[tuple[str, str]]:
    """Yield a signal and those that it reads, each once."""
    if name in seen or name not in SIGNALS or name in LANGUAGE_COLUMNS.names:
        return
    seen.add(name)
    yield "signal", name
    for read in SIGNALS[name].inputs:
        yield from _signals(read, seen)


def _describe_operation(operation: Operation) -> str:
    if isinstance(operation, EditStep):
        return f"edit     {operation.edit}{_given(operation.parameters)}"
    if isinstance(operation, Measure | ChunkKeys):
        what = "measure " if isinstance(operation, Measure) else "chunk keys"
        return f"{what} {operation.column} = {operation.signal}{_given(operation.parameters)}"
    if isinstance(operation, DropRanges):
        return f"drop     spans of text decided against by {operation.decisions}"
    if isinstance(operation, DropChunks):
        return f"drop     chunks decided against by {operation.decisions}"
    return f"chunks   ({operation.unit}) " + "; ".join(map(_rule, operation.rules))


def _rule(step: KeepStep) -> str:
    counted = ", counted" if step.then == "count" else ""
    return f"{step.name}: {step.rule}{_given(step.parameters)}{counted}"


def _given(parameters: Parameters) -> str:
    return f" ({', '.join(f'{k}={v}' for k, v in parameters.items())})" if parameters else ""
