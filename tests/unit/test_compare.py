import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.compare import (
    SharedMeasurements,
    agreements,
    compare,
    disagreements,
    kept_by_group,
    left_out,
    reasons_of,
)
from pipeline.compare_input import find_files, read_tables, read_texts
from pipeline.compare_report import comparison_lines, disagreement_page, fairness_lines
from pipeline.measure import measure_table
from pipeline.recipe import load_recipe
from schemas.errors import InputError

TEXTS = [
    ("swh_Latn", "Habari za asubuhi rafiki yangu, leo tutakwenda sokoni pamoja."),
    ("swh_Latn", "Habari 1234567890 1234567890"),
    ("arb_Arab", "صباح الخير يا صديقي، سنذهب اليوم إلى السوق معا ونشتري الخبز."),
    ("arb_Arab", "<b onclick=1> صباح"),
    ("eng_Latn", "Good morning my friend, today we shall walk to the market together."),
    (None, "?"),
]


@pytest.fixture
def recipe(tmp_path):
    def write(name, *steps):
        path = tmp_path / f"{name}.toml"
        blocks = "".join(f"[[steps]]\n{step}\n" for step in steps)
        path.write_text(f'name = "{name}"\nsource = "test"\n{blocks}')
        return load_recipe(str(path))

    return write


@pytest.fixture
def table():
    lang, text = zip(*TEXTS, strict=True)
    ids = [f"<{number}>" for number in range(len(TEXTS))]
    urls = [f"http://x.org/{number}?a=1&b=<" for number in range(len(TEXTS))]
    return pa.table({"lang": pa.array(lang), "text": pa.array(text), "doc_id": ids, "url": urls})


@pytest.fixture
def found(recipe, table):
    words = recipe("words", 'keep = "word_count >= 5"')
    digits = recipe("digits", 'keep = "digit_ratio <= 0.2"', 'dedup = "exact"')
    return compare([words, digits], [table.slice(0, 4), table.slice(4)], trust=True)


def test_each_recipe_keeps_its_documents_and_words(found):
    assert [outcome.kept.tolist() for outcome in found.outcomes] == [
        [True, False, True, False, True, False],
        [True, False, True, True, True, False],
    ]
    assert kept_by_group(found) == {
        "arb_Arab": [(2, 1, 11), (2, 2, 15)],
        "swh_Latn": [(2, 1, 9), (2, 1, 9)],
        "eng_Latn": [(1, 1, 12), (1, 1, 12)],
        "unknown": [(1, 0, 0), (1, 0, 0)],
    }


def test_reasons_are_those_of_each_recipe(found):
    assert [reasons_of(outcome, 1) for outcome in found.outcomes] == [["word_count"], ["digit_ratio"]]


def test_agreement_is_beyond_chance(found):
    (pair,) = agreements(found)
    assert (pair.one, pair.other, pair.only_one, pair.only_other) == ("words", "digits", 0, 1)
    assert pair.share == pytest.approx(5 / 6)
    assert pair.kappa == pytest.approx((5 / 6 - 0.5) / 0.5)


def test_recipes_that_keep_all_agree_without_a_kappa(recipe, table):
    everything = [recipe(name, 'keep = "word_count >= 0"') for name in ("a", "b")]
    (pair,) = agreements(compare(everything, [table.slice(0, 5)], trust=True))
    assert (pair.share, pair.kappa) == (1.0, None)


def test_verdicts_are_those_of_each_recipe_alone(recipe, table):
    steps = ('edit = "drop_javascript_lines"', 'keep = "word_count >= 5"', 'keep = "digit_ratio <= 0.2"')
    alone = recipe("alone", *steps, 'keep = "char_rep_ratio <= 0.3"\nscope = "chunk"')
    others = [recipe("same", *steps), recipe("plain", *steps[1:]), alone]
    together = compare(others, [table])
    for outcome in together.outcomes:
        _, verdict = measure_table(outcome.recipe, table)
        assert outcome.verdict.first().to_pylist() == verdict.first().to_pylist()


def test_what_is_measured_alike_is_measured_once():
    shared = SharedMeasurements()
    text = {"text": pa.array(["a b"])}
    first = shared.get(text, {})
    assert shared.get({"text": pa.array(["a b"])}, {}) is first
    assert shared.get({"text": pa.array(["a c"])}, {}) is not first
    assert shared.get(text, {"lid": {"model": "x"}}) is not first


def test_thresholds_are_learned_from_the_texts(recipe):
    texts = pa.table({"lang": ["swh_Latn"] * 40, "text": ["neno " * (n + 1) for n in range(40)]})
    learned = recipe(
        "learned",
        'threshold = "word_count"\nwith = { rule = "ten_tail", min_documents = 20 }\nas = "p10"',
        'keep = "word_count >= $p10"',
    )
    (outcome,) = compare([learned], [texts], trust=True).outcomes
    assert np.flatnonzero(~outcome.kept).tolist() == [0, 1, 2, 3]


def test_steps_that_need_other_documents_are_named(found):
    assert [left_out(outcome.recipe) for outcome in found.outcomes] == [[], ["dedup exact"]]
    assert comparison_lines(found)[-1] == "left out of digits: dedup exact"


def test_the_sample_of_disagreements_takes_languages_in_turn(recipe, table):
    many = pa.concat_tables([table] * 10)
    ids = pa.array([f"<{n}>" for n in range(many.num_rows)])
    many = many.set_column(many.schema.get_field_index("doc_id"), "doc_id", ids)
    found = compare(
        [recipe("a", 'keep = "word_count >= 5"'), recipe("b", 'keep = "word_count >= 100"')],
        [many],
        trust=True,
    )
    rows = disagreements(found, 6)
    assert sorted(found.group[row] for row in rows[:3]) == ["arb_Arab", "eng_Latn", "swh_Latn"]
    assert len(rows) == 6
    assert disagreements(found, 1000)[:6] == rows


def test_fairness_is_the_distance_from_one_language(found):
    assert fairness_lines(found, "eng_Latn") == [
        "| recipe | eng_Latn | worst | arb_Arab | swh_Latn | unknown |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
        "| `words` | 100 | unknown -100 | -50 | -50 | -100 |",
        "| `digits` | 100 | unknown -100 | 0 | -50 | -100 |",
    ]


def test_the_page_shows_texts_escaped_in_their_own_direction(found, table, tmp_path):
    pq.write_table(table.slice(0, 3), tmp_path / "a.parquet")
    pq.write_table(table.slice(3), tmp_path / "b.parquet")
    files = find_files(str(tmp_path))
    rows = disagreements(found, 10)
    page = disagreement_page(found, read_texts(files, "text", rows))
    assert rows == [3]
    assert '<pre dir="auto">&lt;b onclick=1&gt; صباح</pre>' in page
    assert "http://x.org/3?a=1&amp;b=&lt;" in page
    assert "<b onclick" not in page
    assert "src=" not in page
    assert '<tr><th>words</th><td><span class="gone">removed</span></td><td>word_count</td></tr>' in page


def test_input_without_texts_is_an_error(tmp_path):
    with pytest.raises(InputError, match="expected Parquet files with texts, found none"):
        find_files(str(tmp_path))
    pq.write_table(pa.table({"txt": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="no column 'text'; did you mean txt"):
        list(read_tables(find_files(str(tmp_path)), "text"))
    (tmp_path / "b.parquet").write_text("nothing")
    with pytest.raises(InputError, match=r"b.parquet: cannot be read as Parquet"):
        list(read_tables([str(tmp_path / "b.parquet")], "text"))
