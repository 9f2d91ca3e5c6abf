import json
from dataclasses import replace
from pathlib import Path

import pytest

from filters.rule import parse_rule
from pipeline.recipe import Recipe, load_recipe
from pipeline.resources import check_resources, needs, resource_fingerprints, use_lists
from pipeline.steps import KeepStep, ThresholdStep, UrlStep
from schemas.errors import ModelError

STEPS = (
    KeepStep("word_count", parse_rule("word_count >= 5")),
    KeepStep("stopword_ratio", parse_rule("stopword_ratio >= 0.1"), {"words": "own-words"}),
    ThresholdStep("limit", "flagged_word_ratio", "iqr", {}, {"words": "bad-words"}),
)
RECIPE = Recipe(
    "test",
    "1",
    "",
    "a test",
    STEPS,
    settings={"lid": {"model": "lid.176"}, "perplexity": {"models": "own-models"}},
    urls=(UrlStep("blocked", "own-hosts"),),
)


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GLOTMILL_LISTS", "")
    monkeypatch.setenv("GLOTMILL_MODELS", str(tmp_path / "cache"))
    folder = tmp_path / "lists"
    folder.mkdir()
    return folder


def test_lists_models_and_blocklists_are_found_wherever_a_recipe_names_them():
    found = needs(RECIPE)
    assert found.lists == ("own-words", "bad-words")
    assert found.models == ("lid.176", "own-models")
    assert found.blocklists == ("own-hosts",)
    assert str(found) == ("lists own-words, bad-words; models lid.176, own-models; blocklists own-hosts")


def test_a_number_of_words_is_no_list():
    step = KeepStep("span", parse_rule("word_count >= 5"), {"words": 5})
    assert str(needs(replace(RECIPE, steps=(step,), settings={}, urls=()))) == "nothing"


@pytest.mark.usefixtures("lists")
def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(ModelError) as caught:
        check_resources(RECIPE)
    lines = str(caught.value).splitlines()
    assert lines[0] == "recipe test: 4 resource(s) missing; --lists names a folder of lists"
    assert [line.split(":")[0] for line in lines[1:3]] == ["word lists own-words", "word lists bad-words"]
    assert lines[3].startswith("model own-models:")
    assert lines[4].startswith("blocklist own-hosts:")


def test_lists_of_a_folder_are_found_and_told_apart_by_their_words(lists):
    for name, words in (("own-words", ["na"]), ("bad-words", ["x"])):
        (lists / f"{name}.json").write_text(json.dumps({"sw": words}), encoding="utf-8")
    (lists / "own-hosts.txt").write_text("bad.example\n", encoding="utf-8")
    use_lists(str(lists))
    known = replace(RECIPE, settings={"lid": {"model": "lid.176"}})
    check_resources(known)
    before = resource_fingerprints(known)
    (lists / "own-words.json").write_text('{"sw": ["ya"]}', encoding="utf-8")
    after = resource_fingerprints(known)
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True, True]


def test_the_default_recipe_needs_nothing_that_is_not_installed():
    check_resources(load_recipe("glotmill"))
