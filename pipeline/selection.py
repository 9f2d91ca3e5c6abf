"""Select: rules and decisions applied to a part. What is not kept is written down with its reasons."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.judge import NOTHING_FOUND, Found, Verdict, judge
from pipeline.recipe import Recipe
from pipeline.steps import AuditStep, DedupStep, SampleStep, Step, ThresholdStep
from pipeline.thresholds import bucket_column
from pipeline.workspace import Outcomes
from schemas.corpus import CORPUS, REMOVED
from schemas.decision import DECISION, is_removed
from schemas.ledger import KEPT, RECORDS_IN, RELABELLED, RULE, UNKNOWN_LANGUAGE

Decisions = Mapping[str, pa.Table]
"""For each global step on documents, its decisions on one part, sorted by doc_key."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What select makes of one batch.

    `outcomes` count each document once, by its first reason; `funnel` is the account of each global step over
    the documents that reached it; `rules` that of each reason over all documents, removed before or not.
    """

    kept: pa.Table
    removed: pa.Table
    outcomes: Outcomes
    funnel: dict[str, Outcomes]
    rules: dict[str, Outcomes]


def select_batch(
    recipe: Recipe,
    batch: pa.Table,
    decisions: Decisions,
    *,
    schema: pa.Schema = CORPUS,
    languages: frozenset[str] | None,
    removed_text_ratio: float,
    found: Found = NOTHING_FOUND,
) -> Selected:
    """Split a batch of signals into published rows and removed ones; `schema` is that of the published rows.

    A document that an audit gave another label is counted under the one it came with, with the outcome
    `relabelled LABEL` where it is kept, so that the account of the stage before and of the one after hold.
    """
    against = {name: table.filter(is_removed(table)) for name, table in decisions.items()}
    keys = {name: np.asarray(table.column("doc_key"), np.int64) for name, table in against.items()}
    verdict = judge(recipe, batch, keys, languages=languages, found=found)
    first = verdict.first()
    lang = pc.fill_null(batch.column("lang"), UNKNOWN_LANGUAGE).combine_chunks()
    after = pc.fill_null(verdict.lang, UNKNOWN_LANGUAGE)
    place = batch.schema.get_field_index("lang")
    relabelled = batch.set_column(place, batch.schema.field(place), verdict.lang)
    relabelled = _with_buckets(recipe, relabelled, found)
    return Selected(
        kept=_published(relabelled.filter(pa.array(verdict.kept)), decisions, schema),
        removed=_removed(batch, verdict, against, removed_text_ratio),
        outcomes=_outcomes(lang, pc.fill_null(first, _kept_as(lang, after))),
        funnel=_funnel(recipe, verdict, lang),
        rules=_rules(verdict, lang),
    )


def _with_buckets(recipe: Recipe, rows: pa.Table, found: Found) -> pa.Table:
    """Add the bucket of each document by each threshold that has several limits."""
    for step in recipe.steps:
        if isinstance(step, ThresholdStep) and step.name in found.buckets:
            values, lang = (rows.column(name).combine_chunks() for name in (step.column, "lang"))
            rows = rows.append_column(step.name, bucket_column(values, lang, found.buckets[step.name]))
    return rows


def _kept_as(lang: pa.Array, after: pa.Array) -> pa.Array:
    """Return what is written of each row if it is kept: `kept`, or its new label."""
    relabelled = pc.binary_join_element_wise(pa.scalar(RELABELLED), after, "")
    return pc.if_else(pc.equal(lang, after), pa.scalar(KEPT), relabelled)


def _published(rows: pa.Table, decisions: Decisions, schema: pa.Schema) -> pa.Table:
    seconds = pc.floor_temporal(rows.column("fetched_at"), unit="second").cast(pa.timestamp("s", "UTC"))
    timestamp = pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ")
    columns = {
        "timestamp": timestamp.cast(pa.string()),
        "source": rows.column("warc_path"),
        "cluster_size": pa.chunked_array([_cluster_sizes(rows, decisions)]),
    }
    arrays = [columns[n] if n in columns else rows.column(n) for n in schema.names]
    return pa.Table.from_arrays(arrays, schema=schema)


def _cluster_sizes(rows: pa.Table, decisions: Decisions) -> pa.Array:
    """Cluster sizes of keepers; a document that stands for itself alone has 1."""
    keys = np.asarray(rows.column("doc_key"), np.int64)
    sizes = np.ones(len(keys), np.int32)
    for table in decisions.values():
        own = table.filter(pc.equal(table.column("keeper"), table.column("doc_key")))
        keepers = np.asarray(own.column("doc_key"), np.int64)
        found = np.isin(keys, keepers)
        size = np.asarray(own.column("cluster_size"), np.int32)
        sizes[found] = np.maximum(sizes[found], size[np.searchsorted(keepers, keys[found])])
    return pa.array(sizes)


def _removed(batch: pa.Table, verdict: Verdict, decisions: Decisions, text_ratio: float) -> pa.Table:
    rows = np.flatnonzero(~verdict.kept)
    table = batch.take(pa.array(rows))
    with_text = [_in_sample(doc_id, text_ratio) for doc_id in table.column("doc_id").to_pylist()]
    keeper, similarity = _keepers(np.asarray(table.column("doc_key"), np.int64), decisions)
    columns = {
        "stage": pa.array(["select"] * len(rows), pa.string()),
        "reasons": pa.array([verdict.all_reasons(int(row)) for row in rows], pa.list_(pa.string())),
        "lang": pc.fill_null(table.column("lang"), UNKNOWN_LANGUAGE),
        "detail": pa.nulls(len(rows), pa.string()),
        "keeper": keeper,
        "similarity": similarity,
        "text": pc.if_else(
            pa.array(with_text, pa.bool_()), table.column("text"), pa.scalar(None, pa.string())
        ),
    }
    arrays = [columns[n] if n in columns else table.column(n) for n in REMOVED.names]
    return pa.Table.from_arrays(arrays, schema=REMOVED)


def _in_sample(doc_id: str | None, ratio: float) -> bool:
    """Whether a record belongs to a fixed sample: chosen by its identity alone, the same in every run."""
    digest = hashlib.blake2b((doc_id or "").encode(), digest_size=8).digest()
    return int.from_bytes(digest) < ratio * 2**64


def _keepers(keys: np.ndarray, decisions: Decisions) -> tuple[pa.Array, pa.Array]:
    keeper = np.full(len(keys), -1, np.int64)
    similarity = np.full(len(keys), np.nan, np.float32)
    for table in decisions.values():
        decided = np.asarray(table.column("doc_key"), np.int64)
        undecided = np.isin(keys, decided) & (keeper < 0)
        places = np.searchsorted(decided, keys[undecided])
        keeper[undecided] = np.asarray(pc.fill_null(table.column("keeper"), -1), np.int64)[places]
        similarity[undecided] = np.asarray(table.column("similarity"), np.float32)[places]
    return pa.array(keeper, mask=keeper < 0), pa.array(similarity, mask=np.isnan(similarity))


def _outcomes(lang: pa.Array, outcome: pa.Array) -> Outcomes:
    counted = (
        pa.table({"lang": lang, "outcome": outcome})
        .group_by(["lang", "outcome"])
        .aggregate([([], "count_all")])
    )
    rows = zip(*(counted.column(i).to_pylist() for i in ("lang", "outcome", "count_all")), strict=True)
    return {(language, name): n for language, name, n in rows}


def takes_part(step: Step) -> bool:
    """Whether a step has an account of its own: it removes documents by what it knows of others."""
    return isinstance(step, AuditStep | SampleStep) or (
        isinstance(step, DedupStep) and step.scope == "document"
    )


def _funnel(recipe: Recipe, verdict: Verdict, lang: pa.Array) -> dict[str, Outcomes]:
    place = verdict.places
    funnel = {}
    for step in recipe.steps:
        if not takes_part(step):
            continue
        own = verdict.reasons.index(step.name)
        reached = place >= own
        outcome = np.where(place == own, step.name, KEPT)[reached]
        funnel[step.name] = _outcomes(lang.filter(pa.array(reached)), pa.array(outcome, pa.string()))
        funnel[step.name]["", RECORDS_IN] = int(reached.sum())
    return funnel


def _rules(verdict: Verdict, lang: pa.Array) -> dict[str, Outcomes]:
    """Count for each reason the documents of each language that it removes, alone or with others."""
    masks: dict[str, np.ndarray] = {}
    for reason, removed in zip(verdict.reasons, verdict.removed, strict=True):
        masks[reason] = masks.get(reason, False) | removed
    found: dict[str, Outcomes] = {}
    for reason, removed in masks.items():
        labels = lang.filter(pa.array(removed))
        outcomes = _outcomes(labels, pa.array([reason] * len(labels), pa.string()))
        outcomes[UNKNOWN_LANGUAGE, KEPT] = int((~removed).sum())
        outcomes["", RECORDS_IN] = verdict.rows
        found[RULE + reason] = outcomes
    return found


def by_language(kept: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each language in turn: languages in the order of their codes, rows in their own."""
    for lang in sorted(pc.unique(kept.column("lang")).to_pylist()):
        yield lang, kept.filter(pc.equal(kept.column("lang"), lang))


def no_decisions() -> pa.Table:
    """Return the decisions on a part that a global step left alone."""
    return DECISION.empty_table()
