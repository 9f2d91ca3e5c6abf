"""Names of modules and the text of the code: what a reader may rely on in every file."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_trees import PACKAGES, modules, tree

LONGEST_FILE = 400  # lines
OWN_MACHINE = re.compile("/" + "(work|root|tmp|opt|home)/")


def test_no_module_is_named_like_one_of_the_standard_library(root: Path) -> None:
    stems = {module.stem for module in modules(root, *PACKAGES)}
    folders = {module.parent.name for module in modules(root, *PACKAGES)}
    assert (stems | folders) & sys.stdlib_module_names == set()


def test_job_files_have_two_words(root: Path) -> None:
    stems = {module.stem for module in modules(root, "jobs")} - {"__init__"}
    assert {stem for stem in stems if "_" not in stem} == set()


def test_every_folder_of_modules_is_a_package(root: Path) -> None:
    folders = {module.parent for module in modules(root, *PACKAGES)}
    assert {folder for folder in folders if not (folder / "__init__.py").is_file()} == set()


def test_tests_are_no_packages(root: Path) -> None:
    assert sorted((root / "tests").rglob("__init__.py")) == []


def undocumented(module: Path) -> Iterator[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [n for n in tree(module).body if isinstance(n, kinds) and not n.name.startswith("_")]
    methods = [n for c in public if isinstance(c, ast.ClassDef) for n in c.body if isinstance(n, kinds)]
    for node in [*public, *(m for m in methods if not m.name.startswith("_"))]:
        if not ast.get_docstring(node):
            yield f"{module.name}:{node.lineno}: {node.name}"
    if not ast.get_docstring(tree(module)):
        yield f"{module.name}: the module"


def test_everything_public_says_what_it_is(root: Path) -> None:
    assert [line for m in modules(root, *PACKAGES, "deploy") for line in undocumented(m)] == []


def test_a_long_file_says_at_its_top_why(root: Path) -> None:
    silent = []
    for module in modules(root, *PACKAGES, "deploy", "tests"):
        text = module.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > LONGEST_FILE and "lines" not in (ast.get_docstring(ast.parse(text)) or ""):
            silent.append(f"{module.relative_to(root)}: {lines} lines")
    assert silent == []


@pytest.mark.parametrize(
    "pattern", ["**/*.py", "**/*.toml", "**/*.sh", "*.md", "Makefile", ".ci/*", "*.lock"]
)
def test_no_file_knows_the_machine_it_was_written_on(root: Path, pattern: str) -> None:
    folders = [root] if not pattern.startswith("**") else [root / f for f in (*PACKAGES, "deploy", "tests")]
    found = []
    for path in (path for folder in folders for path in sorted(folder.glob(pattern))):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if OWN_MACHINE.search(line):
                found.append(f"{path.relative_to(root)}:{number}: {line.strip()}")
    assert found == []
