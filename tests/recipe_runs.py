"""Runs of a recipe in this process, without Spark: all row passes, thresholds, and the dedup that is simple.

Documents are related by equal keys, MinHash and SimHash, chunks by equal keys. Spans, overlaps, substrings,
audits and samples by language are left out and named in `not_run`: Spark's tests hold those.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from filters.lsh import Bands
from filters.simhash import distances
from pipeline.annotate import FAILED, ChunkCounts, annotate_part
from pipeline.clusters import components, decisions, similar_clusters
from pipeline.extract import PartExtraction
from pipeline.extractors import PageSettings
from pipeline.inputs import list_archives
from pipeline.judge import Found, Verdict, judge
from pipeline.keep_policy import read_policy
from pipeline.learning import procedure_of
from pipeline.parts import list_parts
from pipeline.plan import GlobalStep, RowPass, dedup_parameters, make_plan, table_schema
from pipeline.recipe import Recipe, load_recipe
from pipeline.samples import sample_languages
from pipeline.steps import DedupStep, ThresholdStep
from pipeline.thresholds import Learned, learn
from schemas.decision import DECISION, is_removed
from schemas.document import DOCUMENT
from tests.stand_ins import runnable

NO_KEYS = np.empty(0, np.int64)
CHUNK_KINDS = ("exact", "line", "paragraph")
LANGUAGES = (
    *("eng_Latn", "hin_Deva", "ben_Beng", "tha_Thai", "mya_Mymr", "khm_Khmr", "amh_Ethi", "zho_Hans"),
    *("arb_Arab", "rus_Cyrl", "jpn_Jpan", "kor_Hang", "tam_Taml", "bod_Tibt", "swh_Latn", "vie_Latn"),
)
SENTENCES = 10
"""Of FLORES-200 in one document."""


@dataclass(slots=True)
class HereRun:
    """What became of documents and chunks; `rows` are those of the last pass, all of them."""

    recipe: Recipe
    rows: pa.Table
    verdict: Verdict
    learned: dict[str, list[Learned]]
    chunks: Counter[tuple[str, str]]
    not_run: list[str]

    def kept_by(self, key: str) -> Counter[str]:
        """Return how many documents are kept, by a column."""
        return Counter(self.rows[key].filter(pa.array(self.verdict.kept)).to_pylist())


def extract_folder(folder: Path, extractor: str = "trafilatura") -> pa.Table:
    """Return the documents of all archives of a folder."""
    parts = list_parts(list_archives([str(folder)]).archives)
    batches = [b for part in parts for b in PartExtraction(part, PageSettings(extractor)).documents()]
    return pa.Table.from_batches(batches, DOCUMENT)


def documents_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Return texts as documents; `doc_key` is their place."""
    columns = {field.name: [row.get(field.name) for row in rows] for field in DOCUMENT}
    columns["doc_key"] = list(range(len(rows)))
    return pa.table({field.name: pa.array(columns[field.name], field.type) for field in DOCUMENT})


