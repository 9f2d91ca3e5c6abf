"""Turn the published numbers of a recipe into its table of limits by language: `pipeline/recipes/*.csv`.

    python deploy/make_recipe_tables.py TABLES

TABLES holds `roots_filter_params.csv` and `nllb_stopes_params.csv`: numbers read in the code of ROOTS
(bigscience-workshop/data-preparation 9d05884) and of NLLB (facebookresearch/stopes a4e75e8).
"""

import csv
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from filters.languages import other_labels

RECIPES = Path(__file__).resolve().parents[1] / "pipeline" / "recipes"
DEFAULT = "default"
ROOTS_LABELS = {
    "ar": "arb_Arab",
    "bn": "ben_Beng",
    "ca": "cat_Latn",
    "en": "eng_Latn",
    "es": "spa_Latn",
    "eu": "eus_Latn",
    "fr": "fra_Latn",
    "hi": "hin_Deva",
    "id": "ind_Latn",
    "pt": "por_Latn",
    "ur": "urd_Arab",
    "vi": "vie_Latn",
    "zh": "zho_Hani",
}
SEGMENTED, PHRASES = ("zh",), ("vi",)
"""Languages whose words are not those between spaces; those whose stop words may be two words long."""

NLLB_SCRIPTS = {"diq": "Latn", "kur": "Latn"}
"""Scripts of the languages with a threshold of their own; all are written in Latin letters."""

UNSPACED = (
    *("zho_Hani", "cmn_Hani", "zho_Hans", "zho_Hant", "yue_Hani", "yue_Hant", "wuu_Hani", "lzh_Hani"),
    *("gan_Hani", "hak_Hani", "jpn_Jpan", "tha_Thai", "lao_Laoo", "khm_Khmr", "mya_Mymr", "mnw_Mymr"),
    *("shn_Mymr", "ksw_Mymr", "rki_Mymr", "blk_Mymr", "pwo_Mymr", "kjp_Mymr", "bod_Tibt", "dzo_Tibt"),
    *("nod_Thai", "sou_Thai", "tts_Thai", "khb_Talu", "tdd_Tale", "jav_Java", "ban_Bali"),
)
"""Labels of languages written without spaces between words."""


def roots_rows(parameters: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return one row of limits for each label; a limit that does not hold for a language is empty."""
    rows = []
    for found in parameters:
        code = found["lang"]
        first = ROOTS_LABELS.get(code, DEFAULT)
        limits = _roots_limits(code, found)
        labels = (first, *other_labels(first)) if first != DEFAULT else (DEFAULT,)
        rows += [{"lang": label, **limits} for label in labels]
    return rows


def _roots_limits(code: str, found: Mapping[str, str]) -> dict[str, str]:
    segmented, phrases = code in SEGMENTED, code in PHRASES
    spaced = not segmented
    words = {"words_min": "number_words_min_cutoff", "words_max": "number_words_max_cutoff"}
    limits = {
        name + suffix: found[column] if holds else ""
        for suffix, holds in (("", spaced), ("_segmented", segmented))
        for name, column in words.items()
    }
    length = found["character_repetition_length"]
    for n in ("10", "3"):
        limits[f"char_rep_{n}"] = found["character_repetition_max_cutoff"] if length == n else ""
    for n, suffix, holds in (("5", "", spaced), ("7", "", spaced), ("5", "_segmented", segmented)):
        same = found["word_repetition_length"] == n and holds
        limits[f"word_rep_{n}{suffix}"] = found["word_repetition_max_cutoff"] if same else ""
    limits["special"] = found["special_characters_max_cutoff"]
    for name, column in (("stopwords", "stopwords_min_cutoff"), ("flagged", "flagged_words_max_cutoff")):
        limits[name] = found[column] if spaced and not phrases else ""
        limits[f"{name}_phrases"] = found[column] if phrases else ""
        limits[f"{name}_segmented"] = found[column] if segmented else ""
    limits["lid"] = found["lang_id_min_cutoff"]
    limits["perplexity"] = found["perplexity_max_cutoff"]
    return limits


def nllb_rows(parameters: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the thresholds of language identification, and the space rule off where there are no spaces."""
    found = {row["key"]: row["value"] for row in parameters if row["group"] == "lid_threshold"}
    default = {"lang": DEFAULT, "lid": "0.5", "space_min": "0.05"}
    labels = {f"{code}_{NLLB_SCRIPTS.get(code, 'Latn')}": value for code, value in found.items()}
    rows = [
        {"lang": name, "lid": value, "space_min": "0.05"}
        for label, value in labels.items()
        for name in (label, *other_labels(label))
    ]
    return [default, *rows, *({"lang": label, "lid": "0.5", "space_min": ""} for label in UNSPACED)]


def main(tables: Path) -> None:
    """Write the tables."""
    for source, target, convert in (
        ("roots_filter_params.csv", "roots-oscar.csv", roots_rows),
        ("nllb_stopes_params.csv", "nllb-mono.csv", nllb_rows),
    ):
        with (tables / source).open(encoding="utf-8", newline="") as file:
            rows = convert(csv.DictReader(file))
        with (RECIPES / target).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"{RECIPES / target}: {len(rows)} languages")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
