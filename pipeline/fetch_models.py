"""Fetching published models into the cache: resumed, checked, whole or not at all, by one process at a time.

A file is fetched beside its place as `NAME.part`, with `NAME.part.json` to say of what; it is renamed when it
has the size and the hash that the registry or an earlier fetch names, and when it is what the model's kind
says. An interrupted fetch goes on where it stopped. `NAME.fetched.json` pins what was fetched first.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filters.list_files import read_word_lists
from filters.model_files import check_fasttext
from filters.model_registry import Model, ModelFile, cache_folder, find_entry
from filters.models import open_pieces
from pipeline.https import FileReplacedError, HttpRange, Retry
from schemas.errors import InputError, ModelError

STEP_BYTES: Final = 1 << 20
PIN: Final = ".fetched.json"
FETCH_VARIABLE: Final = "GLOTMILL_FETCH_MODELS"
"""Set where a run may fetch what it needs; each machine fetches for itself, once."""

KENLM_MAGIC: Final = (b"mmap lm http://kheafield.com/code", b"\\data\\")
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """A file of the cache against what it should be; `problem` is empty where it is that."""

    path: Path
    problem: str


def split_name(asked: str) -> tuple[str, str | None]:
    """Return the model and the language of `ccnet-lm:sw`; no language in `glotlid-v3`."""
    name, colon, lang = asked.partition(":")
    return name, lang if colon else None


def fetch_model(asked: str, progress: Progress | None = None, retry: Retry | None = None) -> list[Path]:
    """Fetch what is not here yet of a model, `NAME` or `NAME:LANG`; return the paths of its files.

    Raises:
        ModelError: the model is unknown, cannot be had, or what came is not what it should be; what was in
            the cache is as it was.
    """
    name, lang = split_name(asked)
    model = find_entry(name)
    folder = cache_folder() / name
    paths = []
    for file in model.files_of(lang):
        with _locked(folder, file.name):
            if not (folder / file.name).exists():
                _fetch(model, file, folder, progress, retry or Retry())
        paths.append(folder / file.name)
    return paths


@contextmanager
def _locked(folder: Path, name: str) -> Iterator[None]:
    """Hold a file's lock: other processes of this machine wait, and then find the file there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f".{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise ModelError(
            f"{folder / name}: cannot be written: {error}; GLOTMILL_MODELS names another folder"
        ) from error


def _fetch(model: Model, file: ModelFile, folder: Path, progress: Progress | None, retry: Retry) -> None:
    part = folder / f"{file.name}.part"
    try:
        try:
            total, version = _download(file, part, progress, retry)
        except FileReplacedError:  # since the part was begun: once more from the start
            _drop(part)
            total, version = _download(file, part, progress, retry)
    except InputError as error:
        if part.exists() and part.stat().st_size == 0:
            _drop(part)
        raise ModelError(f"model {model.name}: {error}") from error
    try:
        expected = file.sha256 or _pin(folder / file.name).get("sha256")
        digest = _check(model, file, part, expected, total)
    except ModelError:
        _drop(part)
        raise
    fetched_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    pin = {"url": file.url, "size": part.stat().st_size, "sha256": digest, "version": version}
    _write_json(_pin_file(folder / file.name), pin | {"fetched_at": fetched_at})
    part.rename(folder / file.name)
    _state(part).unlink(missing_ok=True)


def _download(
    file: ModelFile, part: Path, progress: Progress | None, retry: Retry
) -> tuple[int | None, str | None]:
    """Read the address to its end into `part`, after what is there already of the same version."""
    had = _read_json(_state(part)) if part.exists() else {}
    start = part.stat().st_size if had.get("url") == file.url and had.get("version") else 0
    with HttpRange(file.url, start, retry=retry, version=had["version"] if start else None) as source:
        with part.open("r+b" if start else "wb") as target:
            target.seek(start)
            done = start
            while piece := source.read(STEP_BYTES):
                if done == start:
                    _write_json(_state(part), {"url": file.url, "version": source.version})
                target.write(piece)
                done += len(piece)
                if progress:
                    progress(file.name, done, source.total or file.size)
            target.flush()
            os.fsync(target.fileno())
        return source.total, source.version


def _check(model: Model, file: ModelFile, part: Path, expected: str | None, total: int | None) -> str:
    size = part.stat().st_size
    where = f"model {model.name}: {file.url}"
    for wanted, who in ((file.size, "the registry"), (total, "the server")):
        if wanted is not None and size != wanted:
            raise ModelError(f"{where}: expected {wanted} bytes as {who} says, got {size}; fetch it again")
    with part.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if expected is not None and digest != expected:
        known = "the registry" if file.sha256 else "the first fetch"
        raise ModelError(
            f"{where}: expected SHA-256 {expected} as {known} says, got {digest}; "
            f"the file was replaced there, or something on the way changed it"
        )
    _check_kind(model, part, where)
    return digest


def _check_kind(model: Model, part: Path, where: str) -> None:
    """Look whether the file is what it should be: a server may answer with a page that says why not."""
    try:
        if model.kind == "fasttext":
            check_fasttext(part)
        elif ".sp.model" in part.name:
            open_pieces(part)
        elif model.kind.startswith("kenlm"):
            _check_kenlm(part)
        elif model.kind == "word-lists":
            read_word_lists(part)
        elif part.stat().st_size == 0:
            raise ModelError(f"{part}: expected a list, got an empty file")
    except ModelError as error:
        raise ModelError(
            f"{where}: {str(error).removeprefix(f'{part}: ')}; it begins with {_head(part)}"
        ) from error


def _check_kenlm(part: Path) -> None:
    with part.open("rb") as opened:
        head = opened.read(64)
    if not head.startswith(KENLM_MAGIC):
        raise ModelError(f"{part}: expected a KenLM model (ARPA or binary), got something else")


def _head(part: Path) -> str:
    with part.open("rb") as opened:
        return repr(opened.read(24))


def verify_model(asked: str) -> list[Checked]:
    """Compare what the cache holds of a model, of all its languages where none is named, with its hashes.

    Raises:
        ModelError: the model is unknown.
    """
    name, lang = split_name(asked)
    model = find_entry(name)
    folder = cache_folder() / name
    if model.by_language and lang is None:
        return [_verify(path, _pin(path).get("sha256")) for path in _fetched(folder)]
    paths = [(folder / file.name, file.sha256) for file in model.files_of(lang)]
    return [_verify(path, stated or _pin(path).get("sha256")) for path, stated in paths]


def _verify(path: Path, expected: str | None) -> Checked:
    if not path.exists():
        return Checked(path, "not fetched")
    if expected is None:
        return Checked(path, "expected a hash of its fetch, found none; fetch it again")
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return Checked(path, "" if digest == expected else f"expected SHA-256 {expected}, got {digest}")


def _fetched(folder: Path) -> list[Path]:
    return sorted(pin.with_name(pin.name.removesuffix(PIN)) for pin in folder.glob(f"*{PIN}"))


def _pin_file(path: Path) -> Path:
    return path.with_name(path.name + PIN)


def _pin(path: Path) -> dict[str, Any]:
    return _read_json(_pin_file(path))


def _state(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
    _state(part).unlink(missing_ok=True)


def _read_json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: expected JSON: {error}; delete it and fetch again") from error
    if not isinstance(content, dict):
        raise ModelError(
            f"{path}: expected a JSON object, got {type(content).__name__}; delete it and fetch again"
        )
    return content


def _write_json(path: Path, content: object) -> None:
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    made.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", "utf-8")
    made.rename(path)
