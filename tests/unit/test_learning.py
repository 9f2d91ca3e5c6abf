from collections import Counter
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.card import Manifest, card, stats
from pipeline.judge import Found
from pipeline.learning import learn_here, learned_tables, learned_together, store
from pipeline.plan import corpus_schema, make_plan, table_schema
from pipeline.reached import read_found
from pipeline.recipe import load_recipe
from pipeline.run import unfinished
from pipeline.run_limits import run_limits
from pipeline.selection import select_batch
from pipeline.table_limits import learn_from_file, learn_from_table
from pipeline.threshold_report import brief, threshold_lines
from pipeline.thresholds import all_limits
from schemas.errors import InputError, WorkspaceError
from tests.threshold_runs import measured_run, signals, write_recipe


@pytest.fixture
def recipe_file(tmp_path):
    return partial(write_recipe, tmp_path)


@pytest.fixture
def run(tmp_path):
    return measured_run(tmp_path)


def thresholds(run):
    return {planned.step.name: planned for planned in run.plan.global_steps if planned.kind == "threshold"}


def test_thresholds_that_the_same_documents_reach_are_learned_together(run):
    together = learned_together(run, thresholds(run)["lines_p90"].step)
    assert [planned.step.name for planned in together] == ["words_p10", "lines_p90"]
    assert len(learned_together(run, thresholds(run)["characters_p10"].step)) == 1


def test_a_threshold_learns_from_the_documents_that_reach_it(run):
    words, lines = learn_here(run, learned_together(run, thresholds(run)["words_p10"].step))
    hindi, swahili = words
    assert (hindi.lang, hindi.documents, hindi.would_remove) == ("hin_Deva", 240, 24)
    assert (swahili.documents, swahili.limit, swahili.would_remove) == (300, 61.0, 30)
    assert [one.would_remove for one in lines] == [24, 30]


def test_what_is_learned_is_stored_done_and_used_by_the_rules_after_it(run):
    planned = thresholds(run)
    together = learned_together(run, planned["words_p10"].step)
    for one, learned in zip(together, learn_here(run, together), strict=True):
        store(run, one.step, learned, 0.1)
    assert unfinished(run, "words_p10") == unfinished(run, "lines_p90") == []
    assert read_found(run).limits["words_p10"] == {"hin_Deva": 62.0, "swh_Latn": 61.0}
    (characters,) = learn_here(run, [planned["characters_p10"]])
    assert sum(one.documents for one in characters) < 540 - 54
    assert list(learned_tables(run)) == ["words_p10", "lines_p90"]


def test_a_run_can_be_asked_before_anything_is_learned(run):
    tables, applied = run_limits(run.workspace, None)
    assert list(tables) == ["words_p10", "lines_p90", "characters_p10"]
    assert applied == {}
    assert learned_tables(run) == {}
    assert "swh_Latn" in "\n".join(threshold_lines("words_p10", tables["words_p10"]))


def test_a_recipe_that_needs_what_the_run_has_not_measured_is_an_error(run, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(
        'name = "o"\nsource = "t"\n[[steps]]\nthreshold = "url_count"\nwith = { rule = "iqr" }\nas = "u"\n'
    )
    with pytest.raises(WorkspaceError, match="the run has not measured"):
        run_limits(run.workspace, str(other))


def test_any_table_of_measurements_gives_the_same_limits(run, tmp_path, recipe_file):
    schema = table_schema(run.plan, "signals")
    table = signals(600, schema)
    found = learn_from_table(run.recipe, table)
    assert found["words_p10"].column("limit").to_pylist() == [62.0, 61.0]
    pq.write_table(table.drop_columns(["doc_key", "text_is_empty"]), tmp_path / "measured.parquet")
    again = learn_from_file(load_recipe(recipe_file()), str(tmp_path / "measured.parquet"))
    assert {name: t.to_pylist() for name, t in again.items()} == {n: t.to_pylist() for n, t in found.items()}


def test_a_file_without_measurements_and_texts_is_an_error(tmp_path, recipe_file):
    pq.write_table(pa.table({"lang": ["swh_Latn"]}), tmp_path / "bare.parquet")
    with pytest.raises(InputError, match=r"expected the measurements of learned, got none of .*letter_ratio"):
        learn_from_file(load_recipe(recipe_file()), str(tmp_path / "bare.parquet"))


def test_a_reference_may_hold_values_or_texts(run, tmp_path, recipe_file):
    table = signals(600, table_schema(run.plan, "signals"))
    lang = ["swh_Latn"] * 100
    pq.write_table(pa.table({"lang": lang, "char_count": list(range(100))}), tmp_path / "values.parquet")
    texts = ["a" * (i + 1) for i in range(100)]
    pq.write_table(pa.table({"lang": lang, "text": texts}), tmp_path / "texts.parquet")
    for name, limit in (("values", 10.0), ("texts", 11.0)):
        recipe = load_recipe(recipe_file(f', reference = "{tmp_path / name}.parquet"'))
        rows = learn_from_table(recipe, table)["characters_p10"].to_pylist()
        assert [(row["lang"], row["limit"], row["level"]) for row in rows] == [
            ("hin_Deva", limit, "global"),
            ("swh_Latn", limit, "language"),
        ]


def test_a_reference_without_its_columns_is_an_error(run, tmp_path, recipe_file):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    recipe = load_recipe(recipe_file(f', reference = "{tmp_path / "x"}.parquet"'))
    table = signals(60, table_schema(run.plan, "signals"))
    with pytest.raises(InputError, match="expected columns lang and char_count or text, got x"):
        learn_from_table(recipe, table)
    recipe = load_recipe(recipe_file(', reference = "nowhere.parquet"'))
    with pytest.raises(InputError, match=r"reference nowhere.parquet: cannot be read"):
        learn_from_table(recipe, table)


def test_card_and_statistics_say_what_was_learned(run):
    tables, _ = run_limits(run.workspace, None)
    manifest = Manifest(run.recipe, ("a",), "0" * 64, {"glotmill": "1"}, {}, tables)
    assert "| swh_Latn | 61 | language | 300 | 30 |" in card([], manifest)
    assert stats([], manifest)["thresholds"]["words_p10"]["hin_Deva"]["limit"] == 62.0


def test_one_line_sums_a_threshold_up(run):
    words = learn_here(run, [thresholds(run)["words_p10"]])[0]
    assert brief(words) == "2 languages (2 language); 54 of 540 documents go"


def test_documents_are_published_with_the_bucket_that_was_learned(tmp_path):
    path = tmp_path / "ccnet-like.toml"
    path.write_text(
        'name = "b"\nsource = "t"\ncolumns = ["bucket"]\n[[steps]]\nthreshold = "word_count"\n'
        'with = { rule = "buckets", min_documents = 20 }\nas = "bucket"\n'
    )
    recipe = load_recipe(str(path))
    plan = make_plan(recipe)
    table = signals(600, table_schema(plan, "signals"))
    learned = learn_from_table(recipe, table)["bucket"]
    found = Found(buckets={"bucket": all_limits(learned)})
    schema = corpus_schema(plan)
    chosen = select_batch(recipe, table, {}, schema=schema, languages=None, removed_text_ratio=0, found=found)
    assert schema.field("bucket").type == pa.string()
    assert Counter(chosen.kept["bucket"].to_pylist()) == {"head": 178, "middle": 180, "tail": 242}
