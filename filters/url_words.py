"""Words in addresses, as RefinedWeb and FineWeb look for them.

An address is read in lower case, its percent signs and `xn--` labels decoded where the words are not all
ASCII.
"""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

BETWEEN: Final = r"[^\p{L}\p{M}\p{N}]+"
"""What separates the words of an address, and is left out where substrings are looked for."""
CODED_LABEL: Final = re.compile(r"xn--[a-z0-9-]+")


def folded_word(word: str) -> str:
    """Return a word in the form in which addresses are read: lower case, letters and digits only."""
    return str(pc.replace_substring_regex(pa.scalar(word.lower()), pattern=BETWEEN, replacement="").as_py())


def words_in(urls: pa.Array, words: Collection[str], at_least: int = 1) -> NDArray[np.bool_]:
    """Return which addresses have at least so many different words of a list among their words."""
    pieces = pc.split_pattern_regex(_readable(urls, words), pattern=BETWEEN)
    lengths = np.asarray(pc.list_value_length(pieces), np.int64)
    rows = np.repeat(np.arange(len(urls)), lengths)
    codes = pc.index_in(pieces.flatten(), pa.array(sorted(words), pa.string()))
    found = np.asarray(pc.is_valid(codes), np.bool_)
    pairs = np.stack([rows[found], np.asarray(codes.filter(pa.array(found)), np.int64)])
    distinct = np.unique(pairs, axis=1)[0]
    return np.bincount(distinct, minlength=len(urls)) >= at_least


def substrings_in(urls: pa.Array, words: Collection[str]) -> NDArray[np.bool_]:
    """Return which addresses have a word of a list in them, wherever it begins and ends."""
    if not words:
        return np.zeros(len(urls), bool)
    joined = pc.replace_substring_regex(_readable(urls, words), pattern=BETWEEN, replacement="")
    pattern = "|".join(re.escape(word) for word in sorted(words))
    return np.asarray(pc.match_substring_regex(joined, pattern=pattern), np.bool_)


def _readable(urls: pa.Array, words: Collection[str]) -> pa.Array:
    lower = pc.utf8_lower(pc.fill_null(urls, ""))
    if all(word.isascii() for word in words):
        return lower
    coded = np.asarray(pc.match_substring_regex(lower, pattern="%|xn--"), np.bool_)
    texts = lower.to_pylist()
    for row in np.flatnonzero(coded).tolist():
        texts[row] = CODED_LABEL.sub(_decoded, unquote(texts[row])).lower()
    return pa.array(texts, pa.string())


def _decoded(label: re.Match[str]) -> str:
    try:
        return label[0][4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label[0]
