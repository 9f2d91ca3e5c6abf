"""From evidence to a verdict on a language's corpus. The first finding that holds is the one that counts.

| finding | kind | when |
| --- | --- | --- |
| `script` | script | most letters are in scripts that the language does not use (CF1 of Glot500) |
| `few_letters` | script | less than half of what is not white space is letters: numbers, tables, symbols |
| `reference` | confusion | the text fits the reference model of another language better |
| `other_language` | confusion | the text is that of a corpus of another family with a better founded label |
| `foreign_documents` | confusion | a share of the documents is in a language of another family |
| `too_small` | - | too little text for a language model to judge |
| `alike` | - | cannot be told from the corpus of a close relative |
| `same_family` | - | the nearest corpus is near, and of the same family |
| `fine` | - | nothing of these |

Only findings of a kind are suspicious: a recipe flags, removes or relabels them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from filters.audit_evidence import Evidence, as_row
from filters.confusion import Confusion
from filters.families import Relation

SUSPICIOUS: Final[Mapping[str, tuple[str, ...]]] = {
    "script": ("script", "few_letters"),
    "confusion": ("reference", "other_language", "foreign_documents"),
}
ALL_KINDS: Final = tuple(SUSPICIOUS)
NEAR_KIN: Final = 0.7
"""Excess in bits below which the nearest corpus of the same family is worth a word."""

NOTED: Final[Mapping[str, float]] = {
    "boilerplate_line_ratio": 0.2,
    "religious_document_ratio": 0.5,
    "top_site_ratio": 0.5,
    "near_duplicate_ratio": 0.2,
    "no_common_word_ratio": 0.3,
    "foreign_script_ratio": 0.1,
}
"""From these values on a measurement is noted."""

LEAST_NOTED: Final = 10
"""Sampled documents below which nothing is noted: any share of so few is large."""

POOR_VOCABULARY: Final = 0.6
"""Share of the reference's different words below which the vocabulary is noted as poor."""


@dataclass(frozen=True, slots=True)
class ScriptLimits:
    """Where the writing of a corpus becomes suspicious."""

    foreign_script: float = 0.5
    letters: float = 0.5


@dataclass(frozen=True, slots=True)
class Judged:
    """A language's corpus: the totals, what was measured, what the models say."""

    lang: str
    documents: int
    text_bytes: int
    evidence: Evidence
    confusion: Confusion | None
    """Nothing where the text is too little."""
    reference_types: float | None = None


def find(judged: Judged, limits: ScriptLimits, kinds: tuple[str, ...] = ALL_KINDS) -> str:
    """Return the finding; suspicious ones only of the kinds that are asked for."""
    return next(name for name, holds in _findings(judged, limits) if holds and _asked(name, kinds))


def _asked(name: str, kinds: tuple[str, ...]) -> bool:
    kind = next((kind for kind, names in SUSPICIOUS.items() if name in names), None)
    return kind is None or kind in kinds


def _findings(judged: Judged, limits: ScriptLimits) -> list[tuple[str, bool]]:
    evidence, confusion = judged.evidence, judged.confusion
    wrong = confusion.wrong if confusion else None
    near = confusion is not None and confusion.excess is not None and confusion.excess < NEAR_KIN
    kin = confusion is not None and confusion.relation in (Relation.SAME, Relation.CLOSE, Relation.FAMILY)
    letters = evidence.letter_ratio
    return [
        ("script", (evidence.foreign_script_ratio or 0) > limits.foreign_script),
        ("few_letters", letters is not None and letters < limits.letters),
        ("reference", wrong == "reference"),
        ("other_language", wrong == "other_language"),
        ("foreign_documents", wrong == "foreign_documents"),
        ("too_small", confusion is None),
        ("alike", confusion is not None and bool(confusion.alike) and kin),
        ("same_family", near and kin),
        ("fine", True),
    ]


def act(finding: str, relabel_to: str | None, then: str) -> str:
    """Return what becomes of the corpus: `keep`, or what a recipe asks for where the finding is suspicious.

    A corpus whose language is not known cannot be relabelled: it is flagged.
    """
    if not any(finding in names for names in SUSPICIOUS.values()):
        return "keep"
    return "flag" if then == "relabel" and relabel_to is None else then


def audit_row(judged: Judged, limits: ScriptLimits, kinds: tuple[str, ...], then: str) -> dict[str, Any]:
    """Return the row of AUDIT."""
    finding = find(judged, limits, kinds)
    confusion, measured = judged.confusion, as_row(judged.evidence)
    relabel = confusion.relabel_to if confusion and finding == confusion.wrong else None
    row = {
        "lang": judged.lang,
        "verdict": act(finding, relabel, then),
        "finding": finding,
        "relabel_to": relabel,
        "documents": judged.documents,
        "text_bytes": judged.text_bytes,
        "reference_types_in_10000": judged.reference_types,
        **measured,
    }
    if confusion is not None:
        row |= {
            "own_bits": confusion.own_bits,
            "nearest": confusion.nearest,
            "nearest_bits": confusion.nearest_bits,
            "excess_bits": confusion.excess,
            "relation": None if confusion.relation is None else str(confusion.relation),
            "alike": list(confusion.alike),
            "foreign_document_ratio": confusion.foreign_document_ratio,
            "foreign_lang": confusion.foreign_lang,
        }
    return row | {"notes": _notes(row)}


def _notes(row: Mapping[str, Any]) -> list[str]:
    if row["sampled_documents"] < LEAST_NOTED:
        return []
    notes = [name for name, limit in NOTED.items() if (row.get(name) or 0) >= limit]
    own, reference = row.get("types_in_10000"), row.get("reference_types_in_10000")
    if own is not None and reference is not None and own < POOR_VOCABULARY * reference:
        notes.append("types_in_10000")
    return notes
