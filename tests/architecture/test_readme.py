"""What README.md and the Makefile tell a reader to type exists."""

import re
import subprocess
import sys
from pathlib import Path

from typer.main import get_command

from jobs.command_line import app


def commands(root: Path, program: str) -> list[str]:
    """The second words of all lines in README's blocks that begin with `program`."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", (root / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    return re.findall(rf"^{program} ([\w-]+)", "".join(blocks), re.M)


def test_every_make_target_of_the_readme_exists(root: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.M))
    wanted = set(commands(root, "make"))
    assert {"demo", "test"} <= wanted <= targets


def test_every_make_target_says_what_it_does(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: ([a-z0-9-]+)\n\1:.* ## \w", makefile, re.M)
    assert phony == re.findall(r"^([a-z0-9-]+):", makefile, re.M)


def test_every_command_of_the_readme_exists(root: Path) -> None:
    program = [sys.executable, "-m", "jobs.command_line", "--help"]
    done = subprocess.run(program, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wanted = set(commands(root, "glotmill"))
    assert {name for name in wanted if not re.search(rf"^\W*{name} ", done.stdout, re.M)} == set()
    assert wanted <= set(get_command(app).commands)
