"""Rules and decisions turned into reasons: which rows of a batch are removed, and by what.

Nothing here reads text. A row's reasons come from the columns that are stored for it and from the decisions
of the global steps, in the recipe's order; the first one is the reason that is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.rule import fails
from pipeline.recipe import Recipe
from pipeline.steps import DedupStep, KeepStep, Step

LANGUAGE_UNKNOWN = "language_unknown"
LANGUAGE_NOT_WANTED = "language_not_wanted"
NO_TEXT_LEFT = "no_text_left"


@dataclass(frozen=True, slots=True)
class Verdict:
    """For each reason in order, which rows it removes (bool arrays of one length)."""

    reasons: tuple[str, ...]
    removed: tuple[np.ndarray, ...]
    rows: int

    @property
    def kept(self) -> np.ndarray:
        """Whether each row is kept (bool)."""
        kept = np.ones(self.rows, bool)
        for removed in self.removed:
            kept &= ~removed
        return kept

    def first(self) -> pa.Array:
        """The first reason of each row, null where it is kept."""
        codes = np.full(self.rows, -1)
        for code in range(len(self.reasons) - 1, -1, -1):
            codes[self.removed[code]] = code
        indices = pa.array(codes, pa.int32(), mask=codes < 0)
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
) -> Verdict:
    """Judge the rows of `batch` by the document steps of `recipe`, all or those before the step `before`.

    `decisions` maps the name of a global step to the keys (sorted int64) of the documents that it removes.
    """
    lang = batch.column("lang")
    lang = lang.combine_chunks() if isinstance(lang, pa.ChunkedArray) else lang
    reasons, removed = [LANGUAGE_UNKNOWN], [np.asarray(pc.is_null(lang), np.bool_)]
    if languages is not None:
        reasons.append(LANGUAGE_NOT_WANTED)
        wanted = pc.is_in(lang, pa.array(sorted(languages), pa.string()))
        removed.append(~np.asarray(wanted, np.bool_))
    for step in _until(recipe.steps, before):
        mask = _step_mask(recipe, step, batch, lang, decisions)
        if mask is not None:
            reasons.append(step.name)
            removed.append(mask)
    if "text_is_empty" in batch.schema.names:
        reasons.append(NO_TEXT_LEFT)
        removed.append(np.asarray(_flat(batch.column("text_is_empty")), np.bool_))
    return Verdict(tuple(reasons), tuple(removed), batch.num_rows)


def _until(steps: Sequence[Step], before: str | None) -> Sequence[Step]:
    names = [step.name for step in steps]
    return steps[: names.index(before)] if before is not None else steps


def _step_mask(
    recipe: Recipe,
    step: Step,
    batch: pa.RecordBatch | pa.Table,
    lang: pa.Array,
    decisions: Mapping[str, np.ndarray],
) -> np.ndarray | None:
    if isinstance(step, KeepStep) and step.scope == "document":
        limits = recipe.limits.get(step.rule.limit_column or "", {})
        return fails(step.rule, _flat(batch.column(step.name)), lang, limits)
    if isinstance(step, DedupStep) and step.scope == "document":
        keys = np.asarray(_flat(batch.column("doc_key")))
        found: np.ndarray = np.isin(keys, decisions[step.name])
        return found
    return None


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def rule_columns(recipe: Recipe, before: str | None = None) -> list[str]:
    """Return the columns that `judge` reads."""
    rules = [s for s in _until(recipe.steps, before) if isinstance(s, KeepStep) and s.scope == "document"]
    return list(dict.fromkeys(["doc_key", "lang", "text_is_empty", *(step.name for step in rules)]))
