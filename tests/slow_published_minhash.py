"""Slow references of the signatures of published tools: grams, base hash, arithmetic."""

import hashlib
import re
import string
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import regex
import xxhash
from datasketch import MinHash

from filters.published_shingles import DATATROVE_MARKS
from tests.slow_kinds import Reference

MERSENNE = (1 << 61) - 1
PRIME = (1 << 32) - 5


def grams(words: list[str], n: int) -> list[str]:
    return [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]


def white_space(text: str) -> list[str]:
    """Five white-space words, or all of a text of fewer."""
    return grams(text.split(), 5) or [" ".join(text.split())] * bool(text.split())


def rpv2(text: str) -> list[str]:
    plain = "".join(c for c in text if c not in string.punctuation).lower()
    return grams(unicodedata.normalize("NFD", plain).split(), 13)


def datatrove(text: str) -> list[str]:
    """Numbers as 0, punctuation and controls as spaces, no non-spacing marks."""
    plain = regex.sub(r"\p{Nd}+([.,،٫⎖⎗⎘]\p{Nd}+)?", "0", text.lower())
    is_space = lambda c: c in DATATROVE_MARKS or (unicodedata.category(c) == "Cc" and c != "\n")  # noqa: E731
    spaced = "".join(" " if is_space(c) else c for c in plain)
    bare = "".join(c for c in unicodedata.normalize("NFD", spaced) if unicodedata.category(c) != "Mn")
    return grams(bare.split(), 5)


def text_dedup(text: str) -> list[str]:
    return [gram.lower() for gram in grams(re.split(r"\W", text), 5)]


def text_dedup_ascii(text: str) -> list[str]:
    return grams(re.split("[^A-Za-z0-9_]", text), 5)


def sha1(data: bytes, size: int) -> int:
    return int.from_bytes(hashlib.sha1(data).digest()[:size], "little")


def sha1_32(data: bytes) -> int:
    return sha1(data, 4)


def sha1_64(data: bytes) -> int:
    return sha1(data, 8)


def xxh32(data: bytes) -> int:
    return int(xxhash.xxh32(data).intdigest())


def xxh64(data: bytes) -> int:
    return int(xxhash.xxh64(data).intdigest())


@cache
def empty(permutations: int, seed: int, scheme: str) -> MinHash:
    return MinHash(permutations, seed=seed, scheme=scheme, hashfunc=int)


def by_datasketch(seed: int, scheme: str) -> Callable[[set[int], int], list[int]]:
    def values(hashes: set[int], permutations: int) -> list[int]:
        signature = empty(permutations, seed, scheme).copy()
        signature.update_batch(sorted(hashes))
        return [int(value) for value in signature.hashvalues]

    return values


def modulo(seed: int, prime: int, kind: Any) -> Callable[[set[int], int], list[int]]:
    """(a h + b, wrapping) modulo a prime; the generator draws all a, then all b."""
    size = 8 * np.dtype(kind).itemsize

    def values(hashes: set[int], permutations: int) -> list[int]:
        generator = np.random.RandomState(seed)
        factors = generator.randint(1, prime, permutations, dtype=kind).tolist()
        summands = generator.randint(0, prime, permutations, dtype=kind).tolist()
        pairs = zip(factors, summands, strict=True)
        return [min((a * h + b) % (1 << size) % prime for h in hashes) for a, b in pairs]

    return values


Tool = tuple[
    Callable[[str], list[str]], Callable[[bytes], int], Callable[[set[int], int], list[int]], int, int
]
TOOLS: dict[str, Tool] = {
    "datasketch": (white_space, sha1_32, by_datasketch(1, "affine32"), 4, 128),
    "datasketch-legacy": (white_space, sha1_32, by_datasketch(1, "legacy"), 8, 128),
    "text-dedup-0.3.1": (text_dedup_ascii, sha1_32, by_datasketch(42, "legacy"), 8, 256),
    "text-dedup-2023-07": (text_dedup, sha1_32, by_datasketch(42, "legacy"), 8, 256),
    "text-dedup-2023-09": (text_dedup, sha1_32, modulo(42, PRIME, np.uint32), 4, 250),
    "text-dedup-0.4": (text_dedup, xxh32, modulo(42, PRIME, np.uint32), 4, 250),
    "rpv2": (rpv2, sha1_32, by_datasketch(42, "legacy"), 8, 128),
    "datatrove-sha1": (datatrove, sha1_64, modulo(1, MERSENNE, np.uint64), 8, 112),
    "datatrove-xxh64": (datatrove, xxh64, modulo(1, MERSENNE, np.uint64), 8, 112),
}
"""By name: grams, base hash, least values, bytes of a value, permutations."""


def published_minhash(text: str, tool: str, permutations: int) -> bytes | None:
    cut, base, least, size, usual = TOOLS[tool]
    hashes = {base(gram.encode()) for gram in cut(text)}
    values = least(hashes, permutations or usual) if hashes else []
    return b"".join(value.to_bytes(size, "little") for value in values) or None


REFERENCES: list[Reference] = [
    (
        "published_minhash",
        {"tool": name, "permutations": k},
        lambda t, name=name, k=k: published_minhash(t, name, k),
    )
    for name in TOOLS
    for k in (0, 2)
]
