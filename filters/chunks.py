"""Chunks: the pieces of a text that chunk rules measure and drop. Put one after another they are the text."""

from typing import Final

import numpy as np
import pyarrow as pa

from filters import sentences
from filters.sentences import CHUNK_CHARACTERS
from filters.spans import Spans
from filters.text import TextBatch, cut_by_bytes
from filters.unicode_tables import LINE_FEED
from schemas.errors import RecipeError

CHUNK_UNITS: Final = ("line", "whole_line", "sentence", "paragraph")


def chunk_spans(text: TextBatch, *, max_characters: int = CHUNK_CHARACTERS, unit: str = "line") -> Spans:
    """Return the chunks of each text.

    `line`: lines, those over `max_characters` code points cut into sentences; `whole_line`: lines of any
    length; `sentence`: sentences, which end at lines too; `paragraph`: lines up to a blank one. Each chunk
    holds the line feeds and the white space after it.

    Raises:
        RecipeError: there is no such unit.
    """
    if unit == "line":
        return sentences.chunk_spans(text, max_characters)
    if unit == "whole_line":
        return sentences.chunk_spans(text, max(1, len(text.codepoints)))
    if unit == "sentence":
        return sentences.sentences(text)
    if unit == "paragraph":
        return _paragraphs(text)
    raise RecipeError(f"chunks: unit: expected one of {', '.join(CHUNK_UNITS)}, got {unit!r}")


def count_chunks(texts: pa.Array, *, max_characters: int = CHUNK_CHARACTERS, unit: str = "line") -> int:
    """Return how many chunks the texts of a column have together."""
    pieces = (texts.slice(first, last - first) for first, last in cut_by_bytes(texts))
    batches = map(TextBatch.from_arrow, pieces)
    return sum(len(chunk_spans(batch, max_characters=max_characters, unit=unit)) for batch in batches)


def _paragraphs(text: TextBatch) -> Spans:
    feeds = np.append(text.codepoints == LINE_FEED, False)
    flags = text.row_starts_flags.copy()
    at = text.line_feeds + 1
    blank = (text.line_feeds > 0) & feeds[text.line_feeds - 1] & ~text.row_starts_flags[text.line_feeds]
    flags[at[blank & ~feeds[at]]] = True
    edges = np.flatnonzero(flags)
    return text.spans(edges[:-1], edges[1:])
