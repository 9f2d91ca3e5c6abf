"""Several recipes on the same texts: what each keeps, where they agree, which documents they differ on.

One pass over the texts measures for all recipes: what two of them measure alike, on the same state of the
text and with the same settings, is measured once. Thresholds are learned from the texts at hand. Dedup and
audits need the other documents of a crawl and are left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.quantiles import document_hashes
from filters.registry import Measurement, Parameters
from filters.text import cut_by_bytes
from pipeline.annotate import ChunkDecisions, annotate_batch
from pipeline.judge import Verdict, judge
from pipeline.measure import as_documents
from pipeline.plan import GlobalStep, Plan, RowPass, make_plan, table_schema
from pipeline.recipe import Recipe
from pipeline.steps import KeepStep, SampleStep, ThresholdStep
from pipeline.table_limits import found_limits, learn_from_table, no_decisions
from schemas.decision import DECISION
from schemas.signals import LANGUAGE_COLUMNS

UNKNOWN = "unknown"
LANG = "lang"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one recipe makes of the documents, one value each: kept, words left, and the reasons."""

    recipe: Recipe
    verdict: Verdict
    words: NDArray[np.int64]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Whether each document is kept."""
        kept: NDArray[np.bool_] = self.verdict.kept
        return kept


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcomes of all recipes on the same documents; `group` is the language each is counted under."""

    outcomes: tuple[Outcome, ...]
    group: tuple[str, ...]
    hashes: NDArray[np.uint64]

    @property
    def groups(self) -> list[str]:
        """The languages, those with most documents first."""
        return [name for name, _ in sorted(Counter(self.group).items(), key=lambda item: (-item[1], item[0]))]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two recipes agree: the share of equal verdicts, and Cohen's kappa (null where chance says all)."""

    one: str
    other: str
    share: float
    kappa: float | None
    only_one: int
    only_other: int


class SharedMeasurements:
    """Measurements of one piece of text, each handed out again for equal columns and equal settings."""

    def __init__(self) -> None:
        self._made: list[Measurement] = []

    def get(self, columns: Mapping[str, pa.Array], settings: Mapping[str, Parameters]) -> Measurement:
        """Return what has measured such columns with such settings, or what will."""
        for made in self._made:
            same_names = made.columns.keys() == columns.keys() and made.settings == settings
            if same_names and all(made.columns[name].equals(column) for name, column in columns.items()):
                return made
        self._made.append(Measurement(columns, settings))
        return self._made[-1]


@dataclass(slots=True)
class _Contender:
    """A recipe on its way through the texts: its plan and the columns, without text, that it has measured."""

    recipe: Recipe
    plan: Plan
    decisions: ChunkDecisions
    columns: list[str]
    made: list[pa.Table] = field(default_factory=list)


def compare(
    recipes: Sequence[Recipe], tables: Iterable[pa.Table], text_column: str = "text", *, trust: bool = False
) -> Comparison:
    """Return what each recipe makes of the texts of `tables`.

    Documents are counted under the column `lang` of the tables; where there is none, under the language that
    the first recipe identifies. With `trust` that column is the language, and none is identified.
    """
    contenders = [_contender(recipe) for recipe in recipes]
    groups: list[pa.Array] = []
    first_row = 0
    for table in tables:
        documents = _numbered(table, text_column, first_row)
        first_row += documents.num_rows
        for batch in _labelled(documents, table, trust).combine_chunks().to_batches():
            for first, last in cut_by_bytes(batch.column("text")):
                _measure_piece(contenders, batch.slice(first, last - first))
        if LANG in table.column_names:
            groups.append(table.column(LANG).cast(pa.string()).combine_chunks())
    return _compared(contenders, groups)


def _contender(recipe: Recipe) -> _Contender:
    plan = make_plan(recipe)
    nothing = {planned.step.name: DECISION.empty_table() for planned in plan.global_steps}
    steps = [s for s in recipe.steps if isinstance(s, KeepStep) and s.scope == "document"]
    names = ["doc_key", "doc_id", LANG, "text_is_empty", *(step.name for step in steps)]
    names += [step.column for step in recipe.steps if isinstance(step, ThresholdStep)]
    names += [step.by for step in recipe.steps if isinstance(step, SampleStep)]
    return _Contender(recipe, plan, nothing, list(dict.fromkeys(names)))


def _numbered(table: pa.Table, text_column: str, first_row: int) -> pa.Table:
    """Return documents whose keys count up over all tables."""
    documents = as_documents(table, text_column)
    keys = pa.array(np.arange(first_row, first_row + documents.num_rows), pa.int64())
    place = documents.schema.get_field_index("doc_key")
    return documents.set_column(place, documents.schema.field(place), keys)


def _labelled(documents: pa.Table, table: pa.Table, trust: bool) -> pa.Table:
    """Add the columns of an identified language: the label that a document comes with, and no score."""
    if not trust or LANG not in table.column_names:
        return documents
    for name in ("lang_score", "lang_second", "lang_second_score"):
        named = LANGUAGE_COLUMNS.field(name)
        documents = documents.append_column(named, pa.nulls(documents.num_rows, named.type))
    label = table.column(LANG).cast(pa.string())
    return documents.append_column(LANGUAGE_COLUMNS.field(LANG), label)


