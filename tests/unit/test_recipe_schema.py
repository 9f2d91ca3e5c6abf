import json
import tomllib
from pathlib import Path

from pipeline.recipe_file import STEP_KINDS, recipe_names
from pipeline.recipe_schema import recipe_schema


def test_the_shipped_schema_is_the_one_of_the_code(root: Path):
    shipped = (root / "pipeline" / "recipes" / "recipe.schema.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == recipe_schema(), "python -m pipeline.recipe_schema makes it anew"


def test_the_schema_knows_every_field_of_every_shipped_recipe(root: Path):
    schema = recipe_schema()
    kinds = {step["title"]: step for step in schema["properties"]["steps"]["items"]["oneOf"]}
    assert tuple(kinds) == STEP_KINDS
    for name in recipe_names():
        content = tomllib.loads((root / "pipeline" / "recipes" / f"{name}.toml").read_text(encoding="utf-8"))
        assert content.keys() <= schema["properties"].keys(), name
        for step in content.get("steps", []):
            kind = next(kind for kind in STEP_KINDS if kind in step)
            assert step.keys() <= kinds[kind]["properties"].keys(), name
