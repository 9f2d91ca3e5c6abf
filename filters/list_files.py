"""Opens word lists once per process: from an installed package or from a file.

    stopwords-iso            the package `stopwordsiso` (MIT), stop words of 58 languages
    anything else            the path of a JSON object from language to array of words, as LDNOOBW, ROOTS and
                             stopwords-iso are published

No list is part of this package. Licences are those of the sources.
"""

import functools
from importlib import resources
from pathlib import Path
from typing import Final

from filters.wordlists import WordLists
from schemas.errors import MissingDependencyError, ModelError

STOPWORDS_ISO: Final = "stopwords-iso"


@functools.cache
def open_lists(name: str) -> WordLists:
    """Return the lists of a package or a file.

    Raises:
        MissingDependencyError: the package that holds the lists is absent.
        ModelError: the file is absent, or is no JSON object from language to words.
    """
    if name == STOPWORDS_ISO:
        return _stopwords_iso()
    path = Path(name)
    if not path.is_file():
        raise ModelError(
            f"{name}: expected {STOPWORDS_ISO!r} or the path of a JSON file of word lists, found none"
        )
    try:
        return WordLists.from_json(path.stem, path.read_text(encoding="utf-8"), source=name)
    except (ValueError, AttributeError, TypeError) as error:
        raise ModelError(
            f"{name}: expected a JSON object from language to array of words ({error})"
        ) from error


def _stopwords_iso() -> WordLists:
    try:
        folder = resources.files("stopwordsiso")
    except ModuleNotFoundError as error:
        raise MissingDependencyError("stopwords-iso: pip install stopwordsiso") from error
    text = folder.joinpath("stopwords-iso.json").read_text(encoding="utf-8")
    return WordLists.from_json(STOPWORDS_ISO, text, source="PyPI stopwordsiso", licence="MIT")
