"""The four packages come from this tree, and work from the zip that Spark sends to executors."""

import hashlib
import importlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("filters", "jobs", "pipeline", "schemas")
ZIP_ONLY = """
import importlib, json, sys, zipfile
zip_file, root = sys.argv[1:]
sys.path[:] = [zip_file] + [folder for folder in sys.path if folder != root]
"""
IMPORT_ALL = """
names = [n for n in zipfile.ZipFile(zip_file).namelist() if n.endswith(".py")]
names = [n.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for n in names]
print(json.dumps({name: importlib.import_module(name).__file__ for name in names}))
"""
READ_ALL = """
import pyarrow as pa
from filters.text import TextBatch
from pipeline.recipe import load_recipe, recipe_names
batch = TextBatch.from_arrow(pa.array(["two words"]))
words = batch.slice_text(batch.words()).to_pylist()
print(json.dumps([words, sorted(load_recipe(name).name for name in recipe_names())]))
"""


@pytest.fixture(scope="module")
def pyfiles(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(root, tmp_path_factory.mktemp("pyfiles") / "glotmill.zip")


def build(root: Path, target: Path) -> Path:
    subprocess.run(
        [sys.executable, root / "deploy" / "build_pyfiles.py", target], check=True, capture_output=True
    )
    return target


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_comes_from_this_tree(root: Path, package: str) -> None:
    assert Path(str(importlib.import_module(package).__file__)) == root / package / "__init__.py"


def run_from_zip(root: Path, pyfiles: Path, program: str) -> Any:
    command = [sys.executable, "-I", "-c", ZIP_ONLY + program, pyfiles, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_every_module_is_imported_from_the_zip_alone(root: Path, pyfiles: Path) -> None:
    files = run_from_zip(root, pyfiles, IMPORT_ALL)
    assert {*PACKAGES} <= files.keys()
    assert {name: file for name, file in files.items() if not file.startswith(f"{pyfiles}/")} == {}


@pytest.mark.slow
def test_recipes_and_tables_are_read_from_the_zip(root: Path, pyfiles: Path) -> None:
    recipes = sorted(path.stem for path in (root / "pipeline" / "recipes").glob("*.toml"))
    assert run_from_zip(root, pyfiles, READ_ALL) == [["two", "words"], recipes]


def test_the_zip_holds_every_file_of_the_packages(root: Path, pyfiles: Path) -> None:
    held = zipfile.ZipFile(pyfiles).namelist()
    files = [path for package in PACKAGES for path in (root / package).rglob("*") if path.is_file()]
    expected = [path.relative_to(root).as_posix() for path in files if path.parent.name != "__pycache__"]
    assert sorted(held) == sorted(expected)


def test_the_same_files_give_the_same_zip(root: Path, pyfiles: Path, tmp_path: Path) -> None:
    again = build(root, tmp_path / "again.zip")
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(pyfiles.read_bytes()).digest()
