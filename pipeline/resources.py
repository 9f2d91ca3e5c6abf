"""What a recipe needs besides text: word lists, models, lists of addresses; whether they are here."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from filters.list_files import LISTS_VARIABLE, STOPWORDS_ISO, find_word_lists, open_lists
from filters.model_registry import read_registry
from filters.models import fingerprint, wikipedia_codes
from pipeline.blocklists import find_list, lists_fingerprint
from pipeline.fetch_models import FETCH_VARIABLE, fetch_model
from pipeline.recipe import Recipe
from pipeline.steps import AuditStep, EditStep, KeepStep, Step, ThresholdStep
from schemas.errors import GlotmillError, ModelError

WORDS = "words"
MODELS = ("model", "models")
"""Parameters of signals and edits that name a resource, where their value is a text."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Names or paths, each once: word lists, models, lists of addresses."""

    lists: tuple[str, ...]
    models: tuple[str, ...]
    blocklists: tuple[str, ...]

    def __str__(self) -> str:
        kinds = (("lists", self.lists), ("models", self.models), ("blocklists", self.blocklists))
        return "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds if names) or "nothing"


def needs(recipe: Recipe) -> Needs:
    """Return what the steps and the settings of a recipe name."""
    tables = [*recipe.settings.values(), *(table for step in recipe.steps for table in _parameters(step))]
    found: dict[str, list[str]] = {"lists": [], "models": []}
    for table in tables:
        for key, value in table.items():
            if isinstance(value, str) and (key == WORDS or key in MODELS):
                found["lists" if key == WORDS else "models"].append(value)
    lists, models = (tuple(dict.fromkeys(found[kind])) for kind in ("lists", "models"))
    return Needs(lists, models, tuple(dict.fromkeys(step.block for step in recipe.urls)))


def _parameters(step: Step) -> Iterator[Mapping[str, object]]:
    if isinstance(step, ThresholdStep):
        yield step.measured_with
    elif isinstance(step, EditStep | KeepStep | AuditStep):
        yield step.parameters


def check_resources(recipe: Recipe) -> None:
    """Check that all that a recipe needs is here.

    Raises:
        ModelError: something is absent; the message names all of it, and how to get each.
    """
    asked = needs(recipe)
    missing: list[str] = []
    for kind, names, look in (
        ("word lists", asked.lists, open_lists),
        ("model", asked.models, fingerprint),
        ("blocklist", asked.blocklists, find_list),
    ):
        missing += _missing(kind, names, look)
    if len(missing) == 1:
        raise ModelError(f"recipe {recipe.name}: {missing[0]}")
    if missing:
        raise ModelError(
            f"recipe {recipe.name}: {len(missing)} resource(s) missing; --lists names a folder of lists\n"
            + "\n".join(missing)
        )


def allow_fetching() -> None:
    """Let this process, and those that it starts from now on, fetch what recipes need."""
    os.environ[FETCH_VARIABLE] = "1"


def fetch_resources(recipe: Recipe, languages: Iterable[str] | None) -> None:
    """Fetch what a recipe needs of the registry and is not here, where that is allowed.

    Of language models, those of `languages` (labels) are fetched, as far as there are any.

    Raises:
        ModelError: something cannot be had, or there are language models and no languages are named.
    """
    if FETCH_VARIABLE not in os.environ:
        return
    registry, asked = read_registry(), needs(recipe)
    for name in (*asked.models, *asked.lists, *asked.blocklists):
        if name not in registry or Path(name).exists():
            continue
        if not registry[name].by_language:
            fetch_model(name)
            continue
        if languages is None:
            raise ModelError(
                f"model {name}: expected the languages to fetch, got none; name them with --languages, "
                f"or fetch them one by one: glotmill models fetch {name}:sw"
            )
        known = registry[name].languages
        codes = {code for label in languages for code in wikipedia_codes(label.partition("_")[0])}
        for code in sorted(codes & set(known) if known else codes):
            fetch_model(f"{name}:{code}")


def _missing(kind: str, names: tuple[str, ...], look: Callable[[str], object]) -> Iterator[str]:
    for name in names:
        try:
            look(name)
        except GlotmillError as error:
            yield f"{kind} {str(error).removeprefix('model ').removeprefix('list ')}"


def resource_fingerprints(recipe: Recipe) -> list[object]:
    """Return a digest of each resource in place of its address.

    Raises:
        ModelError: one is absent or damaged.
    """
    asked = needs(recipe)
    found: list[object] = [[name, _list_digest(name)] for name in asked.lists]
    found += [[name, fingerprint(name)] for name in asked.models]
    return found


def url_fingerprints(recipe: Recipe) -> list[str]:
    """Return a digest of each list of addresses; without any, nothing is opened."""
    return list(lists_fingerprint(recipe.urls)) if recipe.urls else []


def _list_digest(name: str) -> str:
    if name != STOPWORDS_ISO:
        return hashlib.sha256(find_word_lists(name).read_bytes()).hexdigest()
    entries = "\n".join(f"{lang} {' '.join(words)}" for lang, words in open_lists(name).entries.items())
    return hashlib.sha256(entries.encode()).hexdigest()


def use_lists(folder: str | None) -> None:
    """Look for lists in a folder, here and in all processes that this one starts from now on."""
    if folder is not None:
        os.environ[LISTS_VARIABLE] = str(Path(folder).absolute())
