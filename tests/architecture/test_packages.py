"""The four packages come from this tree, and work from the zip that Spark sends to executors."""

import hashlib
import importlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGES = ("filters", "jobs", "pipeline", "schemas")
IMPORT_ALL = """
import importlib, json, sys, zipfile
zip_file, root = sys.argv[1:]
sys.path[:] = [zip_file] + [folder for folder in sys.path if folder != root]
names = [n for n in zipfile.ZipFile(zip_file).namelist() if n.endswith(".py")]
names = [n.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for n in names]
print(json.dumps({name: importlib.import_module(name).__file__ for name in names}))
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


def test_every_module_is_imported_from_the_zip_alone(root: Path, pyfiles: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", IMPORT_ALL, pyfiles, root], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout.splitlines()[-1])
    assert {*PACKAGES} <= files.keys()
    assert {name: file for name, file in files.items() if not file.startswith(f"{pyfiles}/")} == {}


def test_the_zip_holds_the_data_that_the_code_reads(root: Path, pyfiles: Path) -> None:
    held = set(zipfile.ZipFile(pyfiles).namelist())
    data = {
        path.relative_to(root).as_posix()
        for package in PACKAGES
        for suffix in ("csv", "toml", "tsv", "json", "npz")
        for path in (root / package).rglob(f"*.{suffix}")
    }
    assert data - held == set()
    assert [name for name in held if "__pycache__" in name or name.endswith(".pyc")] == []


def test_the_same_files_give_the_same_zip(root: Path, pyfiles: Path, tmp_path: Path) -> None:
    again = build(root, tmp_path / "again.zip")
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(pyfiles.read_bytes()).digest()
