"""Is the corpus of a language in another language? After CF2 of Glot500 (Imani et al. 2023).

Of each language a character model is trained, and every model scores the held-out text of every language. Two
corpora are near when each model is nearly as good on the other's text as the other's own model is: the
excess, in bits for each code point, of the worse direction, so that max(PP(Mi, Cj), PP(Mj, Ci)) of Glot500 is
compared with what each text has under its own model. Near corpora of one family are no surprise; near corpora
of two families are one language under two labels. Whose label is wrong is seen from the other corpora: the
text belongs to the family in which it has the nearest neighbours.

A corpus that is foreign in part is far from any other. There, single documents of it are scored: one that
another family's model likes better than the model of its own corpus is foreign.

The limits were set on 218 corpora of 80 to 700 thousand characters (FLORES-200, NTREX-128, OLDI-Seed): the
nearest of two families had an excess of 1.1 bits (Dari and South Azerbaijani), the nearest of distant
relatives 0.59 (Magahi and Chhattisgarhi); halves of one corpus have 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.families import Relation, relation
from filters.ngram_tables import CharacterModel, Texts, Windows, cross_entropies, train_characters

Bits = NDArray[np.float64]

CANDIDATES: Final = 6
"""Models that documents are compared with, the nearest in each direction."""

LEAST_DOCUMENTS: Final = 20
"""Documents below which a share of foreign ones means nothing."""

REMOTE: Final = frozenset({Relation.OTHER, Relation.FAMILY})
NEARNESS: Final = (Relation.SAME, Relation.CLOSE, Relation.FAMILY, Relation.UNKNOWN, Relation.OTHER)

COPIES: Final = 0.1
"""Excess below which two corpora are the same text under two labels; natural kin are further apart."""

REACH: Final = 2.0
"""Excess from which on kin says nothing: corpora of unrelated languages are no further apart."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a corpus becomes suspicious; bits are for each code point."""

    other_family: float = 0.7
    """Excess in bits below which a corpus of another family is near."""
    distant_kin: float = 0.3
    """The same for a distant relative of the same family."""
    alike: float = 0.05
    """Excess below which two corpora cannot be told apart."""
    document_margin: float = 0.1
    """Bits by which another model is better on a document than its corpus's own, for it to be foreign."""
    foreign_documents: float = 0.15
    """Share of the documents from which on a corpus is suspicious."""
    reference_margin: float = 0.15
    """Bits by which another reference model is better on the text than that of its label."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The text of a language as windows of code points."""

    training: Windows
    held_out: Windows
    documents: tuple[Windows, ...] = ()
    """Some of the held-out documents, one by one."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """What the models say of one language's corpus."""

    lang: str
    own_bits: float
    """-log2 P for each code point of the held-out text by the corpus's own model."""
    nearest: str | None
    """Among the corpora whose own label stands."""
    nearest_bits: float | None
    """The larger of the two cross-entropies."""
    excess: float | None
    """The larger of the two differences to what each text has under its own model."""
    relation: Relation | None
    foreign_document_ratio: float | None
    foreign_lang: str | None
    """The language of another family that most foreign documents are like."""
    alike: tuple[str, ...] = ()
    """Other languages whose corpora cannot be told from this one."""
    wrong: str | None = None
    """Why the corpus is suspicious."""
    relabel_to: str | None = None


def find_confusions(
    samples: Mapping[str, Sample],
    limits: Limits | None = None,
    reference: Mapping[str, CharacterModel] | None = None,
) -> list[Confusion]:
    """Judge the corpora of all languages, in the order of the samples.

    `reference` has models of text that is known to be right; with it, the text also says itself which label
    it should have, and a language is told from its next of kin.
    """
    limits = limits or Limits()
    labels = list(samples)
    if not labels:
        return []
    models = [train_characters(sample.training) for sample in samples.values()]
    texts = Texts([sample.held_out for sample in samples.values()])
    bits = cross_entropies(models, texts)
    matrix = Neighbours(labels, bits, np.array([s.training.units for s in samples.values()]))
    better = _better_references(labels, texts, reference or {}, limits)
    vouched = [label in (reference or {}) and better[row] is None for row, label in enumerate(labels)]
    impostors = [better[i] is not None or matrix.is_impostor(i, limits) for i in range(len(labels))]
    honest = [i for i, impostor in enumerate(impostors) if vouched[i] or not impostor]
    foreign = [
        _foreign_documents(matrix, row, honest, models, sample.documents, limits)
        for row, sample in enumerate(samples.values())
    ]
    return [_judge(matrix, row, honest, foreign[row], better[row], limits) for row in range(len(labels))]


