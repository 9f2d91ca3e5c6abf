"""What the published recipes and our own do to real text, by language."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.recipe import load_recipe
from pipeline.steps import ThresholdStep
from pipeline.thresholds import limits_table
from tests.recipe_runs import HereRun, clean_documents, kept_shares, run_here

SCRIPTS = ("hin_Deva", "ben_Beng", "tha_Thai", "mya_Mymr", "khm_Khmr", "amh_Ethi", "zho_Hans", "arb_Arab")
POINTS = 0.1
FAULTY = {"madlad400": "zho_Hans", "nllb-mono": "zho_Hans", "oscar-23.01": "zho_Hans", "mc4-3.1": "zho_Hans"}
"""Recipes that harm a script, and one that they harm; `-fixed` ones do not."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def documents(shared: Path) -> pa.Table:
    found = clean_documents(shared, ("eng_Latn", *SCRIPTS))
    return found.take(pa.array(range(0, found.num_rows, 2)))


@pytest.fixture(scope="module")
def culturax(shared: Path, documents: pa.Table) -> HereRun:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTMILL_LISTS", str(shared / "data/lists"))
        return run_here(load_recipe("culturax"), documents)


@pytest.fixture(autouse=True)
def lists(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOTMILL_LISTS", str(shared / "data/lists"))


@pytest.mark.parametrize("name", ["glotmill", "madlad400-fixed", "nllb-mono-fixed"])
def test_clean_text_passes_alike_in_every_script(name: str, documents: pa.Table, capsys) -> None:
    shares = kept_shares(name, documents)
    with capsys.disabled():
        print(f"\n{name}: {', '.join(f'{title} {share:.0%}' for title, share in shares.items())}")
    for title, share in shares.items():
        source = title.partition(" ")[0]
        assert share >= shares[f"{source} eng_Latn"] - POINTS, title


@pytest.mark.parametrize("name", FAULTY)
def test_a_faithful_recipe_harms_the_scripts_that_it_harmed(name: str, documents: pa.Table) -> None:
    titles = documents["title"].to_pylist()
    some = [i for i, title in enumerate(titles) if title in ("NTREX eng_Latn", f"NTREX {FAULTY[name]}")]
    shares = kept_shares(name, documents.take(some))
    assert shares[f"NTREX {FAULTY[name]}"] < shares["NTREX eng_Latn"] - 0.2


def test_culturax_learns_the_tenth_and_ninetieth_percentile_of_each_language(culturax: HereRun) -> None:
    recipe, run = culturax.recipe, culturax
    steps = {step.name: step for step in recipe.steps if isinstance(step, ThresholdStep)}
    assert len(steps) == 12
    lang, reached = run.rows["lang"].to_pylist(), ~np.asarray(run.rows["text_is_empty"])
    for name, step in steps.items():
        values = run.rows[step.column].to_pylist()
        for one in run.learned[name]:
            own = [
                v
                for v, label, r in zip(values, lang, reached, strict=True)
                if label == one.lang and r and v is not None
            ]
            if one.limit is None:
                assert len(own) < 10
                continue
            assert one.level == "language"
            assert one.is_exact
            cut = (lambda v: v < one.limit) if name.endswith("p10") else (lambda v: v > one.limit)  # noqa: B023
            assert sum(map(cut, own)) <= 0.1 * len(own)
            assert one.would_remove == sum(map(cut, own))


def test_limits_that_culturax_learns_can_be_stored(culturax: HereRun) -> None:
    table = pa.concat_tables([limits_table(learned) for learned in culturax.learned.values()])
    words = table.filter(pa.compute.equal(table["step"], "words_p10"))
    limits = dict(zip(words["lang"].to_pylist(), words["limit"].to_pylist(), strict=True))
    assert limits["tha_Thai"] < limits["eng_Latn"]  # words between spaces: few in Thai, and its limit says so


def test_a_language_of_three_hundred_documents_shares_the_limit_of_its_script(documents: pa.Table) -> None:
    recipe = load_recipe("glotmill")
    run = run_here(recipe, documents)
    learned = {one.lang: one for one in run.learned["letters_low"]}
    assert {one.lang for one in learned.values() if one.limit is None} == set()
    assert 0.2 < learned["hin_Deva"].own_weight < 0.6
    assert run_here(recipe, documents.slice(0, 1)).verdict.kept.tolist() == [True]
