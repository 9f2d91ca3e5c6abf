"""The whole engine on the shipped archives, through the command and real Spark."""

import json
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.annotate import annotate_part
from pipeline.plan import corpus_schema, make_plan, table_schema
from pipeline.recipe import load_recipe
from pipeline.run import open_run
from pipeline.tasks import annotate_task, extract_task
from pipeline.workspace import Workspace
from schemas.corpus import CORPUS
from schemas.ledger import LEDGER

pytestmark = [pytest.mark.spark, pytest.mark.e2e]


def ledger(output: Path) -> list[dict]:
    return pq.read_table(output / "ledger.parquet").to_pylist()


def test_every_record_of_every_part_is_accounted_for(finished):
    taken: Counter = Counter()
    given: Counter = Counter()
    for row in ledger(finished):
        target = taken if row["outcome"] == "records_in" else given
        target[row["stage"], row["part"]] += row["records"]
    assert taken == given
    assert {stage for stage, _ in taken} >= {"extract", "annotate", "select", "publish", "near_duplicate"}


def test_what_a_stage_keeps_of_a_language_the_next_one_takes_in(finished):
    kept: dict = defaultdict(Counter)
    taken: dict = defaultdict(Counter)
    for row in ledger(finished):
        if row["outcome"] == "records_in":
            continue
        taken[row["stage"]][row["part"], row["lang"]] += row["records"]
        if row["outcome"] == "kept":
            kept[row["stage"]][row["part"], row["lang"]] += row["records"]
    assert +kept["annotate"] == +taken["select"]
    assert +kept["select"] == +taken["publish"]
    assert sum(kept["extract"].values()) == sum(taken["annotate"].values())


def test_the_ledger_has_the_declared_columns(finished):
    assert pq.read_schema(finished / "ledger.parquet").equals(LEDGER)


def test_the_corpus_has_a_folder_of_shards_for_each_language(finished, read_corpus):
    folders = {path.name for path in (finished / "data").iterdir()}
    table = read_corpus(finished)
    assert folders == set(table.column("lang").to_pylist())
    assert len(folders) >= 25
    expected = corpus_schema(make_plan(load_recipe("glotmill")))
    assert table.schema.equals(expected, check_metadata=True)
    assert table.schema.names[: len(CORPUS)] == CORPUS.names
    for path in (finished / "data").rglob("*.parquet"):
        assert set(pq.read_table(path, columns=["lang"]).column("lang").to_pylist()) == {path.parent.name}


def test_documents_and_removed_records_together_are_the_records_of_the_archives(finished, read_corpus):
    removed = pq.read_table(finished / "removed")
    extract = [r for r in ledger(finished) if r["stage"] == "extract" and r["outcome"] == "records_in"]
    assert read_corpus(finished).num_rows + removed.num_rows == sum(r["records"] for r in extract)
    assert all(reasons for reasons in removed.column("reasons").to_pylist())


def test_the_numbers_of_the_card_are_those_of_the_ledger(finished):
    stats = json.loads((finished / "stats.json").read_text(encoding="utf-8"))
    kept: Counter = Counter()
    for row in ledger(finished):
        if row["stage"] == "select" and row["outcome"] == "kept":
            kept[row["lang"]] += row["records"]
    assert {lang: c["kept"] for lang, c in stats["languages"].items() if c["kept"]} == +kept
    card = (finished / "README.md").read_text(encoding="utf-8")
    assert f"{sum(kept.values()):,} documents in {len(+kept)} languages" in card
    for lang, count in (+kept).items():
        assert f'- config_name: "{lang}"' in card
        assert f"| {lang} | " in card
        assert f" | {count:,} | " in card


def test_tasks_called_directly_give_what_spark_gave(finished, tmp_path):
    """The same parts through plain function calls, one after another, in this process."""
    through_spark = open_run(Workspace(str(finished)))
    direct = Workspace(str(tmp_path / "direct"))
    for name in ("run.json", "_work/parts.parquet"):
        direct.put(name, partial(_copy, finished / name))
    run = open_run(direct)
    for part in run.parts:
        name = str(part.number)
        extract_task(run, {name: "direct"}, name)
        annotate_task(run, run.plan.passes[0], {name: "direct"}, name)
        for table in ("documents", "signals"):
            file = direct.table_name(table, part.number)
            assert (Path(direct.root) / file).read_bytes() == (finished / file).read_bytes()
    planned = through_spark.plan.passes[0]
    schema = table_schema(run.plan, planned.writes)
    rows = partial(annotate_part, run.recipe, planned, schema, decisions={}, counts={})
    one_by_one = [
        row
        for batch in direct.read_batches(direct.table_name("documents", 0))
        for i in range(batch.num_rows)
        for table in rows(iter([batch.slice(i, 1)]))
        for row in table.to_pylist()
    ]
    assert one_by_one == through_spark.workspace.read_parquet(direct.table_name("signals", 0)).to_pylist()


def _copy(source: Path, target: str) -> None:
    Path(target).write_bytes(source.read_bytes())


def test_cutting_archives_into_many_parts_gives_the_same_documents(
    finished, sample, tmp_path, glotmill, read_corpus
):
    output = tmp_path / "many"
    recipe = "glotmill"
    glotmill("run", recipe, sample, "--output", output, "--split-mb", 1, "--master", "local[2]")
    names = ["text", "url", "lang", "doc_id", "cluster_size"]
    expected = read_corpus(finished).select(names).sort_by("doc_id").to_pylist()
    assert read_corpus(output).select(names).sort_by("doc_id").to_pylist() == expected
