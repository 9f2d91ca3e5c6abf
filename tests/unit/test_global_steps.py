"""Global steps without Spark, on measured documents that are written down directly."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from jobs import sample_documents
from pipeline.decide_here import decide
from pipeline.global_steps import (
    dedup_here,
    done_together,
    keep_results,
    note_results,
    reached,
    sample,
    threshold_here,
)
from pipeline.judge import Found, OnLanguage
from pipeline.ledger import check_conservation, receipt_rows
from pipeline.parts import Part
from pipeline.plan import GlobalStep, make_plan, table_schema
from pipeline.reached import read_found, read_keys, result_file
from pipeline.recipe import Recipe, load_recipe
from pipeline.run import Run, RunSettings, part_fingerprints, unfinished
from pipeline.sampling import CUT
from pipeline.selection import select_batch
from pipeline.steps import DedupStep
from pipeline.tasks import select_task
from pipeline.workspace import Receipt, Workspace
from schemas.audit import AUDIT
from schemas.corpus import REMOVED as REMOVED_SCHEMA
from schemas.decision import DECISION
from schemas.document import ROW_BITS
from schemas.errors import WorkspaceError
from schemas.ledger import KEPT, RELABELLED, RULE
from schemas.table import conform

RECIPE = """
name = "test"
source = "a test"
[[steps]]
keep = "word_count >= {least}"
[[steps]]
threshold = "word_count"
with = {{ rule = "percentile", percentile = 80, min_documents = 5 }}
as = "most"
[[steps]]
keep = "word_count <= $most"
as = "too_many"
[[steps]]
audit = "confusion"
as = "audit"
[[steps]]
dedup = "exact"
[[steps]]
sample = 1.0
with = {{ max_documents = 9 }}
"""
ROWS, PARTS = 60, 3
LANGS = ["swh_Latn", "tha_Thai", "amh_Ethi", None]


def recipe(folder: Path, least: int = 3) -> Recipe:
    (folder / "test.toml").write_text(RECIPE.format(least=least), encoding="utf-8")
    return load_recipe(str(folder / "test.toml"))


def signals(schema: pa.Schema, part: int) -> pa.Table:
    chance = np.random.default_rng(part)
    words = pa.array(chance.integers(5, 40, ROWS), pa.int32())
    columns = {field.name: pa.nulls(ROWS, field.type) for field in schema}
    columns |= {
        "doc_key": pa.array(np.arange(ROWS) + (part << ROW_BITS)),
        "doc_id": pa.array([f"id {part} {row}" for row in range(ROWS)]),
        "text": pa.array([f"text {row}" for row in range(ROWS)]),
        "lang": pa.array([LANGS[i] for i in chance.choice(4, ROWS, p=[0.5, 0.3, 0.15, 0.05])], pa.string()),
        "word_count": words,
        "too_many": words,
        "exact_duplicate": pa.array(chance.integers(0, 50, ROWS)),
        "text_is_empty": pa.array([False] * ROWS),
        "text_bytes": pa.array([9] * ROWS),
    }
    return conform(pa.table([columns[name] for name in schema.names], schema=schema), schema, "test")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    found = recipe(tmp_path)
    plan = make_plan(found)
    workspace = Workspace(str(tmp_path / "out"))
    parts = tuple(Part(n, f"archive {n}", 0, 100) for n in range(PARTS))
    made = Run(workspace, found, plan, RunSettings(), parts)
    schema = table_schema(plan, "signals")
    for part in range(PARTS):
        workspace.put_parquet(workspace.table_name("signals", part), schema, [signals(schema, part)])
        empty = pa.table([pa.array([], f.type) for f in REMOVED_SCHEMA], schema=REMOVED_SCHEMA)
        workspace.put_parquet(workspace.table_name("removed_by_extract", part), REMOVED_SCHEMA, [empty])
    return made


def step(run: Run, name: str) -> GlobalStep:
    return next(s for s in run.plan.global_steps if s.step.name == name)


def audited(run: Run, *rows: dict) -> None:
    full = [
        {"finding": "x", "documents": 1, "text_bytes": 1, "sampled_documents": 1, "sampled_bytes": 1} | row
        for row in rows
    ]
    file = result_file(step(run, "audit").step)
    run.workspace.put_parquet(file, AUDIT, [pa.Table.from_pylist(full, schema=AUDIT)])


def do_all(run: Run) -> None:
    work = {"most": threshold_here, "exact_duplicate": dedup_here, "sample": sample}
    for planned in run.plan.global_steps:
        if planned.step.name in work:
            work[planned.step.name](run, planned)
            note_results(run, planned, reached(run, planned))
        else:
            made_from = part_fingerprints(run, planned.step.name)["all"]
            run.workspace.put_receipt(Receipt(planned.step.name, "all", made_from, 0, {}))


def test_the_job_of_a_sample_gives_what_the_chain_gives_and_is_not_done_twice(run):
    audited(run, {"lang": "amh_Ethi", "verdict": "remove"})
    do_all(run)
    planned = step(run, "sample")
    expected = run.workspace.read_parquet(result_file(planned.step))
    run.workspace.delete(result_file(planned.step))
    run.workspace.delete(run.workspace.receipt_name("sample", "all"))
    sample_documents.run(None, run, "sample")
    assert run.workspace.read_parquet(result_file(planned.step)).equals(expected)
    assert unfinished(run, "sample") == []
    run.workspace.delete(result_file(planned.step))
    sample_documents.run(None, run, "sample")
    assert not run.workspace.exists(result_file(planned.step))
    with pytest.raises(WorkspaceError, match="exact_duplicate: expected a sample"):
        sample_documents.run(None, run, "exact_duplicate")


def select_all(run: Run) -> list[tuple]:
    prints = {str(part.number): "x" for part in run.parts}
    receipts = [select_task(run, prints, name) for name in prints]
    return list(receipt_rows(receipts))


def test_every_document_has_one_first_reason_and_every_reason_an_account(run):
    audited(run, {"lang": "amh_Ethi", "verdict": "remove"})
    do_all(run)
    rows = select_all(run)
    check_conservation(rows, [])
    first: Counter = Counter()
    every: Counter = Counter()
    for stage, _, _, outcome, records in rows:
        if stage == "select" and outcome != "records_in":
            first[outcome] += records
        if stage.startswith(RULE) and outcome == stage.removeprefix(RULE):
            every[outcome] += records
    assert sum(first.values()) == PARTS * ROWS
    assert set(first) == {KEPT, "language_unknown", "too_many", "audit", "exact_duplicate", "sample"}
    assert all(every[reason] >= n for reason, n in first.items() if reason != KEPT)
    assert first[KEPT] == 18
    removed = pa.concat_tables(
        [run.workspace.read_parquet(f"removed/{part:05d}.parquet") for part in range(PARTS)]
    ).column("reasons")
    assert Counter(r for reasons in removed.to_pylist() for r in reasons) == +every
    assert Counter(reasons[0] for reasons in removed.to_pylist()) == first - Counter({KEPT: first[KEPT]})


def test_a_language_under_another_label_is_counted_on_both_sides(run):
    audited(run, {"lang": "amh_Ethi", "verdict": "relabel", "relabel_to": "tir_Ethi"})
    do_all(run)
    rows = select_all(run)
    relabelled = sum(n for s, _, lang, o, n in rows if s == "select" and o == f"{RELABELLED}tir_Ethi")
    published = [
        ("publish", part, lang, KEPT, entry["rows"])
        for part in range(PARTS)
        for lang, entry in run.workspace.receipts("select")[str(part)].extra["languages"].items()
    ]
    totals = Counter({part: sum(n for _, p, _, _, n in published if p == part) for part in range(PARTS)})
    published += [("publish", part, "", "records_in", n) for part, n in totals.items()]
    assert relabelled > 0
    assert {lang for _, _, lang, _, _ in published} == {"swh_Latn", "tha_Thai", "tir_Ethi", ""}
    check_conservation([*rows, *published], [("select", "publish")])


def test_later_steps_see_the_new_label(run):
    audited(run, {"lang": "amh_Ethi", "verdict": "relabel", "relabel_to": "tir_Ethi"})
    do_all(run)
    keys = [b for part in range(PARTS) for b in read_keys(run, step(run, "sample"), ["lang"], part)]
    langs = set(pa.Table.from_batches(keys).column("lang").to_pylist())
    assert langs == {"swh_Latn", "tha_Thai", "tir_Ethi"}


def test_a_limit_that_moves_no_document_leaves_the_steps_after_it_alone(run, tmp_path):
    do_all(run)
    moved = recipe(tmp_path, least=5)
    again = replace(run, recipe=moved, plan=make_plan(moved))
    for planned in again.plan.global_steps:
        assert unfinished(again, planned.step.name) == ["all"]
        if planned.step.name != "audit":
            assert keep_results(again, planned, reached(again, planned)), planned.step.name
        else:
            made_from = part_fingerprints(again, "audit")["all"]
            again.workspace.put_receipt(Receipt("audit", "all", made_from, 0, {}))
        assert unfinished(again, planned.step.name) == []


def test_a_limit_that_moves_documents_does_the_steps_after_it_again(run, tmp_path):
    do_all(run)
    moved = recipe(tmp_path, least=12)
    again = replace(run, recipe=moved, plan=make_plan(moved))
    planned = step(again, "most")
    assert not keep_results(again, planned, reached(again, planned))


def test_what_is_found_does_not_depend_on_how_documents_are_spread_over_parts(run):
    audited(run)
    do_all(run)
    found = read_found(run)
    batches = [
        b for part in range(PARTS) for b in run.workspace.read_batches(f"_work/signals/{part:05d}.parquet")
    ]
    one = replace(run, parts=run.parts[:1])
    whole = pa.Table.from_batches(batches)
    whole = whole.set_column(0, whole.schema.field("doc_key"), pa.array(np.arange(whole.num_rows)))
    one.workspace.put_parquet("_work/signals/00000.parquet", whole.schema, [whole])
    do_all(one)
    assert read_found(one).limits == found.limits
    hashes = [{lang: cut[0] for lang, cut in f.cuts["sample"].items()} for f in (read_found(one), found)]
    assert hashes[0] == hashes[1]
    assert run.workspace.read_parquet(result_file(step(run, "sample").step)).schema.equals(CUT)


def test_what_is_not_found_yet_removes_nothing(run):
    assert read_found(run) == Found()
    assert done_together(run, step(run, "most")) == [step(run, "most")]
    table = signals(table_schema(run.plan, "signals"), 0)
    none = {"exact_duplicate": DECISION.empty_table()}
    chosen = select_batch(run.recipe, table, none, languages=None, removed_text_ratio=0)
    assert set(o for _, o in chosen.outcomes) == {KEPT, "language_unknown"}


def test_an_audit_that_only_flags_removes_nothing(run):
    table = signals(table_schema(run.plan, "signals"), 0)
    found = Found(verdicts={"audit": {"amh_Ethi": OnLanguage("flag")}})
    none = {"exact_duplicate": DECISION.empty_table()}
    chosen = select_batch(run.recipe, table, none, languages=None, removed_text_ratio=0, found=found)
    assert set(o for _, o in chosen.outcomes) == {KEPT, "language_unknown"}


def test_a_kind_that_only_spark_knows_is_left_to_it():
    rows = pa.table({"doc_key": [1], "lang": ["swh_Latn"], "near": [3]})
    assert decide(rows, DedupStep("near", "simhash")) is None


def test_a_receipt_says_what_a_step_was_made_from(run):
    do_all(run)
    content = json.loads(run.workspace.read_text(run.workspace.receipt_name("most", "all")))
    assert {"input", "result"} <= content["extra"].keys()
