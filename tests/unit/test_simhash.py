from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.shingles import Shingles, mix64
from filters.signals.dedup import simhash
from filters.simhash import block_keys, distances, simhashes
from schemas.errors import RecipeError

HASHES = mix64(np.arange(1, 40_001, dtype=np.uint64))


@pytest.mark.parametrize("offsets", [[0, 3, 3, 40], [0, 20_000, 20_001, 40_000]])
def test_a_bit_is_set_where_more_than_half_of_the_shingles_have_it(offsets: list[int]) -> None:
    found = simhashes(Shingles(HASHES[: offsets[-1]], np.array(offsets)))
    for row, (first, last) in enumerate(pairwise(offsets)):
        of_row = HASHES[first:last]
        bits = [int(((of_row >> np.uint64(bit)) & np.uint64(1)).sum()) for bit in range(64)]
        assert int(found[row]) == sum(1 << bit for bit, count in enumerate(bits) if 2 * count > last - first)


def test_bits_that_all_of_many_shingles_have_are_counted_in_full() -> None:
    full = np.full(10_000, (1 << 64) - 1, dtype=np.uint64)
    full[5_000:9_999] = 1
    assert simhashes(Shingles(full, np.array([0, 9_999, 9_999, 10_000]))).tolist() == [
        (1 << 64) - 1,
        0,
        (1 << 64) - 1,
    ]


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=4), st.integers(5, 9))
def test_hashes_that_differ_in_few_bits_share_a_key(value: int, flipped: set[int], blocks: int) -> None:
    pair = np.array([value, value ^ sum(1 << bit for bit in flipped)], np.uint64)
    keys = block_keys(pair, 4, blocks)
    assert distances(pair[:1], pair[1:]).tolist() == [len(flipped)]
    assert (keys[0] == keys[1]).any()


def test_six_blocks_and_four_bits_make_fifteen_keys() -> None:
    assert block_keys(HASHES[:10], 4, 6).shape == (10, 15)
    assert len(set(block_keys(HASHES[:1], 4, 6)[0].tolist())) == 15


@pytest.mark.parametrize(("distance", "blocks"), [(4, 4), (-1, 6), (4, 65)])
def test_impossible_blocks_are_refused(distance: int, blocks: int) -> None:
    with pytest.raises(RecipeError, match="expected a distance below the number of blocks"):
        block_keys(HASHES[:1], distance, blocks)


def test_near_copies_have_near_simhashes() -> None:
    text = "The small river runs past the old mill and nobody in the village remembers who built it. " * 5
    other = "Il est interdit de fumer dans les salles de classe et dans la cour de notre école primaire. " * 5
    found = simhash([text, text.upper().replace(".", "!"), text[:-8], other, None, "..."])
    assert found.is_valid().to_pylist() == [True, True, True, True, False, False]
    hashes = np.array(found.to_pylist()[:4], np.int64).view(np.uint64)
    apart = distances(np.repeat(hashes[:1], 4), hashes)
    assert apart[1] == 0
    assert apart[2] <= 4
    assert apart[3] > 12


def test_units_may_be_words() -> None:
    assert simhash(["a b c d e f g"], unit="word") != simhash(["a b c d e f g"])
    with pytest.raises(RecipeError, match="unit word or character"):
        simhash(["a"], unit="line")
