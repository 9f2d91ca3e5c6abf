"""What one Spark task does: one part of one stage, from files to files, with a receipt at the end."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from filters.chunks import count_chunks
from pipeline.annotate import ChunkCounts, annotate_part
from pipeline.blocklists import open_lists
from pipeline.extract import PartExtraction
from pipeline.plan import RowPass, corpus_schema, in_chunks, table_schema
from pipeline.publish import SELECTED, Shard, shard_batches
from pipeline.reached import read_decisions, read_found
from pipeline.recipe import Recipe
from pipeline.resources import fetch_resources
from pipeline.run import Run, page_settings
from pipeline.selection import by_language, select_batch, takes_part
from pipeline.steps import DedupStep
from pipeline.workspace import Outcomes, Receipt
from schemas.corpus import REMOVED
from schemas.ledger import KEPT, TAIL_CUT, UNKNOWN_LANGUAGE

REMOVED_BY_EXTRACT = "removed_by_extract"
ROW_GROUP_BYTES = 32 << 20


def extract_task(run: Run, fingerprints: Mapping[str, str], part: str) -> Receipt:
    """Turn the records of a part into documents, and write down each record that is none."""
    started = time.monotonic()
    number = int(part)
    workspace = run.workspace
    result = PartExtraction(run.parts[number], page_settings(run), blocks=open_lists(run.recipe.urls))
    size = workspace.put_parquet(workspace.table_name("documents", number), result.schema, result.documents())
    workspace.put_parquet(workspace.table_name(REMOVED_BY_EXTRACT, number), REMOVED, result.removed())
    outcomes: Outcomes = {(UNKNOWN_LANGUAGE, outcome): n for outcome, n in result.outcomes.items()}
    accounts = [[name, [[UNKNOWN_LANGUAGE, TAIL_CUT, n]]] for name, n in sorted(result.cut.items())]
    extra = {"first": result.coverage.first, "end": result.coverage.end, "accounts": accounts}
    receipt = _receipt(
        "extract",
        part,
        fingerprints,
        records_in=result.records_in,
        outcomes=outcomes,
        size=size,
        started=started,
        extra=extra,
    )
    workspace.put_receipt(receipt)
    return receipt


def annotate_task(run: Run, planned: RowPass, fingerprints: Mapping[str, str], part: str) -> Receipt:
    """Measure the documents of a part."""
    started = time.monotonic()
    fetch_resources(run.recipe, run.settings.languages)
    number, workspace = int(part), run.workspace
    decisions = {
        name: read_decisions(workspace, name, number)
        for name in (s.step.name for s in run.plan.global_steps if in_chunks(s.step))
        if workspace.exists(workspace.receipt_name(name, "all"))
    }
    counts: ChunkCounts = {}
    kept: Counter[str] = Counter()
    batches = workspace.read_batches(workspace.table_name(planned.reads, number))
    schema = table_schema(run.plan, planned.writes)
    made = _counted(
        annotate_part(run.recipe, planned, schema, batches, decisions=decisions, counts=counts), kept
    )
    size = workspace.put_parquet(workspace.table_name(planned.writes, number), schema, made)
    accounts = [[stage, _entries(counter)] for stage, counter in counts.items()]
    outcomes: Outcomes = {(lang, KEPT): n for lang, n in kept.items()}
    total = sum(kept.values())
    extra = {"accounts": accounts}
    receipt = _receipt(
        planned.name,
        part,
        fingerprints,
        records_in=total,
        outcomes=outcomes,
        size=size,
        started=started,
        extra=extra,
    )
    workspace.put_receipt(receipt)
    return receipt


def _counted(tables: Iterator[pa.Table], kept: Counter[str]) -> Iterator[pa.Table]:
    for table in tables:
        kept.update(lang or UNKNOWN_LANGUAGE for lang in table.column("lang").to_pylist())
        yield table


def select_task(run: Run, fingerprints: Mapping[str, str], part: str) -> Receipt:
    """Keep the documents that no rule and no global step removes; write down the others."""
    started = time.monotonic()
    number, workspace = int(part), run.workspace
    steps = [s for s in run.recipe.steps if isinstance(s, DedupStep) and s.scope == "document"]
    decisions = {s.name: read_decisions(workspace, s.name, number) for s in steps}
    found = read_found(run)
    outcomes: Counter[tuple[str, str]] = Counter()
    accounts: dict[str, Counter[tuple[str, str]]] = {
        s.name: Counter() for s in run.recipe.steps if takes_part(s)
    }
    schema = corpus_schema(run.plan)
    kept, removed = [schema.empty_table()], [REMOVED.empty_table()]
    signals = run.plan.passes[-1].writes
    for batch in workspace.read_batches(workspace.table_name(signals, number)):
        chosen = select_batch(
            run.recipe,
            pa.Table.from_batches([batch]),
            decisions,
            schema=schema,
            languages=run.settings.wanted,
            removed_text_ratio=run.settings.removed_text_ratio,
            found=found,
        )
        kept.append(chosen.kept)
        removed.append(chosen.removed)
        outcomes.update(chosen.outcomes)
        for name, counted in (*chosen.funnel.items(), *chosen.rules.items()):
            accounts.setdefault(name, Counter()).update(counted)
    languages: dict[str, dict[str, int]] = {}
    groups = _language_groups(pa.concat_tables(kept), languages, run.recipe)
    size = workspace.put_parquet(workspace.table_name(SELECTED, number), schema, groups)
    earlier = workspace.read_batches(workspace.table_name(REMOVED_BY_EXTRACT, number))
    workspace.put_parquet(f"removed/{number:05d}.parquet", REMOVED, [*earlier, pa.concat_tables(removed)])
    extra = {"languages": languages, "accounts": [[name, _entries(n)] for name, n in accounts.items()]}
    total = sum(outcomes.values())
    receipt = _receipt(
        "select",
        part,
        fingerprints,
        records_in=total,
        outcomes=dict(outcomes),
        size=size,
        started=started,
        extra=extra,
    )
    workspace.put_receipt(receipt)
    return receipt


def _language_groups(
    kept: pa.Table, languages: dict[str, dict[str, int]], recipe: Recipe
) -> Iterator[pa.Table]:
    """Yield row groups that hold one language each; `languages` gets where each language's groups stand.

    Chunks are counted where the recipe keeps languages of few chunks apart.
    """
    group = 0
    for lang, rows in by_language(kept):
        first = group
        rows_a_group = max(1, round(rows.num_rows * ROW_GROUP_BYTES / max(1, rows.nbytes)))
        for start in range(0, rows.num_rows, rows_a_group):
            yield rows.slice(start, rows_a_group)
            group += 1
        size = sum(chunk.nbytes for chunk in rows.column("text").chunks)
        languages[lang] = {"first": first, "groups": group - first, "rows": rows.num_rows, "bytes": size}
        if recipe.tail_chunks:
            texts = rows.column("text").combine_chunks()
            languages[lang]["chunks"] = count_chunks(
                texts, max_characters=recipe.chunk_max_characters, unit=recipe.chunk_unit
            )


def publish_task(
    run: Run, shards: Mapping[str, Shard], fingerprints: Mapping[str, str], part: str
) -> Receipt:
    """Write one shard of the corpus."""
    started = time.monotonic()
    shard = shards[part]
    rows = 0

    def counted() -> Iterator[pa.Table]:
        nonlocal rows
        for table in shard_batches(run.workspace, shard):
            rows += table.num_rows
            yield table

    size = run.workspace.put_parquet(shard.name, corpus_schema(run.plan), counted())
    expected = sum(piece.rows for piece in shard.slices)
    outcomes = {(shard.lang, KEPT): rows}
    extra = {"rows": {str(piece.part): piece.rows for piece in shard.slices}}
    receipt = _receipt(
        "publish",
        part,
        fingerprints,
        records_in=expected,
        outcomes=outcomes,
        size=size,
        started=started,
        extra=extra,
    )
    run.workspace.put_receipt(receipt)
    return receipt


def _entries(outcomes: Mapping[tuple[str, str], int]) -> list[list[object]]:
    return [[lang, outcome, n] for (lang, outcome), n in sorted(outcomes.items())]


def _receipt(
    stage: str,
    part: str,
    fingerprints: Mapping[str, str],
    *,
    records_in: int,
    outcomes: Outcomes,
    size: int,
    started: float,
    extra: dict[str, Any],
) -> Receipt:
    seconds = round(time.monotonic() - started, 3)
    return Receipt(stage, part, fingerprints[part], records_in, outcomes, size, seconds, extra)
