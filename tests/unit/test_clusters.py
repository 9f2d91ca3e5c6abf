import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.lsh import Bands
from filters.signals.dedup import minhash
from pipeline.clusters import components, decisions, keepers, similar_clusters
from schemas.decision import DECISION, is_removed

EDGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40)


def arrays(edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    low = np.array([a for a, _ in edges], np.int64)
    return low, np.array([b for _, b in edges], np.int64)


def slow_components(edges: list[tuple[int, int]]) -> dict[int, int]:
    label = {key: key for edge in edges for key in edge}
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            least = min(label[a], label[b])
            changed |= label[a] != least or label[b] != least
            label[a] = label[b] = least
    return label


@given(EDGES)
def test_a_cluster_is_named_by_its_smallest_key(edges: list[tuple[int, int]]) -> None:
    keys, clusters = components(*arrays(edges))
    assert dict(zip(keys.tolist(), clusters.tolist(), strict=True)) == slow_components(edges)


def test_components_of_keys_that_fill_64_bits() -> None:
    large = 1 << 62
    keys, clusters = components(*arrays([(5 << 32, large), (-3, 5 << 32), (7, 8)]))
    assert keys.tolist() == [-3, 7, 8, 5 << 32, large]
    assert clusters.tolist() == [-3, 7, 7, -3, -3]


def test_a_long_chain_is_one_cluster() -> None:
    keys = np.arange(100_000)
    _, clusters = components(keys[:-1], keys[1:])
    assert not clusters.any()


def test_the_keeper_has_the_greatest_value_then_the_smallest_key() -> None:
    keys = np.array([4, 3, 2, 1, 9])
    clusters = np.array([1, 1, 1, 1, 9])
    assert keepers(keys, clusters).tolist() == [1, 1, 1, 1, 9]
    assert keepers(keys, clusters, np.array([7.0, 9.0, 9.0, np.nan, np.nan])).tolist() == [2, 2, 2, 2, 9]
    assert keepers(keys, clusters, np.full(5, np.nan)).tolist() == [1, 1, 1, 1, 9]


def test_decisions_tell_of_clusters_of_two_or_more() -> None:
    found = decisions(np.array([3, 1, 9]), np.array([1, 1, 9]), "near_duplicate")
    assert found.schema == DECISION
    assert found.to_pylist() == [
        dict(doc_key=1, line=None, reason=None, keeper=1, similarity=1.0, cluster_size=2),
        dict(doc_key=3, line=None, reason="near_duplicate", keeper=1, similarity=1.0, cluster_size=2),
    ]
    assert is_removed(found).to_pylist() == [False, True]


def test_no_documents_give_no_decisions() -> None:
    empty = np.empty(0, np.int64)
    assert decisions(empty, empty, "x").num_rows == 0
    assert components(empty, empty)[0].tolist() == []


TEXT = (
    "The small river runs past the old mill and nobody in the village remembers who built it long ago. " * 3
)


def test_similar_texts_are_one_cluster_and_others_are_not() -> None:
    words = TEXT.split()
    edited = " ".join([*words[:20], "fast", *words[20:]])
    texts = [
        "",
        "One two.",
        edited,
        "Other words altogether stand here, none of them about rivers.",
        TEXT,
        "one TWO",
    ]
    keys = np.array([60, 50, 40, 30, 20, 10])
    signed = minhash(texts)
    has = np.asarray(signed.is_valid())
    found = similar_clusters(keys[has], signed.filter(pa.array(has)), Bands(21, 6), 0.7)
    assert [array.tolist() for array in found] == [[10, 20, 40, 50], [10, 20, 20, 10]]


def test_documents_of_two_groups_are_not_related() -> None:
    signed = minhash([TEXT, TEXT, TEXT])
    keys, clusters = similar_clusters(
        np.array([1, 2, 3]), signed, Bands(21, 6), 0.7, group=np.array([5, 6, 5])
    )
    assert (keys.tolist(), clusters.tolist()) == ([1, 3], [1, 1])
