"""Models by name: what is published where, and where a fetched file lies on this machine.

Nothing here reads the network: `glotmill models fetch` does (`pipeline/fetch_models.py`). Fetched files lie
in a folder of their model in the cache: `GLOTMILL_MODELS`, else `glotmill/models` in the user's cache folder.
`GLOTMILL_REGISTRY` names a second file of the same form as `filters/data/models.toml` (a mirror, models of
one's own); its entries come first.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from schemas.errors import ModelError, near_name

CACHE_VARIABLE: Final = "GLOTMILL_MODELS"
REGISTRY_VARIABLE: Final = "GLOTMILL_REGISTRY"
KINDS: Final = ("fasttext", "kenlm", "kenlm-folder", "word-lists", "blocklist")
PLACE: Final = "{lang}"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One published file; `size` in bytes and `sha256` where they are known."""

    url: str
    name: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A published model or list. `languages` are the codes that may stand for `{lang}`; empty: any."""

    name: str
    title: str
    kind: str
    licence: str
    source: str
    address: str
    files: tuple[ModelFile, ...]
    labels: str | None = None
    languages: tuple[str, ...] = ()

    @property
    def by_language(self) -> bool:
        """Whether there are files for each language."""
        return any(PLACE in file.url for file in self.files)

    def files_of(self, lang: str | None) -> tuple[ModelFile, ...]:
        """Return the files, of one language where the model has languages.

        Raises:
            ModelError: a language is needed and absent, or the model has none or not this one.
        """
        if self.by_language != (lang is not None):
            wanted = f"a language: {self.name}:sw" if self.by_language else f"no language: {self.name}"
            raise ModelError(f"model {self.name}: expected {wanted}, got {lang or 'none'}")
        if lang is None:
            return self.files
        if self.languages and lang not in self.languages:
            hint = near_name(lang, self.languages)
            raise ModelError(
                f"model {self.name}: expected one of {', '.join(self.languages)}; got {lang!r}{hint}"
            )
        return tuple(
            ModelFile(f.url.replace(PLACE, lang), f.name.replace(PLACE, lang), f.size, f.sha256)
            for f in self.files
        )


def read_registry() -> dict[str, Model]:
    """Return all known models by name, those of `GLOTMILL_REGISTRY` first.

    Raises:
        ModelError: a registry cannot be read; the message says where.
    """
    shipped = resources.files("filters").joinpath("data/models.toml").read_text("utf-8")
    found: dict[str, Model] = {}
    own = os.environ.get(REGISTRY_VARIABLE)
    if own:
        path = Path(own)
        if not path.is_file():
            raise ModelError(f"{REGISTRY_VARIABLE}={own}: no such file")
        found |= _parse(own, path.read_text("utf-8"))
    return found | {
        name: model for name, model in _parse("models.toml", shipped).items() if name not in found
    }


def _parse(where: str, text: str) -> dict[str, Model]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{where}: not valid TOML: {error}") from error
    return {name: _model(f"{where}: {name}", name, entry) for name, entry in content.items()}


def _model(where: str, name: str, entry: Mapping[str, Any]) -> Model:
    if entry.get("kind") not in KINDS:
        raise ModelError(f"{where}: kind: expected one of {', '.join(KINDS)}; got {entry.get('kind')!r}")
    if not entry.get("files"):
        raise ModelError(f"{where}: files: expected a list of tables with `url`, got none")
    files = []
    for file in entry["files"]:
        if not isinstance(file, Mapping) or "url" not in file:
            raise ModelError(f"{where}: files: expected tables with `url`, got {file!r}")
        last = file["url"].rpartition("/")[2]
        files.append(ModelFile(file["url"], file.get("name", last), file.get("size"), file.get("sha256")))
    stated = {key: str(entry.get(key, "not stated")) for key in ("title", "licence", "source", "address")}
    languages = tuple(entry.get("languages", ()))
    return Model(
        name,
        kind=entry["kind"],
        files=tuple(files),
        labels=entry.get("labels"),
        languages=languages,
        **stated,
    )


def find_entry(name: str) -> Model:
    """Return the model of that name.

    Raises:
        ModelError: there is none.
    """
    registry = read_registry()
    if name not in registry:
        hint = near_name(name, list(registry)) or f"; models: {', '.join(registry)}"
        raise ModelError(f"unknown model {name!r}{hint}")
    return registry[name]


def cache_folder() -> Path:
    """Return the folder of fetched models."""
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glotmill" / "models"


def fetched_path(name: str) -> Path | None:
    """Return the fetched file of the model `name`, its folder where it has many; None for any other name.

    Raises:
        ModelError: the model is known and not here; the message holds the command that gets it.
    """
    registry = read_registry()
    if name not in registry:
        return None
    model = registry[name]
    folder = cache_folder() / name
    path = folder if model.by_language or len(model.files) > 1 else folder / model.files[0].name
    if not path.exists():
        asked = f"{name}:LANG" if model.by_language else name
        raise ModelError(
            f"model {name}: not fetched yet: {path}: no such file; run: glotmill models fetch {asked}"
        )
    return path
