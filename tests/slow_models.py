"""Slow references of signals of language models, classifiers and tables, with tiny ones to measure by.

The model is asked for the probability of a line of units, or of a line; all else is done again.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import sentencepiece

from filters.kneser_ney import train_arpa
from filters.model_text import CONTROLS, PUNCTUATION, ROOTS_SPACES
from filters.sentence_pieces import train_pieces
from tests.lmplz_cases import open_model
from tests.slow_hashes import MASK, hash_of
from tests.slow_kinds import Reference

LANG = "eng_Latn"
TEXTS = [
    f"the {a} {b} the {c} .\n{a} 0 ?" for a in ("cat", "dög") for b in ("saw", "ab") for c in ("a", "12")
] * 4
GOOD, BAD = "the river runs past the old mill", "buy cheap pills now click here"
PERCENTILES = [0.5 + 0.05 * n for n in range(1, 100)]
TARGET, BACKGROUND = [(7 * n) % 5 for n in range(50)], [(3 * n) % 7 for n in range(50)]
LENGTHS = {"target": 12.5, "background": 3.0}
CHARACTERS_OF_UNICODE = 149_813


def make_models(folder: Path) -> None:
    """Train what the references are asked of."""
    for kind in ("pieces", "characters"):
        (folder / kind / LANG).mkdir(parents=True)
    train_pieces(TEXTS, folder / "pieces" / LANG / "sentencepiece.model")
    train_arpa([cutter(folder)(text) for text in TEXTS], folder / "pieces" / LANG / "kenlm.arpa", order=3)
    train_arpa([list(spaced(text)) for text in TEXTS], folder / "characters" / LANG / "kenlm.arpa", order=3)
    manifest = {"normalisation": "characters", "held_out": {"bits_per_byte": PERCENTILES}}
    (folder / "characters" / LANG / "manifest.json").write_text(json.dumps(manifest))
    train_arpa([text.split() for text in TEXTS], folder / "words.arpa", order=3)
    (folder / "train.txt").write_text("\n".join([f"__label__hq {GOOD}", f"__label__cc {BAD}"] * 20))
    classifier = fasttext.train_supervised(
        str(folder / "train.txt"), epoch=5, dim=4, bucket=100, minCount=1, thread=1, verbose=0
    )
    classifier.save_model(str(folder / "classifier.bin"))
    for name, counts in (("target", TARGET), ("background", BACKGROUND)):
        np.savez(folder / f"{name}.npz", counts=counts, length=LENGTHS[name])


def cutter(folder: Path) -> Callable[[str], list[str]]:
    model = sentencepiece.SentencePieceProcessor(
        model_file=str(folder / "pieces" / LANG / "sentencepiece.model")
    )
    return lambda text: model.encode(text, out_type=str)


@cache
def opened(path: Path) -> Any:
    return fasttext.load_model(str(path)) if path.suffix == ".bin" else open_model(path)


def spaced(text: str) -> str:
    """The code points, each run of white space being one `▁`."""
    return "▁".join(text.split())


def ccnet(text: str) -> str:
    bare = [c for c in unicodedata.normalize("NFD", text.strip().lower()) if unicodedata.category(c) != "Mn"]
    return "".join(c for d in bare for c in punctuated(d) if c not in CONTROLS)


def punctuated(c: str) -> str:
    return "0" if unicodedata.category(c) == "Nd" else PUNCTUATION.get(c, c)


def roots(text: str) -> str:
    plain = "".join(c for c in text if c not in CONTROLS).strip()
    return "".join(" " if c in ROOTS_SPACES else punctuated(c) for c in plain)


def glotmill(text: str) -> str:
    plain = "".join(map(punctuated, unicodedata.normalize("NFC", text).lower()))
    return " ".join("".join(" " if c in CONTROLS else c for c in plain).split())


@cache
def perplexities(folder: Path) -> dict[str, Callable[[str], float | None]]:
    """By normalisation: 10 to the power of -log10 of the probability / (units + 1)."""
    cut, model = cutter(folder), opened(folder / "pieces" / LANG / "kenlm.arpa")

    def of(line: str, units: int, decimals: int | None = None) -> float | None:
        value = 10 ** (-model.score(line) / (units + 1)) if units else None
        return value if value is None or decimals is None else round(value, decimals)

    def of_pieces(plain: str, decimals: int | None = None) -> float | None:
        line = " ".join(cut(plain))
        return of(line, len(line.split()), decimals)

    return {
        "ccnet": lambda text: of_pieces(ccnet(text), 1),
        "roots": lambda text: of_pieces(roots(text), 1),
        "glotmill": lambda text: of_pieces(glotmill(text)),
        "oscar": lambda text: of(text.replace("\n", " "), len(text.encode().split())),
        "characters": lambda text: of(" ".join(spaced(text)), len(spaced(text))),
    }


def word_perplexity(folder: Path, text: str) -> float | None:
    model, count = opened(folder / "words.arpa"), len(text.encode().split())
    return 10 ** (-model.score(text.replace("\n", " ")) / (count + 1)) if count else None


def standardised(folder: Path, text: str) -> float | None:
    """Bits for each byte, unknown characters one of all of Unicode, between the percentiles 16, 50 and 84."""
    units, model = list(spaced(text)), opened(folder / "characters" / LANG / "kenlm.arpa")
    if not units:
        return None
    unknown = sum(unit not in model for unit in units)
    bits = unknown * math.log2(CHARACTERS_OF_UNICODE) - model.score(" ".join(units)) * math.log2(10)
    per_byte = bits / (len("".join(units).replace("▁", " ").encode()) + 1)
    low, middle, high = (PERCENTILES[p - 1] for p in (16, 50, 84))
    return (per_byte - middle) / ((high - middle) if per_byte > middle else (middle - low))


def probability(folder: Path, text: str, label: str, other: bool) -> float | None:
    line = " ".join(text.strip().splitlines()).replace("</s>", " ").strip()
    if not line:
        return None
    found = opened(folder / "classifier.bin").f.predict(line + "\n", -1, 0.0, "strict")
    own = min({name: score for score, name in found}.get(label, 0.0), 1.0)
    return 1 - own if other else own


def importance(text: str, length_correction: bool) -> float | None:
    """Of each word and each pair: log of its bucket's share in one table less that in the other."""
    hashes = [hash_of([ord(c) for c in word]) for word in re.findall(r"\w+|[^\w\s]+", text)]
    pairs = [(a * 0xD6E8FEB86659FD93 + b) & MASK for a, b in pairwise(hashes)]
    features = [h % 50 for h in (*hashes, *(pair ^ pair >> 29 for pair in pairs))]

    def score(counts: list[int], mean: float) -> float:
        shares = sum(math.log(counts[f] / sum(counts) + 1e-8) for f in features)
        poisson = math.exp(len(text) * math.log(mean) - mean - math.lgamma(len(text) + 1))
        return shares + math.log(poisson + 1e-8) * length_correction

    if not text:
        return None
    return score(TARGET, LENGTHS["target"]) - score(BACKGROUND, LENGTHS["background"])


