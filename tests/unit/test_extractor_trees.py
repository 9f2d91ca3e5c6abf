"""The model: read as it was written, evaluated as its trees say."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extractor import trees as module
from pipeline.extractor.trees import (
    CURVE_STEP,
    EARLY_TREES,
    FEW_BLOCKS,
    LEAVES,
    SURE_SCORE,
    Trees,
    likelihoods,
    model,
    pack,
    unpack,
)
from schemas.errors import ModelError

CURVE = np.arange(64) / 64
"""Half its entries are of scores below 0."""

# x <= 1 ? (y <= 5 ? leaf 0 : leaf 1) : leaf 2; and one tree of a single leaf
SMALL = Trees(
    features=("x", "y"),
    borders=(0, 1, 2),
    limits=np.array([1, 5], np.float32),
    tree=np.array([0, 0]),
    struck=np.array([0b011, 0b001], np.uint16),
    leaves=np.array([[10, 20, 30, *[0] * 13], [1, *[0] * 15]], np.int32) * CURVE_STEP,
    curve=CURVE,
)


@pytest.mark.parametrize(("x", "y", "leaf"), [(0, 0, 10), (1, 5, 10), (1, 6, 20), (1.5, 0, 30), (2, 9, 30)])
def test_a_block_ends_in_the_leaf_of_its_comparisons(x, y, leaf):
    columns = {"x": np.array([x]), "y": np.array([y]), "unused": np.array([0])}
    assert likelihoods(SMALL, columns, 1).tolist() == [CURVE[32 + leaf + 1]]


def test_a_score_beyond_the_curve_takes_its_end():
    high = Trees(**{name: getattr(SMALL, name) for name in Trees.__slots__} | {"leaves": SMALL.leaves * 99})
    low = Trees(**{name: getattr(SMALL, name) for name in Trees.__slots__} | {"leaves": SMALL.leaves * -99})
    columns = {"x": np.array([0]), "y": np.array([0])}
    assert [likelihoods(trees, columns, 1)[0] for trees in (low, high)] == [CURVE[0], CURVE[-1]]


@given(st.lists(st.tuples(st.floats(-9, 9, width=32), st.floats(-9, 9, width=32)), max_size=9))
def test_a_block_has_the_same_likelihood_in_every_batch(rows):
    x, y = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    together = likelihoods(SMALL, {"x": x, "y": y}, len(rows)).tolist()
    alone = [likelihoods(SMALL, {"x": x[i : i + 1], "y": y[i : i + 1]}, 1)[0] for i in range(len(rows))]
    assert together == alone


def test_many_blocks_at_once_have_the_likelihoods_of_few():
    found, rng = model().trees, np.random.default_rng(0)
    columns = {name: rng.choice(found.limits, 2 * FEW_BLOCKS) for name in found.features}
    many = likelihoods(found, columns, 2 * FEW_BLOCKS)
    for part in (slice(0, FEW_BLOCKS), slice(FEW_BLOCKS, None)):
        half = {name: column[part] for name, column in columns.items()}
        assert likelihoods(found, half, FEW_BLOCKS).tolist() == many[part].tolist()


def test_a_block_that_the_first_trees_are_sure_of_does_not_see_the_others():
    leaves = np.zeros((EARLY_TREES + 1, LEAVES), np.int32)
    leaves[0, :2] = SURE_SCORE, SURE_SCORE - 1
    leaves[EARLY_TREES] = -CURVE_STEP
    trees = Trees(
        features=("x",),
        borders=(0, 2),
        limits=np.array([0, 9], np.float32),
        tree=np.array([0, EARLY_TREES]),
        struck=np.array([1, 1], np.uint16),
        leaves=leaves,
        curve=np.arange(1 << 10) / (1 << 10),
    )
    sure = (SURE_SCORE // CURVE_STEP + (1 << 9)) / (1 << 10)
    assert likelihoods(trees, {"x": np.array([0, 1])}, 2).tolist() == [sure, sure - 2 / (1 << 10)]


def test_a_model_is_read_as_it_was_written():
    words = {"content": 1_000, "nav-bar": -2_000}
    content = pack(SMALL, words)
    found = unpack(content, "7")
    assert (found.words, found.version) == (words, "7")
    assert pack(found.trees, found.words) == content
    assert found.trees.features == SMALL.features
    assert found.trees.limits.tolist() == SMALL.limits.tolist()


def test_the_model_of_the_package_is_small_and_says_where_it_comes_from(root):
    folder = root / "pipeline" / "extractor" / "model"
    manifest = json.loads((folder / "manifest.json").read_text())
    found = model()
    assert len(found.trees.leaves) == manifest["trees"]
    assert found.trees.leaves.shape[1] == LEAVES
    assert manifest["size"] == (folder / "blocks.npz").stat().st_size < 200_000
    assert "Apache-2.0" in manifest["licence"]


def test_the_model_was_measured_on_sites_that_it_had_not_seen(root):
    manifest = json.loads((root / "pipeline" / "extractor" / "model" / "manifest.json").read_text())
    floors = {"human": 0.96, "reviewed": 0.835, "kept": 0.955, "removed": 0.89, "archive": 0.96}
    scores = manifest["cross_validation"]
    assert {name: scores[name] for name, floor in floors.items() if scores[name] < floor} == {}


def test_the_model_is_not_behind_trafilatura_anywhere(root):
    manifest = json.loads((root / "pipeline" / "extractor" / "model" / "manifest.json").read_text())
    ours, theirs = manifest["cross_validation"], manifest["same_pages"]["trafilatura"]
    assert {name for name in theirs if ours[name] < theirs[name]} == set()


def test_a_damaged_model_is_refused(root, tmp_path, monkeypatch):
    shutil.copytree(root / "pipeline" / "extractor" / "model", tmp_path / "model")
    damaged = tmp_path / "model" / "blocks.npz"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    monkeypatch.setattr(module.resources, "files", lambda _: tmp_path)
    with pytest.raises(ModelError, match=r"blocks\.npz: expected format 1 and checksum"):
        model.__wrapped__()
