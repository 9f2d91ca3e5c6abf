"""What becomes of lines of Markdown that say nothing themselves, once all lines are judged."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.spans import Spans
from pipeline.extractor.markdown import FENCE

I64 = NDArray[np.int64]

KEPT = -1
"""The judgement of a chunk that stays; any other number is a reason to go."""


def judge_blocks(judgements: Sequence[I64], stripped: pa.Array, chunks: Spans) -> list[I64]:
    """Return judgements of chunks with those of blank lines and of the fences of code replaced.

    Blank lines part blocks: each stays or goes with the line that it follows. The two fences around code stay
    as long as a line between them stays, else they go for the reason of the first; a fence without a partner
    is a line like any other. Where chunks are larger than lines, only a chunk that is no more than a fence is
    taken for one.

    Args:
        judgements: of each chunk, several times.
        stripped: the chunks without white space around them.
        chunks: where they are.
    """
    says_something = np.asarray(pc.binary_length(stripped), np.int64) > 0
    says_something[chunks.offsets[:-1][np.diff(chunks.offsets) > 0]] = True
    source = np.maximum.accumulate(np.where(says_something, np.arange(len(says_something)), 0))
    opening, closing = _fences(stripped, chunks)
    return [_with_fences(each, says_something, opening, closing)[source] for each in judgements]


def _fences(stripped: pa.Array, chunks: Spans) -> tuple[I64, I64]:
    """Return the chunks that begin and end a block of code, in a quotation too."""
    at = np.flatnonzero(np.asarray(pc.equal(pc.utf8_ltrim(stripped, "> "), FENCE), np.bool_))
    firsts = np.searchsorted(at, chunks.offsets)
    number = np.arange(len(at)) - np.repeat(firsts[:-1], np.diff(firsts))
    is_opening = (number % 2 == 0) & np.append(number[1:] > 0, False)[: len(at)]
    found = np.flatnonzero(is_opening)
    return at[found], at[found + 1]


def _with_fences(judgement: I64, says_something: NDArray[np.bool_], opening: I64, closing: I64) -> I64:
    kept_before = np.zeros(len(judgement) + 1, np.int64)
    np.cumsum((judgement == KEPT) & says_something, out=kept_before[1:])
    code_stays = kept_before[closing] > kept_before[opening + 1]
    result = judgement.copy()
    first = np.where(opening + 1 < closing, opening + 1, opening)
    result[opening] = result[closing] = np.where(code_stays, KEPT, judgement[first])
    return result
