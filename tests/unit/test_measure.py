from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.measure import Wanted, explain, find_signals, measure_file, measure_signals, measure_table
from pipeline.recipe import load_recipe
from pipeline.report import describe_signal
from schemas.errors import InputError, RecipeError
from tests.stand_ins import runnable

SWAHILI = "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa. Wote wamejaliwa akili na dhamiri, hivyo "
TEXTS = [SWAHILI + "yapasa watendeane kindugu katika nchi zote za dunia.", "fupi", "", None, "一二三。" * 30]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.parquet"
    table = pa.table({"id": list(range(len(TEXTS))), "body": TEXTS})
    pq.write_table(table, path, row_group_size=2)
    return path


def measure(source, wanted, workers=1):
    target = source.with_name(f"out{workers}.parquet")
    done = list(measure_file(str(source), str(target), wanted, workers))
    assert done[-1][0] == len(TEXTS)
    return pq.read_table(target)


def test_signals_are_added_beside_the_columns_of_the_file(source):
    table = measure(source, Wanted("body", signals=("word_count", "script")))
    assert table.column_names == ["id", "body", "word_count", "script"]
    assert table.column("body").to_pylist() == TEXTS
    assert table.column("word_count").to_pylist()[:4] == [24, 1, 0, 0]
    assert table.column("script").to_pylist()[0] == "Latn"


def test_a_recipe_adds_its_measurements_and_verdicts(source):
    table = measure(source, Wanted("body", load_recipe("glotmill"), prefix="gm_"))
    assert table.column_names[:2] == ["id", "body"]
    assert all(name.startswith("gm_") for name in table.column_names[2:])
    assert "word_count" in table.column("gm_removed_by").to_pylist()[1]


@pytest.mark.slow
def test_workers_change_nothing(source):
    wanted = Wanted("body", signals=("char_rep_ratio", "lang"))
    measure(source, wanted)
    measure(source, wanted, workers=2)
    assert source.with_name("out1.parquet").read_bytes() == source.with_name("out2.parquet").read_bytes()


def test_pieces_are_written_as_larger_row_groups_in_the_order_of_the_file(source, monkeypatch):
    monkeypatch.setattr("pipeline.pieces.READ_ROWS", 1)
    monkeypatch.setattr("pipeline.pieces.PIECE_ROWS", 1)
    monkeypatch.setattr("pipeline.measure.GROUP_BYTES", 400)
    table = measure(source, Wanted("body", signals=("char_count",)))
    assert table.column("id").to_pylist() == list(range(len(TEXTS)))
    written = pq.ParquetFile(source.with_name("out1.parquet")).metadata
    assert [written.row_group(i).num_rows for i in range(written.num_row_groups)] == [5]
    monkeypatch.setattr("pipeline.measure.GROUP_BYTES", 100)
    measure(source, Wanted("body", signals=("char_count",)))
    assert pq.ParquetFile(source.with_name("out1.parquet")).metadata.num_row_groups == 2


@pytest.mark.parametrize(
    "wanted", [Wanted("body", load_recipe("gopher")), Wanted("body", signals=("script",))]
)
def test_an_empty_file_gets_the_columns_and_no_row(tmp_path, wanted):
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"body": pa.array([], pa.string())}), source)
    assert list(measure_file(str(source), str(tmp_path / "out.parquet"), wanted)) == [(0, 0)]
    written = pq.read_table(tmp_path / "out.parquet")
    assert written.num_rows == 0
    assert written.column_names[0] == "body"
    assert len(written.column_names) > 1


def test_a_column_that_is_there_already_is_never_overwritten(source):
    with pytest.raises(InputError, match=r"already has the column\(s\) id; --prefix"):
        list(measure_file(str(source), "never.parquet", Wanted("body", signals=("id",))))


def test_without_the_text_column_nothing_is_written(source, tmp_path):
    target = tmp_path / "out.parquet"
    with pytest.raises(InputError, match=r"in.parquet: no column 'text'; columns: id, body"):
        list(measure_file(str(source), str(target), Wanted(signals=("script",))))
    assert not target.exists()


def test_a_file_is_never_written_over_itself(source):
    before, wanted = source.read_bytes(), Wanted("body", signals=("script",))
    with pytest.raises(InputError, match="expected another file to write to"):
        list(measure_file(str(source), str(source), wanted))
    assert source.read_bytes() == before


def test_all_signals_are_those_that_a_page_is_enough_for():
    names = find_signals("all")
    table = measure_signals(pa.table({"text": TEXTS}), names)
    assert table.column_names == list(names)
    assert table.num_rows == len(TEXTS)
    assert len(names) >= 60


def test_an_unknown_signal_names_the_nearest():
    with pytest.raises(RecipeError, match="did you mean word_count"):
        find_signals("word_cuont")


def test_a_missing_text_column_names_the_nearest():
    with pytest.raises(InputError, match="no column 'text'; did you mean texts"):
        measure_table(load_recipe("glotmill"), pa.table({"texts": ["x"]}))


def test_an_empty_table_is_measured_to_an_empty_table():
    measured, verdict = measure_table(load_recipe("glotmill"), pa.table({"text": pa.array([], pa.string())}))
    assert (measured.num_rows, verdict.rows) == (0, 0)


def test_a_text_is_explained_step_by_step():
    lines = explain(load_recipe("glotmill"), "|||||\nfupi sana")
    assert any(line.split()[:5] == ["keep", "letter_ratio", ">=", "0.5", "(chunks)"] for line in lines)
    assert any("1 chunk(s) dropped" in line for line in lines)
    assert any(line.strip().startswith("keep word_count >= 20") and "REMOVES" in line for line in lines)
    assert lines[-2:] == ["text after edits and chunk rules:", "fupi sana"]


def test_a_signal_is_described_with_unit_parameters_and_source():
    assert describe_signal("char_rep_ratio").splitlines()[0] == "char_rep_ratio  float, ratio"
    assert "    parameters: n=10" in describe_signal("char_rep_ratio")


def test_a_rule_whose_limit_is_learned_is_not_judged_on_one_text(tmp_path):
    text = (
        'name = "x"\nsource = "x"\n'
        '[[steps]]\nthreshold = "word_count"\nas = "least"\nwith = { rule = "iqr" }\n'
        '[[steps]]\nkeep = "word_count >= $least"\n'
    )
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    lines = explain(load_recipe(str(tmp_path / "x.toml")), "Habari za asubuhi")
    assert any("not judged: its limit is learned from a corpus; word_count = 3" in line for line in lines)
    assert lines[-1] == "kept"


@pytest.mark.parametrize("name", ["ccnet", "c4-en-2020", "madlad400"])
def test_rules_after_steps_that_relate_chunks_are_judged_too(name):
    recipe, _ = runnable(load_recipe(name))
    recipe = replace(
        recipe, steps=tuple(s for s in recipe.steps if "words" not in getattr(s, "parameters", {}))
    )
    measured, verdict = measure_table(recipe, pa.table({"text": [SWAHILI * 20, "fupi"]}))
    assert "text_is_empty" in measured.column_names
    assert len(verdict.kept) == 2
    assert "dedup" in "\n".join(explain(recipe, SWAHILI * 20))
