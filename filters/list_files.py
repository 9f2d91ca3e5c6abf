"""Opens word lists once per process: from an installed package or from a file.

    stopwords-iso            the package `stopwordsiso` (MIT), stop words of 58 languages
    a name                   NAME.json in the folder that GLOTMILL_LISTS names, or a list that
                             `glotmill models fetch NAME` got
    anything else            the path of a JSON object from language to array of words, as LDNOOBW, ROOTS and
                             stopwords-iso are published

No list is part of this package. Licences are those of the sources.
"""

import functools
import os
from importlib import resources
from pathlib import Path
from typing import Final

from filters.model_registry import fetched_path
from filters.wordlists import WordLists
from schemas.errors import MissingDependencyError, ModelError

STOPWORDS_ISO: Final = "stopwords-iso"
LISTS_VARIABLE: Final = "GLOTMILL_LISTS"


def open_lists(name: str) -> WordLists:
    """Return the lists of a package or a file.

    Raises:
        MissingDependencyError: the package that holds the lists is absent.
        ModelError: the file is absent, or is no JSON object from language to words.
    """
    return _stopwords_iso() if name == STOPWORDS_ISO else _read(find_word_lists(name))


def find_word_lists(name: str) -> Path:
    """Return the file of the word lists of that name or path.

    Raises:
        ModelError: there is none; the message says how to get it.
    """
    folder = os.environ.get(LISTS_VARIABLE)
    places = [Path(name), *([Path(folder) / f"{name}.json"] if folder else [])]
    found = next((path for path in places if path.is_file()), None) or fetched_path(name)
    if found is None:
        where = f"{name}.json in {folder}" if folder else f"{name}.json in the folder of {LISTS_VARIABLE}"
        raise ModelError(
            f"{name}: expected {STOPWORDS_ISO!r}, the path of a JSON file of word lists, or "
            f"{where}, found none; `glotmill models list` shows what can be fetched"
        )
    return found


@functools.cache
def _read(path: Path) -> WordLists:
    return read_word_lists(path)


def read_word_lists(path: Path) -> WordLists:
    """Read a JSON file of word lists, anew at each call.

    Raises:
        ModelError: the file is no JSON object from language to words.
    """
    try:
        return WordLists.from_json(path.stem, path.read_text(encoding="utf-8"), source=str(path))
    except (ValueError, AttributeError, TypeError) as error:
        raise ModelError(
            f"{path}: expected a JSON object from language to array of words ({error})"
        ) from error


@functools.cache
def _stopwords_iso() -> WordLists:
    try:
        folder = resources.files("stopwordsiso")
    except ModuleNotFoundError as error:
        raise MissingDependencyError("stopwords-iso: pip install stopwordsiso") from error
    text = folder.joinpath("stopwords-iso.json").read_text(encoding="utf-8")
    return WordLists.from_json(STOPWORDS_ISO, text, source="PyPI stopwordsiso", licence="MIT")
