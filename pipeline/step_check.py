"""Reads each kind of step of a recipe. Every fault is collected with its line; none stops the check."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import filters.edits
import filters.signals  # noqa: F401  declares every signal
from filters.limits import RULES
from filters.registry import EDITS, SIGNALS, unknown_inputs
from filters.rule import parse_rule
from pipeline.dedup_check import dedup_fault
from pipeline.recipe_file import PLACES, STEP_KINDS, RawStep
from pipeline.steps import (
    AUDIT_KINDS,
    AUDIT_OUTCOMES,
    CHUNK_OUTCOMES,
    DEDUP_KINDS,
    FAILED_CHUNK_RATIO,
    SAMPLED_BY,
    SCOPES,
    AuditStep,
    DedupStep,
    EditStep,
    KeepStep,
    SampleStep,
    Step,
    ThresholdStep,
)
from pipeline.thresholds import BUCKETS, SHARED_PARAMETERS, parameter_faults
from schemas.document import DOCUMENT
from schemas.errors import RecipeError, near_name

COMMON_FIELDS = ("with", "as", *PLACES)
STEP_FIELDS: Mapping[str, tuple[str, ...]] = {
    "edit": (),
    "keep": ("scope", "then"),
    "dedup": ("scope",),
    "threshold": (),
    "audit": ("then",),
    "sample": (),
}
"""What a step of each kind takes besides COMMON_FIELDS."""

CHUNK_COLUMNS = ("chunk_count", "failed_chunk_count")
"""What the rules on chunks tell of a document."""

WITHIN = ("corpus", "language")


class StepReader:
    """Turns raw steps into steps and collects what is wrong with them."""

    def __init__(self, limit_columns: Collection[str], measured: Mapping[str, Any]) -> None:
        self.limit_columns = limit_columns
        self.faults: list[str] = []
        self._measured = measured
        self._thresholds: set[str] = set()
        self.buckets: list[str] = []
        self._has_chunk_rules = False

    def read(self, raw: RawStep) -> Step | None:
        """Return the step, or None where it cannot be read; `faults` says why."""
        content = raw.content
        kinds = [kind for kind in STEP_KINDS if kind in content]
        if len(kinds) != 1:
            known = (*STEP_KINDS, *COMMON_FIELDS, "scope", "then")
            self._check_fields(raw, known)
            self.fault(raw, f"expected one of {', '.join(STEP_KINDS)}; got {', '.join(kinds) or 'none'}")
            return None
        kind = kinds[0]
        self._check_fields(raw, (kind, *COMMON_FIELDS, *STEP_FIELDS[kind]))
        if not isinstance(content.get("with", {}), dict):
            self.fault(raw, "with: expected a table of parameters, such as { n = 3 }", "with")
            return None
        readers: dict[str, Callable[[RawStep], Step | None]] = {
            "edit": self._edit,
            "keep": self._keep,
            "dedup": self._dedup,
            "threshold": self._threshold,
            "audit": self._audit,
            "sample": self._sample,
        }
        return readers[kind](raw)

    def fault(self, raw: RawStep, message: str, key: str = "") -> None:
        """Note a fault of a step, at the line of `key`."""
        self.faults.append(f"{raw.where(key)}: {message}")

    def _check_fields(self, raw: RawStep, known: tuple[str, ...]) -> None:
        for key in raw.content:
            if key not in known:
                hint = near_name(key, known) or f"; fields: {', '.join(known)}"
                self.fault(raw, f"unknown field {key!r}{hint}", key)

    def _choice(self, raw: RawStep, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = raw.content.get(key, default)
        if value in allowed:
            return str(value)
        self.fault(raw, f"{key}: expected {' or '.join(allowed)}, got {value!r}", key)
        return default

    def _edit(self, raw: RawStep) -> Step | None:
        name, parameters = raw.content["edit"], raw.content.get("with", {})
        if name not in EDITS:
            self._unknown(raw, "edit", "edit", list(EDITS))
            return None
        self._check_parameters(raw, f"edit {name}", parameters, EDITS[name].parameters)
        return EditStep(raw.name, name, parameters)

    def _keep(self, raw: RawStep) -> Step | None:
        try:
            rule = parse_rule(str(raw.content["keep"]))
        except RecipeError as error:
            self.fault(raw, str(error), "keep")
            return None
        scope = self._choice(raw, "scope", SCOPES, "document")
        then = self._choice(raw, "then", CHUNK_OUTCOMES, "drop")
        if "then" in raw.content and scope == "document":
            self.fault(raw, "then: only rules on chunks have it; a document that fails is removed", "then")
        parameters = raw.content.get("with", {})
        self._check_signal(raw, "keep", rule.signal, parameters)
        column = rule.limit_column
        if column is not None and column not in (*self.limit_columns, *self._thresholds):
            known = sorted({*self.limit_columns, *self._thresholds})
            hint = near_name(column, known) or f"; limits by language: {', '.join(known) or 'none'}"
            self.fault(
                raw, f"neither the language table nor an earlier threshold has {column!r}{hint}", "keep"
            )
        if scope == "chunk":
            self._has_chunk_rules = True
            if column in self._thresholds:
                self.fault(
                    raw, f"${column} is learned from documents; a rule on chunks cannot use it", "keep"
                )
        return KeepStep(
            raw.name,
            rule,
            parameters,
            "chunk" if scope == "chunk" else "document",
            "count" if then == "count" else "drop",
        )

    def _check_signal(self, raw: RawStep, key: str, name: str, parameters: Mapping[str, object]) -> None:
        if name not in SIGNALS:
            self.fault(raw, f"unknown signal {name!r}{near_name(name, list(SIGNALS))}", key)
            return
        self._check_parameters(raw, f"signal {name}", parameters, SIGNALS[name].parameters)
        counted = CHUNK_COLUMNS if self._has_chunk_rules else ()
        unknown = unknown_inputs(name, (*DOCUMENT.names, *counted))
        if unknown and unknown[0] in CHUNK_COLUMNS:
            self.fault(raw, f"{FAILED_CHUNK_RATIO} needs a rule on chunks before it", key)
        elif unknown:
            self.fault(raw, f"signal {name} reads {unknown[0]!r}, which no page has", key)

    def _dedup(self, raw: RawStep) -> Step | None:
        kind = str(raw.content["dedup"])
        if kind not in DEDUP_KINDS:
            self._unknown(raw, "dedup", "dedup", list(DEDUP_KINDS))
            return None
        declared = DEDUP_KINDS[kind]
        scope = self._choice(raw, "scope", SCOPES, declared.scopes[0])
        if scope not in declared.scopes:
            able = [name for name, other in DEDUP_KINDS.items() if scope in other.scopes]
            what = "documents; chunks" if scope == "chunk" else "chunks; documents"
            self.fault(raw, f"dedup {kind} relates {what} are related by {', '.join(able)}", "scope")
            return None
        parameters = raw.content.get("with", {})
        key = str(parameters.get("key", declared.key))
        if key not in SIGNALS:
            self.fault(raw, f"unknown key signal {key!r}{near_name(key, list(SIGNALS))}", "with")
            return None
        known = {**SIGNALS[key].parameters, **declared.parameters}
        before = len(self.faults)
        self._check_parameters(raw, f"dedup {kind}", parameters, known)
        if parameters.get("within", "corpus") not in WITHIN:
            self.fault(raw, f"within: expected {' or '.join(WITHIN)}, got {parameters['within']!r}", "with")
        if len(self.faults) == before and (fault := dedup_fault(kind, {**known, **parameters})) is not None:
            self.fault(raw, fault, "with")
        return DedupStep(raw.name, kind, parameters, "chunk" if scope == "chunk" else "document")

    def _threshold(self, raw: RawStep) -> Step | None:
        signal, given = str(raw.content["threshold"]), dict(raw.content.get("with", {}))
        rule = given.pop("rule", None)
        if rule not in RULES:
            hint = near_name(str(rule), list(RULES)) if rule is not None else ""
            self.fault(raw, f"rule: expected one of {', '.join(RULES)}; got {rule or 'none'}{hint}", "with")
            return None
        shared: dict[str, object] = {**SHARED_PARAMETERS, **RULES[rule].parameters}
        own = SIGNALS[signal].parameters if signal in SIGNALS else {}
        measured_with = {key: given.pop(key) for key in list(given) if key in own and key not in shared}
        self._check_parameters(raw, f"threshold {rule}", given, {**own, **shared})
        for key in sorted(RULES[rule].required - given.keys()):
            self.fault(raw, f"threshold {rule}: parameter {key!r} is missing", "with")
        for message in parameter_faults(given):
            self.fault(raw, f"threshold {rule}: {message}", "with")
        if signal not in self._measured:
            self._check_signal(raw, "threshold", signal, measured_with)
        self._check_number(raw, f"threshold of {signal}", signal)
        self._thresholds.add(raw.name)
        self.buckets += [raw.name] if rule == BUCKETS else []
        if raw.name in self.limit_columns:
            self.fault(raw, f"${raw.name} is a column of the language table; name this limit with `as`", "as")
        return ThresholdStep(raw.name, signal, rule, {**shared, **given}, measured_with, signal)

    def _check_number(self, raw: RawStep, what: str, signal: str) -> None:
        kind = str(SIGNALS[signal].type) if signal in SIGNALS else ""
        if kind and not kind.startswith(("int", "float", "double")):
            self.fault(raw, f"{what}: expected a signal of numbers, got one of {kind}", "threshold")

    def _audit(self, raw: RawStep) -> Step | None:
        kind = str(raw.content["audit"])
        if kind not in AUDIT_KINDS:
            self._unknown(raw, "audit", "audit", list(AUDIT_KINDS))
            return None
        parameters = raw.content.get("with", {})
        self._check_parameters(raw, f"audit {kind}", parameters, AUDIT_KINDS[kind])
        then = self._choice(raw, "then", AUDIT_OUTCOMES, "flag")
        return AuditStep(
            raw.name,
            kind,
            {**AUDIT_KINDS[kind], **parameters},
            "remove" if then == "remove" else "relabel" if then == "relabel" else "flag",
        )

    def _sample(self, raw: RawStep) -> Step | None:
        share, parameters = raw.content["sample"], raw.content.get("with", {})
        self._check_parameters(raw, "sample", parameters, {"by": "doc_id", "max_documents": 1})
        by, most = parameters.get("by", "doc_id"), parameters.get("max_documents")
        is_number = isinstance(share, int | float) and not isinstance(share, bool)
        if not is_number or not 0 < share <= 1:
            self.fault(raw, f"sample: expected a share over 0 and at most 1, got {share!r}", "sample")
            return None
        if by not in SAMPLED_BY:
            self.fault(raw, f"by: expected one of {', '.join(SAMPLED_BY)}, got {by!r}", "with")
        if most is not None and (not isinstance(most, int) or most < 1):
            self.fault(raw, f"max_documents: expected a number of documents, got {most!r}", "with")
            return None
        return SampleStep(raw.name, float(share), str(by), most)

    def _unknown(self, raw: RawStep, what: str, key: str, known: list[str]) -> None:
        name = str(raw.content[key])
        shown = f"; {what}s: {', '.join(known)}" if len(known) <= len(SIGNALS) // 4 else ""
        self.fault(raw, f"unknown {what} {name!r}{near_name(name, known) or shown}", key)

    def _check_parameters(
        self, raw: RawStep, owner: str, given: Mapping[str, object], known: Mapping[str, object]
    ) -> None:
        for key, value in given.items():
            if key not in known:
                hint = near_name(key, list(known)) or f"; it takes {', '.join(known) or 'none'}"
                self.fault(raw, f"{owner} has no parameter {key!r}{hint}", "with")
            elif (expected := wrong_type(value, known[key])) is not None:
                self.fault(raw, f"{owner}: {key}: expected {expected}, got {value!r}", "with")


def wrong_type(value: object, default: object) -> str | None:
    """Return what kind of value a parameter takes, by its default, where `value` is another; else None."""
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "true or false"
    if isinstance(default, int):
        return None if isinstance(value, int) and not isinstance(value, bool) else "a whole number"
    if isinstance(default, float):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if is_number else "a number"
    if isinstance(default, str):
        return None if isinstance(value, str) else "a text"
    if isinstance(default, tuple | list):
        return None if isinstance(value, list | tuple) else "a list"
    return None
