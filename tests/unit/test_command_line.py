import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from jobs.command_line import app
from pipeline.recipe import recipe_names

COMMANDS = (
    "run",
    "plan",
    "thresholds",
    "compare",
    "recipes",
    "measure",
    "signals",
    "explain",
    "train-lm",
    "stop-words",
    "affine-words",
    "models",
    "identify",
    "dedup",
    "dedup-index",
    "decontaminate",
    "audit",
    "extract",
    "doctor",
)


def run(*arguments, text=None):
    done = CliRunner().invoke(app, [str(a) for a in arguments], input=text, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_text_with_an_example(command):
    assert "Example: " in run(command, "--help")


def test_the_help_names_every_command():
    assert [name for name in COMMANDS if name not in run("--help")] == []


def test_recipes_are_listed_with_their_sources():
    listed = run("recipes")
    assert [name for name in recipe_names() if name not in listed] == []
    assert listed.count("source: ") == len(recipe_names())


def test_a_plan_names_the_stages():
    assert "-> selected, removed" in run("plan", "glotmill")


def test_signals_are_described():
    assert "word_count  int32, words" in run("signals", "word_count,char_count")


def test_the_signals_of_a_recipe_are_measured_by_its_name(tmp_path):
    pq.write_table(pa.table({"text": ["Habari za asubuhi."]}), tmp_path / "in.parquet")
    for option in ("--signals", "--recipe"):
        run("measure", tmp_path / "in.parquet", "-o", tmp_path / option, option, "gopher")
    table = pq.read_table(tmp_path / "--signals")
    assert table.equals(pq.read_table(tmp_path / "--recipe"))
    assert table["removed_by"].to_pylist() != [None]


def test_standard_input_is_explained():
    assert "keep word_count >= 20" in run("explain", "glotmill", "-", text="Habari za asubuhi.")


def test_near_duplicates_of_files_are_found(tmp_path):
    text = " ".join(f"neno{i}" for i in range(60))
    table = pa.table({"doc_id": ["a", "b", "c"], "text": [text, text + " moja", "kitu kingine kabisa hapa"]})
    pq.write_table(table, tmp_path / "in.parquet")
    said = run("dedup", tmp_path / "in.parquet", "--output", tmp_path / "found")
    assert said.startswith("3 rows, 1 go, 1 clusters of two or more")
    found = pq.read_table(tmp_path / "found" / "duplicates.parquet").to_pylist()
    assert [(row["id"], row["keeper"]) for row in found] == [("a", "a"), ("b", "a")]
    cut = run("dedup", tmp_path / "in.parquet", "-o", tmp_path / "cut", "--substring", "--keep", "none")
    assert "2 lose text" in cut
    added = run("dedup-index", tmp_path / "in.parquet", "-i", tmp_path / "index")
    assert "3 rows added to 0, 2 decisions" in added
    (tmp_path / "q.txt").write_text(" ".join(f"neno{i}" for i in range(20, 40)))
    asked = ("--against", tmp_path / "q.txt", "-o", tmp_path / "leaks")
    assert run("decontaminate", tmp_path / "in.parquet", *asked).startswith(
        "3 rows, 2 share one of 8 n-grams"
    )


def test_the_text_of_an_archive_is_extracted(root, tmp_path):
    archive = root / "tests" / "data" / "broken" / "single_member.warc.gz"
    assert "kept " in run("extract", archive, "--output", tmp_path / "texts.parquet")
    assert pq.read_table(tmp_path / "texts.parquet").num_rows > 0
