"""Language labels: codes of models, macrolanguages, scripts."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from filters.languages import (
    macrolanguages,
    other_labels,
    read_labels,
    same_language,
    wikipedia_languages,
    with_script,
)
from schemas.errors import ModelError


def test_every_label_of_lid176_has_a_language() -> None:
    assert sum(language.in_lid176 for language in wikipedia_languages().values()) == 176


def test_every_living_language_has_a_code_of_iso_639_3(shared: Path) -> None:
    living = set(pq.read_table(shared / "data/lists/linguameta.parquet")["iso_639_3_code"].to_pylist())
    used = {language.code for language in wikipedia_languages().values()} | set(macrolanguages().values())
    old_and_made = {"ave", "chu", "ido", "ile", "ina", "jbo", "lat", "pli", "san", "vol"}
    assert used - living - old_and_made == {"bih", "eml", "nah"}  # two collective codes and a retired one


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("als", "gsw"),
        ("sq", "als"),
        ("zh", "zho"),
        ("sw", "swh"),
        ("ar", "arb"),
        ("et", "ekk"),
        ("fa", "fas"),
        ("no", "nob"),
        ("nn", "nno"),
        ("sr", "srp"),
        ("tl", "fil"),
        ("ceb", "ceb"),
    ],
)
def test_a_label_of_lid176_becomes_iso_639_3(label: str, code: str) -> None:
    assert read_labels([f"__label__{label}", "__label__en"])[f"__label__{label}"] == code


def test_labels_with_a_script_stay_as_they_are() -> None:
    labels = ["__label__swh_Latn", "__label__als_Latn", "__label__zxx_Zzzz"]
    assert list(read_labels(labels).values()) == ["swh_Latn", "als_Latn", "zxx_Zzzz"]


def test_als_is_tosk_albanian_in_a_model_without_codes_of_two_letters() -> None:
    assert read_labels(["__label__als", "__label__gsw"]) == {"__label__als": "als", "__label__gsw": "gsw"}


@pytest.mark.parametrize("labels", [[], ["__label__spam", "__label__ham"], ["__label__en", "__label__HQ"]])
def test_a_model_whose_labels_are_no_languages_is_refused(labels: Sequence[str]) -> None:
    with pytest.raises(ModelError, match="expected codes such as swh_Latn"):
        read_labels(labels)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ara", "arb_Arab", True),
        ("zho_Hani", "cmn_Hans", True),
        ("est", "ekk", True),
        ("pes_Arab", "fas_Arab", True),
        ("tgl", "fil", True),
        ("arz", "arb", False),
        ("deu", "gsw", False),
        ("xxx", "xxx", True),
    ],
)
def test_codes_are_compared_across_macrolanguages(one: str, other: str, same: bool) -> None:
    assert same_language(one, other) is same
    assert same_language(other, one) is same


@pytest.mark.parametrize(
    ("label", "others"),
    [
        ("ekk_Latn", ("est_Latn",)),
        ("est_Latn", ("ekk_Latn",)),
        ("zho_Hani", ("zho_Hans", "zho_Hant", "cmn_Hani", "cmn_Hans", "cmn_Hant")),
        ("kor_Hang", ("kor_Kore",)),
        ("srp_Cyrl", ()),
        ("nno_Latn", ()),
    ],
)
def test_a_language_is_kept_under_several_labels(label: str, others: Sequence[str]) -> None:
    assert other_labels(label) == others


@pytest.mark.parametrize(
    ("language", "script", "label"),
    [("swh", "Latn", "swh_Latn"), ("swh_Latn", "Cyrl", "swh_Latn"), ("swh", None, None)],
)
def test_a_language_gets_the_script_of_its_text(language: str, script: str | None, label: str | None) -> None:
    assert with_script(language, script) == label
