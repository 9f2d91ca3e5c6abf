"""Which blocks are the text of a page, given how likely each one is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.view import Blocks

COMMENTS: Final = ("auto", "keep", "drop")
COMMENT_WORDS: Final = 5
"""Words of a block among comments that is more than a name, a date or a button."""
LEAST_WORDS: Final = 60
"""Words that must remain for comments to be dropped by `auto`."""


def choose(blocks: Blocks, likelihood: NDArray[np.float64], comments: str = "auto") -> NDArray[np.bool_]:
    """Return which blocks to keep.

    On each page these are the likeliest blocks, cut where the expected word F1 is highest. A page with a
    block always keeps one.

    Args:
        blocks: of a batch of pages.
        likelihood: of each block, that it belongs to the text.
        comments: `keep` those of readers that are more than a few words, `drop` them, or `auto`: drop them
            where the page is no forum and enough other text is left. None drops the last text of a page.
    """
    kept = _likeliest(blocks, likelihood)
    if not blocks.is_comment.any():
        return kept
    if comments == "keep":
        return np.asarray(kept | (blocks.is_comment & (blocks.words >= COMMENT_WORDS)))
    other = kept & ~blocks.is_comment
    left = np.bincount(blocks.page[other], blocks.words[other], minlength=len(blocks.is_forum))
    drops = left > 0 if comments == "drop" else (left >= LEAST_WORDS) & ~blocks.is_forum
    return np.asarray(np.where(drops[blocks.page], other, kept))


def _likeliest(blocks: Blocks, likelihood: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the blocks whose likelihood reaches the best cut of their page.

    The expected F1 of the blocks above a cut is 2 Σ p n / (Σ n + Σ over all blocks p n), with p the
    likelihood and n the words of a block.
    """
    order = np.lexsort((-likelihood, blocks.page))
    sorted_likelihood, words = likelihood[order], blocks.words[order]
    page, start = blocks.page[order], blocks.first[blocks.page]
    found, length = _running(sorted_likelihood * words), _running(words)
    expected = found[blocks.first[page + 1]] - found[start]
    score = 2 * (found[1:] - found[start]) / (length[1:] - length[start] + expected)
    pages = np.flatnonzero(np.diff(blocks.first))
    highest = np.zeros(len(blocks.is_forum))
    highest[pages] = np.maximum.reduceat(score, blocks.first[pages]) if len(pages) else 0
    best = np.flatnonzero(score == highest[page])[::-1]
    cut = np.full(len(blocks.is_forum), 2.0)
    cut[page[best]] = sorted_likelihood[best]  # the last assignment is the first of several best ones
    return np.asarray(likelihood >= cut[blocks.page])


def _running(values: NDArray[np.float64]) -> NDArray[np.float64]:
    result = np.zeros(len(values) + 1)
    np.cumsum(values, out=result[1:])
    return result
