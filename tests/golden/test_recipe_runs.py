"""Every recipe judges the pages of the assembled archives as it did.

    python -m tests.golden.test_recipe_runs [RECIPE…]

writes `recipe_runs/<recipe>.json` (documents kept, removals by rule and language); look at what moved before
it is committed: a recipe that keeps nothing or all of a script is suspicious.

The archives are extracted once for all recipes; runs are those of `tests/recipe_runs.py`. Word lists are
those of the reference data; there are no language models.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from filters.models import LanguageIdentifier
from pipeline.recipe import load_recipe, recipe_names
from tests.recipe_runs import as_text, extract_folder, run_here, summary
from tests.stand_ins import lists_folder, runnable

BestTwo = Callable[[LanguageIdentifier, str], list[tuple[float, str]]]
FOLDER = Path(__file__).parent / "recipe_runs"
RECORDED = sorted(path.stem for path in FOLDER.glob("*.json"))
pytestmark = [pytest.mark.slow, pytest.mark.shared]


def assembled(shared: Path) -> pa.Table:
    return extract_folder(shared / "data/warc/assembled")


@pytest.fixture(scope="module")
def pages(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pa.Table]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTMILL_LISTS", str(lists_folder(shared, tmp_path_factory.mktemp("lists") / "lists")))
        patch.setattr(LanguageIdentifier, "best_two", remembered(LanguageIdentifier.best_two))
        yield assembled(shared)


def remembered(best_two: BestTwo) -> BestTwo:
    """Ask a model only once for a line: most recipes ask for the same ones, half of their time."""
    known: dict[tuple[int, str], list[tuple[float, str]]] = {}

    def ask(identifier: LanguageIdentifier, text: str) -> list[tuple[float, str]]:
        key = (id(identifier), text)  # the engine keeps its models open
        if key not in known:
            known[key] = best_two(identifier, text)
        return [*known[key]]

    return ask


@pytest.mark.parametrize("name", RECORDED)
def test_a_recipe_keeps_and_removes_what_it_did(name: str, pages: pa.Table) -> None:
    found = as_text(golden_run(name, pages))
    golden = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    moved = [
        f"{old}\n  now {new}"
        for old, new in zip(golden.splitlines(), found.splitlines(), strict=False)
        if old != new
    ]
    assert found == golden, "\n".join(moved)


def golden_run(name: str, pages: pa.Table) -> dict[str, Any]:
    """Return what a recipe keeps of the pages; what is not here has a stand-in, which is named."""
    recipe, changed = runnable(load_recipe(name))
    found = summary(run_here(recipe, pages))
    found["not_run"] += changed
    return found


def main(arguments: list[str]) -> None:
    shared = Path(os.environ.get("GLOTMILL_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    os.environ["GLOTMILL_LISTS"] = str(lists_folder(shared, Path(tempfile.mkdtemp()) / "lists"))
    found = assembled(shared)
    FOLDER.mkdir(exist_ok=True)
    for name in arguments or recipe_names():
        run = golden_run(name, found)
        (FOLDER / f"{name}.json").write_text(as_text(run), encoding="utf-8")
        print(f"{name}: kept {run['kept']} of {run['documents']}; removed {run['removed']}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
