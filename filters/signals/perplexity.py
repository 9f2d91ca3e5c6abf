"""How surprising a text is to a language model of its language."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from filters.model_text import SPACE_SYMBOL, Normalisation, Units, find_normalisation
from filters.models import LanguageModel, open_language_model, open_word_model
from filters.registry import signal
from filters.surprise import Reference, bits_per_byte
from filters.text import TextBatch
from schemas.errors import ModelError

CCNET = "cc_net bda555b, perplexity.py, Wenzek et al. 2020, arXiv:1911.00359"
UNGOLIANT = "use: oscar-project/ungoliant b26f11d; formula: kenlm, python/kenlm.pyx, Model.perplexity"


@signal(pa.float64(), unit="perplexity per unit", source=CCNET)
def perplexity(
    text: TextBatch, lang: pa.Array, *, models: str | None = None, normalisation: str = "ccnet"
) -> pa.Array:
    """10 to the power of -(sum of log10 P of the units and the end) / (units + 1), by the model of `lang`.

    The text is one line, normalised and cut into units as `filters/model_text.py` says for `normalisation`:
    `ccnet`, `roots`, `oscar`, `characters` or `glotmill`; the first two round to one decimal, as published.
    Null where the folder `models` has no model of that language or the normalised text is empty.
    """
    chosen = find_normalisation(normalisation)

    def measure(label: str, texts: list[str], model: LanguageModel) -> list[float | None]:
        _check(model, chosen, label)
        scores = score_texts(texts, model, chosen)
        return [None if score is None else score.perplexity(chosen.decimals) for score in scores]

    return _by_language(text, lang, models, measure)


@signal(
    pa.float64(), unit="spreads of the reference", source="glotmill; compares perplexity between languages"
)
def standardised_perplexity(text: TextBatch, lang: pa.Array, *, models: str | None = None) -> pa.Array:
    """Place of a text among the texts that the model of `lang` is known by, in bits for each byte.

    0 is the median of the texts held out of training, -1 their 16th and 1 their 84th percentile, in a line
    between and beyond: the same number is as unusual in any language. Units and normalisation are those that
    the model was trained with; models of characters tell small languages, Han and kana best. Null where the
    folder `models` has no model of that language or the normalised text is empty.
    """
    return _by_language(text, lang, models, _places)


def _places(label: str, texts: list[str], model: LanguageModel) -> list[float | None]:
    reference = Reference.of_manifest(model.manifest)
    if reference is None:
        raise ModelError(
            f"language model {label}: its manifest has no percentiles of bits for each byte; "
            "train it again with: glotmill train-lm"
        )
    chosen = find_normalisation(str(model.manifest["normalisation"]))
    _check(model, chosen, label)
    bits = bits_per_byte(unit_lines(texts, model, chosen), model.kenlm, chosen.units)
    return [None if value is None else reference.place(value) for value in bits]


def _by_language(
    text: TextBatch,
    lang: pa.Array,
    models: str | None,
    measure: Callable[[str, list[str], LanguageModel], list[float | None]],
) -> pa.Array:
    """Return what `measure` gives for the texts of each language that has a model; null for the others."""
    values: list[float | None] = [None] * len(text)
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(lang.to_pylist() if models is not None else ()):
        if label is not None and not text.is_null[row]:
            rows.setdefault(label, []).append(row)
    for label, places in sorted(rows.items()):
        model = open_language_model(str(models), label)
        if model is None:
            continue
        for row, value in zip(places, measure(label, _strings(text, places), model), strict=True):
            values[row] = value
    return pa.array(values, pa.float64())


@signal(pa.float64(), unit="perplexity per word", source=UNGOLIANT)
def word_perplexity(text: TextBatch, *, model: str | None = None) -> pa.Array:
    """10 to the power of -(log10 P of the words and the end) / (words + 1), by one model for all languages.

    Words are what white space separates; newlines are spaces. OSCAR's harmful perplexity, with a model of
    adult text: low is harmful. Null without a model, and for a text without words.
    """
    if model is None:
        return pa.nulls(len(text), pa.float64())
    rows = np.flatnonzero(~text.is_null).tolist()
    scores = score_texts(_strings(text, rows), open_word_model(model), find_normalisation("oscar"))
    values: list[float | None] = [None] * len(text)
    for row, score in zip(rows, scores, strict=True):
        values[row] = None if score is None else score.perplexity(None)
    return pa.array(values, pa.float64())


class Score(NamedTuple):
    """What a model says of one text."""

    log10: float
    """Logarithm of the probability of the units and the end."""
    length: int
    """Units, the end counted."""

    def perplexity(self, decimals: int | None) -> float:
        """Return 10 to the power of -log10 / length, rounded when `decimals` says so."""
        value: float = 10.0 ** (-self.log10 / self.length)
        return value if decimals is None else round(value, decimals)


def score_texts(
    texts: Sequence[str], model: LanguageModel, normalisation: Normalisation
) -> list[Score | None]:
    """Return the score of each text; nothing for a text that has no units."""
    score = model.kenlm.score
    lines = unit_lines(texts, model, normalisation)
    lengths = [count_units(line, normalisation.units) for line in lines]
    return [Score(score(line), n + 1) if n else None for line, n in zip(lines, lengths, strict=True)]


def unit_lines(texts: Sequence[str], model: LanguageModel, normalisation: Normalisation) -> list[str]:
    """Return each text as the line of units, with spaces between, that is scored."""
    cleaned = [normalisation.clean(text) for text in texts]
    if normalisation.units is Units.PIECES:
        assert model.pieces is not None, "checked when the model was opened"
        return [" ".join(pieces) for pieces in model.pieces.encode(cleaned, out_type=str)]
    if normalisation.units is Units.CHARACTERS:
        return [" ".join(line.replace(" ", SPACE_SYMBOL)) for line in cleaned]
    return cleaned


def count_units(line: str, units: Units) -> int:
    """Return the number of units as where it was published: words by bytes, the others by characters."""
    return len(line.encode().split()) if units is Units.WORDS else len(line.split())


def _check(model: LanguageModel, normalisation: Normalisation, label: str) -> None:
    trained = model.manifest.get("normalisation", normalisation.name)
    if trained != normalisation.name:
        raise ModelError(
            f"language model {label}: trained on text normalised as {trained!r}, asked to score it as "
            f"{normalisation.name!r}; ask for {trained!r} or train another model"
        )
    if normalisation.units is Units.PIECES and model.pieces is None:
        raise ModelError(
            f"language model {label}: normalisation {normalisation.name!r} expects a SentencePiece model "
            "beside the KenLM model, found none"
        )


def _strings(text: TextBatch, rows: Sequence[int]) -> list[str]:
    bounds = text.row_offsets.tolist()
    return [text.codepoints[bounds[r] : bounds[r + 1]].tobytes().decode("utf-32-le") for r in rows]
