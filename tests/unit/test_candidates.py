from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import buckets as buckets_module
from pipeline.buckets import (
    BUCKETS,
    PACKED,
    pack_buckets,
    run_starts,
    shared_buckets,
    star_edges,
    unpack_buckets,
    whole_runs,
)
from pipeline.candidates import binary_column, match_buckets, matrix, read_shingle_sets, read_sketches
from schemas.errors import SchemaError

MEMBERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=60, unique=True)


def cut(batch: pa.RecordBatch, sizes: list[int]) -> Iterator[pa.RecordBatch]:
    start = 0
    for size in sizes:
        yield batch.slice(start, size)
        start += size
    yield batch.slice(start)


def rows(members: list[tuple[int, int]], **columns: pa.Array) -> pa.RecordBatch:
    buckets, keys = zip(*sorted(members), strict=True) if members else ((), ())
    values = [pa.array(buckets, pa.int64()), pa.array(keys, pa.int64()), *columns.values()]
    return pa.RecordBatch.from_arrays(values, names=[*BUCKETS.names, *columns])


def table(batches: Iterator[pa.RecordBatch]) -> list[tuple[int, int]]:
    return [
        pair for batch in batches for pair in zip(*(c.to_pylist() for c in batch.columns[:2]), strict=True)
    ]


def groups(edges: list[tuple[int, int]], keys: list[int]) -> list[list[int]]:
    parent = {key: key for key in keys}

    def root(key: int) -> int:
        return key if parent[key] == key else root(parent[key])

    for low, high in edges:
        first, second = sorted((root(low), root(high)))
        parent[second] = first
    clusters: dict[int, list[int]] = {}
    for key in keys:
        clusters.setdefault(root(key), []).append(key)
    return sorted(sorted(members) for members in clusters.values() if len(members) > 1)


def one_bucket(colours: list[list[int]], size: int = 100) -> pa.RecordBatch:
    """Members of one bucket; each has `size` bytes, set at random but for runs of 10 bytes that a colour
    fixes.
    """
    payload = np.random.default_rng(0).integers(0, 256, (len(colours), size)).astype(np.uint8)
    for row, chosen in enumerate(colours):
        for place, colour in enumerate(chosen):
            payload[row, place * 10 : place * 10 + 10] = colour
    return rows([(1, key) for key in range(len(colours))], payload=binary_column(payload))


def matched(batch: pa.RecordBatch, least: float, sizes: tuple[int, ...] = ()) -> list[tuple[int, int]]:
    return table(match_buckets(cut(batch, list(sizes)), "payload", read_sketches, least))


@given(MEMBERS, st.lists(st.integers(0, 9)))
def test_shared_buckets_are_those_of_two_or_more_wherever_batches_end(
    members: list[tuple[int, int]], sizes: list[int]
) -> None:
    found = table(shared_buckets(cut(rows(members), sizes)))
    buckets: dict[int, list[int]] = {}
    for bucket, key in sorted(members):
        buckets.setdefault(bucket, []).append(key)
    expected = [key for keys in buckets.values() if len(keys) > 1 for key in keys]
    assert [key for _, key in found] == expected
    assert found == table(shared_buckets([rows(members)]))


def test_buckets_without_a_new_document_are_left_out() -> None:
    members = rows([(1, 10), (1, 20), (2, 10), (2, 30), (3, 30), (4, 30), (4, 40)])
    assert [key for _, key in table(shared_buckets([members], new_from=30))] == [10, 30, 30, 40]


def test_bands_that_hold_the_same_documents_become_one_bucket() -> None:
    found = table(shared_buckets([rows([(1, 10), (1, 20), (2, 10), (2, 20), (3, 10), (3, 30), (4, 5)])]))
    assert len(found) == 6
    assert len(set(found)) == 4


@given(MEMBERS, st.lists(st.integers(0, 9)), st.integers(1, 7), st.integers(1, 20))
def test_packed_buckets_come_back_sorted_within_their_places(
    members: list[tuple[int, int]], sizes: list[int], places: int, pack_rows: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets_module, "PACK_ROWS", pack_rows)
        packed = list(pack_buckets(cut(rows(members), sizes), places))
    by_place = pa.Table.from_batches(packed, PACKED).sort_by("place").to_batches()
    found = table(unpack_buckets(by_place))
    assert sorted(found) == sorted(members)
    assert found == sorted(members, key=lambda member: (member[0] % places, *member))


@pytest.mark.parametrize("sizes", [(), (1, 5, 2), (40,)])
def test_a_giant_bucket_is_cut_into_pieces_that_its_smallest_keys_join(
    monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...]
) -> None:
    monkeypatch.setattr(buckets_module, "SALTED", 10)
    monkeypatch.setattr(buckets_module, "HUBS", 2)
    members = rows([(1, 3), (1, 4), *((2, key) for key in range(100, 131)), (3, 100)])
    found: dict[int, list[int]] = {}
    for bucket, key in table(shared_buckets(cut(members, list(sizes)))):
        found.setdefault(bucket, []).append(key)
    assert list(found.values()) == [
        [3, 4],
        list(range(100, 110)),
        [100, 101, *range(110, 120)],
        [100, 101, *range(120, 130)],
        [100, 101, 130],
    ]
    assert list(found) == list(dict(table(shared_buckets([members]))))
    assert [key for _, key in table(shared_buckets([members], new_from=130))] == [100, 101, 130]


