"""Edits of whole pages that work on strings: addresses, phrases of an interface, empty lines, table bars.

What Arrow can do for a column at once it does; the others look only at texts that hold what they cut.
"""

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters import search
from filters.classifiers import open_classifier
from filters.phrases import INTERFACE_SIGNS
from filters.registry import Edited, edit
from filters.sentences import sentences
from filters.text import TextBatch, encode

REFINEDWEB: Final = "RefinedWeb, Penedo et al. 2023, appendix G; DCLM refinedweb.yaml"
ADDRESS: Final = r"\s{0,10}(?:(?:https?|ftp)://|\bwww\.)[-a-zA-Z0-9@:%._+~#=/?&()]+"
PHRASES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (r"\s?items in cart", r"\s?read more...$", r"^sign-in\s?")
)
"""In the order of DCLM; its full stops are those of a regular expression: any three characters end a line."""


@edit(source=f"{REFINEDWEB}, newlines")
def limit_line_feeds(text: TextBatch, *, most: int = 2) -> Edited:
    """Make each longer run of line feeds one of `most`; each run counts."""
    before = encode(text.codepoints, text.lengths)
    pattern = rf"\n{{{most + 1},}}"
    changes = pc.count_substring_regex(before, pattern)
    return _edited(text, pc.replace_substring_regex(before, pattern, "\n" * most), changes)


@edit(source=f"{REFINEDWEB}, addresses")
def drop_addresses(text: TextBatch) -> Edited:
    """Cut addresses that begin with `http://`, `https://`, `ftp://` or `www.`, and the white space before.

    The published code also cuts hosts alone, by the list of top-level domains, and numeric addresses.
    """
    before = encode(text.codepoints, text.lengths)
    changes = pc.count_substring_regex(before, ADDRESS)
    return _edited(text, pc.replace_substring_regex(before, ADDRESS, ""), changes)


@edit(source=f"{REFINEDWEB}, parts of the interface")
def cut_interface_phrases(text: TextBatch, *, words: int = 10) -> Edited:
    """Cut `items in cart`, `read more...` at the end and `sign-in` at the beginning of short lines.

    Case-folded; in lines of at most so many white-space words; a line of which nothing is left goes. Three
    characters of any kind follow `read more`, as published. A text that this changes counts as one change.
    """
    held = search.count_any(text, INTERFACE_SIGNS, fold=True) > 0
    return _by_text(text, held, lambda row: _without_phrases(row, words))


def _without_phrases(text: str, words: int) -> str:
    for phrase in PHRASES:
        lines = []
        for line in text.split("\n"):
            cut = phrase.sub("", line) if len(line.split()) <= words else line
            if not line or cut.strip():
                lines.append(cut)
        text = "\n".join(lines).strip()
    return text


@edit(source="FineWeb-2, fineweb-2-pipeline.py; datatrove formatters/symbol_lines_remover.py")
def blank_symbol_lines(text: TextBatch, *, symbols: str = "|", replacement: str = "\n") -> Edited:
    """Make each run of lines that hold only `symbols` and spaces one line of `replacement`.

    Lines are those of `str.splitlines`; blank ones stay. FineWeb-2 mends tables of trafilatura this way. A
    text that this changes counts as one change.
    """
    held = search.count_any(text, tuple(symbols)) > 0
    return _by_text(text, held, lambda row: _without_symbol_lines(row, set(symbols), replacement))


def _without_symbol_lines(text: str, symbols: set[str], replacement: str) -> str:
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        is_symbols = bool(line.strip()) and set(line) <= symbols | {" "}
        if not is_symbols:
            kept.append(line)
        elif not inside and replacement:
            kept.append(replacement)
        inside = is_symbols
    return "\n".join(kept)


@edit(source="Dolma, python/dolma/taggers/jigsaw.py (sentences at 0.4 and more); mixing/cc-head.yaml")
def drop_scored_sentences(
    text: TextBatch, *, model: str | None = None, label: str = "__label__toxic", least: float = 0.4
) -> Edited:
    """Cut the sentences to which a fastText classifier gives `label` with at least so much probability.

    A sentence goes with the white space after it; without a model nothing is cut. The published sentences are
    those of BlingFire.
    """
    before = encode(text.codepoints, text.lengths)
    if model is None:
        return _edited(text, before, pa.array(np.zeros(len(text), dtype=np.int32)))
    classifier, spans = open_classifier(model), sentences(text)
    scores = [classifier.probability(s, label) for s in text.slice_text(spans).to_pylist()]
    kept = spans.chosen(np.array([score is None or score < least for score in scores], dtype=np.bool_))
    offsets = pa.array(kept.offsets, pa.int32())
    after = pc.binary_join(pa.ListArray.from_arrays(offsets, text.slice_text(kept)), "")
    return _edited(text, after, pa.array(spans.counts - kept.counts))


def _by_text(text: TextBatch, chosen: NDArray[np.bool_], change: Callable[[str], str]) -> Edited:
    """Change the chosen texts one by one; each that becomes another counts."""
    before = encode(text.codepoints, text.lengths)
    changes = np.zeros(len(text), dtype=np.int32)
    rows = np.flatnonzero(chosen)
    if len(rows) == 0:
        return _edited(text, before, pa.array(changes))
    found = before.to_pylist()
    for row in rows.tolist():
        after = change(found[row])
        changes[row] = after != found[row]
        found[row] = after
    return _edited(text, pa.array(found, pa.string()), pa.array(changes))


def _edited(text: TextBatch, after: pa.Array, changes: pa.Array) -> Edited:
    missing = pa.array(text.is_null)
    after = pc.if_else(missing, pa.scalar(None, pa.string()), after)
    return Edited(after, pc.if_else(missing, pa.scalar(None, pa.int32()), changes.cast(pa.int32())))
