"""Text as language models see it: the published normalisations and the units that are scored.

Perplexities compare only when the text went through the same steps as the text that the model was trained on.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.errors import RecipeError, near_name

SPACE_SYMBOL: Final = "▁"
"""U+2581, which stands for white space among units, as in SentencePiece."""

PUNCTUATION: Final = dict(
    zip("，。、´∶：？！（）；–～’━〈〉【】％►", ",.,'::?!();-~'-<>[]%-", strict=True)
) | {
    **dict.fromkeys("„”“«»１」「《》", '"'),
    "．": ". ",
    "—": " - ",
    "…": "...",
}
"""The 34 replacements of cc_net, `text_normalizer.py`, where the full-width digit one is a quotation mark."""

CONTROLS: Final = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0))))

ROOTS_SPACES: Final = frozenset("\u2009\u200a\u202f\u2005\u3000\u2002\u00a0\u2008\u2003\ufffc")
"""What ROOTS (`uniform_whitespace`) turns into a space; U+0084, also in its list, is deleted before."""

REORDERED: Final = re.compile(
    "[\u1715\u1734\u1b44\u1baa\u1bf2\u1bf3\u302e\u302f\ua953\ua9c0\U000111c0\U00011235\U0001134d\U000116b6"
    "\U0001193d\U00016ff0\U00016ff1\U0001d165\U0001d166\U0001d16d-\U0001d172]"
)
"""Characters that canonical ordering may move and that are not of category Mn."""


class Units(StrEnum):
    """What a model counts."""

    PIECES = "pieces"
    """SentencePiece pieces."""
    WORDS = "words"
    """What white space separates."""
    CHARACTERS = "characters"
    """Code points, each run of white space being one `▁`."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How text becomes the single line that is cut into units and scored."""

    name: str
    source: str
    clean: Callable[[str], str]
    units: Units
    decimals: int | None
    """Decimals that the published perplexity is rounded to."""


class _Replacements(dict[int, str]):
    """A table for `str.translate` that is filled as characters are met."""

    def __init__(self, replace: Callable[[str], str]) -> None:
        super().__init__()
        self._replace = replace

    def __missing__(self, codepoint: int) -> str:
        text = self[codepoint] = self._replace(chr(codepoint))
        return text


def _digit(character: str) -> str:
    return "0" if character.isdecimal() else character


def _without_control(character: str) -> str:
    return "" if character in CONTROLS else character


def _replace_ccnet(character: str) -> str:
    bare = (c for c in unicodedata.normalize("NFD", character) if unicodedata.category(c) != "Mn")
    return "".join(_without_control(PUNCTUATION.get(d, d)) for d in map(_digit, bare))


def _replace_roots(character: str) -> str:
    digit = _digit(" " if character in ROOTS_SPACES else character)
    return PUNCTUATION.get(digit, digit)


def _replace_glotmill(character: str) -> str:
    digit = _digit(character)
    return PUNCTUATION.get(digit, " " if digit in CONTROLS else digit)


@functools.cache
def _table(replace: Callable[[str], str]) -> _Replacements:
    return _Replacements(replace)


def _clean_ccnet(text: str) -> str:
    text = text.strip().lower()
    if REORDERED.search(text):
        text = unicodedata.normalize("NFD", text)
    return text.translate(_table(_replace_ccnet))


def _clean_roots(text: str) -> str:
    return text.translate(_table(_without_control)).strip().translate(_table(_replace_roots))


def _clean_oscar(text: str) -> str:
    return text.replace("\n", " ")


def _clean_characters(text: str) -> str:
    return " ".join(text.split())


def _clean_glotmill(text: str) -> str:
    text = unicodedata.normalize("NFC", text).lower()
    return " ".join(text.translate(_table(_replace_glotmill)).split())


_ALL: Final = (
    Normalisation(
        "ccnet",
        "cc_net bda555b, text_normalizer.py and perplexity.py: strip, lower, NFD without Mn, digits to 0, "
        "punctuation to ASCII, controls deleted (newlines too: words at line ends are glued)",
        _clean_ccnet,
        Units.PIECES,
        1,
    ),
    Normalisation(
        "roots",
        "bigscience-workshop/data-preparation e761801, filtering.py: controls deleted, strip, white space to "
        "space, digits to 0, punctuation to ASCII; case and accents stay (0966b2a: digits too)",
        _clean_roots,
        Units.PIECES,
        1,
    ),
    Normalisation(
        "oscar",
        "ungoliant, harmful perplexity: newlines to spaces; KenLM's words",
        _clean_oscar,
        Units.WORDS,
        None,
    ),
    Normalisation(
        "characters",
        "Glot500 (arXiv:2305.12182, section 3.3): character n-grams; runs of white space to one space",
        _clean_characters,
        Units.CHARACTERS,
        None,
    ),
    Normalisation(
        "glotmill",
        "as ccnet, but accents and vowel signs stay (NFC), and controls become spaces: Indic words keep "
        "their vowels and words at line ends stay apart",
        _clean_glotmill,
        Units.PIECES,
        None,
    ),
)
NORMALISATIONS: Final[Mapping[str, Normalisation]] = {n.name: n for n in _ALL}


def find_normalisation(name: str) -> Normalisation:
    """Return the normalisation of that name.

    Raises:
        RecipeError: there is none; the message names the nearest.
    """
    if name not in NORMALISATIONS:
        raise RecipeError(
            f"unknown normalisation {name!r}{near_name(name, list(NORMALISATIONS))}; "
            f"expected one of {', '.join(NORMALISATIONS)}"
        )
    return NORMALISATIONS[name]
