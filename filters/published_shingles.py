"""Shingles and base hashes exactly as published tools make them, for signatures that equal theirs.

Each tool hashes strings one by one, so these functions do too: they are for matching existing indexes and for
checking, not for speed. The faults of the originals are kept and named; our own shingles are in
`filters/shingles.py`.
"""

import hashlib
import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import regex

from filters.shingles import Shingles
from schemas.errors import MissingDependencyError, RecipeError, near_name

BaseHash = Callable[[bytes], int]
Cut = Callable[[str], Iterable[str]]

TEXT_DEDUP_SIZE = 5
RPV2_SIZE = 13
DATATROVE_SIZE = 5

NOT_ASCII_WORD = re.compile(r"[^A-Za-z0-9_]")
NOT_WORD = re.compile(r"\W")
WHITE_SPACE = re.compile(r"\s+")
# A number with at most one decimal part, digits of any script (datatrove utils/text.py, December 2024).
NUMBER = regex.compile(r"\p{Nd}+([.,،٫⎖⎗⎘]\p{Nd}+)?")
# What datatrove takes for punctuation: marks of several scripts, and control characters other than a newline.
DATATROVE_MARKS = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"
CONTROLS = (*range(10), *range(11, 32), *range(127, 160))
DATATROVE_DELETES = str.maketrans(
    {**dict.fromkeys(DATATROVE_MARKS, " "), **{chr(code): " " for code in CONTROLS}}
)
ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)


def sha1_32(data: bytes) -> int:
    """Return the first 4 bytes of SHA-1, little endian."""
    return int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest()[:4], "little")


def sha1_64(data: bytes) -> int:
    """Return the first 8 bytes of SHA-1, little endian."""
    return int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest()[:8], "little")


def xxh32(data: bytes) -> int:
    """Return xxHash32 with seed 0.

    Raises:
        MissingDependencyError: the package xxhash is absent.
    """
    return int(_xxhash().xxh32_intdigest(data))


def xxh64(data: bytes) -> int:
    """Return xxHash64 with seed 0.

    Raises:
        MissingDependencyError: the package xxhash is absent.
    """
    return int(_xxhash().xxh64_intdigest(data))


def _xxhash() -> Any:
    try:
        import xxhash
    except ImportError as error:
        raise MissingDependencyError(
            "published shingles: expected the package xxhash for this family, got none; pip install xxhash"
        ) from error
    return xxhash


def _grams(tokens: Sequence[str], n: int) -> list[str]:
    return [" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def white_space_grams(text: str) -> list[str]:
    """Return 5-grams of white-space tokens; of fewer tokens, one gram of them all. Nothing is folded."""
    tokens = text.split()
    return _grams(tokens, 5) or ([" ".join(tokens)] if tokens else [])


def text_dedup_ascii_grams(text: str) -> list[str]:
    """Return text-dedup 0.3.1's grams: cut at all but ASCII letters, digits and `_`, empties kept.

    A text of another script has only empty tokens: all such texts share one gram.
    """
    return _grams(NOT_ASCII_WORD.split(text), TEXT_DEDUP_SIZE)


def text_dedup_grams(text: str) -> list[str]:
    r"""Return text-dedup's grams since July 2023: cut at each `\W`, empties kept, lower-cased.

    `\W` holds vowel signs, so Indic and Thai words break at each.
    """
    return [gram.lower() for gram in _grams(NOT_WORD.split(text), TEXT_DEDUP_SIZE)]


def rpv2_grams(text: str) -> list[str]:
    """Return RedPajama-V2's 13-grams: ASCII punctuation deleted, lower case, white space collapsed, NFD."""
    plain = text.translate(ASCII_PUNCTUATION).lower().strip()
    return _grams(unicodedata.normalize("NFD", WHITE_SPACE.sub(" ", plain)).split(), RPV2_SIZE)


def datatrove_text(text: str) -> str:
    """Return datatrove's `simplify_text`: lower, numbers to 0, punctuation to space, NFD without marks.

    Non-spacing marks hold the vowel signs of Indic scripts and Thai: words that differ only in these become
    equal.
    """
    plain = NUMBER.sub("0", text.lower()).translate(DATATROVE_DELETES)
    decomposed = unicodedata.normalize("NFD", WHITE_SPACE.sub(" ", plain.strip()))
    return "".join(mark for mark in decomposed if unicodedata.category(mark) != "Mn").strip()


def datatrove_grams(text: str) -> list[str]:
    """Return 5-grams of white-space tokens of `datatrove_text` (datatrove asks a tokenizer by language)."""
    return _grams(datatrove_text(text).split(), DATATROVE_SIZE)


@dataclass(frozen=True, slots=True)
class Published:
    """How a tool gets from a text to base hashes, and the family of `filters/minhash.py` that signs them."""

    cut: Cut
    hash: BaseHash
    family: str
    source: str


PUBLISHED: dict[str, Published] = {
    "datasketch": Published(white_space_grams, sha1_32, "datasketch", "datasketch 2.0, white-space 5-grams"),
    "datasketch-legacy": Published(
        white_space_grams, sha1_32, "datasketch-legacy", "datasketch 1.x, white-space 5-grams"
    ),
    "text-dedup-0.3.1": Published(
        text_dedup_ascii_grams, sha1_32, "text-dedup-0.3", "text-dedup 0.3.1, minhash_spark.py, March 2023"
    ),
    "text-dedup-2023-07": Published(
        text_dedup_grams, sha1_32, "text-dedup-0.3", "text-dedup f954b1e, minhash_spark.py, July 2023"
    ),
    "text-dedup-2023-09": Published(text_dedup_grams, sha1_32, "text-dedup", "text-dedup 2023.09.20"),
    "text-dedup-0.4": Published(text_dedup_grams, xxh32, "text-dedup", "text-dedup 0.4.0, April 2024"),
    "rpv2": Published(rpv2_grams, sha1_32, "rpv2", "RedPajama-Data v2"),
    "datatrove-sha1": Published(datatrove_grams, sha1_64, "datatrove", "datatrove, April 2024 (FineWeb)"),
    "datatrove-xxh64": Published(datatrove_grams, xxh64, "datatrove", "datatrove, December 2024 (FineWeb-2)"),
}


def published_shingles(texts: Iterable[str | None], name: str) -> Shingles:
    """Return the base hashes of each text's distinct grams as the tool `name` makes them; none for null.

    Raises:
        RecipeError: no tool has that name.
    """
    if name not in PUBLISHED:
        raise RecipeError(
            f"published shingles: unknown name {name!r}, known: {', '.join(PUBLISHED)}"
            f"{near_name(name, list(PUBLISHED))}"
        )
    tool = PUBLISHED[name]
    hashes: list[int] = []
    offsets = [0]
    for text in texts:
        hashes.extend(tool.hash(gram.encode()) for gram in sorted(set(tool.cut(text or ""))))
        offsets.append(len(hashes))
    return Shingles(np.array(hashes, np.uint64), np.array(offsets, np.int64))
