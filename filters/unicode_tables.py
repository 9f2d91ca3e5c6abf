"""What Unicode says about every code point, as arrays indexed by code point.

`data/unicode_tables.npz` is derived from the Unicode Character Database (Unicode License V3) by
`deploy/make_unicode_tables.py`; `unicode_version()` says of which version. One property word holds:

    byte 0  general category, an index into CATEGORIES, and in bits 5-7 UPPER, LOWER, TITLE
    byte 1  script, an index into `script_codes()` (ISO 15924, in alphabetical order)
    byte 2  word class (`filters/words.py`), and in bits 4-7 SPACE, ASCII_PUNCT, SEGMENTED, SENTENCE_END
    byte 3  one flag each: ALPHA, NUMERIC, DIGIT …

No field crosses a byte, so that `TextBatch.flag` looks at one byte of each code point only.
"""

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_codepoints import split_bytes, take

Value = TypeVar("Value", bound=np.generic)

CATEGORIES: Final = (
    *("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No"),
    *("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"),
    *("Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"),
)
CATEGORY_MASK: Final = 0x1F
SCRIPT_SHIFT: Final = 8
SCRIPT_MASK: Final = 0xFF
WORD_CLASS_SHIFT: Final = 16
WORD_CLASS_MASK: Final = 0xF

# Word classes. 0 separates words.
LETTER: Final = 1
NUMBER: Final = 2
MARK: Final = 3
FORMAT: Final = 4
MID_LETTER: Final = 5
MID_NUMBER: Final = 6
MID_BOTH: Final = 7
MID_HEBREW: Final = 8
MID_ANY: Final = 9

UPPER: Final = 1 << 5  # str.isupper
LOWER: Final = 1 << 6  # str.islower
TITLE: Final = 1 << 7  # str.istitle, as Lt
SPACE: Final = 1 << 20  # str.isspace
ASCII_PUNCT: Final = 1 << 21  # string.punctuation
SEGMENTED: Final = 1 << 22  # letters, marks and numbers of SEGMENTED_SCRIPTS
SENTENCE_END: Final = 1 << 23  # Sentence_Terminal, ellipses, Khmer khan, Tibetan shad
ALPHA: Final = 1 << 24  # str.isalpha
NUMERIC: Final = 1 << 25  # str.isnumeric
DIGIT: Final = 1 << 26  # str.isdigit
EMOJI: Final = 1 << 27  # Emoji=Yes from U+0100 up (no digits, no copyright sign)
LINE_BREAK: Final = 1 << 28  # str.splitlines
IGNORABLE: Final = 1 << 29  # Default_Ignorable_Code_Point
ROOTS_SPECIAL: Final = (
    1 << 30
)  # special characters of ROOTS, with Unicode's Emoji for the package `emoji` 1.6.1
FOLDS: Final = 1 << 31  # simple case folding gives another code point
ALNUM: Final = ALPHA | NUMERIC  # str.isalnum

SEGMENTED_SCRIPTS: Final = ("Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr")
"""Scripts written without spaces between words for which ICU has a dictionary."""

CODE_POINTS: Final = 0x110000
CACHED: Final = 1 << 15
"""Code points looked up at a time."""

ASCII_END: Final = 0x80
BMP_END: Final = 0x10000
TAB: Final = 0x09
LINE_FEED: Final = 0x0A
CARRIAGE_RETURN: Final = 0x0D
BLANK: Final = 0x20


@dataclass(frozen=True, slots=True)
class Tables:
    """The arrays, each with one value per code point."""

    properties: NDArray[np.uint32]
    fold: NDArray[np.uint32]  # simple case folding
    lower: NDArray[np.uint32]  # simple lower case
    scripts: tuple[str, ...]
    version: str


@functools.cache
def tables() -> Tables:
    """Return the tables, read from the package at the first call."""
    source = resources.files("filters").joinpath("data/unicode_tables.npz")
    with source.open("rb") as file, np.load(file) as stored:
        lengths = np.diff(stored["run_starts"].astype(np.int64), append=CODE_POINTS)
        properties = np.repeat(stored["run_values"], lengths)
        properties[stored["fold_from"]] |= np.uint32(FOLDS)
        return Tables(
            properties=properties,
            fold=_mapped(stored["fold_from"], stored["fold_to"]),
            lower=_mapped(stored["lower_from"], stored["lower_to"]),
            scripts=tuple(stored["scripts"].tolist()),
            version=str(stored["version"]),
        )


def _mapped(source: NDArray[np.uint32], target: NDArray[np.uint32]) -> NDArray[np.uint32]:
    result = np.arange(CODE_POINTS, dtype=np.uint32)
    result[source] = target
    return result


def unicode_version() -> str:
    """Return the version of Unicode that the tables were made from."""
    return tables().version


def script_codes() -> tuple[str, ...]:
    """Return the ISO 15924 codes of the scripts, in the order of their numbers."""
    return tables().scripts


def script_number(code: str) -> int:
    """Return the number of the script with the ISO 15924 code."""
    return tables().scripts.index(code)


def look_up(table: NDArray[Value], codepoints: NDArray[np.uint32]) -> NDArray[Value]:
    """Return the value of each code point, some at a time: NumPy's wide indices stay in the caches."""
    result = np.empty(len(codepoints), dtype=table.dtype)
    if is_compiled():
        take(table, codepoints, result)
        return result
    for start in range(0, len(codepoints), CACHED):
        piece = codepoints[start : start + CACHED]
        table.take(piece, out=result[start : start + CACHED], mode="clip")
    return result


def property_bytes(codepoints: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return the four bytes of the property words, each with a value per code point, lowest first."""
    table = tables().properties
    result = np.empty((4, len(codepoints)), dtype=np.uint8)
    if is_compiled():
        split_bytes(codepoints, table, result)
        return result
    for start in range(0, len(codepoints), CACHED):
        words = table.take(codepoints[start : start + CACHED], mode="clip")
        for number in range(4):
            result[number, start : start + CACHED] = words
            words >>= np.uint32(8)
    return result


@functools.lru_cache(maxsize=64)
def one_of(characters: str) -> NDArray[np.bool_]:
    """Return the mask, over all code points, of some characters."""
    mask = np.zeros(CODE_POINTS, dtype=np.bool_)
    mask[[ord(character) for character in characters]] = True
    return mask


@functools.cache
def listed(name: str) -> NDArray[np.bool_]:
    """Return the mask, over all code points, of those that `data/<name>.txt` lists: one `U+XXXX` a line."""
    text = resources.files("filters").joinpath(f"data/{name}.txt").read_text(encoding="utf-8")
    mask = np.zeros(CODE_POINTS, dtype=np.bool_)
    mask[[int(line[2:], 16) for line in text.splitlines() if line.startswith("U+")]] = True
    return mask