class Neighbours:
    """The cross-entropies of all pairs, and what follows from them."""

    def __init__(self, labels: Sequence[str], bits: Bits, units: NDArray[np.int64]) -> None:
        self.labels = labels
        self.bits = bits
        """By model (row) and text (column)."""
        self.units = units
        self.own = np.diag(bits)
        one_way = bits - self.own
        self.excess = np.maximum(one_way, one_way.T)
        self.relations = np.array([[relation(a, b) for b in labels] for a in labels], dtype=object)

    def nearest(self, row: int, honest: Sequence[int]) -> int | None:
        """Return the nearest other corpus whose label stands."""
        others = [i for i in honest if i != row]
        return min(others, key=lambda i: float(self.excess[row, i]), default=None)

    def candidates(self, row: int, honest: Sequence[int]) -> list[int]:
        """Return the honest corpora of remote languages that are nearest in either direction."""
        places = np.array([i for i in honest if self.relations[row, i] in REMOTE], dtype=np.int64)
        as_text = places[np.argsort(self.bits[places, row], kind="stable")][:CANDIDATES]
        as_model = places[np.argsort((self.bits[row] - self.own)[places], kind="stable")][:CANDIDATES]
        return sorted({*as_text.tolist(), *as_model.tolist()})

    def near_strangers(self, row: int, limits: Limits) -> list[int]:
        """Return the corpora that are nearer than their relation allows, the nearest first."""
        limit = np.full(len(self.labels), -np.inf)
        limit[self.relations[row] == Relation.OTHER] = limits.other_family
        limit[self.relations[row] == Relation.FAMILY] = limits.distant_kin
        near = np.flatnonzero(self.excess[row] < limit)
        order: list[int] = near[np.argsort(self.excess[row][near], kind="stable")].tolist()
        return order

    def is_impostor(self, row: int, limits: Limits) -> bool:
        """Return whether the label of a corpus is wrong, not that of one that it is too near to."""
        return any(self._has_weaker_label(row, other) for other in self.near_strangers(row, limits))

    def right_label(self, row: int, honest: Sequence[int], limits: Limits) -> str | None:
        """Return the label of the largest of the honest corpora that an impostor is about equally near to."""
        near = [i for i in self.near_strangers(row, limits) if i in honest]
        nearest = [i for i in near if self.excess[row, i] <= self.excess[row, near[0]] + limits.alike]
        best = max(nearest, key=lambda i: int(self.units[i]), default=None)
        return None if best is None else self.labels[best]

    def _has_weaker_label(self, row: int, other: int) -> bool:
        """Of two corpora of one language, say whether the label of the first is the wrong one.

        The right label has kin near by, copies of the same text not counted. Where neither has any, the
        smaller corpus has the wrong label.
        """
        own, others = self._nearest_kin(row, other), self._nearest_kin(other, row)
        if own != others:
            return own > others
        return bool(self.units[row] < self.units[other])

    def _nearest_kin(self, row: int, other: int) -> float:
        """Return the excess of the nearest corpus that is closer kin to the label of `row`."""
        mine, theirs = self._ranks(row), self._ranks(other)
        kin = (mine < theirs) & (self.excess[row] > COPIES) & (self.excess[row] < REACH)
        return float(self.excess[row][kin].min(initial=np.inf))

    def _ranks(self, row: int) -> NDArray[np.int64]:
        return np.array([NEARNESS.index(r) for r in self.relations[row]])


def _foreign_documents(
    matrix: Neighbours,
    row: int,
    honest: Sequence[int],
    models: Sequence[CharacterModel],
    documents: Sequence[Windows],
    limits: Limits,
) -> tuple[float | None, str | None]:
    """Return the share of foreign documents of a corpus and the language that most of them are like."""
    candidates = matrix.candidates(row, honest)
    if not candidates or len(documents) < LEAST_DOCUMENTS:
        return None, None
    bits = cross_entropies([models[i] for i in (row, *candidates)], Texts(documents))
    best = bits[1:].argmin(axis=0)
    foreign = bits[1:].min(axis=0) < bits[0] - limits.document_margin
    names = [matrix.labels[candidates[i]] for i in best[foreign]]
    return float(foreign.mean()), max(sorted(set(names)), key=names.count, default=None)


def _better_references(
    labels: Sequence[str], texts: Texts, reference: Mapping[str, CharacterModel], limits: Limits
) -> list[str | None]:
    """Return, by language, the label whose reference model fits the text better than that of its own."""
    if not reference:
        return [None] * len(labels)
    names = sorted(reference)
    bits = cross_entropies([reference[name] for name in names], texts)
    best = bits.argmin(axis=0)
    better: list[str | None] = []
    for column, label in enumerate(labels):
        winner = names[best[column]]
        known = label in reference and relation(label, winner) is not Relation.SAME
        gain = bits[names.index(label), column] - bits[best[column], column] if known else 0.0
        better.append(winner if gain > limits.reference_margin else None)
    return better


def _judge(
    matrix: Neighbours,
    row: int,
    honest: Sequence[int],
    foreign: tuple[float | None, str | None],
    better: str | None,
    limits: Limits,
) -> Confusion:
    labels, nearest = matrix.labels, matrix.nearest(row, honest)
    like = [i for i in honest if i != row and matrix.excess[row, i] < limits.alike]
    wrong, relabel = None, None
    if better is not None:
        wrong, relabel = "reference", better
    elif row not in honest:
        wrong, relabel = "other_language", matrix.right_label(row, honest, limits)
    elif foreign[0] is not None and foreign[0] >= limits.foreign_documents:
        wrong = "foreign_documents"
    return Confusion(
        labels[row],
        float(matrix.own[row]),
        None if nearest is None else labels[nearest],
        None if nearest is None else float(max(matrix.bits[row, nearest], matrix.bits[nearest, row])),
        None if nearest is None else float(matrix.excess[row, nearest]),
        None if nearest is None else matrix.relations[row][nearest],
        *foreign,
        tuple(labels[i] for i in like),
        wrong,
        relabel,
    )
