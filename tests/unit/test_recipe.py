from dataclasses import asdict
from pathlib import Path

import pytest

from filters.audit_verdicts import ScriptLimits
from filters.confusion import Limits
from filters.rule import Rule
from pipeline.audit_steps import settings_of
from pipeline.audits import AuditSettings
from pipeline.recipe import load_recipe, recipe_names
from pipeline.recipe_file import read_recipe_file
from pipeline.steps import AUDIT_KINDS, AuditStep, DedupStep, KeepStep, SampleStep
from schemas.errors import RecipeError

HEAD = 'name = "mine"\nsource = "a test"\n'


def write(folder: Path, text: str, table: str | None = None) -> str:
    if table is not None:
        (folder / "limits.csv").write_text(table, encoding="utf-8")
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def faults(folder: Path, text: str, table: str | None = None) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(folder, text, table))
    return str(caught.value).splitlines()


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_loads(name):
    assert load_recipe(name).name == name


def test_every_shipped_recipe_names_its_extractor_and_any_other_gets_ours(tmp_path):
    unnamed = {name for name in recipe_names() if "extractor" not in read_recipe_file(name).content}
    assert unnamed == set()
    options = "[extraction]\nimages = true\n"
    own = load_recipe(write(tmp_path, HEAD + options + '[[steps]]\nkeep = "word_count >= 3"\n'))
    assert (own.extractor, own.has_images) == ("glotmill", True)


def test_steps_are_read_in_order_with_their_parameters(tmp_path):
    path = write(
        tmp_path,
        HEAD
        + '[[steps]]\nkeep = "word_count >= 5"\n'
        + '[[steps]]\nkeep = "char_rep_ratio <= 0.2"\nwith = { n = 3 }\nas = "rep3"\nscope = "chunk"\n'
        + '[[steps]]\ndedup = "exact"\n',
    )
    assert load_recipe(path).steps == (
        KeepStep("word_count", Rule("word_count", ">=", 5)),
        KeepStep("rep3", Rule("char_rep_ratio", "<=", 0.2), {"n": 3}, "chunk"),
        DedupStep("exact_duplicate", "exact"),
    )


def test_three_faults_are_reported_at_once_with_line_and_near_name(tmp_path):
    text = (
        HEAD
        + '[[steps]]\nkeep = "word_cuont >= 5"\n'
        + '[[steps]]\ndedup = "minhsh"\n'
        + '[[steps]]\nkeep = "digit_ratio <= 0.2"\nwiht = { n = 3 }\n'
    )
    assert faults(tmp_path, text) == [
        "mine.toml: 3 fault(s)",
        "mine.toml:4: step 1: unknown signal 'word_cuont'; did you mean word_count?",
        "mine.toml:6: step 2: unknown dedup 'minhsh'; did you mean minhash?",
        "mine.toml:9: step 3: unknown field 'wiht'; did you mean with?",
    ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("", "mine.toml:1: field 'steps' is missing"),
        (
            '[[steps]]\nkeep = "word_count >= 5"\ndedup = "exact"\n',
            "mine.toml:3: step 1: expected one of edit, keep, dedup, threshold, audit, sample; "
            "got keep, dedup",
        ),
        ('[[steps]]\nedit = "compse"\n', "mine.toml:4: step 1: unknown edit 'compse'; did you mean compose?"),
        (
            '[[steps]]\nkeep = "word_count >= 5"\nscope = "page"\n',
            "mine.toml:5: step 1: scope: expected document or chunk, got 'page'",
        ),
        (
            '[[steps]]\nkeep = "char_rep_ratio <= 0.2"\nwith = { m = 3 }\n',
            "mine.toml:5: step 1: signal char_rep_ratio has no parameter 'm'; it takes n",
        ),
        (
            '[[steps]]\ndedup = "minhash"\nscope = "chunk"\n',
            "mine.toml:5: step 1: dedup minhash relates documents; chunks are related by exact, line, "
            "paragraph, spans, overlap, substring",
        ),
        (
            '[[steps]]\nkeep = "word_count >= $least"\n',
            "mine.toml:4: step 1: neither the language table nor an earlier threshold has 'least'; "
            "limits by language: none",
        ),
    ],
)
def test_a_fault_says_where_and_what(tmp_path, steps, expected):
    assert faults(tmp_path, HEAD + steps)[1] == expected


