"""The model: boosted trees and class words from one file, evaluated with the same bits on every machine.

A tree of at most 16 leaves is a set of 16 bits for each block. Every comparison that turns out false strikes
the leaves on its left; the first leaf that is left is where the block ends (Lucchese et al., QuickScorer,
SIGIR 2015). So all comparisons on a feature run over all blocks at once, in any order. Leaves hold integers,
whose sum is exact.
"""

import functools
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ModelError

MODEL, MANIFEST = "blocks.npz", "manifest.json"
FORMAT: Final = 1
LEAVES: Final = 16
LEAF_UNIT: Final = 1 << 12
"""Integers of a leaf to a unit of log-odds."""
EARLY_TREES: Final = 48
SURE_SCORE: Final = 7 * LEAF_UNIT // 2
"""Score, in either direction, from which the trees after the first `EARLY_TREES` are not asked."""
CURVE_STEP: Final = 1 << 6
"""Integers of a score to an entry of the curve."""
LIKELIHOOD_UNIT: Final = 1 << 14
FEW_BLOCKS: Final = 512
"""Blocks up to which all comparisons at once are faster: measured with 3,000 of them, at 160 three times."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Comparisons `feature <= limit`, sorted by feature, and the leaves behind them."""

    features: tuple[str, ...]
    """The features that are compared, each once."""
    borders: tuple[int, ...]
    """Of each feature, its first comparison, and one more at the end."""
    limits: NDArray[np.float32]
    tree: NDArray[np.int64]
    """Of each comparison, its tree."""
    struck: NDArray[np.uint16]
    """Of each comparison, the leaves that cannot be reached where it is false."""
    leaves: NDArray[np.int32]
    """By tree and leaf."""
    curve: NDArray[np.float64]
    """Likelihoods in document order of score, from that of score -CURVE_STEP * half the entries up."""


@dataclass(frozen=True, slots=True)
class Model:
    """What training gives."""

    trees: Trees
    words: Mapping[str, int]
    """Class words with their log-odds, in thousandths."""
    version: str


