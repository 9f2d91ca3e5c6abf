"""Which scripts a text is written in, by GlotScript's rule.

White space, ASCII punctuation and ASCII digits are left out; each other code point counts for its Unicode
script. Common (Zyyy), inherited (Zinh) and unknown (Zzzz) count like scripts.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_codepoints import count_values
from filters.registry import signal
from filters.signals.columns import column, ratio
from filters.spans import maxima, where
from filters.tallies import LIGHT, ascii_digits, tally
from filters.text import TextBatch
from filters.unicode_tables import script_codes, script_number

GLOTSCRIPT = "GlotScript 0f6178e (recipes.md 2.4), Kargaran et al. 2024"
JAPANESE = ("Hani", "Hira", "Kana")
KOREAN = ("Hang", "Hani")
OGHAM_SPACE = 0x1680


@dataclass(frozen=True, slots=True)
class ScriptCounts:
    """Code points of each row in each script that the batch has."""

    codes: tuple[str, ...]  # in alphabetical order
    counts: NDArray[np.int64]  # rows x codes

    def of(self, code: str) -> NDArray[np.int64]:
        """Return the code points of each row in one script."""
        return self.counts[:, self.codes.index(code)] if code in self.codes else 0 * self.counts[:, :1].sum(1)


@signal(pa.string(), unit="ISO 15924 code", source=GLOTSCRIPT)
def script(text: TextBatch, *, merge: bool = False) -> pa.Array:
    """Script of most of the code points counted, the first by alphabet of equals; null where none is counted.

    With `merge`, Han and kana together are `Jpan` in a text with kana, and Han counts as `Hang` in a text
    with Hangul, as in language labels.
    """
    found = script_counts(text, merge)
    if not found.codes:
        return pa.nulls(len(text), pa.string())
    best = np.array(found.codes, dtype=object)[found.counts.argmax(axis=1)]
    return column(text, best, pa.string(), found.counts.sum(axis=1) == 0)


@signal(pa.float32(), unit="ratio", source=GLOTSCRIPT)
def script_ratio(text: TextBatch, *, merge: bool = False) -> pa.Array:
    """Code points in the script that `script` names / code points counted; null where none is counted."""
    found = script_counts(text, merge)
    best = found.counts.max(axis=1, initial=0)
    return ratio(text, best, found.counts.sum(axis=1))


@signal(pa.float32(), unit="ratio", source=f"{GLOTSCRIPT}; GlotCC v1, filter-v1.ipynb")
def label_script_ratio(text: TextBatch, lang: pa.Array) -> pa.Array:
    """Code points in the script that `lang` (`swh_Latn`) names / code points counted; null where none is.

    `Jpan` is Han, Hiragana and Katakana, `Kore` and `Hang` are Hangul and Han, `Hans` and `Hant` are Han.
    """
    found = script_counts(text, merge=False)
    labels = lang.cast(pa.string()).dictionary_encode()
    members = np.zeros((len(labels.dictionary) + 1, len(found.codes)), dtype=np.int64)
    for number, label in enumerate(labels.dictionary.to_pylist()):
        members[number] = [code in label_scripts(label) for code in found.codes]
    rows = np.asarray(labels.indices.fill_null(len(labels.dictionary)), dtype=np.int64)
    total = np.where(np.asarray(lang.is_null(), dtype=np.bool_), 0, found.counts.sum(axis=1))
    return ratio(text, (found.counts * members[rows]).sum(axis=1), total)


def label_scripts(label: str) -> tuple[str, ...]:
    """Return the Unicode scripts that a language label's script code stands for."""
    code = label.rpartition("_")[2]
    joined = {"Jpan": JAPANESE, "Kore": KOREAN, "Hang": KOREAN, "Hans": ("Hani",), "Hant": ("Hani",)}
    return joined.get(code, (code,))


def script_counts(text: TextBatch, merge: bool) -> ScriptCounts:
    """Count the code points of each row by script."""
    return text.once(("script_counts", merge), lambda: _merged(_counts(text)) if merge else _counts(text))


def _counts(text: TextBatch) -> ScriptCounts:
    codes = script_codes()
    cells = np.zeros((len(text), len(codes)), dtype=np.int64)
    if is_compiled():
        count_values(text.scripts, text.row_offsets, cells)
    else:
        cells = _count_scripts(text)[:, 1:]
    # what is left out is common, but for one space
    cells[:, script_number("Zyyy")] -= tally(text, LIGHT) + text.per_row(ascii_digits(text))
    if cells[:, script_number("Ogam")].any():
        spaces = text.per_row(where(text.codepoints == OGHAM_SPACE))
        cells[:, script_number("Ogam")] -= spaces
        cells[:, script_number("Zyyy")] += spaces
    numbers = np.flatnonzero(cells.any(axis=0))
    return ScriptCounts(tuple(codes[i] for i in numbers), cells[:, numbers])


def _count_scripts(text: TextBatch) -> NDArray[np.int64]:
    """Count one script of each row at a time, each one number higher: 0 is what is counted already."""
    scripts, rows = text.scripts + np.uint8(1), np.arange(len(text))
    cells = np.zeros((len(text), len(script_codes()) + 1), dtype=np.int64)
    while (highest := maxima(scripts, text.row_offsets)).any():
        others = scripts != np.repeat(highest.astype(np.uint8), text.lengths)
        cells[rows, highest] += text.lengths - text.row_sums(others)
        scripts *= others
    return cells


def _merged(found: ScriptCounts) -> ScriptCounts:
    codes = sorted({*found.codes, "Jpan"})
    counts = np.zeros((len(found.counts), len(codes)), dtype=np.int64)
    place = {code: i for i, code in enumerate(codes)}
    for i, code in enumerate(found.codes):
        counts[:, place[code]] = found.counts[:, i]
    for target, parts, marks in (("Jpan", JAPANESE, JAPANESE[1:]), ("Hang", KOREAN, KOREAN[:1])):
        own = [place[code] for code in parts if code in place]
        rows = sum((counts[:, place[code]] for code in marks if code in place), np.zeros(len(counts))) > 0
        if rows.any():
            total = counts[:, own].sum(axis=1)
            counts[np.ix_(np.flatnonzero(rows), np.array(own))] = 0
            counts[rows, place[target]] = total[rows]
    return ScriptCounts(tuple(codes), counts)