def test_a_column_holds_one_measurement(tmp_path):
    text = (
        HEAD
        + '[[steps]]\nkeep = "char_rep_ratio <= 0.2"\nwith = { n = 3 }\n'
        + '[[steps]]\nkeep = "char_rep_ratio <= 0.3"\nwith = { n = 4 }\n'
    )
    assert faults(tmp_path, text)[1:] == [
        "mine.toml:6: step 2: column 'char_rep_ratio' already holds another measurement; "
        "name this one with `as`"
    ]


def test_two_limits_on_one_measurement_share_its_column(tmp_path):
    text = HEAD + '[[steps]]\nkeep = "word_count >= 5"\n[[steps]]\nkeep = "word_count <= 100000"\n'
    assert len(load_recipe(write(tmp_path, text)).steps) == 2


def test_limits_come_from_the_language_table(tmp_path):
    text = HEAD + 'languages = "limits.csv"\n[[steps]]\nkeep = "word_count >= $least"\n'
    recipe = load_recipe(write(tmp_path, text, "lang,least\nswh_Latn,3\ntha_Thai,\ndefault,10\n"))
    assert recipe.limits == {"least": {"swh_Latn": 3.0, "tha_Thai": None, "default": 10.0}}


def test_a_language_table_with_words_for_numbers_is_refused(tmp_path):
    text = HEAD + 'languages = "limits.csv"\n[[steps]]\nkeep = "word_count >= $least"\n'
    assert faults(tmp_path, text, "lang,least\nswh_Latn,few\n")[1] == (
        "limits.csv: swh_Latn: least: expected a number or nothing, got 'few'"
    )


def test_an_unknown_recipe_names_the_nearest():
    with pytest.raises(RecipeError, match="did you mean glot500c"):
        load_recipe("glot500")


def test_a_missing_recipe_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(RecipeError, match="no such recipe file"):
        load_recipe(str(tmp_path / "none.toml"))


def test_what_is_no_toml_is_refused(tmp_path):
    assert "not valid TOML" in faults(tmp_path, "name = ")[0]


