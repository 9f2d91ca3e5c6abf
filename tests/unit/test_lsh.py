import csv
from pathlib import Path

import numpy as np
import pytest
from datasketch.lsh import _optimal_param

from filters.lsh import Bands, band_hashes, candidate_probability, check_bands, optimal_bands
from schemas.errors import RecipeError

SIGNED = np.arange(24, dtype=np.uint32).reshape(2, 12)


@pytest.mark.slow
def test_bands_equal_the_published_table(shared: Path) -> None:
    with (shared / "reference" / "tables" / "lsh_optimal_params.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = [optimal_bands(float(row["threshold"]), int(row["num_perm"])) for row in rows]
    assert found == [Bands(int(row["bands_b"]), int(row["rows_r"])) for row in rows]
    near = [candidate_probability(0.8, int(row["bands_b"]), int(row["rows_r"])) for row in rows]
    assert near == pytest.approx([float(row["P_at_0.8"]) for row in rows], abs=6e-5)


@pytest.mark.parametrize(("threshold", "weights"), [(0.5, (0.5, 0.5)), (0.77, (0.1, 0.9)), (0.9, (0.9, 0.1))])
def test_bands_equal_those_that_datasketch_finds(threshold: float, weights: tuple[float, float]) -> None:
    assert optimal_bands(threshold, 48, *weights) == _optimal_param(threshold, 48, *weights)


@pytest.mark.parametrize(("threshold", "permutations"), [(-0.1, 128), (1.1, 128), (0.8, 0)])
def test_a_threshold_outside_0_to_1_is_refused(threshold: float, permutations: int) -> None:
    with pytest.raises(RecipeError, match="threshold from 0 to 1"):
        optimal_bands(threshold, permutations)


def test_bands_that_need_more_values_than_there_are_are_refused() -> None:
    assert check_bands(21, 6, 128) == Bands(21, 6)
    with pytest.raises(RecipeError, match="at most 128 permutations, got 22 x 6"):
        check_bands(22, 6, 128)


def test_equal_bands_have_equal_keys_and_others_do_not() -> None:
    changed = SIGNED[:1].copy()
    changed[0, 5] += 1
    keys = band_hashes(np.concatenate((SIGNED[:1], changed)), 3, 4)
    assert (keys[0] == keys[1]).tolist() == [True, False, True]


def test_bands_of_equal_values_at_other_places_differ() -> None:
    same_everywhere = np.full((1, 12), 7, np.uint32)
    assert len(set(band_hashes(same_everywhere, 3, 4).ravel().tolist())) == 3


def test_the_order_of_values_matters() -> None:
    keys = band_hashes(np.array([[1, 2], [2, 1]], np.uint32), 1, 2)
    assert keys[0] != keys[1]


def test_documents_of_different_groups_share_no_key() -> None:
    twice = np.concatenate((SIGNED, SIGNED))
    keys = band_hashes(twice, 3, 4, np.array([1, 1, 2, 2]))
    assert not (keys[:2] == keys[2:]).any()
    assert (band_hashes(SIGNED, 3, 4, np.array([1, 1])) == keys[:2]).all()