def references(folder: Path) -> list[Reference]:
    tables = {name: str(folder / f"{name}.npz") for name in LENGTHS}
    classifier = {"model": str(folder / "classifier.bin")}

    def in_english(measure: Callable[[str], Any]) -> Callable[[str | None, str | None], Any]:
        return lambda text, lang: measure(text) if text is not None and lang == LANG else None

    return [
        ("word_perplexity", {"model": str(folder / "words.arpa")}, lambda t: word_perplexity(folder, t)),
        ("class_probability", classifier, lambda t: probability(folder, t, "__label__cc", other=True)),
        (
            "class_probability",
            {**classifier, "label": "__label__hq", "other": False},
            lambda t: probability(folder, t, "__label__hq", other=False),
        ),
        *[
            ("importance_score", {**tables, "length_correction": c}, lambda t, c=c: importance(t, c))
            for c in (False, True)
        ],
        *[
            (
                "perplexity",
                {"models": str(folder / "pieces"), "normalisation": name},
                in_english(lambda t, name=name: perplexities(folder)[name](t)),
            )
            for name in ("ccnet", "roots", "glotmill", "oscar", "characters")
        ],
        (
            "standardised_perplexity",
            {"models": str(folder / "characters")},
            in_english(lambda t: standardised(folder, t)),
        ),
    ]