def test_every_kind_of_step_is_read(tmp_path):
    text = (
        HEAD
        + '[chunks]\nunit = "sentence"\n'
        + '[[steps]]\nkeep = "word_count >= 4"\nscope = "chunk"\nthen = "count"\n'
        + '[[steps]]\nkeep = "failed_chunk_ratio <= 0.2"\n'
        + '[[steps]]\naudit = "script"\nthen = "remove"\n'
        + '[[steps]]\nthreshold = "char_rep_ratio"\nas = "most_repeats"\n'
        + 'with = { rule = "percentile", percentile = 90, n = 10, min_documents = 5 }\n'
        + '[[steps]]\nkeep = "char_rep_ratio <= $most_repeats"\nwith = { n = 10 }\nas = "repeats"\n'
        + '[[steps]]\nsample = 0.5\nwith = { by = "host", max_documents = 7 }\n'
    )
    recipe = load_recipe(write(tmp_path, text))
    counted, ratio, audit, threshold, rule, sample = recipe.steps
    assert recipe.chunk_unit == "sentence"
    assert counted == KeepStep("word_count", Rule("word_count", ">=", 4), {}, "chunk", "count")
    assert ratio == KeepStep("failed_chunk_ratio", Rule("failed_chunk_ratio", "<=", 0.2))
    assert (audit.kind, audit.then, audit.name) == ("script", "remove", "script_audit")
    assert (threshold.rule, threshold.measured_with, threshold.column) == ("percentile", {"n": 10}, "repeats")
    assert threshold.parameters["percentile"] == 90
    assert threshold.parameters["min_documents"] == 5
    assert rule.rule.limit_column == "most_repeats"
    assert sample == SampleStep("sample", 0.5, "host", 7)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            '[[steps]]\nthreshold = "word_count"\nwith = { rule = "percentil" }\n',
            "mine.toml:5: step 1: rule: expected one of percentile, iqr, mean_std, ten_tail, quantile, "
            "median_std, buckets; got percentil; did you mean percentile?",
        ),
        (
            '[[steps]]\nthreshold = "word_count"\nwith = { rule = "quantile" }\n',
            "mine.toml:5: step 1: threshold quantile: parameter 'limit' is missing",
        ),
        (
            '[[steps]]\nthreshold = "script"\nwith = { rule = "iqr" }\n',
            "mine.toml:4: step 1: threshold of script: expected a signal of numbers, got one of string",
        ),
        (
            '[[steps]]\nkeep = "word_count >= $late"\n'
            '[[steps]]\nthreshold = "word_count"\nas = "late"\nwith = { rule = "iqr" }\n',
            "mine.toml:4: step 1: neither the language table nor an earlier threshold has 'late'; "
            "limits by language: none",
        ),
        (
            '[[steps]]\nthreshold = "word_count"\nas = "low"\nwith = { rule = "iqr" }\n'
            '[[steps]]\nkeep = "word_count >= $low"\nscope = "chunk"\n',
            "mine.toml:8: step 2: $low is learned from documents; a rule on chunks cannot use it",
        ),
        (
            '[[steps]]\nkeep = "failed_chunk_ratio <= 0.2"\n',
            "mine.toml:4: step 1: failed_chunk_ratio needs a rule on chunks before it",
        ),
        (
            '[[steps]]\nkeep = "word_count >= 5"\nthen = "count"\n',
            "mine.toml:5: step 1: then: only rules on chunks have it; a document that fails is removed",
        ),
        (
            '[[steps]]\naudit = "script"\nthen = "drop"\n',
            "mine.toml:5: step 1: then: expected flag or remove or relabel, got 'drop'",
        ),
        (
            "[[steps]]\nsample = 1.5\n",
            "mine.toml:4: step 1: sample: expected a share over 0 and at most 1, got 1.5",
        ),
        (
            '[[steps]]\ndedup = "url"\nwith = { keep = "best:word_cont" }\n'
            '[[steps]]\nkeep = "word_count >= 5"\n',
            "mine.toml:5: step 1: keep: no step measures 'word_cont'; did you mean word_count?",
        ),
        (
            '[[steps]]\ndedup = "url"\n[[steps]]\ndedup = "url"\n',
            "mine.toml:5: step 2: step 1 is named 'url_duplicate' too; name this one with `as`",
        ),
        (
            '[[steps]]\ndedup = "exact"\nas = "select"\n',
            "mine.toml:5: step 1: 'select' is the name of a stage; use another",
        ),
        (
            '[[steps]]\nkeep = "char_rep_ratio <= 0.2"\nwith = { n = "ten" }\n',
            "mine.toml:5: step 1: signal char_rep_ratio: n: expected a whole number, got 'ten'",
        ),
        (
            '[chunks]\nunit = "page"\n[[steps]]\ndedup = "url"\n',
            "mine.toml:4: chunks: unit: expected one of line, whole_line, sentence, paragraph, got 'page'",
        ),
    ],
)
def test_a_fault_of_the_newer_steps_says_where_and_what(tmp_path, steps, expected):
    assert faults(tmp_path, HEAD + steps)[1] == expected


def test_the_parameters_of_audits_are_those_of_their_settings():
    defaults = {"script": asdict(ScriptLimits()), "confusion": asdict(Limits())}
    for kind, parameters in AUDIT_KINDS.items():
        settings = settings_of(AuditStep("audit", kind, parameters))
        assert settings == AuditSettings(kinds=(kind,))
        assert parameters.keys() >= defaults[kind].keys()
