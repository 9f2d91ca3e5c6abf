"""The modules of the four packages, each read and parsed once for all tests of the architecture."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGES = ("schemas", "filters", "pipeline", "jobs")


def modules(root: Path, *folders: str) -> Iterator[Path]:
    """The modules of some folders of the project, in order."""
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


@cache
def tree(module: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(module.read_text(encoding="utf-8"))


@cache
def nodes(module: Path) -> tuple[ast.AST, ...]:
    """Everything in a module, in the order of `ast.walk`."""
    return tuple(ast.walk(tree(module)))
