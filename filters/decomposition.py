"""Unicode form NFD over the code points of a batch, without a string in between.

Decompositions never change once a character is assigned, so Python's own data serve, read at the first use.
"""

import functools
import unicodedata
from typing import Final

import numpy as np
from numpy.typing import NDArray

from filters.unicode_tables import CATEGORIES, CATEGORY_MASK, CODE_POINTS, look_up, tables

CodePoints = NDArray[np.uint32]
Positions = NDArray[np.int64]

FIRST_DECOMPOSED: Final = 0xC0
FIRST_MARK: Final = 0x300


def decompose(codepoints: CodePoints, offsets: Positions) -> tuple[CodePoints, Positions]:
    """Return the decomposed code points, marks in canonical order, and the offsets of the rows in them."""
    sizes, places, values = _decompositions()
    high = np.flatnonzero(codepoints >= FIRST_DECOMPOSED)
    changed = high[sizes[codepoints[high]] > 0]
    if len(changed):
        size = sizes[codepoints[changed]].astype(np.int64)
        grown = np.cumsum(size - 1)
        within = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
        target = np.repeat(changed + grown - (size - 1), size) + within
        counts = np.ones(len(codepoints), dtype=np.int64)
        counts[changed] = size
        result = np.repeat(codepoints, counts)
        result[target] = values[np.repeat(places[codepoints[changed]], size) + within]
        offsets = offsets + np.concatenate(([0], grown))[np.searchsorted(changed, offsets)]
        codepoints = result
    return _ordered(codepoints, offsets), offsets


def growth(codepoints: CodePoints) -> NDArray[np.uint8]:
    """Return how many code points more each has when it is decomposed."""
    return look_up(_growths(), codepoints)


@functools.cache
def _growths() -> NDArray[np.uint8]:
    sizes, _, _ = _decompositions()
    return np.maximum(sizes, 1) - np.uint8(1)


def _ordered(codepoints: CodePoints, offsets: Positions) -> CodePoints:
    """Sort each run of marks by their combining classes; equal ones stay in order."""
    at = np.flatnonzero(codepoints >= FIRST_MARK)
    classes = _combining_classes()[codepoints[at]]
    at, classes = at[classes > 0], classes[classes > 0]
    fresh = offsets[np.searchsorted(offsets, at, side="right") - 1] == at
    fresh[1:] |= np.diff(at) != 1
    if not (~fresh[1:] & (classes[:-1] > classes[1:])).any():
        return codepoints
    order = np.lexsort((classes, np.cumsum(fresh)))
    result = codepoints.copy()
    result[at] = codepoints[at[order]]
    return result


@functools.cache
def _decompositions() -> tuple[NDArray[np.uint8], NDArray[np.int32], CodePoints]:
    """Return, by code point, the size of its decomposition, 0 if it has none, and its place in the values."""
    category = tables().properties & np.uint32(CATEGORY_MASK)
    assigned = np.flatnonzero(category < CATEGORIES.index("Cc"))
    found = {
        int(code): unicodedata.normalize("NFD", chr(code))
        for code in assigned[assigned >= FIRST_DECOMPOSED]
        if not unicodedata.is_normalized("NFD", chr(code))
    }
    sizes = np.zeros(CODE_POINTS, dtype=np.uint8)
    places = np.zeros(CODE_POINTS, dtype=np.int32)
    lengths = np.array([len(text) for text in found.values()])
    sizes[list(found)], places[list(found)] = lengths, np.cumsum(lengths) - lengths
    return sizes, places, np.array([ord(c) for text in found.values() for c in text], dtype=np.uint32)


@functools.cache
def _combining_classes() -> NDArray[np.uint8]:
    category = tables().properties & np.uint32(CATEGORY_MASK)
    marks = np.flatnonzero((category >= CATEGORIES.index("Mn")) & (category <= CATEGORIES.index("Me")))
    classes = np.zeros(CODE_POINTS, dtype=np.uint8)
    classes[marks] = [unicodedata.combining(chr(mark)) for mark in marks]
    return classes
