"""Words of a text that a list of its language has: stop words, flagged words.

The lists are given as `words`: a `WordLists`, or what `filters/list_files.py` opens (`stopwords-iso`, the
path of a JSON file). There is no default. Null where the language has no list.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.list_files import open_lists
from filters.ngrams import Ngrams
from filters.registry import signal
from filters.signals.columns import column, ratio
from filters.signals.content import C4
from filters.spans import steps
from filters.text import TextBatch
from filters.wordlists import WordLists
from schemas.errors import RecipeError

ROOTS = "BigScience ROOTS, data-preparation 9d05884, filtering.py"
GOPHER_WORDS = WordLists.of(
    "gopher",
    {"*": ["the", "be", "to", "of", "and", "that", "have", "with"]},
    source="Rae et al. 2021, appendix A.1.1",
)


@signal(pa.float32(), unit="ratio", source=ROOTS)
def stopword_ratio(
    text: TextBatch,
    lang: pa.Array,
    *,
    words: WordLists | str | None = None,
    kind: str = "roots",
    phrase: int = 1,
    fold: bool = True,
) -> pa.Array:
    """Words that are in the list of the row's language / words, at most 1; null without a word or a list.

    With `phrase` over 1, runs of up to so many words count too, as ROOTS does for Vietnamese (2).
    RedPajama-V2 has `kind="word_punct"` without `fold`. The published code gives 0 for a text without words.
    """
    return _ratio("stopword_ratio", text, lang, words, kind, phrase, fold)


@signal(pa.float32(), unit="ratio", source=ROOTS)
def flagged_word_ratio(
    text: TextBatch,
    lang: pa.Array,
    *,
    words: WordLists | str | None = None,
    kind: str = "roots",
    phrase: int = 1,
) -> pa.Array:
    """Words that are in the list of flagged words / words, as `stopword_ratio` counts them."""
    return _ratio("flagged_word_ratio", text, lang, words, kind, phrase, True)


@signal(pa.int32(), unit="occurrences", source="RedPajama-V2 rps_doc_ldnoobw_words; LDNOOBW")
def flagged_phrase_count(
    text: TextBatch, lang: pa.Array, *, words: WordLists | str | None = None, kind: str = "unicode"
) -> pa.Array:
    """Places where an entry of the list begins, words and phrases of any length; null without a list."""
    words = given("flagged_phrase_count", words)
    numbers = words.numbers(lang, len(text))
    total = np.zeros(len(text), dtype=np.int64)
    for length in words.phrase_lengths(kind):
        total += _per_row(text, words.places(text, numbers, kind, True, length), kind)
    return column(text, total, pa.int32(), numbers < 0)


@signal(pa.int32(), unit="occurrences", source=f"{C4}, bad words (LDNOOBW; not flanked for ja, th, zh)")
def flagged_substring_count(
    text: TextBatch, lang: pa.Array, *, words: WordLists | str | None = None, flanked: bool = True
) -> pa.Array:
    r"""Places where an entry of the list occurs, case-folded, words or not; null without a list.

    With `flanked`, only where no character of `\w` (`re`) touches it, as in C4 for all languages but
    Japanese, Thai and Chinese.
    """
    words = given("flagged_substring_count", words)
    numbers = words.numbers(lang, len(text))
    return column(text, words.substrings(text, numbers, flanked), pa.int32(), numbers < 0)


@signal(pa.int32(), unit="words", source="Rae et al. 2021, appendix A.1.1; FineWeb-2 (distinct)")
def stop_word_count(
    text: TextBatch,
    lang: pa.Array,
    *,
    words: WordLists | str = GOPHER_WORDS,
    kind: str = "unicode",
    distinct: bool = False,
    fold: bool = True,
) -> pa.Array:
    """Words in the list of the row's language, each different one once with `distinct`; null without a list.

    Gopher's eight English words by default, for every language. The published code compares without case
    folding.
    """
    words = given("stop_word_count", words)
    numbers = words.numbers(lang, len(text))
    found = words.places(text, numbers, kind, fold)
    if not distinct:
        return column(text, _per_row(text, found, kind), pa.int32(), numbers < 0)
    spans = text.words(kind).at(found)
    once = Ngrams.of_words(text.word_hashes(kind, fold)[found], spans.offsets)
    return column(text, once.distinct, pa.int32(), numbers < 0)


def given(name: str, words: WordLists | str | None) -> WordLists:
    """Return the word lists that a signal was given.

    Raises:
        RecipeError: none were given.
    """
    if words is None:
        raise RecipeError(f"{name}: expected word lists, got none; set its parameter `words`")
    return open_lists(words) if isinstance(words, str) else words


def _ratio(
    name: str,
    text: TextBatch,
    lang: pa.Array,
    words: WordLists | str | None,
    kind: str,
    phrase: int,
    fold: bool,
) -> pa.Array:
    words = given(name, words)
    numbers = words.numbers(lang, len(text))
    counts = text.words(kind).counts
    total = np.zeros(len(text), dtype=np.int64)
    for length in range(1, phrase + 1):
        total += _per_row(text, words.places(text, numbers, kind, fold, length), kind)
    return ratio(text, np.minimum(total, counts), np.where(numbers < 0, 0, counts))


def _per_row(text: TextBatch, found: NDArray[np.int64], kind: str) -> NDArray[np.int64]:
    return steps(found.searchsorted(text.words(kind).offsets))
