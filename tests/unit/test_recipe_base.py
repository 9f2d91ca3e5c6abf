"""A recipe that builds on another one."""

from pathlib import Path

import pytest

from pipeline.recipe import load_recipe
from schemas.errors import RecipeError

BASE = """
name = "base"
version = "3"
title = "of the base"
source = "a test"
languages = "base.csv"
columns = ["word_count"]

[signals.lid]
model = "lid.176"

[[steps]]
keep = "word_count >= $least"
[[steps]]
keep = "digit_ratio <= 0.3"
[[steps]]
dedup = "exact"
"""
OWN = 'name = "own"\nsource = "mine"\nbase = "base.toml"\n'


@pytest.fixture
def write(tmp_path: Path):
    (tmp_path / "base.toml").write_text(BASE, encoding="utf-8")
    (tmp_path / "base.csv").write_text("lang,least,most\nswh_Latn,5,9\n", encoding="utf-8")

    def put(text: str, name: str = "own.toml", table: str | None = None) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        if table is not None:
            (tmp_path / "own.csv").write_text(table, encoding="utf-8")
        return str(tmp_path / name)

    return put


def steps(path: str) -> list[str]:
    return [str(step) for step in load_recipe(path).steps]


def faults(path: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    return str(caught.value).splitlines()[1:]


def test_a_recipe_has_the_steps_and_fields_of_its_base(write):
    recipe = load_recipe(write(OWN + '[[steps]]\nkeep = "line_count >= 2"\n'))
    assert [str(s) for s in recipe.steps] == [
        "keep word_count >= $least",
        "keep digit_ratio <= 0.3",
        "dedup exact",
        "keep line_count >= 2",
    ]
    assert (recipe.name, recipe.version, recipe.source, recipe.columns) == (
        "own",
        "3",
        "mine",
        ("word_count",),
    )
    assert recipe.limits["least"] == {"swh_Latn": 5.0}
    assert recipe.settings == {"lid": {"model": "lid.176"}}


def test_steps_are_left_out_replaced_and_put_before_and_after(write):
    text = (
        OWN
        + 'without = ["digit_ratio"]\n'
        + '[[steps]]\nkeep = "word_count >= 9"\nreplaces = "word_count"\n'
        + '[[steps]]\nkeep = "word_count <= 99"\nreplaces = "word_count"\n'
        + '[[steps]]\nkeep = "line_count >= 2"\nbefore = "word_count"\n'
        + '[[steps]]\ndedup = "url"\nafter = "exact_duplicate"\n'
    )
    assert steps(write(text)) == [
        "keep line_count >= 2",
        "keep word_count >= 9",
        "keep word_count <= 99",
        "dedup exact",
        "dedup url",
    ]


def test_own_settings_and_limits_go_before_those_of_the_base(write):
    text = OWN + 'languages = "own.csv"\n[signals.lid]\nmodel = "other"\n[signals.char_rep_ratio]\nn = 3\n'
    recipe = load_recipe(write(text, table="lang,least\nswh_Latn,7\ntha_Thai,8\n"))
    assert recipe.limits == {"least": {"swh_Latn": 7.0, "tha_Thai": 8.0}, "most": {"swh_Latn": 9.0}}
    assert recipe.settings == {"lid": {"model": "other"}, "char_rep_ratio": {"n": 3}}


def test_a_base_of_a_base_is_followed(write):
    write(OWN + 'without = ["exact_duplicate"]\n')
    assert steps(write('name = "third"\nsource = "x"\nbase = "own.toml"\n', "third.toml")) == [
        "keep word_count >= $least",
        "keep digit_ratio <= 0.3",
    ]


def test_names_that_the_base_has_not_are_faults_with_the_nearest(write):
    text = OWN + 'without = ["digit_ration"]\n[[steps]]\ndedup = "url"\nafter = "exact"\nbefore = "nothing"\n'
    assert faults(write(text)) == [
        "own.toml:4: without: the base base.toml has no step 'digit_ration'; did you mean digit_ratio?",
        "own.toml:7: step 1: expected one of replaces, before, after; got two",
        "own.toml:8: step 1: before: the base base.toml has no step 'nothing'; "
        "its steps: word_count, digit_ratio, exact_duplicate",
    ]


def test_places_need_a_base(write):
    text = 'name = "x"\nsource = "x"\nwithout = ["a"]\n[[steps]]\ndedup = "url"\nafter = "a"\n'
    assert faults(write(text)) == [
        "own.toml:6: step 1: after: places a step among those of a base, and the recipe has no `base`",
        "own.toml:3: without: the recipe has no `base` to leave steps out of",
    ]


def test_a_fault_of_the_base_says_that_it_stands_there(write):
    write(BASE.replace("digit_ratio", "digit_ration"), "base.toml")
    assert faults(write(OWN)) == [
        "base.toml:15: step 2: unknown signal 'digit_ration'; did you mean digit_ratio?"
    ]


def test_a_recipe_that_builds_on_itself_is_refused(write):
    path = write('name = "x"\nsource = "x"\nbase = "own.toml"\n')
    with pytest.raises(RecipeError, match="builds on itself"):
        load_recipe(path)