@given(MEMBERS, st.lists(st.integers(0, 9)), st.sampled_from([(2, 0), (3, 1), (5, 2)]))
def test_runs_are_cut_at_the_same_rows_wherever_batches_end(
    members: list[tuple[int, int]], sizes: list[int], limits: tuple[int, int]
) -> None:
    def pieces(batches: Iterator[pa.RecordBatch]) -> list[list[tuple[int, int]]]:
        found = []
        for batch, is_large in whole_runs(batches, "bucket", *limits):
            starts = [0] if is_large else run_starts(np.asarray(batch.column("bucket"))).tolist()
            ends = [*starts[1:], batch.num_rows]
            found += [table(iter([batch.slice(a, b - a)])) for a, b in zip(starts, ends, strict=True)]
        return found

    given_rows = rows(members)
    once = pieces(iter([given_rows]))
    assert once == pieces(cut(given_rows, sizes))
    assert [pair for piece in once for pair in piece] == table(iter([given_rows]))
    assert all(len(piece) <= limits[0] and len({bucket for bucket, _ in piece}) == 1 for piece in once)


@given(MEMBERS, st.lists(st.integers(0, 9)))
def test_a_star_joins_each_member_to_the_smallest_key_of_its_bucket(
    members: list[tuple[int, int]], sizes: list[int]
) -> None:
    least: dict[int, int] = {}
    for bucket, key in sorted(members):
        least.setdefault(bucket, key)
    expected = [(least[bucket], key) for bucket, key in sorted(members) if key != least[bucket]]
    assert table(star_edges(cut(rows(members), sizes))) == expected


def test_members_that_are_not_alike_get_no_edge() -> None:
    assert matched(one_bucket([[1] * 8, [2] * 8, [3] * 8]), 0.7) == []


def test_an_outlier_with_the_smallest_key_hides_no_pair() -> None:
    bucket = one_bucket([[9] * 8, [1] * 8, [2] * 8, [1] * 8, [2] * 8, [1] * 8])
    assert matched(bucket, 0.7) == [(1, 3), (2, 4), (1, 5)]


def test_a_member_unlike_the_smallest_is_joined_through_another() -> None:
    # 0 and 1 agree in 80 of 100 bytes, 1 and 2 in 80, 0 and 2 in 60.
    bucket = one_bucket([[1] * 10, [1] * 8 + [2] * 2, [1] * 6 + [3] * 2 + [2] * 2])
    assert matched(bucket, 0.7) == [(0, 1), (0, 2)]


@given(st.lists(st.integers(0, 6), min_size=2, max_size=40), st.lists(st.integers(0, 9)))
def test_every_pair_that_is_alike_ends_in_one_cluster(kinds: list[int], sizes: list[int]) -> None:
    bucket = one_bucket([[kind] * 10 for kind in kinds])
    expected = sorted(
        [i for i, other in enumerate(kinds) if other == kind] for kind in set(kinds) if kinds.count(kind) > 1
    )
    assert groups(matched(bucket, 0.7, tuple(sizes)), list(range(len(kinds)))) == expected


@pytest.mark.parametrize("sizes", [(), (100, 700, 1), (513, 513), tuple([64] * 30)])
def test_a_bucket_larger_than_a_piece_is_joined_through_leaders(sizes: tuple[int, ...]) -> None:
    kinds = [(i * i) % 30 for i in range(2_000)]
    bucket = one_bucket([[kind] * 10 for kind in kinds])
    expected = sorted([i for i, other in enumerate(kinds) if other == kind] for kind in set(kinds))
    assert groups(matched(bucket, 0.7, sizes), list(range(2_000))) == expected
    assert matched(bucket, 0.7, sizes) == matched(bucket, 0.7)


def test_a_giant_bucket_becomes_a_star() -> None:
    bucket = one_bucket([[1] * 10] * 5_000)
    assert matched(bucket, 0.7) == [(0, key) for key in range(1, 5_000)]


def test_true_jaccard_similarity_may_decide() -> None:
    sets = [np.arange(0, 10), np.arange(1, 11), np.arange(5, 15)]
    payload = pa.array([values.astype(np.uint64).tobytes() for values in sets], pa.binary())
    batch = rows([(1, 0), (1, 1), (1, 2)], payload=payload)
    assert table(match_buckets([batch], "payload", read_shingle_sets, 9 / 11)) == [(0, 1)]
    assert table(match_buckets([batch], "payload", read_shingle_sets, 0.83)) == []


def test_binary_columns_keep_their_values_when_sliced() -> None:
    values = np.arange(12, dtype=np.uint32).reshape(4, 3)
    column = binary_column(values)
    assert matrix(column, np.uint32).tolist() == values.tolist()
    assert matrix(column.slice(1, 2), np.uint32).tolist() == values[1:3].tolist()
    assert matrix(column.slice(0, 0), np.uint32).tolist() == []


def test_signatures_of_several_lengths_are_refused() -> None:
    with pytest.raises(SchemaError, match="lengths from 1 to 2"):
        matrix(pa.array([b"a", b"bc"]), np.uint8)
    with pytest.raises(SchemaError, match="1 nulls"):
        matrix(pa.array([b"a", None]), np.uint8)
