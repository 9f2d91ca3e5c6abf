"""Which code made a result: the release, and a digest of the sources."""

import functools
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

VERSION = "0.1.0"
PACKAGES = ("schemas", "filters", "pipeline")


@functools.cache
def code_version() -> str:
    """Return the release and the first digits of the SHA-256 of all sources and tables that shape results."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for name, file in sorted(_sources(files(package), package)):
            digest.update(name.encode())
            digest.update(file.read_bytes())
    return f"{VERSION}+{digest.hexdigest()[:12]}"


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__" and name != "pipeline/recipes":
                yield from _sources(entry, name)
        elif not entry.name.endswith((".pyc", ".md")):
            yield name, entry
