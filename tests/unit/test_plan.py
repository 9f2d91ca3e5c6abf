from filters.registry import EDITS, SIGNALS
from pipeline.plan import (
    ChunkKeys,
    ChunkRules,
    DropChunks,
    GlobalStep,
    Measure,
    RowPass,
    make_plan,
    table_schema,
)
from pipeline.plan_text import describe
from pipeline.recipe import load_recipe


def test_the_default_recipe_reads_text_once():
    plan = make_plan(load_recipe("glotmill"))
    assert [(p.reads, p.writes) for p in plan.passes] == [("documents", "signals")]
    assert isinstance(plan.stages[0], RowPass)
    assert {"dedup", "threshold"} <= {planned.kind for planned in plan.global_steps}


def test_consecutive_chunk_rules_share_one_cutting_of_the_text():
    plan = make_plan(load_recipe("glotmill"))
    rules = [o for o in plan.passes[0].operations if isinstance(o, ChunkRules)]
    assert [[r.name for r in o.rules] for o in rules] == [
        ["chunk_char_rep", "chunk_word_rep", "chunk_letters", "chunk_words"]
    ]


def test_dropping_duplicate_chunks_begins_a_second_pass():
    plan = make_plan(load_recipe("glot500c"))
    first, dedup, second, *audits = plan.stages
    assert isinstance(first, RowPass)
    assert isinstance(first.operations[-1], ChunkKeys)
    assert isinstance(dedup, GlobalStep)
    assert dedup.reads == "signals"
    assert isinstance(second, RowPass)
    assert (second.reads, second.writes) == ("signals", "signals_2")
    assert second.operations == (DropChunks("sf5_duplicate"),)
    assert [a.step.name for a in audits if isinstance(a, GlobalStep)] == ["cf1_script", "cf2_confusion"]


def test_a_language_column_is_not_measured_twice():
    operations = make_plan(load_recipe("glotmill")).passes[0].operations
    assert "lang_score" not in [o.column for o in operations if isinstance(o, Measure)]


def test_the_table_of_a_pass_has_the_columns_of_earlier_passes():
    plan = make_plan(load_recipe("glot500c"))
    assert "sf5_duplicate" in table_schema(plan, "signals_2").names
    assert "chunk_ends" in table_schema(plan, "signals").names
    assert "chunk_ends" not in table_schema(make_plan(load_recipe("glotmill")), "signals").names


def test_a_plan_is_described_stage_by_stage():
    plan = make_plan(load_recipe("glot500c"))
    lines = describe(plan).splitlines()
    stages = [line.split()[:2] for line in lines if line.startswith(("row", "global", "publish"))]
    planned = [["row", s.name] if isinstance(s, RowPass) else ["global", s.kind] for s in plan.stages]
    assert stages == [["row", "extract"], *planned, ["row", "select"], ["publish", "publish"]]
    assert ["row", "annotate_2"] in stages


def test_estimated_costs_grow_with_the_pages():
    plan = make_plan(load_recipe("glot500c"))
    few, many = (describe(plan, pages).splitlines() for pages in (10, 10_000_000))
    assert few[1] == "row      extract     parts -> documents  [under 1 s]"
    assert many[1] == "row      extract     parts -> documents  [28 h]"
    shares = [line.rpartition("[")[2] for line in few if line.startswith("           ") and "%" in line]
    assert 99 <= sum(int(share.rstrip("%]")) for share in shares[: len(plan.passes[0].operations) + 2]) <= 101


def test_a_dear_signal_is_named(tmp_path):
    text = 'name = "x"\nsource = "x"\n[[steps]]\nkeep = "lang_line_ratio >= 0.5"\n'
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    notes = describe(make_plan(load_recipe(str(tmp_path / "x.toml"))))
    assert "lang_line_ratio takes " in notes
    assert "also for documents that cheaper rules remove" in notes


def test_the_costs_are_those_of_signals_that_there_are(root):
    rows = (root / "pipeline" / "signal_costs.tsv").read_text(encoding="utf-8").splitlines()
    assert rows[0].split("\t") == ["kind", "name", "megabytes_a_second"]
    names = {"signal": set(SIGNALS), "edit": set(EDITS), "text": {"text", "chunks"}}
    for kind, name, speed in (row.split("\t") for row in rows[1:]):
        assert name in names[kind]
        assert float(speed) > 0


def test_a_threshold_shares_the_column_of_an_equal_measurement(tmp_path):
    text = (
        'name = "x"\nsource = "x"\n'
        '[[steps]]\nthreshold = "char_rep_ratio"\nas = "most"\nwith = { rule = "iqr", n = 10 }\n'
        '[[steps]]\nkeep = "char_rep_ratio <= $most"\nwith = { n = 10 }\nas = "repeats"\n'
        '[[steps]]\nthreshold = "word_count"\nas = "least"\nwith = { rule = "iqr" }\n'
    )
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    plan = make_plan(load_recipe(str(tmp_path / "x.toml")))
    assert [(o.column, o.signal) for o in plan.passes[0].operations] == [
        ("repeats", "char_rep_ratio"),
        ("word_count", "word_count"),
    ]
    assert [g.step.column for g in plan.global_steps] == ["repeats", "word_count"]
