"""Sets of characters that published recipes name, as masks over all code points."""

import functools
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from filters.unicode_tables import CODE_POINTS, EMOJI, tables


@functools.cache
def listed(name: str) -> NDArray[np.bool_]:
    """Return the mask of `data/<name>.txt`: one `U+XXXX` a line, `#` begins a comment."""
    lines = resources.files("filters").joinpath(f"data/{name}.txt").read_text(encoding="utf-8").splitlines()
    mask = np.zeros(CODE_POINTS, dtype=np.bool_)
    mask[[int(line[2:].split()[0], 16) for line in lines if line.startswith("U+")]] = True
    return mask


@functools.cache
def special_characters() -> NDArray[np.bool_]:
    """Return the mask of ROOTS's special characters: the listed ones and emoji.

    The published set has the single-character keys of the package `emoji` 1.6.1 for emoji; here it is Unicode's
    Emoji property.
    """
    mask: NDArray[np.bool_] = listed("roots_special_characters") | (
        (tables().properties & np.uint32(EMOJI)) != 0
    )
    return mask
