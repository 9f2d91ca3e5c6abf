"""Recipe files as read: found by name or path, parsed, built on their base. Nothing is checked here but that.

A recipe with `base` has the steps of the base with its own put in: each at the place of the one that it
`replaces`, `before` or `after` a named one, else at the end; those named in `without` are left out. Its own
fields go before those of the base; `signals` are joined signal by signal.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pipeline.steps import CHUNK_REASON, DEDUP_KINDS
from schemas.errors import RecipeError, near_name

RECIPES = "pipeline.recipes"
STEP_KINDS = ("edit", "keep", "dedup", "threshold", "audit", "sample")
PLACES = ("replaces", "before", "after")
OWN_FIELDS = ("base", "without", "steps", "signals", "urls")
"""Fields that a recipe does not simply take from its base."""


@dataclass(frozen=True, slots=True)
class RawStep:
    """A step as written: its fields, and where they stand."""

    content: Mapping[str, Any]
    file: str
    number: int
    first_line: int = 1
    lines: tuple[str, ...] = ()

    def where(self, key: str = "") -> str:
        """Return `file:line: step number` of a field, or of the step."""
        return f"{self.file}:{self.line(key)}: step {self.number}"

    def line(self, key: str) -> int:
        """Return the line of a field, or the first of the step."""
        for number, text in enumerate(self.lines, self.first_line):
            if key and text.partition("=")[0].strip() == key and "=" in text:
                return number
        return self.first_line

    @property
    def name(self) -> str:
        """The name by which a recipe that builds on this one can speak of the step."""
        return str(self.content.get("as") or default_name(self.content))


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A parsed file with its steps in order, base included; `tables`: the language tables, the own last."""

    name: str
    content: Mapping[str, Any]
    steps: tuple[RawStep, ...]
    lines: tuple[str, ...] = ()
    tables: tuple[Traversable, ...] = ()
    faults: tuple[str, ...] = field(default=())

    def line_of(self, key: str) -> int:
        """Return the line where a field of the recipe stands, or its table begins; 1 where it does not."""
        for number, text in enumerate(self.lines, 1):
            bare = text.strip().lstrip("[ ")
            if bare.startswith(key) and not (bare[len(key) : len(key) + 1] or " ").isalnum():
                return number
        return 1

    def where(self, key: str) -> str:
        """Return `file:line` of a field of the recipe."""
        return f"{self.name}:{self.line_of(key)}"


def default_name(content: Mapping[str, Any]) -> str:
    """Return the name of a step that has no `as`."""
    if "keep" in content:
        return str(content["keep"]).partition(" ")[0]
    if "dedup" in content:
        kind = DEDUP_KINDS.get(str(content["dedup"]))
        if kind is None:
            return "dedup"
        in_chunks = content.get("scope", kind.scopes[0]) == "chunk" and kind.scopes[0] == "document"
        return CHUNK_REASON if in_chunks else kind.reason
    if "threshold" in content:
        return f"{content['threshold']}_limit"
    if "audit" in content:
        return f"{content['audit']}_audit"
    return "sample" if "sample" in content else str(content.get("edit", ""))


def recipe_names() -> list[str]:
    """Return the names of the shipped recipes."""
    return sorted(f.name.removesuffix(".toml") for f in files(RECIPES).iterdir() if f.name.endswith(".toml"))


def read_recipe_file(name_or_path: str, *, above: Sequence[str] = ()) -> RecipeFile:
    """Read a shipped recipe by name, or any by its path, with the one that it builds on.

    `above` names the recipes that build on it.

    Raises:
        RecipeError: there is no such recipe, it is no TOML, or it builds on itself.
    """
    if name_or_path in above:
        raise RecipeError(f"{' -> '.join([*above, name_or_path])}: a recipe that builds on itself")
    file = _find(name_or_path)
    text = file.read_text(encoding="utf-8")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{file.name}: not valid TOML: {error}") from None
    lines = tuple(text.splitlines())
    table = (_beside(file, str(content["languages"])),) if "languages" in content else ()
    own = RecipeFile(file.name, content, tuple(_raw_steps(file.name, lines, content)), lines, table)
    base = content.get("base")
    if base is None:
        return _alone(own)
    beside = str(_beside(file, base)) if isinstance(base, str) and base.endswith(".toml") else str(base)
    try:
        found = read_recipe_file(beside, above=(*above, name_or_path))
    except RecipeError as error:
        raise RecipeError(f"{own.where('base')}: base: {error}") from error
    return _built(own, found)


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


