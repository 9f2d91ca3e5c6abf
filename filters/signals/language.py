"""Which language a text is in: a fastText model's two best labels, and the label with its script."""

import itertools
from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.languages import JOINED_SCRIPTS, with_script
from filters.models import LID176, open_identifier
from filters.registry import signal
from filters.signals.scripts import label_scripts, script_counts
from filters.text import TextBatch
from filters.unicode_tables import SPACE
from filters.unit_languages import END_OF_LINE, SURROGATES, unit_languages, votes

FASTTEXT = "Joulin et al. 2017, arXiv:1607.01759; https://fasttext.cc/docs/en/language-identification.html"
GLOTLID = "labels as in GlotLID, Kargaran et al. 2023, arXiv:2310.16248"

LID = pa.struct(
    [
        ("label", pa.string()),
        ("score", pa.float32()),
        ("second", pa.string()),
        ("second_score", pa.float32()),
    ]
)
NO_SCRIPT = ("Zinh", "Zyyy", "Zzzz")
"""Inherited, common and unknown: what letters of any script go with."""

NO_LANGUAGE = ("und", "zxx")
"""ISO 639-3 for an unknown language and for no linguistic content: labels of GlotLID and glotlid-mini."""

WHOLE = "text"
"""The unit of a text that is identified as a whole."""


@signal(LID, unit="labels and probabilities", source=FASTTEXT)
def lid(
    text: TextBatch,
    *,
    model: str = LID176,
    sample: int = 3000,
    lower: bool = False,
    unit: str = WHOLE,
    least: float = 0.0,
    only: Sequence[str] = (),
    renormalise: bool = False,
) -> pa.Array:
    """The two likeliest languages by a fastText model, as ISO 639-3 or label, with probabilities from 0 to 1.

    Of a text longer than `sample` code points, a third of `sample` each is read at its beginning, its middle
    and its end, so that boilerplate at the top does not decide. White space of any kind is a space. With
    `lower`, letters are made small first (ROOTS). Null where there is nothing but white space; `second` is
    null where the model has one label.

    `unit="line"`: each line is identified, with no language where its probability is under `least`; the label
    is the language of most bytes and `score` its bytes times their probabilities / all bytes (OSCAR, `least`
    0.8). `unit="sentence"`: the same with each sentence counting one (MADLAD-400).

    `only` restricts a whole text to labels (`swh_Latn`, or `swh` for any script): with `renormalise` before
    the softmax, so that they share a probability of 1, else after it.
    """
    if unit != WHOLE:
        return _by_units(text, model, unit, least)
    lines = sample_lines(text, sample)
    if lower:
        lines = [line.lower() for line in lines]
    identifier = open_identifier(model)
    best_two = identifier.best_two
    if only:
        best_two = partial(identifier.best_two_of, languages=frozenset(only), renormalise=renormalise)
    return pa.array([_record(best_two(line)) if line else None for line in lines], LID)


def _by_units(text: TextBatch, model: str, unit: str, least: float) -> pa.Array:
    found = votes(unit_languages(text, model, unit, least))
    order = found.order()
    names = np.array([*found.names, None], dtype=object)
    rows, totals = np.arange(len(text)), found.sizes.sum(axis=1)
    fields: list[pa.Array] = []
    for place in range(2):
        if place >= len(names):
            fields += [pa.nulls(len(text), pa.string()), pa.nulls(len(text), pa.float32())]
            continue
        best = order[:, place]
        sizes = found.sizes[rows, best]
        scores = np.divide(found.weighted[rows, best], totals, out=np.zeros(len(text)), where=totals > 0)
        fields.append(pa.array(names[best], pa.string(), mask=sizes == 0))
        fields.append(pa.array(scores.astype(np.float32), mask=sizes == 0))
    return pa.StructArray.from_arrays(fields, fields=list(LID), mask=pa.array(totals == 0))


def _record(found: list[tuple[float, str]]) -> dict[str, object] | None:
    if not found:
        return None
    (score, label), (second_score, second) = (*found, (None, None))[:2]
    return {"label": label, "score": score, "second": second, "second_score": second_score}


