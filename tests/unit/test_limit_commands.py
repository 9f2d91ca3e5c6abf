import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from jobs.commands import app, compare_recipes, learn_limits  # noqa: F401  adds the commands
from schemas.errors import InputError

RECIPE = """
name = "{name}"
source = "test"
[[steps]]
threshold = "word_count"
with = {{ rule = "ten_tail", min_documents = 10 }}
as = "words_low"
[[steps]]
keep = "word_count >= {limit}"
"""


def run(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def files(tmp_path):
    text = [" ".join(["neno", "habari"] * (number + 1)) for number in range(40)]
    table = pa.table({"text": text, "lang": ["swh_Latn", "yor_Latn"] * 20})
    pq.write_table(table, tmp_path / "docs.parquet")
    for name, limit in (("learned", "$words_low"), ("fixed", "32")):
        (tmp_path / f"{name}.toml").write_text(RECIPE.format(name=name, limit=limit))
    return tmp_path


def test_recipes_are_compared_on_a_file(files):
    recipes = (files / "learned.toml", files / "fixed.toml")
    page = files / "page.html"
    said = run("compare", *recipes, "--input", files / "docs.parquet", "--trust-labels", "--page", page)
    assert "swh_Latn              20" in said
    assert "learned / fixed: 72.5 %" in said
    assert "11 documents that they judge differently" in said
    assert page.read_text().count("<article>") == 11


def test_fairness_is_printed_as_markdown(files):
    options = ("--input", files, "--trust-labels", "--fairness", "yor_Latn")
    said = run("compare", files / "fixed.toml", *options)
    assert said.splitlines()[-1] == "| `fixed` | 65 | swh_Latn -5 | -5 |"
    with pytest.raises(InputError, match="--fairness eng_Latn: no such language"):
        run("compare", files / "fixed.toml", "--input", files, "--fairness", "eng_Latn")


def test_thresholds_of_a_file_are_shown_and_written(files):
    options = ("--recipe", files / "learned.toml", "--step", "words_low", "-o", files / "limits.parquet")
    pq.write_table(pa.table({"text": ["a b c"] * 30}), files / "plain.parquet")
    said = run("thresholds", files / "plain.parquet", *options)
    assert "threshold $words_low" in said
    assert "would go" in said
    limits = pq.read_table(files / "limits.parquet").to_pylist()
    assert [row["limit"] for row in limits if row["documents"] >= 10] == [3.0]


def test_a_source_or_a_step_that_is_not_there_is_an_error(files):
    with pytest.raises(InputError, match="expected the folder of a run, or a Parquet file and --recipe"):
        run("thresholds", files / "docs.parquet")
    options = ("--recipe", files / "learned.toml", "--step", "word_low")
    with pytest.raises(InputError, match=r"no such threshold; did you mean words_low\?"):
        run("thresholds", files / "docs.parquet", *options)