def _beside(file: Traversable, name: str) -> Traversable:
    return file.parent / name if isinstance(file, Path) else files(RECIPES) / name


def _raw_steps(name: str, lines: Sequence[str], content: Mapping[str, Any]) -> list[RawStep]:
    steps = content.get("steps", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise RecipeError(f"{name}: steps: expected tables that begin with [[steps]]")
    starts = [i for i, line in enumerate(lines, 1) if line.strip().startswith("[[steps]]")]
    ends = [*starts[1:], len(lines) + 1]
    found = []
    for number, step in enumerate(steps, 1):
        first, end = (starts[number - 1], ends[number - 1]) if number <= len(starts) else (1, len(lines) + 1)
        found.append(RawStep(step, name, number, first, tuple(lines[first - 1 : end - 1])))
    return found


def _alone(own: RecipeFile) -> RecipeFile:
    faults = [
        f"{step.where(key)}: {key}: places a step among those of a base, and the recipe has no `base`"
        for step in own.steps
        for key in PLACES
        if key in step.content
    ]
    if "without" in own.content:
        faults.append(f"{own.where('without')}: without: the recipe has no `base` to leave steps out of")
    return RecipeFile(own.name, own.content, own.steps, own.lines, own.tables, tuple(faults))


def _built(own: RecipeFile, base: RecipeFile) -> RecipeFile:
    content = {key: value for key, value in base.content.items() if key not in ("languages", *OWN_FIELDS)}
    content |= {key: value for key, value in own.content.items() if key not in OWN_FIELDS}
    signals = {**base.content.get("signals", {})}
    for signal, parameters in own.content.get("signals", {}).items():
        signals[signal] = {**signals.get(signal, {}), **parameters}
    content["signals"] = signals
    content["urls"] = [*base.content.get("urls", []), *own.content.get("urls", [])]
    faults = [*base.faults]
    steps = tuple(_placed(own, base, faults))
    content["steps"] = [step.content for step in steps]
    return RecipeFile(own.name, content, steps, own.lines, (*base.tables, *own.tables), tuple(faults))


def _placed(own: RecipeFile, base: RecipeFile, faults: list[str]) -> list[RawStep]:
    names = [step.name for step in base.steps]
    before: dict[int, list[RawStep]] = {}
    after: dict[int, list[RawStep]] = {}
    instead: dict[int, list[RawStep]] = {}
    last: list[RawStep] = []
    gone: set[str] = set()
    for name in own.content.get("without", []):
        if name not in names:
            faults.append(f"{own.where('without')}: without: {_no_step(base, str(name), names)}")
        gone.add(name)
    for step in own.steps:
        place = [key for key in PLACES if key in step.content]
        if len(place) > 1:
            faults.append(f"{step.where(place[1])}: expected one of {', '.join(PLACES)}; got two")
        if not place:
            last.append(step)
            continue
        anchor = step.content[place[0]]
        if anchor not in names:
            faults.append(f"{step.where(place[0])}: {place[0]}: {_no_step(base, str(anchor), names)}")
            continue
        first, final = names.index(anchor), len(names) - 1 - names[::-1].index(anchor)
        if place[0] == "replaces":
            gone.add(anchor)
            instead.setdefault(first, []).append(step)
        elif place[0] == "before":
            before.setdefault(first, []).append(step)
        else:
            after.setdefault(final, []).append(step)
    found: list[RawStep] = []
    for number, step in enumerate(base.steps):
        kept = [] if step.name in gone else [step]
        found += [*before.get(number, []), *instead.get(number, []), *kept, *after.get(number, [])]
    return [*found, *last]


def _no_step(base: RecipeFile, name: str, names: Sequence[str]) -> str:
    hint = near_name(name, names) or f"; its steps: {', '.join(dict.fromkeys(names))}"
    return f"the base {base.name} has no step {name!r}{hint}"
