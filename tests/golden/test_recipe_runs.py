"""Every recipe judges the pages of the assembled archives as it did.

    python -m tests.golden.test_recipe_runs [RECIPE…]

writes `recipe_runs/<recipe>.json` (documents kept, removals by rule and language); look at what moved before
it is committed: a recipe that keeps nothing or all of a script is suspicious. With `--scripts FILE` first,
the table of the share of clean documents that each recipe keeps, by language, goes to FILE.

The archives are extracted once for all recipes; runs are those of `tests/recipe_runs.py`. Word lists are
those of the reference data; there are no language models.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.recipe import load_recipe, recipe_names
from schemas.errors import ModelError
from tests.recipe_runs import (
    LANGUAGES,
    as_text,
    clean_documents,
    extract_folder,
    kept_shares,
    run_here,
    summary,
)
from tests.stand_ins import lists_folder, runnable

FOLDER = Path(__file__).parent / "recipe_runs"
EVERY = 3
"""Of the clean documents, one in so many is judged for the table of scripts."""

RECORDED = sorted(path.stem for path in FOLDER.glob("*.json"))
pytestmark = [pytest.mark.slow, pytest.mark.shared]


def assembled(shared: Path) -> pa.Table:
    return extract_folder(shared / "data/warc/assembled")


@pytest.fixture(scope="module")
def pages(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pa.Table]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTMILL_LISTS", str(lists_folder(shared, tmp_path_factory.mktemp("lists") / "lists")))
        yield assembled(shared)


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


def scripts_table(shared: Path, recipes: list[str]) -> str:
    """Return the shares of clean documents that recipes keep, in percent, as a Markdown table."""
    documents = clean_documents(shared)
    documents = documents.take(pa.array(range(0, documents.num_rows, EVERY)))
    lines = [
        f"| recipe | source | {' | '.join(lang[:3] for lang in LANGUAGES)} |",
        "|---|---|" + "---:|" * len(LANGUAGES),
    ]
    for name in recipes:
        try:
            shares = kept_shares(name, documents)
        except ModelError as error:
            print(f"{name}: left out: {error}", flush=True)
            continue
        for source in ("NTREX", "FLORES"):
            cells = [
                f"{100 * shares[f'{source} {lang}']:.0f}" if f"{source} {lang}" in shares else ""
                for lang in LANGUAGES
            ]
            lines.append(f"| `{name}` | {source} | {' | '.join(cells)} |")
        print(lines[-2] + "\n" + lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    shared = Path(os.environ.get("GLOTMILL_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    os.environ["GLOTMILL_LISTS"] = str(lists_folder(shared, Path(tempfile.mkdtemp()) / "lists"))
    if arguments[:1] == ["--scripts"]:
        Path(arguments[1]).write_text(
            scripts_table(shared, arguments[2:] or recipe_names()), encoding="utf-8"
        )
        return
    found = assembled(shared)
    FOLDER.mkdir(exist_ok=True)
    for name in arguments or recipe_names():
        run = golden_run(name, found)
        (FOLDER / f"{name}.json").write_text(as_text(run), encoding="utf-8")
        print(f"{name}: kept {run['kept']} of {run['documents']}; removed {run['removed']}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
