"""C4's bad words as mC4 counts them: by language, some words allowed, one page in a thousand spared."""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.language_keys import list_keys
from filters.registry import signal
from filters.signals.columns import column
from filters.signals.content import C4
from filters.signals.listed import given
from filters.text import TextBatch
from filters.urls import url_form
from filters.wordlists import WordLists

SPARED_OF: Final = 1000
"""The published share of pages that go is 0.999: of each thousand pages with a hit one stays."""


@signal(pa.int32(), unit="occurrences", source=f"{C4}, bad words")
def bad_word_count(
    text: TextBatch,
    lang: pa.Array,
    url: pa.Array,
    *,
    words: WordLists | str | None = None,
    unflanked: Sequence[str] = ("ja", "th", "zh"),
    allowed: Mapping[str, Sequence[str]] | None = None,
    spared: int = 0,
) -> pa.Array:
    """Places where a bad word of the row's language occurs; 0 for a spared page, null without a list.

    A hit is not touched by a letter, a number or an underscore, but in the languages `unflanked`, where it is
    any substring. `allowed` takes words off the list of a language. Of a thousand addresses, those are spared
    whose MD5 in the form `c4` is one of the last `spared` remainders.
    """
    lists = _without(words, tuple((k, tuple(v)) for k, v in sorted((allowed or {}).items())))
    numbers = lists.numbers(lang, len(text))
    loose = np.array([bool({*unflanked} & {*list_keys(label or "")}) for label in lang.to_pylist()], np.bool_)
    hits = np.where(
        loose, lists.substrings(text, numbers, flanked=False), lists.substrings(text, numbers, flanked=True)
    )
    return column(text, np.where(_spared(url, spared), 0, hits), pa.int32(), numbers < 0)


def _without(words: WordLists | str | None, allowed: tuple[tuple[str, tuple[str, ...]], ...]) -> WordLists:
    lists = given("bad_word_count", words)
    return _allowed(lists, allowed) if allowed else lists


@functools.lru_cache(maxsize=8)
def _allowed(lists: WordLists, allowed: tuple[tuple[str, tuple[str, ...]], ...]) -> WordLists:
    kept = {
        language: tuple(word for word in entries if word not in dict(allowed).get(language, ()))
        for language, entries in lists.entries.items()
    }
    return WordLists(lists.name, kept, lists.source, lists.licence)


def _spared(url: pa.Array, spared: int) -> NDArray[np.bool_]:
    if not spared:
        return np.zeros(len(url), np.bool_)
    forms = url_form(url, "c4").to_pylist()
    return np.array([form is not None and _remainder(form) >= SPARED_OF - spared for form in forms], np.bool_)


def _remainder(form: str) -> int:
    return int(hashlib.md5(form.encode(), usedforsecurity=False).hexdigest(), 16) % SPARED_OF
