"""Checks of a recipe as a whole. Every fault is collected with its line; none stops the check."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from filters.chunks import CHUNK_UNITS
from filters.registry import SIGNALS
from pipeline.extractors import DEFAULT_EXTRACTOR, EXTRACTORS, option_faults
from pipeline.recipe_file import RawStep, RecipeFile
from pipeline.step_check import StepReader, wrong_type
from pipeline.steps import (
    DedupStep,
    EditStep,
    KeepStep,
    Step,
    ThresholdStep,
    UrlStep,
)
from schemas.document import DOCUMENT
from schemas.errors import near_name
from schemas.signals import LANGUAGE_COLUMNS, TEXT_COLUMNS

FIELDS = (
    "name",
    "version",
    "title",
    "source",
    "base",
    "without",
    "extractor",
    "extraction",
    "languages",
    "signals",
    "chunks",
    "columns",
    "tail",
    "urls",
    "steps",
)
CHUNK_FIELDS: Mapping[str, object] = {"max_characters": 1000, "unit": "line"}
TAIL_FIELDS: Mapping[str, object] = {"chunks": 1, "documents": 1}
URL_FIELDS = ("block", "with", "as")
STAGES = ("extract", "annotate", "select", "publish")
"""Names that a global step cannot have: decisions and accounts go by name."""

Made = tuple[str, str, int]
"""A measurement: signal, parameters, which state of the text."""


class RecipeChecker:
    """Reads the steps of one file and collects its faults."""

    def __init__(self, file: RecipeFile, limit_columns: Collection[str]) -> None:
        self.file = file
        self.faults: list[str] = list(file.faults)
        self._columns: dict[str, Made] = {}
        self._text_version = 0
        self._reader = StepReader(limit_columns, self._columns)

    def check(self) -> tuple[Step, ...]:
        """Return the steps that could be read; `faults` says what is wrong with the others."""
        self._check_fields()
        read: list[tuple[RawStep, Step, int]] = []
        for raw in self.file.steps:
            step = self._reader.read(raw)
            if step is not None:
                self._check_column(raw, step)
                read.append((raw, step, self._text_version))
        self.faults += self._reader.faults
        self._reader.faults = []
        self._check_global_names([(raw, step) for raw, step, _ in read])
        self._check_policies(read)
        steps = tuple(self._with_column(raw, step, version) for raw, step, version in read)
        self.faults += self._reader.faults
        self._check_published()
        return steps

    def url_steps(self) -> tuple[UrlStep, ...]:
        """Return the lists of addresses that are left out."""
        found = []
        for entry in self.file.content.get("urls", []):
            where = self.file.where("urls")
            for key in entry:
                if key not in URL_FIELDS:
                    self.faults.append(f"{where}: urls: unknown field {key!r}{near_name(key, URL_FIELDS)}")
            if not isinstance(entry.get("block"), str):
                self.faults.append(f'{where}: urls: expected block = "LIST", got {entry.get("block")!r}')
                continue
            found.append(UrlStep(str(entry.get("as", "blocked_url")), entry["block"], entry.get("with", {})))
        return tuple(found)

    def _fault(self, key: str, message: str) -> None:
        self.faults.append(f"{self.file.where(key)}: {message}")

    def _check_fields(self) -> None:
        content = self.file.content
        for key in content:
            if key not in FIELDS:
                self._fault(key, f"unknown field {key!r}{near_name(key, FIELDS)}")
        for key in ("name", "source", "steps"):
            if not content.get(key):
                self.faults.append(f"{self.file.name}:1: field {key!r} is missing")
        extractor = content.get("extractor", DEFAULT_EXTRACTOR)
        if extractor not in EXTRACTORS:
            near = near_name(str(extractor), list(EXTRACTORS))
            known = f"; extractors: {', '.join(EXTRACTORS)}"
            self._fault("extractor", f"unknown extractor {extractor!r}{near}{known}")
        for message in option_faults(str(extractor), content.get("extraction", {})):
            self._fault("extraction", f"extraction: {message}")
        self._check_chunks(content.get("chunks", {}))
        self._check_table("tail", content.get("tail", {}), TAIL_FIELDS)
        for signal, parameters in content.get("signals", {}).items():
            self._check_settings(signal, parameters)

    def _check_table(self, name: str, content: Mapping[str, Any], fields: Mapping[str, object]) -> None:
        for key, value in content.items():
            if key not in fields:
                self._fault(name, f"{name}: unknown field {key!r}{near_name(key, list(fields))}")
            elif (expected := wrong_type(value, fields[key])) is not None:
                self._fault(key, f"{name}: {key}: expected {expected}, got {value!r}")

    def _check_chunks(self, chunks: Mapping[str, Any]) -> None:
        self._check_table("chunks", chunks, CHUNK_FIELDS)
        unit = chunks.get("unit", "line")
        if unit not in CHUNK_UNITS:
            self._fault("unit", f"chunks: unit: expected one of {', '.join(CHUNK_UNITS)}, got {unit!r}")

    def _check_settings(self, signal: str, parameters: Mapping[str, object]) -> None:
        where = f"signals.{signal}"
        if signal not in SIGNALS:
            self._fault(where, f"unknown signal {signal!r}{near_name(signal, list(SIGNALS))}")
            return
        for key in parameters:
            if key not in SIGNALS[signal].parameters:
                self._fault(where, f"signal {signal} has no parameter {key!r}")

    def _check_column(self, raw: RawStep, step: Step) -> None:
        """A column holds one measurement of one state of the text; a second one needs a name of its own."""
        if isinstance(step, EditStep) or (isinstance(step, KeepStep | DedupStep) and step.scope == "chunk"):
            self._text_version += 1
            return
        if not isinstance(step, KeepStep):
            return
        version = 0 if step.name in LANGUAGE_COLUMNS.names else self._text_version
        made = (step.rule.signal, _text(step.parameters), version)
        if self._columns.setdefault(step.name, made) != made:
            self._reader.fault(
                raw, f"column {step.name!r} already holds another measurement; name this one with `as`"
            )
        if step.name != step.rule.signal and step.name in SIGNALS:
            self._reader.fault(raw, f"`as` {step.name!r} is the name of another signal", "as")

    def _with_column(self, raw: RawStep, step: Step, version: int) -> Step:
        """Say where a threshold finds its values: in the column of an equal measurement, or in its own."""
        if not isinstance(step, ThresholdStep):
            return step
        if step.signal in self._columns and not step.measured_with:
            signal, parameters, at = self._columns[step.signal]
            is_same = signal == step.signal and parameters == _text({}) and at == version
            if step.signal not in SIGNALS or is_same or step.signal in LANGUAGE_COLUMNS.names:
                return replace(step, column=step.signal)
        made = (step.signal, _text(step.measured_with), version)
        same = [name for name, other in self._columns.items() if other == made]
        if same or step.signal in LANGUAGE_COLUMNS.names:
            return replace(step, column=same[0] if same else step.signal)
        own = step.signal if step.signal not in self._columns and not step.measured_with else step.name
        if self._columns.setdefault(own, made) != made:
            self._reader.fault(raw, f"column {own!r} already holds another measurement; name this one", "as")
        return replace(step, column=own)

    def _check_global_names(self, read: list[tuple[RawStep, Step]]) -> None:
        """Results of global steps are stored by name, so no two have the same one."""
        names: dict[str, int] = {}
        for raw, step in read:
            if isinstance(step, EditStep | KeepStep):
                continue
            if step.name in STAGES or step.name.startswith("annotate_"):
                self.faults.append(f"{raw.where('as')}: {step.name!r} is the name of a stage; use another")
            if step.name in names:
                self.faults.append(
                    f"{raw.where('as')}: step {names[step.name]} is named {step.name!r} too; "
                    "name this one with `as`"
                )
            names.setdefault(step.name, raw.number)

    def _check_policies(self, read: list[tuple[RawStep, Step, int]]) -> None:
        """`keep = "best:COLUMN"` names a column of numbers that is measured."""
        known = [
            *(name for name, (signal, _, _) in self._columns.items() if _is_number(signal)),
            *(f.name for f in (*DOCUMENT, *LANGUAGE_COLUMNS, *TEXT_COLUMNS) if _is_number_type(str(f.type))),
        ]
        for raw, step, _ in read:
            policy = str(step.parameters.get("keep", "")) if isinstance(step, DedupStep) else ""
            column = policy.removeprefix("best:")
            if policy.startswith("best:") and column not in known:
                hint = near_name(column, known) or f"; columns of numbers: {', '.join(sorted(known))}"
                self.faults.append(f"{raw.where('with')}: keep: no step measures {column!r}{hint}")
            elif policy and not policy.startswith("best:") and policy not in POLICIES:
                expected = ", ".join((*POLICIES, "best:COLUMN"))
                self.faults.append(f"{raw.where('with')}: keep: expected one of {expected}, got {policy!r}")

    def _check_published(self) -> None:
        for name in self.file.content.get("columns", []):
            known = sorted({*self._columns, *LANGUAGE_COLUMNS.names, *self._reader.buckets})
            if name not in known:
                self._fault(
                    "columns", f"columns: no document step measures {name!r}{near_name(str(name), known)}"
                )


POLICIES = ("smallest_key", "longest", "newest", "none")
"""Who stays of those that are alike, besides `best:COLUMN`; see `pipeline/clusters.py`."""


def _text(parameters: Mapping[str, object]) -> str:
    return repr(sorted(parameters.items()))


def _is_number(signal: str) -> bool:
    return signal in SIGNALS and _is_number_type(str(SIGNALS[signal].type))


def _is_number_type(kind: str) -> bool:
    return kind.startswith(("int", "float", "double"))
