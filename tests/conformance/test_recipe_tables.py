"""Recipes of others: limits equal the published tables, each part of a recipe is where its source has it."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from filters.rule import limit_of
from pipeline.measure import measure_table
from pipeline.plan import make_plan
from pipeline.recipe import Recipe, load_recipe
from pipeline.steps import KeepStep
from tests.conformance.test_published_values import glotcc_warnings
from tests.recipe_runs import documents_of, run_here
from tests.stand_ins import lists_folder, runnable

RECIPES = (
    *("gopher", "fineweb-v1", "fineweb-v1-text", "fineweb-head", "fineweb2"),
    *("refinedweb", "refinedweb-text", "dclm-baseline", "dclm-baseline-rules"),
    *("dolma-v0.1", "dolma-v0.1-rules", "dolma-v1.5", "dolma-v1.5-rules", "dolma-v1.5-fixed"),
    *("dolma-v1.6", "dolma-v1.6-rules"),
    *("glotcc-v1", "glotcc-v1-fixed", "rpv2-signals", "moscar-text", "glot500c"),
)
HEADER = ("erified", "Left out", "see", "See", "meant", "without", "Without")
ENGLISH = (
    "The small river runs past the old mill, and nobody in the village remembers who built it long ago.\n"
    "Visitors often ask about the wheel, which was taken away in the year of the great flood by the water.\n"
    "An old man who lived there used to tell that the stones had been brought from the hills on carts.\n"
    "In winter the water freezes hard, and children walk across it to the other side with their brown dogs.\n"
    "When spring comes at last the meadows are green again, and all the cows are led out of their stables.\n"
    "Most of the houses have been sold since then to people from the city who come for a week in summer."
)
TEXTS = (ENGLISH, "12 | 13")
NUMBERS_OF_FINEWEB2 = {
    "min_language_score": "language_score",
    "dup_line_frac": "dup_lines",
    **{f"top_{n}gram": f"top_{n}gram_chars" for n in (2, 3, 4)},
    **{f"dup_{n}gram": f"dup_{n}gram_chars" for n in range(5, 11)},
    "line_punct_thr": "punctuated_lines",
    "new_line_ratio": "line_feeds",
    "min_avg_word_length": "short_words",
    "max_avg_word_length": "long_words",
    "min_alpha_words_ratio": "alphabetic_words",
}
"""Column of the published table -> step that compares with it."""


def rule(recipe: Recipe, name: str) -> str:
    step = next(step for step in recipe.steps if step.name == name)
    assert isinstance(step, KeepStep)
    return str(step.rule)


@pytest.fixture
def lists(shared: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(tmp_path_factory.getbasetemp()) / "word-lists"
    monkeypatch.setenv("GLOTMILL_LISTS", str(lists_folder(shared, folder)))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_loads_plans_and_says_what_is_known_of_it(name: str, root: Path) -> None:
    plan = make_plan(load_recipe(name))
    assert plan.passes
    header = (root / f"pipeline/recipes/{name}.toml").read_text(encoding="utf-8").partition("\n\n")[0]
    assert all(line.startswith("#") for line in header.splitlines())
    assert any(word in header for word in HEADER)


@pytest.mark.slow
@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_keeps_clean_english_unless_it_is_for_others(name: str) -> None:
    recipe, _ = runnable(load_recipe(name))
    run = run_here(recipe, documents_of([{"text": text, "url": "https://a.example/b"} for text in TEXTS]))
    found = run.verdict.first().to_pylist()
    assert found[0] == ("not_english" if name == "fineweb2" else None)
    assert found[1] is not None


def test_fineweb2_has_the_published_limits_of_all_languages(shared: Path) -> None:
    with (shared / "reference/tables/fineweb2_configs.csv").open(encoding="utf-8", newline="") as file:
        published = {row["lang_script"]: row for row in csv.DictReader(file)}
    recipe = load_recipe("fineweb2")
    assert len(published) == 1929
    assert set(recipe.limits) == set(NUMBERS_OF_FINEWEB2)
    for column, step in NUMBERS_OF_FINEWEB2.items():
        assert rule(recipe, step).endswith(f"${column}")
        found = {lang: limit_of(recipe.limits[column], lang) for lang in published}
        assert found == {lang: float(row[column]) for lang, row in published.items()}


def test_fineweb2_removes_languages_that_it_does_not_have() -> None:
    limits = load_recipe("fineweb2").limits
    assert limit_of(limits["min_language_score"], "sjn_Latn") == 2
    assert limit_of(limits["min_language_score"], "zho_Hani") == 0.692
    assert {limit_of(limits[name], "zho_Hant") for name in ("top_2gram",)} == {0.256}


def test_dolma_has_the_inert_rules_only_when_mended() -> None:
    tops = {f"top_{n}gram" for n in (2, 3, 4)}
    assert not tops & {step.name for step in load_recipe("dolma-v1.5").steps}
    fixed = load_recipe("dolma-v1.5-fixed")
    assert [rule(fixed, f"top_{n}gram").rpartition(" ")[2] for n in (2, 3, 4)] == ["0.2", "0.18", "0.16"]


def test_dolma_masks_after_it_judges() -> None:
    for name in ("dolma-v1.5", "dolma-v1.6"):
        names = [step.name for step in load_recipe(name).steps]
        order = ["english", "dup_10grams", "personal_data", "paragraph_duplicate", "toxic_sentences"]
        places = [names.index(step) for step in [*order, "nsfw_sentences", "mask_personal_data"]]
        assert places == sorted(places)


def test_dclm_keeps_from_its_limit_on() -> None:
    assert rule(load_recipe("dclm-baseline"), "quality") == "class_probability >= 0.018112"


def test_glotcc_removes_what_its_notebook_warns_of(shared: Path) -> None:
    """The rules of the recipe, without those on lines and languages, on the golden texts."""
    with (shared / "reference/tables/golden_texts.csv").open(encoding="utf-8", newline="") as file:
        texts = [json.loads(row["text_json"]) for row in csv.DictReader(file)]
    recipe, _ = runnable(load_recipe("glotcc-v1"))
    rules = [step for step in recipe.steps if isinstance(step, KeepStep)]
    first = [step.name for step in rules].index("list_case")
    recipe = replace(recipe, steps=tuple(rules[first:]), columns=(), limits=as_latin(recipe))
    _, verdict = measure_table(recipe, pa.table({"text": texts}))
    from filters.registry import Measurement

    for row, text in enumerate(texts):
        expected = glotcc_warnings(Measurement({"text": pa.array([text]), "lang": pa.array(["eng_Latn"])}))
        found = [name.rstrip("_1234") for name in verdict.all_reasons(row) if name != "language_unknown"]
        assert list(dict.fromkeys(found)) == expected


def as_latin(recipe: Recipe) -> dict[str, dict[str, object]]:
    """The limits of Latin script for every language."""
    return {column: {"default": values["*_Latn"]} for column, values in recipe.limits.items()}


def test_glotcc_asks_other_scripts_less() -> None:
    limits = load_recipe("glotcc-v1").limits
    assert [limit_of(limits["top_2gram"], lang) for lang in ("swh_Latn", "hin_Deva", "tha_Thai")] == [
        0.2,
        0.2,
        None,
    ]
    assert [limit_of(limits["min_long_tokens"], lang) for lang in ("zho_Hani", "jpn_Jpan", "tha_Thai")] == [
        0.3,
        0.3,
        None,
    ]
