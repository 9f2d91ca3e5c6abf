"""The JSON Schema of recipes, made from what the loader accepts, for editors that complete and check.

    python -m pipeline.recipe_schema > pipeline/recipes/recipe.schema.json

A recipe that begins with `#:schema recipe.schema.json` is checked as it is written. The loader checks more:
names of columns, limits of language tables, parameters of each signal.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import filters.edits
import filters.signals  # noqa: F401  declares every signal
from filters.chunks import CHUNK_UNITS
from filters.limits import RULES
from filters.registry import EDITS, SIGNALS
from pipeline.extractors import EXTRACTORS, OPTIONS
from pipeline.recipe_check import FIELDS
from pipeline.recipe_file import PLACES, STEP_KINDS
from pipeline.step_check import COMMON_FIELDS, STEP_FIELDS
from pipeline.steps import (
    AUDIT_KINDS,
    AUDIT_OUTCOMES,
    CHUNK_OUTCOMES,
    DEDUP_KINDS,
    SAMPLED_BY,
    SCOPES,
)
from pipeline.thresholds import SHARED_PARAMETERS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
RULE_PATTERN = r"^\s*[a-z][a-z0-9_]*\s*(<=|>=|==|!=|<|>)\s*\S.*$"
WHAT: Mapping[str, str] = {
    "name": "name of the recipe",
    "version": "version; a change of what is kept changes it",
    "title": "what it does, in a line",
    "source": "paper or repository, with section",
    "base": "recipe that this one builds on: a name, or the path of a .toml beside this file",
    "without": "steps of the base that are left out",
    "extractor": "how text is taken from pages",
    "extraction": "options of the extractor glotmill: comments of readers, form of the text, images in it",
    "languages": "CSV table beside this file: lang, and a column for each limit",
    "signals": "parameters of signals that hold wherever a step names none",
    "chunks": "how texts are cut for steps on chunks",
    "columns": "measurements that are published",
    "tail": "languages with fewer chunks or documents are kept apart",
    "urls": "lists of addresses that are left out before text is extracted",
    "steps": "what is done, in order",
}


def recipe_schema() -> Schema:
    """Return the schema of a recipe file."""
    properties = {name: {**_field(name), "description": WHAT[name]} for name in FIELDS}
    return {
        "$schema": DIALECT,
        "title": "glotmill recipe",
        "type": "object",
        "properties": properties,
        "required": ["name", "source"],
        "additionalProperties": False,
    }


def _field(name: str) -> Schema:
    fields: dict[str, Schema] = {
        "extractor": {"enum": list(EXTRACTORS)},
        "extraction": _table({name: {"enum": list(values)} for name, values in OPTIONS.items()}),
        "without": TEXTS,
        "columns": TEXTS,
        "version": {"type": ["string", "number"]},
        "signals": {
            "type": "object",
            "properties": {name: _parameters(SIGNALS[name].parameters) for name in sorted(SIGNALS)},
            "additionalProperties": False,
        },
        "chunks": _table({"max_characters": {"type": "integer"}, "unit": {"enum": list(CHUNK_UNITS)}}),
        "tail": _table({"chunks": {"type": "integer"}, "documents": {"type": "integer"}}),
        "urls": {"type": "array", "items": _table({"block": TEXT, "with": {"type": "object"}, "as": TEXT})},
        "steps": {"type": "array", "items": {"oneOf": [_step(kind) for kind in STEP_KINDS]}},
    }
    return fields.get(name, TEXT)


def _table(properties: Schema, required: Sequence[str] = ()) -> Schema:
    table: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**table, "required": list(required)} if required else table


def _step(kind: str) -> Schema:
    properties: Schema = {kind: _kind(kind), "with": _with(kind)}
    properties |= {name: TEXT for name in COMMON_FIELDS if name not in properties}
    for name in STEP_FIELDS[kind]:
        outcomes = AUDIT_OUTCOMES if kind == "audit" else CHUNK_OUTCOMES
        properties[name] = {"enum": list(SCOPES if name == "scope" else outcomes)}
    properties["as"] = {**TEXT, "description": "name of the step: column, reason, limit"}
    for name in PLACES:
        properties[name] = {**TEXT, "description": "step of the base at whose place this one stands"}
    return {**_table(properties, [kind]), "title": kind}


def _kind(kind: str) -> Schema:
    kinds: dict[str, Schema] = {
        "edit": {"enum": sorted(EDITS)},
        "keep": {**TEXT, "pattern": RULE_PATTERN, "description": "signal comparison limit"},
        "dedup": {"enum": list(DEDUP_KINDS)},
        "threshold": {**TEXT, "description": "signal, or column of an earlier rule"},
        "audit": {"enum": list(AUDIT_KINDS)},
        "sample": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    }
    return kinds[kind]


def _with(kind: str) -> Schema:
    if kind == "threshold":
        known = {name: value for rule in RULES.values() for name, value in rule.parameters.items()}
        table = _parameters({**known, **SHARED_PARAMETERS}, closed=False)
        return {
            **table,
            "properties": {**table["properties"], "rule": {"enum": list(RULES)}},
            "required": ["rule"],
        }
    if kind == "sample":
        return _table({"by": {"enum": list(SAMPLED_BY)}, "max_documents": {"type": "integer", "minimum": 1}})
    return {"type": "object"}


def _parameters(defaults: Mapping[str, object], *, closed: bool = True) -> Schema:
    properties = {name: _value(default) for name, default in sorted(defaults.items())}
    return {"type": "object", "properties": properties, "additionalProperties": not closed}


def _value(default: object) -> Schema:
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (tuple | list, "array"))
    for kind, name in kinds:
        if isinstance(default, kind):
            shown = list(default) if isinstance(default, tuple) else default
            return {"type": name, "default": shown}
    return {}


if __name__ == "__main__":
    print(json.dumps(recipe_schema(), indent=1, ensure_ascii=False))
