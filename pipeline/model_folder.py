"""The folder of language models: one folder a language, put in place whole, and a list of them."""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from schemas.errors import WorkspaceError

MODELS: Final = "models.json"
MANIFEST: Final = "manifest.json"


def local_folder(output: str) -> Path:
    """Return the folder for models, made where there is none.

    Raises:
        WorkspaceError: it is no local folder.
    """
    folder = Path(output).absolute()
    if "://" in output or (folder.exists() and not folder.is_dir()):
        raise WorkspaceError(f"{output}: expected a local folder for language models")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def filled_aside(place: Path) -> Iterator[Path]:
    """Give an empty folder to fill, and put it in the place of what stands there when nothing went wrong."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as aside:
        filled, old = Path(aside) / "new", Path(aside) / "old"
        filled.mkdir()
        yield filled
        if place.exists():
            place.rename(old)
        filled.rename(place)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a model; nothing where there is none that can be read."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None  # half a manifest is no model: it is trained again
    return manifest if isinstance(manifest, dict) else None


def write_models(folder: Path, skipped: list[dict[str, Any]]) -> None:
    """Write the list of the models that stand in the folder, and of the languages that got none."""
    models = {p.parent.name: read_manifest(p.parent) for p in sorted(folder.glob(f"[a-z]*/{MANIFEST}"))}
    brief = ("documents", "characters", "normalisation", "order", "trainer")
    standing = [
        {"lang": lang} | {name: manifest.get(name) for name in brief}
        for lang, manifest in models.items()
        if manifest
    ]
    aside = folder / f".{MODELS}"
    write_json(aside, {"models": standing, "skipped": skipped})
    aside.replace(folder / MODELS)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write an object with a line for each field, or for each object in a list; same content, same bytes."""
    fields = ",\n".join(f" {_text(name)}: {_value(content[name])}" for name in sorted(content))
    path.write_text("{\n" + fields + "\n}\n", "utf-8")


def _value(value: object) -> str:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(f"  {_text(item)}" for item in value) + "\n ]"
    return _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
