"""How far the lines and sentences of a text agree in language."""

import numpy as np
import pyarrow as pa

from filters.languages import same_language
from filters.models import LID176
from filters.registry import signal
from filters.signals.columns import column, count, ratio
from filters.spans import sums
from filters.text import TextBatch
from filters.unit_languages import UNKNOWN, unit_languages, votes

OSCAR = "OSCAR, ungoliant v2, src/identifiers and src/pipelines/oscardoc"
LEAST_LINES = 10
LEAST_KNOWN = 0.8
LANGUAGES = (2, 5)


@signal(pa.bool_(), unit="truth", source=f"{OSCAR}, multilingual test")
def is_multilingual(text: TextBatch, *, model: str = LID176, least: float = 0.8) -> pa.Array:
    """Whether 2 to 5 languages share the lines evenly; null for a text without a line.

    Holds for a text of 10 lines and more of which over 0.8 have a language with a probability of at least
    `least`, where each language has at least as many lines as all lines / bins (rounded down; the lines
    without a language are a bin where there are any), and these lines are no more than that.
    """
    found = votes(unit_languages(text, model, "line", least)).units
    lines, known = found.sum(axis=1), found[:, :-1]
    languages = (known > 0).sum(axis=1)
    unknown = found[:, -1]
    share = lines // np.maximum(languages + (unknown > 0), 1)
    even = ((known >= share[:, None]) | (known == 0)).all(axis=1) & (unknown <= share)
    many = (languages >= LANGUAGES[0]) & (languages <= LANGUAGES[1])
    result = (lines >= LEAST_LINES) & (lines - unknown > LEAST_KNOWN * lines) & many & even
    return column(text, result, pa.bool_(), lines == 0)


@signal(pa.int32(), unit="lines", source="GlotCC v1, num_sents; OSCAR, ungoliant v2")
def identified_line_count(text: TextBatch, *, model: str = LID176, least: float = 0.8) -> pa.Array:
    """Lines whose language has a probability of at least `least`."""
    found = unit_languages(text, model, "line", least)
    return count(text, sums(found.codes != UNKNOWN, found.offsets))


@signal(pa.float32(), unit="ratio", source="GlotCC v1, identification_consistency")
def lang_line_ratio(text: TextBatch, lang: pa.Array, *, model: str = LID176, least: float = 0.8) -> pa.Array:
    """Lines in the language that `lang` names / lines with a language; null where there is none."""
    found = unit_languages(text, model, "line", least)
    known = found.codes != UNKNOWN
    agrees = np.zeros(len(found.codes), dtype=np.bool_)
    labels = np.array(lang.to_pylist(), dtype=object)[found.rows][known]
    pairs = [(label, found.names[code]) for label, code in zip(labels, found.codes[known], strict=True)]
    same = {pair: pair[0] is not None and same_language(*pair) for pair in set(pairs)}
    agrees[known] = [same[pair] for pair in pairs]
    return ratio(text, sums(agrees, found.offsets), sums(known, found.offsets))


@signal(pa.bool_(), unit="truth", source="ROOTS, lang_id; MADLAD-400, rule 1; NLLB, label equal")
def lang_agrees(lid: pa.Array, lang: pa.Array) -> pa.Array:
    """Whether the text as it stands is in the language that `lang` names; null where either is unknown.

    For a chunk: whether it is in the language of its document. Codes of one language (`cmn`, `zho`) and of
    a macrolanguage and its members are the same; scripts are not compared.
    """
    found = zip(lid.to_pylist(), lang.to_pylist(), strict=True)
    pairs = [(a["label"], b) if a and a["label"] and b else None for a, b in found]
    same = {pair: same_language(*pair) for pair in set(pairs) if pair}
    return pa.array([same[pair] if pair else None for pair in pairs], pa.bool_())
