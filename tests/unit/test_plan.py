from pipeline.plan import (
    ChunkKeys,
    ChunkRules,
    DropChunks,
    GlobalStep,
    Measure,
    RowPass,
    describe,
    make_plan,
    table_schema,
)
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
    lines = describe(make_plan(load_recipe("glot500c"))).splitlines()
    stages = [line.split()[:2] for line in lines if line and not line.startswith((" ", "recipe"))]
    assert stages == [
        ["row", "extract"],
        ["row", "annotate"],
        ["global", "dedup"],
        ["row", "annotate_2"],
        ["global", "audit"],
        ["global", "audit"],
        ["row", "select"],
        ["publish", "publish"],
    ]