def clean_documents(shared: Path, languages: tuple[str, ...] = LANGUAGES) -> pa.Table:
    """News of NTREX-128 and ten sentences of FLORES-200 each; `title` is the source and the language."""
    texts: dict[tuple[str, str, str], list[tuple[int, str]]] = defaultdict(list)
    versions: dict[str, str] = {}
    for row in pq.read_table(shared / "data/text/ntrex128_docs_even.parquet").to_pylist():
        if (
            row["lang"] in languages
            and versions.setdefault(row["lang"], row["ntrex_code"]) == row["ntrex_code"]
        ):
            texts["NTREX", row["lang"], row["doc_id"]].append((row["line"], row["text"] or ""))
    seen: Counter[str] = Counter()
    flores = pq.read_table(shared / "data/text/flores200_sib_train.parquet", columns=["lang", "text"])
    for row in flores.to_pylist():
        if row["lang"] in languages:
            number = seen[row["lang"]]
            seen[row["lang"]] += 1
            texts["FLORES", row["lang"], str(number // SENTENCES)].append((number, row["text"]))
    return documents_of(
        [
            {
                "doc_id": "-".join(key),
                "url": f"https://{'.'.join(key[:2])}.example/{key[2]}".lower(),
                "title": f"{key[0]} {key[1]}",
                "text": "\n".join(text for _, text in sorted(lines)),
            }
            for key, lines in texts.items()
            if key[0] != "FLORES" or len(lines) == SENTENCES
        ]
    )


def kept_shares(recipe: str, documents: pa.Table) -> dict[str, float]:
    """Return the share of the documents that a recipe keeps, by source and language."""
    total = Counter(documents["title"].to_pylist())
    kept = run_here(runnable(load_recipe(recipe))[0], documents).kept_by("title")
    return {title: kept[title] / n for title, n in sorted(total.items())}


def run_here(recipe: Recipe, documents: pa.Table) -> HereRun:
    """Run every stage of the plan of `recipe` on `documents`."""
    plan, rows = make_plan(recipe), documents
    gone: dict[str, np.ndarray] = {s.step.name: NO_KEYS for s in plan.global_steps}
    in_chunks: dict[str, pa.Table] = {s.step.name: DECISION.empty_table() for s in plan.global_steps}
    learned: dict[str, list[Learned]] = {}
    counts: ChunkCounts = {}
    not_run: list[str] = []
    for stage in plan.stages:
        if isinstance(stage, RowPass):
            schema = table_schema(plan, stage.writes)
            made = annotate_part(
                recipe, stage, schema, iter(rows.to_batches()), decisions=in_chunks, counts=counts
            )
            rows = pa.concat_tables([schema.empty_table(), *made]).combine_chunks()
            continue
        found = Found({name: {one.lang: one.limit for one in limits} for name, limits in learned.items()})
        reached = judge(recipe, rows, gone, languages=None, before=stage.step.name, found=found).kept
        _global(recipe, stage, rows.filter(pa.array(reached)), (gone, in_chunks, learned, not_run))
    found = Found({name: {one.lang: one.limit for one in limits} for name, limits in learned.items()})
    verdict = judge(recipe, rows, gone, languages=None, found=found)
    chunks: Counter[tuple[str, str]] = Counter()
    for stage_name, counter in counts.items():
        if stage_name.endswith(FAILED):
            continue  # an account of chunks that stay
        for (lang, outcome), n in counter.items():
            chunks[outcome, lang] += n
    return HereRun(recipe, rows, verdict, learned, chunks, not_run)


def _global(recipe: Recipe, stage: GlobalStep, rows: pa.Table, results: Any) -> None:
    gone, in_chunks, learned, not_run = results
    step = stage.step
    if isinstance(step, ThresholdStep):
        samples = sample_languages(rows.to_batches(), [step.column])
        learned[step.name] = learn(procedure_of(recipe, step), samples, 0)
    elif isinstance(step, DedupStep) and step.scope == "chunk" and step.kind in CHUNK_KINDS:
        in_chunks[step.name] = _equal_chunks(step, rows)
    elif isinstance(step, DedupStep) and step.scope == "document":
        gone[step.name] = _alike(step, rows)
    else:
        not_run.append(step.name)


def _groups(rows: pa.Table, within: str) -> np.ndarray:
    if within == "corpus":
        return np.zeros(rows.num_rows, np.int64)
    codes = rows["lang"].combine_chunks().dictionary_encode()
    return np.asarray(pc.fill_null(codes.indices, -1), np.int64)


def _alike(step: DedupStep, rows: pa.Table) -> np.ndarray:
    settings = dedup_parameters(step)
    rows = rows.filter(rows[step.name].is_valid())
    keys, group = np.asarray(rows["doc_key"], np.int64), _groups(rows, str(settings["within"]))
    signed = rows[step.name].combine_chunks()
    if not len(keys):
        return keys
    if step.kind == "minhash":
        bands = Bands(int(str(settings["bands"])), int(str(settings["rows"])))
        least = float(str(settings["min_similarity"]))
        found, clusters = similar_clusters(keys, signed, bands, least, group=group)
        order = np.argsort(keys)
        rows = rows.take(pa.array(order[np.searchsorted(keys[order], found)]))
        keys = found
    elif step.kind == "simhash":
        values, far = np.asarray(signed, np.int64).view(np.uint64), int(str(settings["distance"]))
        pairs = [
            (i, j + i + 1)
            for i in range(len(values))
            for j in np.flatnonzero(
                (distances(values[i], values[i + 1 :]) <= far) & (group[i + 1 :] == group[i])
            )
        ]
        found, clusters = (
            components(*(keys[np.array(side, np.int64)] for side in zip(*pairs, strict=True)))
            if pairs
            else (NO_KEYS, NO_KEYS)
        )
        rows, keys = rows.take(pa.array(np.searchsorted(keys, found))), found
    else:
        same = np.stack([np.asarray(signed, np.int64), group])
        _, first, inverse = np.unique(same, axis=1, return_index=True, return_inverse=True)
        clusters = keys[first[inverse.reshape(-1)]]
    policy = read_policy(str(settings["keep"]))
    value = None
    if policy.column is not None:
        column = rows[policy.column]
        column = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
        value = column.cast(pa.float64()).to_numpy()
    table = decisions(keys, clusters, step.name, value=value)
    return np.sort(np.asarray(table.filter(is_removed(table))["doc_key"], np.int64))


def _equal_chunks(step: DedupStep, rows: pa.Table) -> pa.Table:
    settings = dedup_parameters(step)
    group = _groups(rows, str(settings["within"]))
    places: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for row, (key, hashes) in enumerate(
        zip(rows["doc_key"].to_pylist(), rows[step.name].to_pylist(), strict=True)
    ):
        for line, value in enumerate(hashes or ()):
            if value is not None:
                places[value, int(group[row])].append((key, line))
    first = 0 if settings.get("keep") == "none" else 1
    removed = sorted(place for found in places.values() if len(found) > 1 for place in sorted(found)[first:])
    columns = {
        "doc_key": [key for key, _ in removed],
        "line": [line for _, line in removed],
        "reason": [step.name] * len(removed),
    }
    size = len(removed)
    return pa.table({f.name: pa.array(columns.get(f.name, [None] * size), f.type) for f in DECISION})


def summary(run: HereRun) -> dict[str, Any]:
    """Return a run in the normal form of its golden file."""
    first = run.verdict.first().to_pylist()
    lang = [label or "und" for label in run.rows["lang"].to_pylist()]
    removed: dict[str, Counter[str]] = defaultdict(Counter)
    for reason, label in zip(first, lang, strict=True):
        if reason is not None:
            removed[reason][label] += 1
    chunks: Counter[str] = Counter()
    for (outcome, _), n in run.chunks.items():
        chunks[outcome] += n
    kept = Counter(label for reason, label in zip(first, lang, strict=True) if reason is None)
    return {
        "recipe": run.recipe.name,
        "version": run.recipe.version,
        "documents": len(first),
        "kept": kept.total(),
        "kept_characters": sum(
            len(text)
            for text, reason in zip(run.rows["text"].to_pylist(), first, strict=True)
            if reason is None
        ),
        "not_run": run.not_run,
        "removed": {
            reason: removed[reason].total()
            for reason in dict.fromkeys(run.verdict.reasons)
            if reason in removed
        },
        "chunks": dict(sorted(chunks.items())),
        "kept_by_language": dict(sorted(kept.items())),
        "removed_by_language": {r: dict(sorted(removed[r].items())) for r in sorted(removed)},
    }


def as_text(found: dict[str, Any]) -> str:
    """Return a summary as JSON, a line for each field and for each reason."""
    lines = []
    for key, value in found.items():
        if key == "removed_by_language":
            inner = ",\n".join(f"  {json.dumps(r)}: {json.dumps(v)}" for r, v in value.items())
            lines.append(f' "{key}": {{\n{inner}\n }}')
        else:
            lines.append(f' "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"
