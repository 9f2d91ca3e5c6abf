"""Corpora on which the trainer is compared with `lmplz`, and what `lmplz` gave for them.

Run as a script with `lmplz` (kenlm 0.3.0 or later) on PATH, it measures again and writes
`tests/golden/lmplz_scores.tsv`: needed when the shipped training text changes.
"""

import csv
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import kenlm
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
SCORES = ROOT / "tests/golden/lmplz_scores.tsv"
LANGUAGES = ("eng_Latn", "jpn_Jpan", "khm_Khmr", "rus_Cyrl", "tur_Latn")
LINES, TRAINED = 500, 400
COLUMNS = ("lang", "units", "order", "prune", "text_sha256", "units_scored", "log10")


@dataclass(frozen=True, slots=True)
class Case:
    """A corpus and the shape of a model."""

    lang: str
    units: str
    order: int
    prune: str

    @property
    def thresholds(self) -> tuple[int, ...]:
        return tuple(map(int, self.prune.split()))


CASES = [
    Case(lang, units, order, prune)
    for lang in LANGUAGES
    for units in ("words", "characters")
    for order in (3, 5)
    for prune in ("0", "0 0 1")
]


def sentences(case: Case) -> list[list[str]]:
    """The first lines of a language's shipped text, cut into words or characters."""
    table = pq.read_table(ROOT / f"tests/data/text/{case.lang}.parquet", columns=["text"])
    lines = [line.split() for text in table["text"].to_pylist() for line in text.split("\n")]
    found = [words for words in lines if words][:LINES]
    return [list("▁".join(words)) for words in found] if case.units == "characters" else found


def digest(found: Sequence[Sequence[str]]) -> str:
    return hashlib.sha256("\n".join(" ".join(s) for s in found).encode()).hexdigest()


def open_model(path: Path) -> kenlm.Model:
    config = kenlm.Config()
    config.show_progress = False
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    return kenlm.Model(str(path), config)


def score(path: Path, held_out: Sequence[Sequence[str]]) -> tuple[int, float]:
    """The units scored, ends counted, and the sum of the logarithms of their probabilities."""
    model = open_model(path)
    return sum(len(s) + 1 for s in held_out), sum(model.score(" ".join(s)) for s in held_out)


def train_with_lmplz(lmplz: str, case: Case, trained: Sequence[Sequence[str]], output: Path) -> None:
    text = "".join(" ".join(sentence) + "\n" for sentence in trained).encode()
    options = ["-o", str(case.order), "--discount_fallback", "-S", "200M", "--prune", *case.prune.split()]
    with output.open("wb") as file:
        subprocess.run([lmplz, *options], input=text, stdout=file, stderr=subprocess.DEVNULL, check=True)


def golden() -> Iterator[tuple[Case, str, int, float]]:
    with SCORES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            case = Case(row["lang"], row["units"], int(row["order"]), row["prune"])
            yield case, row["text_sha256"], int(row["units_scored"]), float(row["log10"])


def measure(lmplz: str) -> None:
    arpa = SCORES.with_suffix(".arpa")
    with SCORES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for case in CASES:
            found = sentences(case)
            train_with_lmplz(lmplz, case, found[:TRAINED], arpa)
            count, log10 = score(arpa, found[TRAINED:])
            writer.writerow([*astuple(case), digest(found), count, f"{log10:.6f}"])
    arpa.unlink()


if __name__ == "__main__":
    measure(sys.argv[1] if len(sys.argv) > 1 else "lmplz")
