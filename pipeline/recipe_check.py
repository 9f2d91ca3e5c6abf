"""Checks of a recipe file. Every fault is collected with its line; none stops the check."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import filters.edits
import filters.signals  # noqa: F401  declares every signal
from filters.registry import EDITS, SIGNALS, unknown_inputs
from filters.rule import parse_rule
from pipeline.extractors import DEFAULT_EXTRACTOR, EXTRACTORS
from pipeline.steps import CHUNK_REASON, DEDUP_KINDS, DedupStep, EditStep, KeepStep, Step
from schemas.document import DOCUMENT
from schemas.errors import RecipeError, near_name
from schemas.signals import LANGUAGE_COLUMNS

FIELDS = (
    "name",
    "version",
    "title",
    "source",
    "extractor",
    "languages",
    "signals",
    "chunks",
    "columns",
    "steps",
)
KINDS = ("edit", "keep", "dedup")
STEP_FIELDS = (*KINDS, "with", "as", "scope")


class RecipeChecker:
    """Reads the steps of one parsed file and collects its faults."""

    def __init__(
        self, name: str, text: str, content: Mapping[str, Any], limit_columns: frozenset[str]
    ) -> None:
        self.name = name
        self.content = content
        self.limit_columns = limit_columns
        self.faults: list[str] = []
        self._lines = text.splitlines()
        self._step_lines = [
            i for i, line in enumerate(self._lines, 1) if line.strip().startswith("[[steps]]")
        ]
        self._columns: dict[str, tuple[str, str, int]] = {}
        self._text_version = 0

    def check(self) -> tuple[Step, ...]:
        """Return the steps that could be read; `faults` says what is wrong with the others."""
        self._check_fields()
        steps = []
        for number, content in enumerate(self.content.get("steps", []), 1):
            step = self._step(number, content)
            if step is not None:
                steps.append(step)
                self._check_column(number, step)
        for name in self.content.get("columns", []):
            if name not in self._columns and name not in LANGUAGE_COLUMNS.names:
                known = sorted({*self._columns, *LANGUAGE_COLUMNS.names})
                self.faults.append(
                    f"{self.name}:{self._find('columns')}: columns: no document step measures {name!r}"
                    f"{near_name(str(name), known)}"
                )
        return tuple(steps)

    def _fault(self, number: int, message: str, key: str = "") -> None:
        self.faults.append(f"{self.name}:{self._line(number, key)}: step {number}: {message}")

    def _line(self, number: int, key: str) -> int:
        first = self._step_lines[number - 1] if number <= len(self._step_lines) else 1
        following = self._step_lines[number] - 1 if number < len(self._step_lines) else len(self._lines)
        for line in range(first, following + 1):
            if key and re.match(rf"\s*{re.escape(key)}\s*=", self._lines[line - 1]):
                return line
        return first

    def _check_fields(self) -> None:
        for key in self.content:
            if key not in FIELDS:
                self.faults.append(
                    f"{self.name}:{self._find(key)}: unknown field {key!r}{near_name(key, FIELDS)}"
                )
        for key in ("name", "source", "steps"):
            if not self.content.get(key):
                self.faults.append(f"{self.name}:1: field {key!r} is missing")
        extractor = self.content.get("extractor", DEFAULT_EXTRACTOR)
        if extractor not in EXTRACTORS:
            self.faults.append(
                f"{self.name}:{self._find('extractor')}: unknown extractor {extractor!r}"
                f"{near_name(str(extractor), list(EXTRACTORS))}; extractors: {', '.join(EXTRACTORS)}"
            )
        for signal, parameters in self.content.get("signals", {}).items():
            self._check_settings(signal, parameters)

    def _find(self, key: str) -> int:
        pattern = re.compile(rf"\s*(\[+\s*)?{re.escape(key)}\b")
        return next((i for i, line in enumerate(self._lines, 1) if pattern.match(line)), 1)

    def _check_settings(self, signal: str, parameters: Mapping[str, object]) -> None:
        where = f"{self.name}:{self._find('signals.' + signal)}"
        if signal not in SIGNALS:
            self.faults.append(f"{where}: unknown signal {signal!r}{near_name(signal, list(SIGNALS))}")
            return
        for key in parameters:
            if key not in SIGNALS[signal].parameters:
                self.faults.append(f"{where}: signal {signal} has no parameter {key!r}")

    def _step(self, number: int, content: Mapping[str, Any]) -> Step | None:
        for key in content:
            if key not in STEP_FIELDS:
                self._fault(number, f"unknown field {key!r}{near_name(key, STEP_FIELDS)}", key)
        kinds = [kind for kind in KINDS if kind in content]
        if len(kinds) != 1:
            self._fault(number, f"expected one of {', '.join(KINDS)}; got {', '.join(kinds) or 'none'}")
            return None
        if content.get("scope", "document") not in ("document", "chunk"):
            self._fault(number, f"scope: expected document or chunk, got {content['scope']!r}", "scope")
            return None
        read = {"edit": self._edit, "keep": self._keep, "dedup": self._dedup}[kinds[0]]
        return read(number, content)

    def _edit(self, number: int, content: Mapping[str, Any]) -> Step | None:
        name, parameters = content["edit"], content.get("with", {})
        if name not in EDITS:
            self._fault(number, f"unknown edit {name!r}{near_name(name, list(EDITS))}", "edit")
            return None
        if "scope" in content:
            self._fault(number, "an edit changes whole documents and takes no scope", "scope")
        self._check_parameters(number, f"edit {name}", parameters, EDITS[name].parameters)
        return EditStep(content.get("as", name), name, parameters)

    def _keep(self, number: int, content: Mapping[str, Any]) -> Step | None:
        try:
            rule = parse_rule(content["keep"])
        except RecipeError as error:
            self._fault(number, str(error), "keep")
            return None
        parameters = content.get("with", {})
        if rule.signal in SIGNALS:
            self._check_parameters(
                number, f"signal {rule.signal}", parameters, SIGNALS[rule.signal].parameters
            )
            unknown = unknown_inputs(rule.signal, DOCUMENT.names)
            if unknown:
                self._fault(number, f"signal {rule.signal} reads {unknown[0]!r}, which no page has", "keep")
        else:
            known = list(SIGNALS)
            self._fault(number, f"unknown signal {rule.signal!r}{near_name(rule.signal, known)}", "keep")
        column = rule.limit_column
        if column is not None and column not in self.limit_columns:
            hint = near_name(column, sorted(self.limit_columns))
            self._fault(number, f"the language table has no column {column!r}{hint}", "keep")
        return KeepStep(content.get("as", rule.signal), rule, parameters, content.get("scope", "document"))

    def _dedup(self, number: int, content: Mapping[str, Any]) -> Step | None:
        kind, scope = content["dedup"], content.get("scope", "document")
        if kind not in DEDUP_KINDS:
            self._fault(number, f"unknown dedup {kind!r}{near_name(kind, list(DEDUP_KINDS))}", "dedup")
            return None
        if scope == "chunk" and kind != "exact":
            self._fault(number, f"dedup {kind} relates documents; chunks are related by `exact`", "scope")
        declared = DEDUP_KINDS[kind]
        parameters = content.get("with", {})
        key = parameters.get("key", declared.key)
        if key not in SIGNALS:
            self._fault(number, f"unknown key signal {key!r}{near_name(key, list(SIGNALS))}", "with")
            return None
        known = {**declared.parameters, **SIGNALS[key].parameters}
        self._check_parameters(number, f"dedup {kind}", parameters, known)
        reason = CHUNK_REASON if scope == "chunk" else declared.reason
        return DedupStep(content.get("as", reason), kind, parameters, scope)

    def _check_parameters(
        self, number: int, owner: str, given: Mapping[str, object], known: Iterable[str]
    ) -> None:
        names = list(known)
        for key in given:
            if key not in names:
                hint = near_name(key, names) or f"; it takes {', '.join(names) or 'none'}"
                self._fault(number, f"{owner} has no parameter {key!r}{hint}", "with")

    def _check_column(self, number: int, step: Step) -> None:
        """A column holds one measurement of one state of the text; a second one needs a name of its own."""
        if isinstance(step, EditStep) or step.scope == "chunk":
            self._text_version = number
            return
        if isinstance(step, DedupStep):
            return
        version = 0 if step.name in LANGUAGE_COLUMNS.names else self._text_version
        made = (step.rule.signal, repr(sorted(step.parameters.items())), version)
        if self._columns.setdefault(step.name, made) != made:
            self._fault(
                number, f"column {step.name!r} already holds another measurement; name this one with `as`"
            )
        if step.name != step.rule.signal and step.name in SIGNALS:
            self._fault(number, f"`as` {step.name!r} is the name of another signal", "as")
