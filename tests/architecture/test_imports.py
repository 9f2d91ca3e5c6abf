"""Who may import what."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

from tests.source_trees import PACKAGES, modules, nodes

SPARK_DOOR = Path("pipeline/spark.py")
CHAINS = {"command_line", "run_recipe"}  # these run the other jobs in order
STUBS_ONLY = {"_typeshed"}  # known to type checkers, never imported


@cache
def imported_names(module: Path) -> set[str]:
    """Top names of all imports, those inside functions too."""
    names = set()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute"
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


def test_imports_go_one_way(root: Path) -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_spark_is_imported_in_jobs_and_behind_one_door_only(root: Path) -> None:
    users = {m.relative_to(root) for m in modules(root, *PACKAGES) if imported_names(m) & {"pyspark", "py4j"}}
    assert {user for user in users if user.parts[0] != "jobs"} <= {SPARK_DOOR}


def test_a_job_imports_no_other_job(root: Path) -> None:
    texts = {module.stem: module.read_text(encoding="utf-8") for module in (root / "jobs").glob("*.py")}
    jobs = {stem for stem, text in texts.items() if '__name__ == "__main__"' in text}
    for job in sorted(jobs - CHAINS):
        found = re.findall(r"^\s*(?:from|import) jobs\.(\w+)", texts[job], re.MULTILINE)
        assert not set(found) & jobs, job


def test_every_imported_package_is_declared(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + [n for e in project["optional-dependencies"].values() for n in e]
    declared = {re.split(r"[<>=\[;]", line)[0].lower().replace("_", "-") for line in lines}
    owners = metadata.packages_distributions()
    undeclared: dict[str, list[str]] = {}
    for module in modules(root, *PACKAGES):
        for name in imported_names(module) - {*PACKAGES} - STUBS_ONLY - sys.stdlib_module_names:
            distributions = {owner.lower().replace("_", "-") for owner in owners.get(name, [name])}
            if not distributions & declared:
                undeclared.setdefault(name, []).append(module.relative_to(root).as_posix())
    assert undeclared == {}