def sample_lines(text: TextBatch, sample: int) -> list[str]:
    """Return each row as one line of about `sample` code points at most; empty where there is nothing."""
    surrogates = (text.codepoints >= SURROGATES[0]) & (text.codepoints <= SURROGATES[1])
    codepoints = np.where(text.flag(SPACE) | surrogates, np.uint32(0x20), text.codepoints)
    bounds = text.row_offsets.tolist()
    return [_sampled(codepoints[begin:end], sample) for begin, end in itertools.pairwise(bounds)]


def _sampled(row: NDArray[np.uint32], sample: int) -> str:
    length, third = len(row), max(sample // 3, 1)
    pieces = [row]
    if length > sample:
        middle = (length - third) // 2
        pieces = [row[:third], row[middle : middle + third], row[length - third :]]
    line = " ".join(piece.tobytes().decode("utf-32-le") for piece in pieces).strip()
    return line.replace(END_OF_LINE, " ").strip() if END_OF_LINE in line else line


@signal(pa.string(), unit="ISO 639-3 and ISO 15924", source=GLOTLID)
def lang(lid: pa.Array, text: TextBatch) -> pa.Array:
    """The likeliest language as `swh_Latn`: the model's label, and the script of the text where it has none.

    The script is that of most code points, white space, ASCII punctuation and digits, and code points of no
    script of their own (Zyyy, Zinh, Zzzz) left out; the first by alphabet of equals. Japanese is `jpn_Jpan`
    when its Han and kana together are the most, Korean `kor_Hang` when its Hangul and Han are. Null where
    there is no label, no script and the label names none, or the label is `und` or `zxx`: no language.
    """
    return _labels(pc.struct_field(lid, "label"), text)


@signal(pa.float32(), unit="probability", source=FASTTEXT)
def lang_score(lid: pa.Array) -> pa.Array:
    """Probability of the likeliest label; null where there is none."""
    return pc.struct_field(lid, "score")


@signal(pa.string(), unit="ISO 639-3 and ISO 15924", source=GLOTLID)
def lang_second(lid: pa.Array, text: TextBatch) -> pa.Array:
    """The second likeliest language, labelled as `lang` with the script of the text; null without one."""
    return _labels(pc.struct_field(lid, "second"), text)


@signal(pa.float32(), unit="probability", source=FASTTEXT)
def lang_second_score(lid: pa.Array) -> pa.Array:
    """Probability of the second likeliest label; null where there is none."""
    return pc.struct_field(lid, "second_score")


@signal(pa.float32(), unit="probability", source=FASTTEXT)
def lang_margin(lid: pa.Array) -> pa.Array:
    """Probability of the likeliest label less that of the second, which is 0 where there is none."""
    second = pc.struct_field(lid, "second_score").fill_null(pa.scalar(0, pa.float32()))
    margin = pc.subtract(pc.struct_field(lid, "score"), second)
    return pc.max_element_wise(margin, pa.scalar(0, pa.float32()), skip_nulls=False)


def _labels(languages: pa.Array, text: TextBatch) -> pa.Array:
    """Return each language with the script of its text."""
    found = script_counts(text, merge=False)
    languages = languages.dictionary_encode()
    places = np.asarray(languages.indices.fill_null(-1), dtype=np.int64)
    labels = np.full(len(text), None, dtype=object)
    for place, language in enumerate(languages.dictionary.to_pylist()):
        if language.partition("_")[0] in NO_LANGUAGE:
            continue
        rows = np.flatnonzero(places == place)
        joined = JOINED_SCRIPTS.get(language)
        members = label_scripts(joined) if joined else ()
        kinds = [joined if code in members else None if code in NO_SCRIPT else code for code in found.codes]
        labels[rows] = _label_rows(language, kinds, found.counts[rows])
    return pa.array(labels, pa.string())


def _label_rows(language: str, kinds: list[str | None], counts: NDArray[np.int64]) -> list[str | None]:
    """Return the label of a language for rows of code points counted by the scripts `kinds`."""
    names = sorted({kind for kind in kinds if kind})
    totals = np.zeros((len(counts), len(names) + 1), dtype=np.int64)
    for column, kind in enumerate(kinds):
        if kind:
            totals[:, names.index(kind)] += counts[:, column]
    totals[:, -1] = totals[:, :-1].sum(axis=1) == 0  # the last column is for no script at all
    labels = [with_script(language, name) for name in (*names, None)]
    return [labels[best] for best in totals.argmax(axis=1).tolist()]