def _measure_piece(contenders: Sequence[_Contender], piece: pa.RecordBatch) -> None:
    shared = SharedMeasurements()
    for contender in contenders:
        rows = piece
        for planned in contender.plan.passes:
            rows = _run_pass(contender, planned, rows, shared)
        words = shared.get({"text": rows.column("text")}, {}).get("word_count")
        kept = pa.Table.from_batches([rows]).select(contender.columns)
        contender.made.append(kept.append_column("#words", words))


def _run_pass(
    contender: _Contender, planned: RowPass, rows: pa.RecordBatch, shared: SharedMeasurements
) -> pa.RecordBatch:
    schema = table_schema(contender.plan, planned.writes)
    made, _ = annotate_batch(contender.recipe, planned, schema, rows, contender.decisions, measure=shared.get)
    return made


def _compared(contenders: Sequence[_Contender], groups: list[pa.Array]) -> Comparison:
    outcomes = [_outcome(contender) for contender in contenders]
    table = pa.concat_tables(contenders[0].made)
    given = pa.chunked_array(groups, pa.string()) if groups else table.column(LANG)
    if len(given) != table.num_rows:
        raise AssertionError("some tables have a column lang and others have none")
    names = tuple(name or UNKNOWN for name in given.to_pylist())
    hashes = document_hashes(
        table.column("doc_id").combine_chunks(), table.column("doc_key").combine_chunks()
    )
    return Comparison(tuple(outcomes), names, hashes)


def _outcome(contender: _Contender) -> Outcome:
    table = pa.concat_tables(contender.made).combine_chunks()
    recipe = contender.recipe
    found = found_limits(learn_from_table(recipe, table))
    verdict = judge(recipe, table, no_decisions(recipe), languages=None, found=found)
    words = pc.fill_null(table.column("#words"), 0).combine_chunks()
    return Outcome(recipe, verdict, np.asarray(words, np.int64))


def agreements(comparison: Comparison) -> list[Agreement]:
    """Return how each two recipes agree."""
    return [_agreement(one, other) for one, other in combinations(comparison.outcomes, 2)]


def _agreement(one: Outcome, other: Outcome) -> Agreement:
    first, second = one.kept, other.kept
    documents = max(1, len(first))
    share = float((first == second).sum()) / documents
    p, q = first.sum() / documents, second.sum() / documents
    chance = float(p * q + (1 - p) * (1 - q))
    kappa = (share - chance) / (1 - chance) if chance < 1 else None
    only_one, only_other = int((first & ~second).sum()), int((second & ~first).sum())
    return Agreement(one.recipe.name, other.recipe.name, share, kappa, only_one, only_other)


def kept_by_group(comparison: Comparison) -> dict[str, list[tuple[int, int, int]]]:
    """Return for each language and recipe the documents, those kept, and the words kept."""
    codes = {name: number for number, name in enumerate(comparison.groups)}
    group = np.array([codes[name] for name in comparison.group], np.int64)
    totals = np.bincount(group, minlength=len(codes))
    table: dict[str, list[tuple[int, int, int]]] = {name: [] for name in codes}
    for outcome in comparison.outcomes:
        kept = np.bincount(group[outcome.kept], minlength=len(codes))
        words = np.bincount(group, outcome.words * outcome.kept, minlength=len(codes))
        for name, code in codes.items():
            table[name].append((int(totals[code]), int(kept[code]), int(words[code])))
    return table


def disagreements(comparison: Comparison, samples: int) -> list[int]:
    """Return the rows of a sample of documents that not all recipes judge alike, in turn from each language.

    Which ones depends on the identity of the documents alone.
    """
    kept = np.stack([outcome.kept for outcome in comparison.outcomes])
    rows = np.flatnonzero(kept.any(axis=0) & ~kept.all(axis=0))
    ordered = rows[np.argsort(comparison.hashes[rows], kind="stable")]
    turns: Counter[str] = Counter()
    ranked = []
    for row in ordered.tolist():
        name = comparison.group[row]
        ranked.append((turns[name], name, row))
        turns[name] += 1
    return [row for _, _, row in sorted(ranked)[:samples]]


def left_out(recipe: Recipe) -> list[str]:
    """Return the steps of a recipe that are left out, since they need the other documents of a crawl."""
    stages = make_plan(recipe).stages
    applied = (ThresholdStep, SampleStep)
    steps = [s.step for s in stages if isinstance(s, GlobalStep) and not isinstance(s.step, applied)]
    return [*(str(step) for step in steps), *(str(step) for step in recipe.urls)]


def reasons_of(outcome: Outcome, row: int) -> list[str]:
    """Return every reason for which a recipe removes a document."""
    return outcome.verdict.all_reasons(row)
