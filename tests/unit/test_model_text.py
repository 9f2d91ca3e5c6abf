"""The published normalisations against plain versions of their definitions."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filters.model_text import NORMALISATIONS, PUNCTUATION, Units, find_normalisation
from schemas.errors import RecipeError

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
ROOTS_SPACES = set(" \u2009\u200a\u202f\u2005\u3000\u2002\u00a0\u2008\u2003\ufffc\u0084")


def slow_ccnet(text: str) -> str:
    text = text.strip().lower()
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    text = re.sub(r"\d", "0", text)
    return CONTROL.sub("", "".join(PUNCTUATION.get(c, c) for c in text))


def slow_roots(text: str) -> str:
    text = CONTROL.sub("", text).strip()
    text = re.sub(r"\d", "0", "".join(" " if c in ROOTS_SPACES else c for c in text))
    return "".join(PUNCTUATION.get(c, c) for c in text)


TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("Éé\n\t１１，—…Σς् ꦏ꧀")))


@given(TEXTS)
@example("ꦏ꧀\u0323\u0307ꦏ")
@example("\u1b44\u0e38\u302e\u1b35")
def test_ccnet_is_as_published(text: str) -> None:
    assert NORMALISATIONS["ccnet"].clean(text) == slow_ccnet(text)


@given(TEXTS)
def test_roots_is_as_published(text: str) -> None:
    assert NORMALISATIONS["roots"].clean(text) == slow_roots(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ccnet", "cafe 0000handzeile - zwei"),
        ("roots", "Café 0000HandZeile - zwei"),
        ("oscar", " Café १२12Hand Zeile—zwei\t"),
        ("characters", "Café १२12Hand Zeile—zwei"),
        ("glotmill", "café 0000hand zeile - zwei"),
    ],
)
def test_each_normalisation_has_its_own_way(name: str, expected: str) -> None:
    assert NORMALISATIONS[name].clean(" Café १२12Hand\nZeile—zwei\t") == expected


def test_only_our_own_normalisation_keeps_the_vowels_of_hindi_words_apart_from_their_neighbours() -> None:
    assert NORMALISATIONS["ccnet"].clean("हिन्दी\nभाषा") == "हिनदीभाषा"
    assert NORMALISATIONS["glotmill"].clean("हिन्दी\nभाषा") == "हिन्दी भाषा"


def test_hangul_is_taken_apart_by_ccnet_as_published() -> None:
    assert NORMALISATIONS["ccnet"].clean("한") == "\u1112\u1161\u11ab"


def test_there_are_34_replacements_of_punctuation() -> None:
    assert len(PUNCTUATION) == 34


def test_an_unknown_normalisation_names_the_nearest() -> None:
    with pytest.raises(RecipeError, match="unknown normalisation 'ccnett'; did you mean ccnet"):
        find_normalisation("ccnett")


def test_every_normalisation_says_its_source_and_units() -> None:
    assert {n.units for n in NORMALISATIONS.values()} == set(Units)
    assert all(n.source for n in NORMALISATIONS.values())
