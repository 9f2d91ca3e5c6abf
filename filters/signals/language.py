"""Which language a text is in: a fastText model's two best labels, and the label with its script."""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.languages import with_script
from filters.models import LID176, LanguageIdentifier, open_identifier
from filters.registry import signal
from filters.text import TextBatch
from filters.unicode_tables import SPACE

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
SURROGATES = (0xD800, 0xDFFF)
END_OF_LINE = "</s>"
"""fastText stops reading at this word."""


@signal(LID, unit="labels and probabilities", source=FASTTEXT)
def lid(text: TextBatch, *, model: str = LID176, sample: int = 3000) -> pa.Array:
    """The two likeliest languages by a fastText model, as ISO 639-3 or label, with probabilities from 0 to 1.

    Of a text longer than `sample` code points, a third of `sample` each is read at its beginning, its middle
    and its end, so that boilerplate at the top does not decide. White space of any kind is a space. Null
    where there is nothing but white space; `second` is null where the model has one label.
    """
    lines = sample_lines(text, sample)
    identifier = open_identifier(model)
    return pa.array([_best_two(identifier, line) if line else None for line in lines], LID)


def _best_two(identifier: LanguageIdentifier, line: str) -> dict[str, object] | None:
    found = [(min(probability, 1.0), label) for probability, label in identifier.best_two(line)]
    if not found:
        return None
    (score, label), (second_score, second) = (*found, (None, None))[:2]
    return {"label": label, "score": score, "second": second, "second_score": second_score}


def sample_lines(text: TextBatch, sample: int) -> list[str]:
    """Return each row as one line of about `sample` code points at most; empty where there is nothing."""
    third = max(sample // 3, 1)
    surrogates = (text.codepoints >= SURROGATES[0]) & (text.codepoints <= SURROGATES[1])
    codepoints = np.where(text.flag(SPACE) | surrogates, np.uint32(0x20), text.codepoints)
    bounds = text.row_offsets.tolist()
    return [_sampled(codepoints[begin:end], third) for begin, end in itertools.pairwise(bounds)]


def _sampled(row: NDArray[np.uint32], third: int) -> str:
    length = len(row)
    pieces = [row]
    if length > 3 * third:
        middle = (length - third) // 2
        pieces = [row[:third], row[middle : middle + third], row[length - third :]]
    line = " ".join(piece.tobytes().decode("utf-32-le") for piece in pieces).strip()
    return line.replace(END_OF_LINE, " ").strip() if END_OF_LINE in line else line


@signal(pa.string(), unit="ISO 639-3 and ISO 15924", source=GLOTLID)
def lang(lid: pa.Array, script: pa.Array) -> pa.Array:
    """The likeliest language as `swh_Latn`: the model's label, and the script of the text where it has none.

    Japanese in Han or kana is `jpn_Jpan`, Korean in Hangul or Han `kor_Hang`. Null where the language is
    null, or the script is null and the model does not name one.
    """
    return _labels(pc.struct_field(lid, "label"), script)


@signal(pa.float32(), unit="probability", source=FASTTEXT)
def lang_score(lid: pa.Array) -> pa.Array:
    """Probability of the likeliest label; null where there is none."""
    return pc.struct_field(lid, "score")


@signal(pa.string(), unit="ISO 639-3 and ISO 15924", source=GLOTLID)
def lang_second(lid: pa.Array, script: pa.Array) -> pa.Array:
    """The second likeliest language, labelled as `lang`; null where there is none."""
    return _labels(pc.struct_field(lid, "second"), script)


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


def _labels(languages: pa.Array, scripts: pa.Array) -> pa.Array:
    """Return the label of each language in its script; each pair that can occur is looked at once."""
    languages, scripts = languages.dictionary_encode(), scripts.cast(pa.string()).dictionary_encode()
    kinds = [*scripts.dictionary.to_pylist(), None]
    table = [with_script(code, kind) for code in languages.dictionary.to_pylist() for kind in kinds]
    language = np.asarray(languages.indices.fill_null(0), dtype=np.int64)
    kind = np.asarray(scripts.indices.fill_null(len(kinds) - 1), dtype=np.int64)
    missing = np.asarray(languages.is_null(), dtype=np.bool_)
    return pa.array(table, pa.string()).take(pa.array(language * len(kinds) + kind, mask=missing))
