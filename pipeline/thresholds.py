"""Learned thresholds: one limit for each language, lent by script, family or all where it has little text.

The levels of a language are tried in the order of `fallback`. A level holds when its pool has `min_documents`
documents with a value: the language's own documents, or for the others some of each member, those with the
smallest hashes, so that no language speaks for all: `min_documents`, more where the members are few.

With `shrink = m` the limits of the levels that hold are mixed, from the widest to the language itself: a
level with n documents and the limit l turns the limit L of the wider ones into (n l + m L) / (n + m). A
language with m documents has half of its own say, one with 100 m nearly all; m = 0 takes the first level that
holds. `family` stands for all groups of a language, the smallest first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from filters.families import groups_of
from filters.limits import SIDES, anchor_language, learn_limits
from filters.quantiles import SAMPLE_SIZE, Sample, Values, rank_error, removed_at
from pipeline.workspace import WORK, Workspace
from schemas.errors import InputError
from schemas.limit import LIMIT

OWN_RUN: Final = "run"
"""The `reference` that is the run itself."""
LEVELS: Final = ("language", "script", "family", "global")
BUCKETS: Final = "buckets"
"""The rule that gives several limits, and each document a bucket: published if `columns` names the step."""
NO_LEVEL: Final = "none"
POOL: Final = 10
"""Times `min_documents` that a pool shall have where its members have them."""
NOT_A_LANGUAGE: Final = ("und", "zxx", "mul")
"""Labels of no language: they lend nothing to others."""

SHARED_PARAMETERS: Final[Mapping[str, object]] = {
    "min_documents": 100,
    "shrink": 0,
    "fallback": LEVELS,
    "reference": OWN_RUN,
    "sample_size": SAMPLE_SIZE,
}
"""What every threshold takes: documents that a level needs, documents that the wider levels count for, the
levels in order, where the values are from, documents of a language up to which quantiles are exact."""

_BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "percentile": (0, 100),
    "percentiles": (0, 100),
    "share": (0, 1),
    "min_documents": (1, float("inf")),
    "shrink": (0, float("inf")),
    "sample_size": (100, float("inf")),
    "limit": (float("-inf"), float("inf")),
}
"""Parameters that are numbers: the least and the greatest value."""

Level = tuple[str, str]
"""Kind and name: ("script", "Latn")."""


def parameter_faults(parameters: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the values of a threshold's parameters, one line each."""
    faults = []
    for name, value in parameters.items():
        values = list(value) if isinstance(value, list | tuple) else [value]
        if name == "fallback" and (not values or set(values) - set(LEVELS)):
            faults.append(f"fallback: expected some of {', '.join(LEVELS)}, got {value!r}")
        elif name == "side" and value not in (*SIDES, None):
            faults.append(f"side: expected {' or '.join(SIDES)}, got {value!r}")
        elif name in _BOUNDS and value is not None:
            least, most = _BOUNDS[name]
            if not all(_is_number(one) and least <= float(str(one)) <= most for one in values):
                faults.append(f"{name}: expected a number from {least:g} to {most:g}, got {value!r}")
    return faults


