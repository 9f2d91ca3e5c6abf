"""A recipe: an ordered list of steps in TOML, checked as a whole before anything is read.

`load_recipe` reports every fault of a file at once, each with its line and, for an unknown name, the nearest
one.
"""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

from filters.rule import Limit
from pipeline.extractors import BATCHED, DEFAULT_EXTRACTOR
from pipeline.recipe_check import RecipeChecker
from pipeline.recipe_file import read_recipe_file, recipe_names
from pipeline.steps import Parameters, Step, UrlStep
from schemas.errors import RecipeError

__all__ = ["Recipe", "fingerprint", "load_recipe", "recipe_names"]

LimitTable = dict[str, dict[str, Limit | None]]
"""For each column of a language table, its limits by language."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked recipe.

    `limits` maps a column of the language table to its values by language; `settings` maps a signal to the
    parameters that hold wherever a step names none; `columns` are the measurements that are published;
    `extraction` holds the options of our own extractor. A language with fewer than `tail_chunks` chunks or
    `tail_documents` documents is published apart.
    """

    name: str
    version: str
    title: str
    source: str
    steps: tuple[Step, ...]
    extractor: str = DEFAULT_EXTRACTOR
    extraction: Mapping[str, object] = field(default_factory=dict)
    chunk_max_characters: int = 1000
    chunk_unit: str = "line"
    settings: Mapping[str, Parameters] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, Limit | None]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    tail_chunks: int = 0
    tail_documents: int = 0
    urls: tuple[UrlStep, ...] = ()

    @property
    def has_images(self) -> bool:
        """Whether documents carry the images in their text: `images = true` under `[extraction]`."""
        return self.extractor in BATCHED and bool(self.extraction.get("images"))

    @property
    def is_markdown(self) -> bool:
        """Whether texts are Markdown: `form = "markdown"` under `[extraction]`."""
        return self.extractor in BATCHED and self.extraction.get("form") == "markdown"


def load_recipe(name_or_path: str) -> Recipe:
    """Read a shipped recipe by name, or any by the path of its TOML file.

    Raises:
        RecipeError: there is none, or it has faults; the message lists all of them.
    """
    file = read_recipe_file(name_or_path)
    table, faults = _language_tables(file.name, file.tables)
    checker = RecipeChecker(file, frozenset(table))
    steps, urls = checker.check(), checker.url_steps()
    faults += checker.faults
    if faults:
        raise RecipeError("\n".join([f"{file.name}: {len(faults)} fault(s)", *faults]))
    content = file.content
    chunks = content.get("chunks", {})
    return Recipe(
        name=content["name"],
        version=str(content.get("version", "1")),
        title=content.get("title", ""),
        source=content["source"],
        steps=steps,
        extractor=content.get("extractor", DEFAULT_EXTRACTOR),
        extraction=content.get("extraction", {}),
        chunk_max_characters=chunks.get("max_characters", 1000),
        chunk_unit=chunks.get("unit", "line"),
        settings=content.get("signals", {}),
        limits=table,
        columns=tuple(content.get("columns", ())),
        tail_chunks=content.get("tail", {}).get("chunks", 0),
        tail_documents=content.get("tail", {}).get("documents", 0),
        urls=urls,
    )


def _language_tables(name: str, tables: Sequence[Traversable]) -> tuple[LimitTable, list[str]]:
    """Read the tables of a recipe and of those that it builds on; of equal columns the last one holds."""
    found: LimitTable = {}
    faults: list[str] = []
    for table in tables:
        if not table.is_file():
            faults.append(f"{name}: languages: no such file: {table.name}")
            continue
        rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
        if not rows or "lang" not in rows[0]:
            faults.append(f"{table.name}: expected a CSV table whose first column is `lang`")
            continue
        for column in rows[0]:
            if column != "lang":
                found[column] = {
                    row["lang"]: _number(row[column], f"{table.name}: {row['lang']}: {column}", faults)
                    for row in rows
                }
    return found, faults


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
