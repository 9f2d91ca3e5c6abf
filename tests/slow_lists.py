"""Slow references of signals that look up word lists, from their definitions: of a text and its language."""

import hashlib
import re
from collections.abc import Sequence

from filters.wordlists import WordLists
from tests import slow_text
from tests.slow_kinds import WORDS, Reference, share
from tests.slow_text import fold
from tests.slow_urls import c4_form

ANY = WordLists.of("any", {"*": ["the", "a", "ab", "a b", "a a", "aa 12"]})
BY_LANGUAGE = WordLists.of(
    "by language", {"en": ["the", "a", "A", "a b", "a a"], "hin": ["है"], "jpn_Jpan": ["本"]}
)
SUBSTRINGS = WordLists.of("substrings", {"*": ["a", "aa", "a b", "the", "本", "#"]})
BAD = WordLists.of("bad", {"en": ["a", "aa", "the", "a b"], "ja": ["本", "a"], "hi": ["ab"]})
GOPHER_WORDS = ["the", "be", "to", "of", "and", "that", "have", "with"]
TWO_LETTERS = {"eng": "en", "hin": "hi", "jpn": "ja", "kor": "ko", "zho": "zh"}
SPARED = 500
"""Of a thousand addresses."""


def keys(lang: str | None) -> list[str]:
    """The label, its language and its code of two letters."""
    language = (lang or "").partition("_")[0]
    return [key for key in (lang, language, TWO_LETTERS.get(language)) if key]


def entries_of(lists: WordLists, lang: str | None) -> Sequence[str] | None:
    return next((lists.entries[key] for key in ["*", *keys(lang)] if key in lists.entries), None)


def begins(words: list[str], entries: list[list[str]]) -> int:
    """How many of the words an entry begins at, once for each length of entries."""
    return sum(words[i : i + len(e)] == e for i in range(len(words)) for e in entries if e)


def entry_words(entries: Sequence[str], kind: str, folded: bool) -> list[list[str]]:
    """The words of each entry; for `roots` one with a capital letter is in no list."""
    cut = slow_text.words if kind == "unicode" else lambda entry: entry.split(" ")
    kept = [entry for entry in entries if kind != "roots" or entry == fold(entry)]
    found = {tuple(cut(fold(entry) if folded else entry)) for entry in kept}
    return [list(words) for words in sorted(found)]


def words_of(text: str, kind: str, folded: bool) -> list[str]:
    return [fold(word) if folded else word for word in WORDS[kind](text)]


def listed_share(
    text: str | None,
    lang: str | None,
    words: WordLists,
    kind: str = "roots",
    phrase: int = 1,
    fold: bool = True,
) -> float | None:
    entries = entries_of(words, lang)
    if text is None or entries is None:
        return None
    found = words_of(text, kind, fold)
    wanted = [entry for entry in entry_words(entries, kind, fold) if len(entry) <= phrase]
    return share(min(begins(found, wanted), len(found)), len(found))


def phrase_starts(text: str | None, lang: str | None, words: WordLists, kind: str = "unicode") -> int | None:
    entries = entries_of(words, lang)
    if text is None or entries is None:
        return None
    return begins(words_of(text, kind, True), entry_words(entries, kind, True))


def stop_words(
    text: str | None,
    lang: str | None,
    words: WordLists | None = None,
    kind: str = "unicode",
    distinct: bool = False,
    fold: bool = True,
) -> int | None:
    entries = GOPHER_WORDS if words is None else entries_of(words, lang)
    if text is None or entries is None:
        return None
    wanted = [entry for entry in entry_words(entries, kind, fold) if len(entry) == 1]
    found = [word for word in words_of(text, kind, fold) if [word] in wanted]
    return len(set(found)) if distinct else len(found)


def substrings(text: str | None, entries: Sequence[str] | None, flanked: bool) -> int | None:
    """Places where an entry begins in the case-folded text, flanked as the original characters say."""
    if text is None or entries is None:
        return None
    folded = fold(text)

    def word(i: int) -> bool:
        return 0 <= i < len(text) and bool(re.match(r"\w", text[i]))

    return sum(
        folded.startswith(entry, i) and not (flanked and (word(i - 1) or word(i + len(entry))))
        for entry in entries
        for i in range(len(text))
    )


def bad_words(
    text: str | None,
    lang: str | None,
    url: str | None,
    unflanked: Sequence[str] = ("ja", "th", "zh"),
    allowed: dict[str, list[str]] | None = None,
    spared: int = 0,
) -> int | None:
    entries = entries_of(BAD, lang)
    if text is None or entries is None:
        return None
    page = int(hashlib.md5(c4_form(url).encode()).hexdigest(), 16) if url is not None else 0
    if page % 1000 >= 1000 - spared:
        return 0
    language = next(key for key in keys(lang) if key in BAD.entries)
    kept = [entry for entry in entries if entry not in (allowed or {}).get(language, [])]
    return substrings(text, kept, not set(keys(lang)) & set(unflanked))


REFERENCES: list[Reference] = [
    *[
        (name, {"words": words, **p}, lambda t, lang, w=words, p=p: listed_share(t, lang, w, **p))
        for name in ("stopword_ratio", "flagged_word_ratio")
        for words in (ANY, BY_LANGUAGE)
        for p in ({}, {"phrase": 2}, {"kind": "word_punct"})
    ],
    (
        "stopword_ratio",
        {"words": BY_LANGUAGE, "kind": "word_punct", "fold": False},
        lambda t, lang: listed_share(t, lang, BY_LANGUAGE, "word_punct", fold=False),
    ),
    *[
        (
            "flagged_phrase_count",
            {"words": w, "kind": k},
            lambda t, lang, w=w, k=k: phrase_starts(t, lang, w, k),
        )
        for w in (ANY, BY_LANGUAGE)
        for k in ("unicode", "whitespace")
    ],
    *[
        ("stop_word_count", p, lambda t, lang, p=p: stop_words(t, lang, **p))
        for p in (
            {},
            {"fold": False, "kind": "whitespace"},
            {"distinct": True},
            {"distinct": True, "words": BY_LANGUAGE},
        )
    ],
    *[
        (
            "flagged_substring_count",
            {"words": w, "flanked": f},
            lambda t, lang, w=w, f=f: substrings(t, entries_of(w, lang), f),
        )
        for w in (SUBSTRINGS, BY_LANGUAGE)
        for f in (True, False)
    ],
    *[
        ("bad_word_count", {"words": BAD, **p}, lambda t, lang, url, p=p: bad_words(t, lang, url, **p))
        for p in ({}, {"unflanked": ["en"]}, {"allowed": {"en": ["a"]}}, {"spared": SPARED})
    ],
]
