from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.candidates import binary_column, read_sketches
from pipeline.elect import MOST_KEEPERS, elect

SIZE = 20
ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.integers(0, 2), min_size=4, max_size=4)), max_size=30
)


def rows(members: list[tuple[int, list[int]]]) -> pa.RecordBatch:
    """Members (cluster, colours); four colours of five bytes each, sorted by cluster."""
    given_rows = sorted(members, key=lambda member: member[0])
    payload = np.array([np.repeat(colours, SIZE // 4) for _, colours in given_rows], np.uint8).reshape(
        -1, SIZE
    )
    columns = [
        pa.array([cluster for cluster, _ in given_rows], pa.int64()),
        pa.array(np.arange(len(given_rows)) + 100),
        binary_column(payload) if given_rows else pa.array([], pa.binary()),
    ]
    return pa.RecordBatch.from_arrays(columns, names=["cluster", "doc_key", "payload"])


def elected(batch: pa.RecordBatch, sizes: list[int], least: float) -> list[tuple[int, int]]:
    def cut() -> Iterator[pa.RecordBatch]:
        start = 0
        for size in sizes:
            yield batch.slice(start, size)
            start += size
        yield batch.slice(start)

    found = elect(cut(), "payload", read_sketches, least)
    return [pair for b in found for pair in zip(b[0].to_pylist(), b[1].to_pylist(), strict=True)]


@given(ROWS, st.lists(st.integers(0, 7)))
def test_each_goes_for_the_first_keeper_that_it_is_like(
    members: list[tuple[int, list[int]]], sizes: list[int]
) -> None:
    expected = []
    keepers: dict[int, list[tuple[int, list[int]]]] = {}
    for key, (cluster, colours) in enumerate(sorted(members, key=lambda member: member[0]), 100):
        of_cluster = keepers.setdefault(cluster, [])
        alike = [
            k for k, other in of_cluster if sum(a == b for a, b in zip(colours, other, strict=True)) >= 3
        ]
        if not alike:
            of_cluster.append((key, colours))
        expected.append((key, alike[0] if alike else key))
    assert elected(rows(members), sizes, 0.7) == expected


def test_in_a_heap_with_too_many_keepers_the_rest_stays() -> None:
    random = np.random.default_rng(1)
    payload = random.integers(0, 256, (3 * MOST_KEEPERS, SIZE)).astype(np.uint8)
    payload = np.concatenate((payload, payload))
    keys = np.arange(len(payload))
    columns = [pa.array(np.zeros(len(keys), np.int64)), pa.array(keys), binary_column(payload)]
    batch = pa.RecordBatch.from_arrays(columns, names=["cluster", "doc_key", "payload"])
    found = elected(batch, [], 0.7)
    assert found == elected(batch, [10, 100, 7, 200], 0.7)
    gone = {key for key, keeper in found if key != keeper}
    assert gone == set(range(3 * MOST_KEEPERS, 4 * MOST_KEEPERS))
