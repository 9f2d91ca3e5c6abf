"""Measure a language identifier beside another on held-back texts and on pages, and write that down."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deploy.identifier_texts import NOISE, Text
from filters.languages import same_language
from filters.models import LanguageIdentifier, open_identifier
from filters.signals.language import sample_lines
from filters.text import TextBatch

INTRODUCTION = """\
# glotlid-mini

A fastText model of {labels} labels ({bytes:,} bytes) that says which language a text is in, as `swh_Latn`;
`zxx_Zxxx` is no language: code, tags, tables, text in a wrong encoding. Made by `python -m
deploy.train_identifier REFERENCE_DATA`; generated, do not edit.

**Licence.** CC BY-SA 4.0 (`LICENSE` in this folder), apart from the Apache-2.0 code: it is trained on
FLORES-200 (by way of SIB-200), NTREX-128 and the OLDI seed (CC BY-SA 4.0), the African Storybook (CC BY)
and the Universal Declaration of Human Rights (free to reproduce). Noise was made from pages of open test
suites.

**Labels.** ISO 639-3 and ISO 15924 as in `filters/languages.py`: a macrolanguage is its usual member (`swa`
swh, `est` ekk, `ara` arb beside the dialects that FLORES has); `zho`, `fas`, `que` stay.

**Score.** Calibrated: of texts with a score of 0.8 about eight in ten are right (held-back sentences, whole
and cut to 40 code points). On other kinds of text it is less sure.

## Beside lid.176

Macro F1 over languages; one label stands for a macrolanguage and its members. `common`: texts in languages
that both models have. `strangers`: the share of texts in languages that a model lacks, or in none,
that it gives a score of 0.5 or more; - where there are none. Nothing of what is tested was trained on, but
for the pages of the Declaration, whose text was.

| texts | number | languages | common | ours | lid.176 | all: ours | lid.176 | strangers: ours | lid.176 |
|---|---|---|---|---|---|---|---|---|---|
"""

SAMPLE = 3000
"""Code points of a page that are read, as the signal `lid` does."""


@dataclass(slots=True)
class Counts:
    """Of one language: texts in it, found right, and other texts that were taken for it."""

    texts: int = 0
    right: int = 0
    false: int = 0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (self.right + self.false + self.texts)


@dataclass(frozen=True, slots=True)
class Compared:
    """What two models reach on one source: the languages that both know, and all."""

    source: str
    texts: int
    languages: int
    common: tuple[float, float]
    common_languages: int
    every: tuple[float, float]
    false_positives: tuple[float, float]
    """Of texts in languages that a model lacks, or in none: the share with a score of 0.5 or more."""
    by_language: dict[str, Counts]


def evaluate(held: list[Text], ours: str, other: str) -> list[Compared]:
    """Compare on each source of the held-back texts."""
    models = open_identifier(ours), open_identifier(other)
    sources = sorted({text.source for text in held})
    return [_compare(s, [(t.label, t.text) for t in held if t.source == s], models) for s in sources]


def evaluate_pages(data: Path, ours: str, other: str) -> list[Compared]:
    """Compare on the main text of the assembled pages, the Declaration apart: its text was trained on."""
    columns = ["source", "lang", "script", "mixed_language", "main_text"]
    rows = pq.read_table(data / "warc/assembled/assembled-truth.parquet", columns=columns).to_pylist()
    rows = [row for row in rows if row["main_text"] and not row["mixed_language"]]
    lines = sample_lines(TextBatch.from_arrow(pa.array([row["main_text"] for row in rows])), SAMPLE)
    models = open_identifier(ours), open_identifier(other)
    found = []
    for name, is_declaration in (("pages", False), ("pages of the Declaration", True)):
        chosen = [
            (f"{row['lang']}_{row['script']}", line)
            for row, line in zip(rows, lines, strict=True)
            if (row["source"] == "udhr-html") == is_declaration
        ]
        found.append(_compare(name, chosen, models))
    return found


def _compare(
    source: str, texts: list[tuple[str, str]], models: tuple[LanguageIdentifier, LanguageIdentifier]
) -> Compared:
    known = [{label.partition("_")[0] for label in model.labels.values()} for model in models]
    both = [[_knows(k, label) for k in known] for label, _ in texts]
    counted = [_count(texts, model) for model in models]
    common = [label for (label, _), knows in zip(texts, both, strict=True) if all(knows)]
    languages = {label.partition("_")[0] for label in common}
    shared = [text for text, knows in zip(texts, both, strict=True) if all(knows)]
    scores = [
        _macro(c for c in _count(shared, model)[0].values() if c.texts) if shared else float("nan")
        for model in models
    ]
    every = [_macro(c for c in counts.values() if c.texts) for counts, _ in counted]
    false = []
    for place, (_, sure) in enumerate(counted):
        strange = [s for s, knows in zip(sure, both, strict=True) if not knows[place]]
        false.append(float(np.mean(strange)) if strange else float("nan"))
    return Compared(
        source,
        len(texts),
        len({label for label, _ in texts}),
        (scores[0], scores[1]),
        len(languages),
        (every[0], every[1]),
        (false[0], false[1]),
        dict(counted[0][0]),
    )


def _knows(known: set[str], label: str) -> bool:
    code = label.partition("_")[0]
    return label != NOISE and any(same_language(code, other) for other in known)


def _count(
    texts: Iterable[tuple[str, str]], model: LanguageIdentifier
) -> tuple[dict[str, Counts], list[bool]]:
    counts: dict[str, Counts] = defaultdict(Counts)
    sure = []
    for label, text in texts:
        score, found = model.best_two(text)[0]
        true = label.partition("_")[0]
        counts[true].texts += 1
        if same_language(found, true):
            counts[true].right += 1
        else:
            counts[found.partition("_")[0]].false += 1
        sure.append(score >= 1 / 2 and not found.startswith("zxx"))
    return counts, sure


def _macro(counts: Iterable[Counts]) -> float:
    return float(np.mean([c.f1 for c in counts]))


def card(
    found: list[Compared], pages: list[Compared], path: Path, calibration: dict[str, list[float]]
) -> str:
    """Return the card of the model as Markdown."""
    manifest = json.loads(path.with_name("manifest.json").read_text(encoding="utf-8"))
    text = INTRODUCTION.format(labels=manifest["labels"], bytes=manifest["bytes"])
    for row in (*found, *pages):
        shares = [*row.common, *row.every, *row.false_positives]
        cells = [row.source, f"{row.texts:,}", str(row.languages), str(row.common_languages)]
        cells += ["-" if math.isnan(share) else f"{share:.3f}" for share in shares]
        text += f"| {' | '.join(cells)} |\n"
    text += "\n## By language, on held-back texts\n\n| language | texts | precision | recall |\n"
    text += "|---|---|---|---|\n"
    for lang, c in sorted(_total(found).items()):
        precision = c.right / (c.right + c.false) if c.right + c.false else 0.0
        text += f"| {lang} | {c.texts} | {precision:.3f} | {c.right / c.texts:.3f} |\n"
    points = zip(calibration["probability"], calibration["score"], strict=True)
    return f"{text}\nCalibration (probability, score): {', '.join(f'{p:.2f} {s:.2f}' for p, s in points)}.\n"


def _total(found: list[Compared]) -> dict[str, Counts]:
    total: dict[str, Counts] = defaultdict(Counts)
    for row in found:
        for lang, c in row.by_language.items():
            total[lang].texts += c.texts
            total[lang].right += c.right
            total[lang].false += c.false
    return {lang: c for lang, c in total.items() if c.texts}
