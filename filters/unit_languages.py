"""The language of a text by its lines or its sentences: each is identified, the most weight decides.

OSCAR weighs lines by their bytes and leaves those under a probability of 0.8 unknown; MADLAD-400 counts
sentences.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.models import open_identifier
from filters.sentences import sentences
from filters.spans import Spans
from filters.text import TextBatch
from schemas.errors import RecipeError

UNITS: Final = ("line", "sentence")
SURROGATES: Final = (0xD800, 0xDFFF)
END_OF_LINE: Final = "</s>"
"""fastText stops reading at this word."""

UNKNOWN: Final = -1

Numbers = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class UnitLanguages:
    """What a model says of each unit of a batch; units of white space only are left out."""

    offsets: Numbers
    """The units of row i are those from `offsets[i]` to `offsets[i + 1]`."""
    names: tuple[str, ...]
    codes: Numbers
    """The likeliest language of each unit, a number in `names`; -1 where its probability is under `least`."""
    scores: Scores
    """The probability of that language; 1 where it is unknown, as OSCAR counts it."""
    sizes: Numbers
    """Bytes of a line in UTF-8; 1 for a sentence."""

    @property
    def rows(self) -> Numbers:
        """The row of each unit."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, slots=True)
class Votes:
    """The weight of each language in each row, and of the unknown one in the last column."""

    names: tuple[str, ...]
    sizes: Scores  # rows x (languages + 1), bytes or sentences
    weighted: Scores  # the same, each unit times its probability
    units: Numbers  # the same, units

    def order(self) -> Numbers:
        """The columns of each row, from the largest size down; the first by name of equals."""
        return np.argsort(-self.sizes, axis=1, kind="stable")


def unit_languages(text: TextBatch, model: str, unit: str, least: float = 0.0) -> UnitLanguages:
    """Identify each line or sentence of the batch.

    Raises:
        RecipeError: there is no such unit.
        ModelError: the model cannot be opened.
    """
    if unit not in UNITS:
        raise RecipeError(f"lid: unit: expected text, {' or '.join(UNITS)}, got {unit!r}")
    return text.once(("unit languages", model, unit, least), lambda: _identify(text, model, unit, least))


def votes(found: UnitLanguages) -> Votes:
    """Add up what the units of each row say."""
    shape = (len(found.offsets) - 1, len(found.names) + 1)
    cells = found.rows * shape[1] + found.codes % shape[1]  # -1, the unknown one, is the last column

    def total(values: Scores) -> Scores:
        summed = np.bincount(cells, weights=values, minlength=shape[0] * shape[1])
        return summed.astype(np.float64).reshape(shape)

    units = total(np.ones(len(cells))).astype(np.int64)
    weight = found.sizes.astype(np.float64)
    return Votes(found.names, total(weight), total(weight * found.scores), units)


def _identify(text: TextBatch, model: str, unit: str, least: float) -> UnitLanguages:
    spans = text.stripped(text.lines() if unit == "line" else sentences(text))
    identifier = open_identifier(model)
    labels, scores = [], np.ones(len(spans), np.float64)
    for number, line in enumerate(_strings(text, spans)):
        score, label = next(iter(identifier.best_two(line)), (0.0, None)) if line else (0.0, None)
        known = label is not None and score >= least
        labels.append(label if known else None)
        scores[number] = min(score, 1.0) if known else 1.0
    names = tuple(sorted({label for label in labels if label is not None}))
    place = {name: i for i, name in enumerate(names)}
    codes = np.array([place.get(label, UNKNOWN) if label else UNKNOWN for label in labels], np.int64)
    sizes = _bytes(text, spans) if unit == "line" else np.ones(len(spans), np.int64)
    return UnitLanguages(spans.offsets, names, codes, scores, sizes)


def _strings(text: TextBatch, spans: Spans) -> list[str]:
    surrogates = (text.codepoints >= SURROGATES[0]) & (text.codepoints <= SURROGATES[1])
    codepoints = np.where(surrogates | (text.codepoints == ord("\n")), np.uint32(0x20), text.codepoints)
    bounds = zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
    lines = (codepoints[start:end].tobytes().decode("utf-32-le") for start, end in bounds)
    return [line.replace(END_OF_LINE, " ").strip() for line in lines]


def _bytes(text: TextBatch, spans: Spans) -> Numbers:
    more = np.zeros(len(text.codepoints), np.int64)
    for limit in (0x7F, 0x7FF, 0xFFFF):
        more += text.codepoints > limit
    before = np.concatenate(([0], np.cumsum(more + 1)))
    return np.asarray(before[spans.ends] - before[spans.starts], np.int64)
