"""Slow references of what is made of shingles: MinHash, SimHash, sets of n-grams; from their definitions."""

import unicodedata
from functools import cache

import numpy as np
from datasketch import MinHash

from tests import slow_text
from tests.slow_hashes import BASE, MASK, hash_of, mixed, shingles, signed
from tests.slow_kinds import Reference
from tests.slow_text import fold

TWICE = 2
"""As many words make a shingle in scripts without spaces."""


def pieces(text: str) -> list[str]:
    """The words, cut also at the punctuation inside them; none begins with a mark."""
    found = []
    for word in slow_text.words(text):
        for start, end in slow_text.spans_of([slow_text.word_class(c) != "" for c in word]):
            solid = [i for i in range(start, end) if slow_text.word_class(word[i]) in ("letter", "number")]
            found += [word[solid[0] : end]] if solid else []
    return found


def word_hashes(text: str) -> list[int]:
    return [hash_of([ord(c) for c in fold(piece)]) for piece in pieces(text)]


def hashes_of(characters: str) -> list[int]:
    return [mixed(ord(fold(c)) * BASE & MASK) for c in characters]


def shingles_of(text: str, n: int, unit: str) -> list[int]:
    if unit == "character":
        return shingles(hashes_of("".join(pieces(text))), n)
    words = pieces(text)
    is_unspaced = 2 * sum(slow_text.is_unspaced(word[0]) for word in words) > len(words)
    return shingles(word_hashes(text), TWICE * n if is_unspaced else n)


def simhash(text: str, n: int = 6, unit: str = "character") -> int | None:
    """The bits that more than half of the n-grams have; characters are those without punctuation."""
    kept = "".join(c for c in text if unicodedata.category(c)[0] != "P")
    hashes = shingles(hashes_of(kept), n) if unit == "character" else shingles_of(text, n, unit)
    ones = [bit for bit in range(64) if 2 * sum(h >> bit & 1 for h in hashes) > len(hashes)]
    return signed(sum(1 << bit for bit in ones)) if hashes else None


def roots_simhash(text: str | None, lang: str | None) -> int | None:
    if text is None:
        return None
    return simhash(text, unit="word" if (lang or "").partition("_")[0] == "eng" else "character")


@cache
def empty_signature(permutations: int, seed: int) -> MinHash:
    """datasketch's affine permutations without their summands, of the top halves of 64-bit hashes."""
    factors = MinHash(permutations, seed=seed, scheme="affine32").permutations[0]
    halves = np.array([factors, np.zeros_like(factors)])
    return MinHash(permutations, scheme="affine32", hashfunc=lambda h: h >> 32, permutations=halves)


def minhash(
    text: str, permutations: int = 128, n: int = 5, unit: str = "word", seed: int = 1
) -> bytes | None:
    """The least values of the shingles; of one alone, hashes of all its 64 bits."""
    found = sorted(set(shingles_of(text, n, unit)))
    if not found:
        return None
    signature = empty_signature(permutations, seed).copy()
    signature.update_batch(found)
    values = signature.hashvalues.tolist()
    if len(found) == 1:
        values = [mixed(found[0] + (i + 1) * BASE & MASK) >> 32 for i in range(permutations)]
    return b"".join(value.to_bytes(4, "little") for value in values)


def shingle_set(text: str, n: int = 5, unit: str = "word") -> bytes | None:
    return b"".join(h.to_bytes(8, "little") for h in sorted(set(shingles_of(text, n, unit)))) or None


REFERENCES: list[Reference] = [
    *[("simhash", p, lambda t, p=p: simhash(t, **p)) for p in ({}, {"n": 3}, {"n": 2, "unit": "word"})],
    *[
        ("minhash", p, lambda t, p=p: minhash(t, **p))
        for p in (
            {},
            {"permutations": 3, "n": 2, "seed": 7},
            {"permutations": 2, "n": 3, "unit": "character"},
        )
    ],
    *[
        ("shingle_set", p, lambda t, p=p: shingle_set(t, **p))
        for p in ({}, {"n": 2}, {"n": 3, "unit": "character"})
    ],
    *[
        ("ngram_hashes", {"n": n}, lambda t, n=n: list(map(signed, sorted(set(shingles(word_hashes(t), n))))))
        for n in (2, 13)
    ],
]
OF_LANGUAGE: list[Reference] = [("roots_simhash", {}, roots_simhash)]
