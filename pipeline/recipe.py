"""A recipe: an ordered list of steps in TOML, checked as a whole before anything is read.

`load_recipe` reports every fault of a file at once, each with its line and, for an unknown name, the nearest
one.
"""

import csv
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from filters.rule import Limit
from pipeline.extractors import DEFAULT_EXTRACTOR
from pipeline.recipe_check import RecipeChecker
from pipeline.steps import Parameters, Step
from schemas.errors import RecipeError, near_name

RECIPES = "pipeline.recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked recipe.

    `limits` maps a column of the language table to its values by language; `settings` maps a signal to the
    parameters that hold wherever a step names none; `columns` are the measurements that are published.
    """

    name: str
    version: str
    title: str
    source: str
    steps: tuple[Step, ...]
    extractor: str = DEFAULT_EXTRACTOR
    chunk_max_characters: int = 1000
    settings: Mapping[str, Parameters] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, Limit | None]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()


def recipe_names() -> list[str]:
    """Return the names of the shipped recipes."""
    return sorted(f.name.removesuffix(".toml") for f in files(RECIPES).iterdir() if f.name.endswith(".toml"))


def load_recipe(name_or_path: str) -> Recipe:
    """Read a shipped recipe by name, or any by the path of its TOML file.

    Raises:
        RecipeError: there is none, or it has faults; the message lists all of them.
    """
    file = _find(name_or_path)
    text = file.read_text(encoding="utf-8")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{file.name}: not valid TOML: {error}") from None
    table, faults = _language_table(file, content)
    checker = RecipeChecker(file.name, text, content, frozenset(table))
    steps = checker.check()
    faults += checker.faults
    if faults:
        raise RecipeError("\n".join([f"{file.name}: {len(faults)} fault(s)", *faults]))
    return Recipe(
        name=content["name"],
        version=str(content.get("version", "1")),
        title=content.get("title", ""),
        source=content["source"],
        steps=steps,
        extractor=content.get("extractor", DEFAULT_EXTRACTOR),
        chunk_max_characters=content.get("chunks", {}).get("max_characters", 1000),
        settings=content.get("signals", {}),
        limits=table,
        columns=tuple(content.get("columns", ())),
    )


def _find(name_or_path: str) -> Traversable:
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        if not path.is_file():
            raise RecipeError(f"{name_or_path}: no such recipe file")
        return path
    names = recipe_names()
    if name_or_path not in names:
        hint = near_name(name_or_path, names) or f"; recipes: {', '.join(names)}"
        raise RecipeError(
            f"unknown recipe {name_or_path!r}{hint}; a recipe of your own is named by its .toml path"
        )
    return files(RECIPES) / f"{name_or_path}.toml"


def _language_table(
    file: Traversable, content: Mapping[str, object]
) -> tuple[dict[str, dict[str, Limit | None]], list[str]]:
    name = content.get("languages")
    if name is None:
        return {}, []
    beside = Path(str(file)).parent / str(name) if isinstance(file, Path) else files(RECIPES) / str(name)
    if not beside.is_file():
        return {}, [f"{file.name}: languages: no such file: {name}"]
    rows = list(csv.DictReader(beside.read_text(encoding="utf-8").splitlines()))
    if not rows or "lang" not in rows[0]:
        return {}, [f"{name}: expected a CSV table whose first column is `lang`"]
    columns = [column for column in rows[0] if column != "lang"]
    faults: list[str] = []
    table: dict[str, dict[str, Limit | None]] = {
        c: {row["lang"]: _number(row[c], f"{name}: {row['lang']}: {c}", faults) for row in rows}
        for c in columns
    }
    return table, faults


def _number(text: str, where: str, faults: list[str]) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        faults.append(f"{where}: expected a number or nothing, got {text!r}")
        return None


def fingerprint(value: object) -> str:
    """Return a SHA-256 (16 hexadecimal digits) of a value that JSON can write, the same for equal values."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