def likelihoods(trees: Trees, columns: Mapping[str, NDArray[np.generic]], count: int) -> NDArray[np.float64]:
    """Return of each of `count` blocks the likelihood that it belongs to the text.

    A block that the first trees are sure of does not see the others.
    """
    early, late = _split(trees)
    score = _score(early, columns, count)
    if len(late.leaves):
        unsure = np.flatnonzero(np.abs(score) < SURE_SCORE)
        left = {name: columns[name][unsure] for name in late.features}
        score[unsure] += _score(late, left, len(unsure))
    half = len(trees.curve) // 2
    place = np.clip(score // CURVE_STEP + half, 0, len(trees.curve) - 1)
    return trees.curve[place]


@functools.lru_cache(maxsize=4)
def _split(trees: Trees) -> tuple[Trees, Trees]:
    """Return the first trees and the others."""
    feature = np.repeat(np.arange(len(trees.features)), np.diff(trees.borders))
    parts: list[Trees] = []
    for chosen, leaves in (
        (trees.tree < EARLY_TREES, trees.leaves[:EARLY_TREES]),
        (trees.tree >= EARLY_TREES, trees.leaves[EARLY_TREES:]),
    ):
        used, starts = np.unique(feature[chosen], return_index=True)
        parts.append(
            Trees(
                features=tuple(trees.features[i] for i in used.tolist()),
                borders=(*starts.tolist(), int(chosen.sum())),
                limits=trees.limits[chosen],
                tree=trees.tree[chosen] - (0 if not parts else EARLY_TREES),
                struck=trees.struck[chosen],
                leaves=leaves,
                curve=trees.curve,
            )
        )
    return parts[0], parts[1]


def _score(trees: Trees, columns: Mapping[str, NDArray[np.generic]], count: int) -> NDArray[np.int64]:
    """Return the sum of the leaves that each block ends in."""
    if count <= FEW_BLOCKS:
        return _score_few(trees, columns)
    struck = _strike_many(trees, columns, count)
    score = np.zeros(count, np.int64)
    for leaves, gone in zip(trees.leaves, struck, strict=True):
        score += leaves.take(_first_left().take(gone))
    return score


def _strike_many(trees: Trees, columns: Mapping[str, NDArray[np.generic]], count: int) -> NDArray[np.uint16]:
    """Return the struck leaves by tree and block, feature by feature: memory that stays in the cache."""
    struck = np.zeros((len(trees.leaves), count), np.uint16)
    for feature, start, stop in zip(trees.features, trees.borders[:-1], trees.borders[1:], strict=True):
        values = np.asarray(columns[feature], np.float32)
        bits = (values > trees.limits[start:stop, None]) * trees.struck[start:stop, None]
        for number, tree in enumerate(trees.tree[start:stop].tolist()):
            struck[tree] |= bits[number]
    return struck


def _score_few(trees: Trees, columns: Mapping[str, NDArray[np.generic]]) -> NDArray[np.int64]:
    """Return the same scores by a few calls on all comparisons: few blocks cost what the calls cost."""
    feature, limits, struck, starts, branched = _by_tree(trees)
    values = np.stack([np.asarray(columns[name], np.float32) for name in trees.features])
    bits = (values.take(feature, axis=0) > limits) * struck
    gone = np.zeros((len(trees.leaves), values.shape[1]), np.uint16)
    gone[branched] = np.bitwise_or.reduceat(bits, starts, axis=0)
    leaf = np.arange(0, trees.leaves.size, LEAVES)[:, None] + _first_left().take(gone)
    return np.asarray(trees.leaves.take(leaf).sum(axis=0, dtype=np.int64))


@functools.lru_cache(maxsize=4)
def _by_tree(trees: Trees) -> tuple[NDArray[Any], ...]:
    """Return features, limits and struck leaves sorted by tree; where each tree begins, and which it is."""
    order = np.argsort(trees.tree, kind="stable")
    feature = np.repeat(np.arange(len(trees.features)), np.diff(trees.borders))
    branched, starts = np.unique(trees.tree[order], return_index=True)
    return feature[order], trees.limits[order, None], trees.struck[order, None], starts, branched


@functools.cache
def _first_left() -> NDArray[np.uint8]:
    """Return of each set of struck leaves the first that is not struck."""
    sets = np.arange(1 << LEAVES)
    lowest = ~sets & (sets + 1)
    result = np.zeros(1 << LEAVES, np.uint8)
    for bit in range(LEAVES):
        result[lowest == 1 << bit] = bit
    return result


@functools.cache
def model() -> Model:
    """Return the model of the package, read and checked at the first call.

    Raises:
        ModelError: its files are damaged, or of another format.
    """
    folder = resources.files("pipeline.extractor").joinpath("model")
    manifest: Mapping[str, Any] = json.loads(folder.joinpath(MANIFEST).read_text(encoding="utf-8"))
    content = folder.joinpath(MODEL).read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != manifest["sha256"] or manifest["format"] != FORMAT:
        raise ModelError(
            f"pipeline/extractor/model/{MODEL}: expected format {FORMAT} and checksum {manifest['sha256']}, "
            f"got format {manifest['format']} and {checksum}; install glotmill again"
        )
    return unpack(content, str(manifest["version"]))


def unpack(content: bytes, version: str) -> Model:
    """Return the model that `pack` made bytes of."""
    with np.load(io.BytesIO(content)) as stored:
        words = stored["words"].tobytes().decode().split("\n")
        trees = Trees(
            features=tuple(stored["features"].tobytes().decode().split("\n")),
            borders=tuple(stored["borders"].tolist()),
            limits=stored["limits"],
            tree=stored["tree"].astype(np.int64),
            struck=stored["struck"],
            leaves=stored["leaves"],
            curve=stored["curve"] / LIKELIHOOD_UNIT,
        )
        return Model(trees, dict(zip(words, stored["weights"].tolist(), strict=True)), version)


def pack(trees: Trees, words: Mapping[str, int]) -> bytes:
    """Return a model as bytes; the same model gives the same bytes."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        features=np.frombuffer("\n".join(trees.features).encode(), np.uint8),
        borders=np.array(trees.borders, np.int32),
        limits=trees.limits,
        tree=trees.tree.astype(np.uint16),
        struck=trees.struck,
        leaves=trees.leaves,
        curve=np.rint(trees.curve * LIKELIHOOD_UNIT).astype(np.uint16),
        words=np.frombuffer("\n".join(words).encode(), np.uint8),
        weights=np.array(list(words.values()), np.int16),
    )
    return file.getvalue()
