import math
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from filters.quantiles import Sample, bottom, document_hashes, merge, rank_error, removed_at, string_hashes


def sample_of(ids, values, size):
    keys = document_hashes(pa.array(ids), pa.array(range(len(ids))))
    return bottom(keys, np.asarray(values, float).reshape(len(ids), -1), len(ids), size)


def test_texts_of_equal_bytes_have_equal_hashes_wherever_they_stand():
    first = string_hashes(pa.array(["", "abc", "हिन्दी"]))
    second = string_hashes(pa.array(["x", "हिन्दी", "abc", ""]).slice(1))
    assert first.tolist()[::-1] == second.tolist()
    assert len(set(first.tolist())) == 3
    assert string_hashes(pa.array([], pa.string())).tolist() == []


def test_a_document_without_identity_is_known_by_its_key():
    ids = pa.array(["a", None, None, "b"])
    hashes = document_hashes(ids, pa.array([1, 2, 3, 4]))
    assert len(set(hashes.tolist())) == 4
    assert document_hashes(ids, pa.array([9, 2, 3, 9])).tolist() == hashes.tolist()


def test_a_sample_depends_neither_on_order_nor_on_partitioning():
    rng = np.random.default_rng(4)
    ids = [f"<urn:uuid:{i}>" for i in range(5_000)]
    values = rng.normal(size=(5_000, 2))
    whole = sample_of(ids, values, 700)
    order = rng.permutation(5_000)
    cuts = [0, 10, 900, 3_000, 3_001, 5_000]
    pieces = [sample_of([ids[i] for i in order[a:b]], values[order[a:b]], 700) for a, b in pairwise(cuts)]
    merged = merge([merge(pieces[:2], 700), *pieces[2:]], 700)
    assert merged.keys.tolist() == whole.keys.tolist()
    assert merged.values.tolist() == whole.values.tolist()
    assert (merged.documents, len(merged.keys), merged.is_whole) == (5_000, 700, False)


def test_documents_of_one_identity_are_sampled_the_same_in_any_order():
    one = sample_of(["a"] * 4, [3, 1, 4, 2], 2)
    other = sample_of(["a"] * 4, [4, 2, 1, 3], 2)
    assert one.values.tolist() == other.values.tolist() == [[1.0], [2.0]]


def test_up_to_its_size_a_sample_is_exact():
    found = sample_of(["a", "b", "c"], [3, math.nan, 1], 3)
    assert found.is_whole
    assert found.column(0).tolist() == [1.0, 3.0]


def test_a_part_of_a_sample_is_the_sample_of_that_size():
    ids, values = [str(i) for i in range(300)], np.arange(300)
    assert sample_of(ids, values, 300).column(0, 50).tolist() == sample_of(ids, values, 50).column(0).tolist()


@pytest.mark.parametrize(
    ("sampled", "error"), [(0, 1.0), (100, 0.1358), (10_000, 0.01358), (65_536, 0.005305)]
)
def test_the_error_of_a_rank_is_the_bound_of_dvoretzky_kiefer_and_wolfowitz(sampled, error):
    assert rank_error(sampled) == pytest.approx(error, rel=1e-3)


@pytest.mark.slow
def test_the_stated_error_holds_for_all_quantiles_at_once():
    """In 60 draws at 95 % confidence, more than eight failures have a probability below 0.2 %."""
    population = np.sort(np.random.default_rng(1).lognormal(size=3_000))
    failures = 0
    for draw in range(60):
        ids = [f"{draw}/{i}" for i in range(len(population))]
        found = sample_of(ids, population, 200).column(0)
        share = np.arange(1, len(found) + 1) / len(found)
        true = np.searchsorted(population, found, "right") / len(population)
        failures += np.abs(share - true).max() > rank_error(200)
    assert failures <= 8


@pytest.mark.parametrize(
    ("comparison", "removed"), [(">=", 1), (">", 3), ("<=", 2), ("<", 4), ("==", 3), ("!=", 2)]
)
def test_what_a_rule_would_remove_is_counted(comparison, removed):
    assert removed_at(np.array([1.0, 2.0, 2.0, 3.0, 4.0]), comparison, 2.0) == removed


def test_an_empty_sample_has_no_values():
    empty = Sample(np.empty(0, np.uint64), np.empty((0, 1)), 0)
    assert merge([empty, empty]).column(0).tolist() == []
