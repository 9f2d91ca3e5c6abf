"""The limits by language of recipes are the published numbers."""

import csv
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.recipe import load_recipe


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", root / "deploy/make_recipe_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("table", "recipe", "convert"),
    [("roots_filter_params", "roots-oscar", "roots_rows"), ("nllb_stopes_params", "nllb-mono", "nllb_rows")],
)
def test_a_table_is_what_the_script_makes(
    shared: Path, root: Path, script: ModuleType, table: str, recipe: str, convert: str
) -> None:
    published = rows(shared / f"reference/tables/{table}.csv")
    assert rows(root / f"pipeline/recipes/{recipe}.csv") == getattr(script, convert)(published)


def test_roots_has_limits_of_thirteen_languages_and_a_default(script: ModuleType) -> None:
    limits = load_recipe("roots-oscar").limits
    assert {*script.ROOTS_LABELS.values(), "default"} <= {*limits["lid"]}
    assert limits["char_rep_3"]["zho_Hani"] == 0.2
    assert limits["char_rep_10"]["zho_Hani"] is None
    assert limits["word_rep_7"]["urd_Arab"] == 0.5
    assert limits["stopwords_phrases"]["vie_Latn"] == 0.08


def test_the_buckets_of_ccnet_are_those_of_its_table(shared: Path) -> None:
    published = {
        row["lang"]: [float(row["head_max_perplexity_p30"]), float(row["middle_max_perplexity_p60"])]
        for row in rows(shared / "reference/tables/ccnet_cutoffs.csv")
    }
    assert load_recipe("ccnet").settings["perplexity_bucket"]["limits"] == published


def test_scripts_without_spaces_are_asked_for_none(script: ModuleType) -> None:
    limits = load_recipe("nllb-mono-fixed").limits
    assert {limits["space_min"][label] for label in script.UNSPACED} == {None}
    assert limits["space_min"]["default"] == 0.05
    assert limits["lid"]["fuv_Latn"] == 0.3
