"""Beginning a run, or going on with one: what may be in the output folder, and what may not."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from filters.languages import JOINED_SCRIPTS
from filters.models import LID176, open_identifier
from filters.unicode_tables import script_codes
from pipeline.driver_lock import LOCK_FILE, only_driver, refuse_if_held
from pipeline.extractors import BATCHED, EXTRACTORS
from pipeline.inputs import COMMON_CRAWL, list_archives
from pipeline.parts import Part, list_parts, parts_from_table
from pipeline.recipe import Recipe, load_recipe
from pipeline.resources import check_resources, fetch_resources
from pipeline.run import (
    PARTS_FILE,
    RUN_FILE,
    Run,
    RunSettings,
    apply_settings,
    start_run,
)
from pipeline.workspace import WORK, Workspace
from schemas.errors import InputError, WorkspaceError, near_name

OWN = (WORK, "data", "tail", "removed", RUN_FILE, "README.md", "stats.json", "timings.json", "ledger.parquet")
"""What a run writes into its output folder, and all that `--overwrite` deletes."""


@dataclass(frozen=True, slots=True)
class Begin:
    """What the user asked for."""

    output: str
    recipe: str
    inputs: tuple[str, ...]
    settings: RunSettings
    archive_root: str = COMMON_CRAWL
    resume: bool = False
    overwrite: bool = False


@contextmanager
def begin_run(asked: Begin) -> Iterator[Run]:
    """Check recipe, inputs and output folder before the first byte is read; hold the folder for the run.

    Raises:
        RecipeError: the recipe has faults.
        ModelError: a model that the run names is not there.
        InputError: an input is missing or no archive.
        WorkspaceError: the output folder holds another run, or something else, or another driver holds it.
    """
    _check_recipe(asked)
    parts = _list_parts(asked)
    workspace = Workspace(asked.output)
    refuse_if_held(workspace)
    _check_folder(asked, workspace, workspace.entries(), parts)
    with only_driver(workspace):
        own_now = [name for name in workspace.entries() if name != WORK]  # where the lock is
        _check_folder(asked, workspace, own_now, parts)  # another driver may have come and gone meanwhile
        if asked.overwrite:
            _delete_run(workspace)
        yield start_run(workspace, asked.recipe, asked.settings, parts)


def _check_recipe(asked: Begin) -> None:
    recipe = apply_settings(load_recipe(asked.recipe), asked.settings)
    if recipe.extractor not in EXTRACTORS:
        near = near_name(recipe.extractor, list(EXTRACTORS)) or f"; extractors: {', '.join(EXTRACTORS)}"
        raise InputError(f"--extractor: unknown extractor {recipe.extractor!r}{near}")
    if asked.settings.language_first and not (asked.settings.languages and recipe.extractor in BATCHED):
        raise InputError(
            f"--language-first: expected --languages and the extractor {' or '.join(BATCHED)}, got "
            f"{'no languages' if not asked.settings.languages else f'the extractor {recipe.extractor}'}"
        )
    fetch_resources(recipe, asked.settings.languages)
    check_resources(recipe)
    _check_languages(recipe, asked.settings.languages or ())


def _list_parts(asked: Begin) -> tuple[Part, ...]:
    listing = list_archives(asked.inputs, asked.archive_root)
    for passed_over in listing.skipped:
        print(f"passed over: {passed_over.uri}: {passed_over.reason}", file=sys.stderr)
    return tuple(list_parts(listing.archives, asked.settings.split_bytes))


def _check_folder(asked: Begin, workspace: Workspace, found: Sequence[str], parts: Sequence[Part]) -> None:
    """Check that the run may be written to a folder in which `found` stands."""
    if asked.overwrite and asked.resume:
        raise WorkspaceError("--resume and --overwrite exclude each other")
    if RUN_FILE in found and asked.resume:
        _check_same_parts(workspace, parts)
    elif RUN_FILE in found and not asked.overwrite:
        raise WorkspaceError(
            f"{asked.output}: holds another run; --resume goes on with it, --overwrite deletes it first"
        )
    elif found and RUN_FILE not in found:
        raise WorkspaceError(
            f"{asked.output}: expected a new or empty folder, got one with {found[0]!r}; "
            "name another with --output"
        )


def _delete_run(workspace: Workspace) -> None:
    """Delete what a run wrote, but the lock of this driver."""
    for name in (*OWN, *(f"{WORK}/{name}" for name in workspace.entries(WORK))):
        if name not in (WORK, LOCK_FILE):
            workspace.delete(name)


def _check_languages(recipe: Recipe, wanted: Sequence[str]) -> None:
    """Open the model that tells languages, and check that it can give each of those that are wanted."""
    model = str(recipe.settings.get("lid", {}).get("model", LID176))
    known = sorted(set(open_identifier(model).labels.values()))
    scripts = {*script_codes(), *JOINED_SCRIPTS.values()}
    for code in wanted:
        language, _, script = code.partition("_")
        if script not in scripts:
            raise InputError(
                f"--languages: {code!r}: expected an ISO 639-3 code and an ISO 15924 script, such as swh_Latn"
                f"{near_name(script, sorted(scripts))}"
            )
        if language not in known and code not in known:
            near = near_name(code if "_" in known[0] else language, known)
            raise InputError(f"--languages: {code!r}: not among the {len(known)} languages of {model}{near}")


def _check_same_parts(workspace: Workspace, parts: Sequence[Part]) -> None:
    if not workspace.exists(PARTS_FILE):
        raise WorkspaceError(
            f"{workspace.root}: the run is finished and its workspace was not kept, so there is nothing "
            "to go on from; --overwrite begins anew"
        )
    before = parts_from_table(workspace.read_parquet(PARTS_FILE))
    if [part.archive for part in before] != [part.archive for part in parts]:
        raise WorkspaceError(
            f"{workspace.root}: holds a run over other archives, or over these cut otherwise; "
            "--overwrite begins anew, or name another folder with --output"
        )
