"""Rules and decisions turned into reasons: which rows of a batch are removed, and by what.

Nothing here reads text. A row's reasons come from the columns that are stored for it and from the decisions
of the global steps, in the recipe's order; the first one is the reason that is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.rule import Limit, fails
from pipeline.recipe import Recipe
from pipeline.sampling import Cut, left_out
from pipeline.steps import AuditStep, DedupStep, KeepStep, SampleStep, Step

LANGUAGE_UNKNOWN = "language_unknown"
LANGUAGE_NOT_WANTED = "language_not_wanted"
NO_TEXT_LEFT = "no_text_left"


@dataclass(frozen=True, slots=True)
class OnLanguage:
    """What an audit says of a language: `keep`, `flag`, `remove`, or `relabel` with the other label."""

    verdict: str
    relabel_to: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the global steps found besides decisions on documents, by the name of the step.

    Limits, verdicts and last documents of samples by language; of thresholds with several limits, all of
    them. A step that is absent removes nothing.
    """

    limits: Mapping[str, Mapping[str, Limit | None]] = field(default_factory=dict)
    verdicts: Mapping[str, Mapping[str, OnLanguage]] = field(default_factory=dict)
    cuts: Mapping[str, Mapping[str, Cut]] = field(default_factory=dict)
    buckets: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)


NOTHING_FOUND = Found()


@dataclass(frozen=True, slots=True)
class Verdict:
    """For each reason in order, which rows it removes (bool arrays of one length).

    `lang` is the language of each row as the steps left it: audits may have given another label to some.
    """

    reasons: tuple[str, ...]
    removed: tuple[np.ndarray, ...]
    rows: int
    lang: pa.Array

    @property
    def kept(self) -> np.ndarray:
        """Whether each row is kept (bool)."""
        kept = np.ones(self.rows, bool)
        for removed in self.removed:
            kept &= ~removed
        return kept

    @property
    def places(self) -> np.ndarray:
        """The place in `reasons` of the first reason of each row; of a row that is kept, their number."""
        places = np.full(self.rows, len(self.reasons))
        for place in range(len(self.reasons) - 1, -1, -1):
            places[self.removed[place]] = place
        return places

    def first(self) -> pa.Array:
        """The first reason of each row, null where it is kept."""
        places = self.places
        indices = pa.array(places, pa.int32(), mask=places == len(self.reasons))
        return pa.array(self.reasons, pa.string()).take(indices)

    def all_reasons(self, row: int) -> list[str]:
        """Every reason of one row, in order, each once."""
        found = [r for r, removed in zip(self.reasons, self.removed, strict=True) if removed[row]]
        return list(dict.fromkeys(found))


def judge(
    recipe: Recipe,
    batch: pa.RecordBatch | pa.Table,
    decisions: Mapping[str, np.ndarray],
    *,
    languages: frozenset[str] | None,
    before: str | None = None,
    found: Found = NOTHING_FOUND,
) -> Verdict:
    """Judge the rows of `batch` by the document steps of `recipe`, all or those before the step `before`.

    `decisions` maps the name of a dedup step to the keys (sorted int64) of the documents that it removes.
    """
    lang = _flat(batch.column("lang"))
    reasons, removed = [LANGUAGE_UNKNOWN], [np.asarray(pc.is_null(lang), np.bool_)]
    if languages is not None:
        reasons.append(LANGUAGE_NOT_WANTED)
        wanted = pc.is_in(lang, pa.array(sorted(languages), pa.string()))
        removed.append(~np.asarray(wanted, np.bool_))
    for step in _until(recipe.steps, before):
        mask = _step_mask(recipe, step, batch, lang, decisions, found)
        if mask is not None:
            reasons.append(step.name)
            removed.append(mask)
        if isinstance(step, AuditStep):
            lang = _relabelled(lang, found.verdicts.get(step.name, {}), removed)
    if "text_is_empty" in batch.schema.names:
        reasons.append(NO_TEXT_LEFT)
        removed.append(np.asarray(_flat(batch.column("text_is_empty")), np.bool_))
    return Verdict(tuple(reasons), tuple(removed), batch.num_rows, lang)


def _relabelled(
    lang: pa.Array, verdicts: Mapping[str, OnLanguage], removed: Sequence[np.ndarray]
) -> pa.Array:
    """Give documents that no step removed so far the label that an audit found for their language."""
    labels = {code: v.relabel_to for code, v in verdicts.items() if v.verdict == "relabel" and v.relabel_to}
    if not labels:
        return lang
    codes = lang.dictionary_encode()
    others = pa.array([labels.get(code, code) for code in codes.dictionary.to_pylist()], pa.string())
    gone = np.logical_or.reduce(removed)
    return pc.if_else(pa.array(gone), lang, others.take(codes.indices))


def _until(steps: Sequence[Step], before: str | None) -> Sequence[Step]:
    names = [step.name for step in steps]
    return steps[: names.index(before)] if before is not None else steps


def _step_mask(
    recipe: Recipe,
    step: Step,
    batch: pa.RecordBatch | pa.Table,
    lang: pa.Array,
    decisions: Mapping[str, np.ndarray],
    found: Found,
) -> np.ndarray | None:
    if isinstance(step, KeepStep) and step.scope == "document":
        limits = limits_of(recipe, found, step)
        return fails(step.rule, _flat(batch.column(step.name)), lang, limits)
    if isinstance(step, DedupStep) and step.scope == "document":
        keys = np.asarray(_flat(batch.column("doc_key")))
        removed: np.ndarray = np.isin(keys, decisions[step.name])
        return removed
    if isinstance(step, AuditStep):
        verdicts = found.verdicts.get(step.name, {})
        bad = [code for code, on in sorted(verdicts.items()) if on.verdict == "remove"]
        return np.asarray(pc.fill_null(pc.is_in(lang, pa.array(bad, pa.string())), False), np.bool_)
    if isinstance(step, SampleStep):
        return left_out(step, batch, lang, found.cuts.get(step.name, {}))
    return None


def limits_of(recipe: Recipe, found: Found, step: KeepStep) -> Mapping[str, Limit | None]:
    """Return the limits by language of a rule with `$name`: learned ones before those of the table."""
    name = step.rule.limit_column or ""
    return found.limits.get(name) or recipe.limits.get(name, {})


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def rule_columns(recipe: Recipe, before: str | None = None) -> list[str]:
    """Return the columns that `judge` reads."""
    names = ["doc_key", "lang", "text_is_empty"]
    for step in _until(recipe.steps, before):
        if isinstance(step, KeepStep) and step.scope == "document":
            names.append(step.name)
        elif isinstance(step, SampleStep):
            names.append(step.by)
    return list(dict.fromkeys(names))
