"""Train glotlid-mini, the language identifier that the package carries, and write its card.

    python -m deploy.train_identifier REFERENCE_DATA [--output filters/data/glotlid_mini]

REFERENCE_DATA holds text/, charset/, extraction/ and warc/assembled/, read in place; nothing of it is kept
but what the model has learned. Texts are CC BY-SA, so the model is, in a folder of its own with its licence.
One thread and a fixed seed: the same texts give the same model with the same version of fastText.
"""

import argparse
import hashlib
import json
import tempfile
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import fasttext
import numpy as np

from deploy.identifier_card import card, evaluate, evaluate_pages
from deploy.identifier_texts import NOISE, Text, examples, noise, read_texts
from filters.models import LID176, find_model, open_identifier

TRAINING: Final = {
    "dim": 32, "bucket": 300_000, "epoch": 6, "lr": 0.8, "minn": 2, "maxn": 5, "minCount": 20,
    "loss": "softmax", "thread": 1, "seed": 1, "verbose": 0,
}  # fmt: skip
QUANTISING: Final = {"cutoff": 150_000, "retrain": True, "epoch": 1, "lr": 0.1, "qnorm": True, "thread": 1}
BINS: Final = 20


def main() -> None:
    """Train, calibrate, test and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--output", type=Path, default=Path("filters/data/glotlid_mini"))
    chosen = parser.parse_args()
    train, held = split(chosen.data)
    chosen.output.mkdir(parents=True, exist_ok=True)
    path = chosen.output / "model.ftz"
    path.write_bytes(fit(train))
    write_manifest(path, held, {})
    calibration = calibrate(path, held)
    write_manifest(path, held, calibration)
    found = evaluate(held, str(path), LID176)
    pages = evaluate_pages(chosen.data, str(path), LID176)
    (chosen.output / "CARD.md").write_text(card(found, pages, path, calibration), encoding="utf-8")
    print((chosen.output / "CARD.md").read_text(encoding="utf-8"))


def split(data: Path) -> tuple[dict[str, list[str]], list[Text]]:
    """Return the training texts by label, and the texts that are held back."""
    train: dict[str, list[str]] = defaultdict(list)
    held = []
    for text in read_texts(data / "text"):
        if text.held:
            held.append(text)
        elif text.text:
            train[text.label].append(text.text)
    plain = [text for texts in train.values() for text in texts[:20]]
    for text in noise(
        data / "extraction/pages_with_gold.parquet", data / "charset/charset_truth.parquet", plain
    ):
        if text.held:
            held.append(text)
        else:
            train[NOISE].append(text.text)
    return dict(train), held


def fit(texts: dict[str, list[str]]) -> bytes:
    """Train and quantise; return the model file."""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "train.txt"
        lines.write_text("\n".join(examples(texts)) + "\n", encoding="utf-8")
        model: Any = fasttext.train_supervised(str(lines), **TRAINING)
        model.quantize(input=str(lines), **QUANTISING)
        model.save_model(f"{folder}/model.ftz")
        return (Path(folder) / "model.ftz").read_bytes()


def calibrate(path: Path, held: list[Text]) -> dict[str, list[float]]:
    """Return how often a label of a given probability is right: points of a curve that only rises.

    Measured on held-back texts, whole and cut to 40 code points, in bins of equal numbers, made to rise by
    pooling neighbours.
    """
    identifier = open_identifier(str(path))
    pairs = []
    for text in held:
        for cut in (text.text, text.text[:40]):
            probability, label = identifier.best_two(cut)[0]
            pairs.append((min(probability, 1.0), label == text.label))
    pairs.sort()
    pools = [
        [float(p), float(right), len(chunk)]
        for chunk in np.array_split(np.array(pairs, float), BINS)
        for p, right in [chunk.mean(axis=0)]
    ]
    merged: list[list[float]] = []
    for pool in pools:
        merged.append(pool)
        while len(merged) > 1 and merged[-2][1] >= merged[-1][1]:
            (a, b, n), (c, d, m) = merged.pop(-2), merged.pop()
            merged.append([(a * n + c * m) / (n + m), (b * n + d * m) / (n + m), n + m])
    return {"probability": [round(p, 4) for p, _, _ in merged], "score": [round(s, 4) for _, s, _ in merged]}


def write_manifest(path: Path, held: list[Text], calibration: dict[str, list[float]]) -> None:
    """Write what the model was made of beside it; `filters/models.py` reads the calibration."""
    manifest = {
        "name": "glotlid-mini",
        "licence": "CC-BY-SA-4.0",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "labels": len(open_identifier(str(path)).labels),
        "training": TRAINING,
        "quantising": QUANTISING,
        "fasttext": version("fasttext-community"),
        "held_back_texts": len(held),
        "lid.176": hashlib.sha256(find_model(LID176).read_bytes()).hexdigest(),
        "calibration": calibration,
    }
    path.with_name("manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
