"""Slow references of signals of languages: the model is asked as they ask it, all else is done again."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from filters.models import GLOTLID_MINI, LID176, open_identifier
from tests import slow_text
from tests.slow_characters import scripts
from tests.slow_kinds import LINES, Reference, share

Lid = dict[str, Any]
PARTS = {
    "Jpan": ("Hani", "Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
    "Hang": ("Hang", "Hani"),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
}
NONE_OF_THEIR_OWN = ("Zinh", "Zyyy", "Zzzz")
WRITTEN_IN_SEVERAL = {"jpn": "Jpan", "kor": "Hang"}
SAME = [("cmn", "zho"), ("wuu", "zho"), ("yue", "zho"), ("arb", "ara"), ("arz", "ara"), ("nob", "nor"),
        ("nno", "nor"), ("fil", "tgl")]  # fmt: skip
"""Codes of one language, and of members and their macrolanguage, of the labels that the tests try."""


def one_line(text: str) -> str:
    return text.replace("</s>", " ").strip()


def sampled(text: str, sample: int) -> str:
    """The text as one line; of a longer one a third of `sample` each of its beginning, middle and end."""
    plain, third = "".join(" " if c.isspace() else c for c in text), max(sample // 3, 1)
    if len(plain) > sample:
        middle = (len(plain) - third) // 2
        plain = " ".join((plain[:third], plain[middle : middle + third], plain[-third:]))
    return one_line(plain.strip())


def record(found: Sequence[tuple[float, str | None]]) -> Lid | None:
    if not found:
        return None
    (score, label), (second_score, second) = (*found, (None, None))[:2]
    return {"label": label, "score": score, "second": second, "second_score": second_score}


def lid(text: str, model: str = LID176, sample: int = 3000, lower: bool = False) -> Lid | None:
    line = sampled(text, sample)
    return record(open_identifier(model).best_two(line.lower() if lower else line)) if line else None


def lid_among(text: str, only: tuple[str, ...], renormalise: bool = False) -> Lid | None:
    """The two likeliest of some languages."""
    line, identifier = sampled(text, 3000), open_identifier(LID176)
    found = identifier.model.f.predict(line + "\n", -1, 0.0, "strict") if line else []
    named = [(min(score, 1.0), identifier.labels[label]) for score, label in found]
    chosen = [(score, language) for score, language in named if language in only]
    total = sum(score for score, _ in chosen) if renormalise else 1.0
    return record([(score / total if total else 0.0, language) for score, language in chosen[:2]])


def answers(text: str, unit: str, model: str, least: float) -> list[tuple[str, str | None, float]]:
    """Each line or sentence that holds something, its language, if that is likely enough, and how likely."""
    pieces = slow_text.sentences(text) if unit == "sentence" else LINES["newline"](text)
    found: list[tuple[str, str | None, float]] = []
    for piece in filter(None, map(str.strip, pieces)):
        line = one_line(piece)
        score, label = open_identifier(model).best_two(line)[0] if line else (0.0, None)
        known = label is not None and score >= least
        found.append((piece, label, min(score, 1.0)) if known else (piece, None, 1.0))
    return found


def lid_by_units(text: str, unit: str, least: float, model: str = LID176) -> Lid | None:
    """The languages of most bytes of lines, or of most sentences; no language weighs as one does."""
    weights, weighted = Counter[str | None](), Counter[str | None]()
    for piece, label, score in answers(text, unit, model, least):
        size = len(piece.encode()) if unit == "line" else 1
        weights[label] += size
        weighted[label] += size * score
    order = sorted(weights, key=lambda label: (-weights[label], label is None, label or ""))
    total = sum(weights.values())
    return record([(weighted[label] / total, label) for label in order])


def languages(text: str, model: str, least: float) -> list[str | None]:
    return [label for _, label, _ in answers(text, "line", model, least)]


def is_multilingual(text: str, model: str = LID176, least: float = 0.8) -> bool | None:
    found = languages(text, model, least)
    counts, unknown = Counter(filter(None, found)), found.count(None)
    even = len(found) // max(len(counts) + (unknown > 0), 1)
    return (
        len(found) >= 10
        and len(found) - unknown > 0.8 * len(found)
        and 2 <= len(counts) <= 5
        and all(count >= even for count in counts.values())
        and unknown <= even
        if found
        else None
    )


def identified_lines(text: str, model: str = LID176, least: float = 0.8) -> int:
    return sum(label is not None for label in languages(text, model, least))


def is_tiny(text: str, lines: int = 5, identified: int = 3, model: str = LID176, least: float = 0.8) -> bool:
    return len(text.split("\n")) < lines and identified_lines(text, model, least) < identified


def same(one: str, other: str) -> bool:
    a, b = one.partition("_")[0], other.partition("_")[0]
    return a == b or (a, b) in SAME or (b, a) in SAME


def agreeing_lines(
    text: str | None, lang: str | None, model: str = LID176, least: float = 0.8
) -> float | None:
    known = list(filter(None, languages(text or "", model, least)))
    return share(sum(lang is not None and same(label, lang) for label in known), len(known))


def lang_agrees(lid: Lid | None, lang: str | None) -> bool | None:
    return same(lid["label"], lang) if lid and lid["label"] and lang else None


def with_script(label: str | None, text: str | None) -> str | None:
    """The label, and the script of the text where the label has none."""
    language, _, written = (label or "und").partition("_")
    if language in ("und", "zxx"):
        return None
    if written:
        return label
    joined, counts = WRITTEN_IN_SEVERAL.get(language), Counter[str]()
    for code, count in scripts(text or "").items():
        if code not in NONE_OF_THEIR_OWN:
            counts[joined if joined and code in PARTS[joined] else code] += count
    best = min(counts, key=lambda code: (-counts[code], code), default=None)
    return f"{language}_{best}" if best else None


def label_script(text: str | None, lang: str | None) -> float | None:
    counts = scripts(text or "")
    code = (lang or "").rpartition("_")[2]
    return share(sum(counts[part] for part in PARTS.get(code, (code,))), counts.total()) if lang else None


def margin(lid: Lid | None) -> float | None:
    if lid is None or lid["score"] is None:
        return None
    return float(max(lid["score"] - (lid["second_score"] or 0), 0))


REFERENCES: list[Reference] = [
    *[
        ("lid", p, lambda t, p=p: lid(t, **p))
        for p in ({}, {"model": GLOTLID_MINI}, {"sample": 12, "lower": True}, {"sample": 2})
    ],
    *[
        ("lid", p, lambda t, p=p: lid_among(t, **p))
        for p in ({"only": ("eng", "rus", "zho")}, {"only": ("deu", "hin"), "renormalise": True})
    ],
    *[
        (
            "lid",
            {"unit": unit, "least": least},
            lambda t, unit=unit, least=least: lid_by_units(t, unit, least),
        )
        for unit in ("line", "sentence")
        for least in (0.0, 0.3, 0.8)
    ],
    *[
        (name, p, lambda t, measure=measure, p=p: measure(t, **p))
        for name, measure in (
            ("is_multilingual", is_multilingual),
            ("identified_line_count", identified_lines),
        )
        for p in ({}, {"least": 0.3}, {"model": GLOTLID_MINI, "least": 0.1})
    ],
    *[
        ("is_tiny", p, lambda t, p=p: is_tiny(t, **p))
        for p in ({}, {"lines": 20, "identified": 9, "least": 0.3}, {"model": GLOTLID_MINI})
    ],
    ("lang", {}, lambda lid, text: with_script(lid and lid["label"], text)),
    ("lang_second", {}, lambda lid, text: with_script(lid and lid["second"], text)),
    ("lang_score", {}, lambda lid: lid and lid["score"]),
    ("lang_second_score", {}, lambda lid: lid and lid["second_score"]),
    ("lang_margin", {}, margin),
    ("lang_agrees", {}, lang_agrees),
    ("label_script_ratio", {}, label_script),
    *[
        ("lang_line_ratio", p, lambda text, lang, p=p: agreeing_lines(text, lang, **p))
        for p in ({}, {"least": 0.3}, {"model": GLOTLID_MINI, "least": 0.1})
    ],
]