def reference_stamp(parameters: Mapping[str, object]) -> list[tuple[str, int, int]]:
    """Return name, size and time of the files of a reference corpus; none where the run is its own."""
    source = parameters.get("reference", OWN_RUN)
    if not source or source == OWN_RUN:
        return []
    path = Path(str(source))
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path] if path.exists() else []
    return [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Procedure:
    """How the limits of one threshold are learned; `comparison` is that of the rule that will use them."""

    name: str
    rule: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    min_documents: int = 100
    shrink: float = 0.0
    fallback: tuple[str, ...] = LEVELS
    comparison: str | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of one language; fields as in LIMIT."""

    step: str
    lang: str
    limits: tuple[float, ...]
    own_limit: float | None
    own_weight: float
    level: str
    documents: int
    sampled: int
    rank_error: float
    would_remove: int | None
    is_exact: bool

    @property
    def limit(self) -> float | None:
        """The limit that rules compare with: the last one."""
        return self.limits[-1] if self.limits else None


def levels_of(lang: str, fallback: Sequence[str]) -> list[Level]:
    """Return the levels of a language, narrowest first."""
    script = lang.partition("_")[2]
    own: dict[str, list[Level]] = {
        "language": [("language", lang)],
        "script": [("script", script)] if script else [],
        "family": [("family", group.name) for group in groups_of(lang) or ()],
        "global": [("global", "")],
    }
    return [level for kind in fallback for level in own[kind]]


class Pools:
    """The values of every level, from samples of the languages; each pool is made once."""

    def __init__(self, samples: Mapping[str, Sample], column: int, procedure: Procedure) -> None:
        self._samples = samples
        self._column = column
        self._procedure = procedure
        self._values: dict[Level, Values] = {}
        self._limits: dict[Level, tuple[float, ...]] = {}

    @cached_property
    def _members(self) -> Mapping[Level, list[str]]:
        members: dict[Level, list[str]] = {}
        for lang in self._samples:
            if not lang.startswith(NOT_A_LANGUAGE):
                for level in levels_of(lang, self._procedure.fallback):
                    members.setdefault(level, []).append(lang)
        return members

    @cached_property
    def _anchor(self) -> Values | None:
        lang = anchor_language(self._procedure.rule, self._procedure.parameters)
        if lang is None:
            return None
        values = self.values(("language", lang))
        least = self._procedure.min_documents
        if len(values) < least:
            raise InputError(
                f"threshold {self._procedure.name}: expected {least} documents of {lang}, whose limit "
                f"the others follow, got {len(values)}; name a `reference` that has them"
            )
        return values

    def values(self, level: Level) -> Values:
        """Return the sorted values of a level."""
        if level not in self._values:
            kind, name = level
            if kind == "language":
                sample = self._samples.get(name)
                found = sample.column(self._column) if sample is not None else np.empty(0)
            else:
                members = self._members.get(level, [])
                least = self._procedure.min_documents
                most = max(least, -(-POOL * least // max(1, len(members))))
                columns = [self._samples[member].column(self._column, most) for member in members]
                found = np.sort(np.concatenate([np.empty(0), *columns]))
            self._values[level] = found
        return self._values[level]

    def holds(self, level: Level) -> bool:
        """Whether a level has enough documents to learn from."""
        return len(self.values(level)) >= max(1, self._procedure.min_documents)

    def limits(self, level: Level) -> tuple[float, ...]:
        """Return what the values of a level give."""
        if level not in self._limits:
            self._limits[level] = learn_limits(
                self._procedure.rule, self.values(level), self._anchor, self._procedure.parameters
            )
        return self._limits[level]

    def error(self, level: Level) -> float:
        """Return the bound of the rank error of a level's limit: 0 for all of a language's documents."""
        kind, name = level
        if kind == "language" and self._samples[name].is_whole:
            return 0.0
        return rank_error(len(self.values(level)))


def learn(
    procedure: Procedure,
    samples: Mapping[str, Sample],
    column: int,
    reference: Mapping[str, Sample] | None = None,
) -> list[Learned]:
    """Return the limit of each language of `samples`, whose values are those of `column`.

    With a `reference`, a sample of which has one column, limits come from its values, and the run's own say
    only what the limits would remove.

    Raises:
        InputError: the language that the limits follow has too few documents.
    """
    pools = Pools(samples, column, procedure) if reference is None else Pools(reference, 0, procedure)
    return [_learn_language(procedure, pools, lang, samples[lang], column) for lang in sorted(samples)]


def _learn_language(procedure: Procedure, pools: Pools, lang: str, sample: Sample, column: int) -> Learned:
    levels = [level for level in levels_of(lang, procedure.fallback) if pools.holds(level)]
    limits, own_weight = _mixed(pools, levels, procedure.shrink)
    own = ("language", lang)
    values = sample.column(column)
    removed = _would_remove(values, procedure.comparison, limits)
    scaled = removed if removed is None or sample.is_whole else _scaled(removed, sample)
    return Learned(
        step=procedure.name,
        lang=lang,
        limits=limits,
        own_limit=pools.limits(own)[-1] if own in levels else None,
        own_weight=own_weight if own in levels else 0.0,
        level=_level_name(levels[0]) if levels else NO_LEVEL,
        documents=sample.documents,
        sampled=len(pools.values(levels[0])) if levels else 0,
        rank_error=pools.error(levels[0]) if levels else 1.0,
        would_remove=scaled,
        is_exact=sample.is_whole,
    )


def _level_name(level: Level) -> str:
    kind, name = level
    return kind if kind in ("language", "global") else f"{kind} {name}"


def _mixed(pools: Pools, levels: Sequence[Level], shrink: float) -> tuple[tuple[float, ...], float]:
    """Return the limits in force and the weight of the first level in them."""
    if not levels:
        return (), 0.0
    if not shrink:
        return pools.limits(levels[0]), 1.0
    mixed, weight = np.asarray(pools.limits(levels[-1])), 1.0
    for level in reversed(levels[:-1]):
        documents = len(pools.values(level))
        weight = documents / (documents + shrink)
        mixed = weight * np.asarray(pools.limits(level)) + (1 - weight) * mixed
    return tuple(mixed.tolist()), weight


def _would_remove(values: Values, comparison: str | None, limits: tuple[float, ...]) -> int | None:
    if comparison is None:
        return None
    return removed_at(values, comparison, limits[-1]) if limits else 0


def _scaled(removed: int, sample: Sample) -> int:
    return round(removed * sample.documents / len(sample.keys))


def limits_table(learned: Iterable[Learned]) -> pa.Table:
    """Return what was learned as the LIMIT table."""
    rows = [{name: getattr(one, name) for name in LIMIT.names} for one in learned]
    return pa.Table.from_pylist(rows, schema=LIMIT)


def limits_by_language(table: pa.Table) -> dict[str, float | None]:
    """Return the limit of each language, as `filters.rule.fails` reads it."""
    return dict(zip(table.column("lang").to_pylist(), table.column("limit").to_pylist(), strict=True))


def all_limits(table: pa.Table) -> dict[str, Sequence[float]]:
    """Return all limits of each language, in order."""
    return dict(zip(table.column("lang").to_pylist(), table.column("limits").to_pylist(), strict=True))


def limits_file(step: str) -> str:
    """Return the name of the file of a threshold's limits in a workspace."""
    return f"{WORK}/thresholds/{step}.parquet"


def write_limits(workspace: Workspace, step: str, learned: Iterable[Learned]) -> None:
    """Write what a threshold learned."""
    workspace.put_parquet(limits_file(step), LIMIT, [limits_table(learned)])


def bucket_names(limits: int) -> tuple[str, ...]:
    """Return the names of the buckets between so many limits: head, middle, tail for the two of CCNet."""
    named = {1: ("head", "tail"), 2: ("head", "middle", "tail")}
    return named.get(limits) or tuple(f"bucket_{n}" for n in range(1, limits + 2))


def bucket_column(values: pa.Array, lang: pa.Array, limits: Mapping[str, Sequence[float]]) -> pa.Array:
    """Return the bucket of each document: the first whose limit is above its value, else the last.

    `all` where there is no value or no limit, as CCNet has it for languages without a model.
    """
    found: list[str] = []
    for value, label in zip(values.to_pylist(), lang.to_pylist(), strict=True):
        own = limits.get(label)
        if value is None or not own:
            found.append("all")
            continue
        found.append(bucket_names(len(own))[int(np.searchsorted(own, value, "right"))])
    return pa.array(found, pa.string())
