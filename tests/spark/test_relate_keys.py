"""The dedup steps on Spark give what the pure functions give, whatever the partitions, the order, the
retries.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from filters.lsh import Bands
from filters.shingles import distinct, word_shingles
from filters.signals.dedup import minhash
from filters.text import TextBatch
from jobs.connect_edges import connect, connect_by_stars
from jobs.relate_keys import (
    Close,
    Known,
    Similar,
    decide_equal,
    decide_equal_chunks,
    decide_similar,
)
from pipeline.clusters import components, decisions, similar_clusters
from schemas.errors import RecipeError

BANDS = Bands(21, 6)
DECISION_COLUMNS = "doc_key long, line int, reason string, keeper long, similarity float, cluster_size int"
SIMILAR = Similar(BANDS, 0.7)
COLUMNS = "doc_key long, lang string, text_bytes long, fetched_at timestamp, minhash binary, shingles binary"


def corpus(size: int = 160) -> pd.DataFrame:
    """Documents in families of 1 to 5 near-copies, keys in no order of families."""
    random = np.random.default_rng(3)
    texts, family = [], 0
    while len(texts) < size:
        words = [f"w{n}" for n in random.integers(0, 5000, 120)]
        for copy in range(int(random.integers(1, 6))):
            changed = [*words]
            for place in random.integers(0, 120, copy):
                changed[place] = f"x{copy}"
            texts.append(" ".join(changed))
        family += 1
    texts = [*texts[: size - 3], "", "short text", "Short text!"]
    batch = TextBatch.from_arrow(pa.array(texts))
    sets = distinct(word_shingles(batch))
    keys = random.permutation(size) * 1_000_003 + (1 << 33)
    return pd.DataFrame(
        {
            "doc_key": keys,
            "lang": [("eng_Latn", "swh_Latn", None)[i % 3] for i in range(size)],
            "text_bytes": [len(text) for text in texts],
            "fetched_at": pd.to_datetime(random.integers(10**9, 2 * 10**9, size), unit="s"),
            "minhash": minhash(batch).to_pylist(),
            "shingles": [
                sets.hashes[a:b].tobytes() for a, b in zip(sets.offsets, sets.offsets[1:], strict=False)
            ],
        }
    )


@pytest.fixture(scope="module")
def documents() -> pd.DataFrame:
    return corpus()


def frame(spark: Any, documents: pd.DataFrame, partitions: int = 3, seed: int | None = None) -> Any:
    rows = documents if seed is None else documents.sample(frac=1, random_state=seed)
    times = [time.to_pydatetime() for time in rows.fetched_at]
    values = rows.assign(fetched_at=pd.Series(times, rows.index, object)).astype(object).to_numpy().tolist()
    plain = [[None if pd.isna(value) else value for value in row] for row in values]
    return spark.createDataFrame(plain, COLUMNS).repartition(partitions)


def collected(decided: Any) -> list[tuple[Any, ...]]:
    order = ["doc_key", "line"]
    return [tuple(row) for row in decided.orderBy(*order).collect()]


def expected(documents: pd.DataFrame, value: str | None = None) -> pa.Table:
    """The same without Spark; similarities left out."""
    signed = documents[documents.minhash.notna()]
    keys, clusters = similar_clusters(
        signed.doc_key.to_numpy(), pa.array(signed.minhash.tolist(), pa.binary()), BANDS, 0.7
    )
    ranks = None if value is None else documents.set_index("doc_key")[value].loc[keys].to_numpy(np.float64)
    return decisions(keys, clusters, "near", value=ranks)


def without_similarity(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(*row[:4], row[5]) for row in rows]


def tuples(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize(("partitions", "seed"), [(1, None), (7, 1), (64, 2)])
def test_similar_documents_are_those_of_the_pure_functions(
    spark: Any, documents: pd.DataFrame, partitions: int, seed: int | None
) -> None:
    found = collected(decide_similar(frame(spark, documents, partitions, seed), SIMILAR, "near"))
    assert without_similarity(found) == without_similarity(tuples(expected(documents)))
    assert len(found) > 80
    assert all(row[4] == 1 for row in found if row[2] is None)
    assert all(0.3 < row[4] <= 1 for row in found)


def test_components_on_the_cluster_decide_as_in_the_driver(spark: Any, documents: pd.DataFrame) -> None:
    here = frame(spark, documents)
    on_cluster = Similar(BANDS, 0.7, driver_edges=0)
    assert collected(decide_similar(here, on_cluster, "near")) == collected(
        decide_similar(here, SIMILAR, "near")
    )


def test_a_failed_task_changes_nothing(spark: Any, documents: pd.DataFrame, tmp_path: Any) -> None:
    mark = tmp_path / "failed"

    def fail_once(batches: Any) -> Any:
        yield from batches
        if not mark.exists():
            mark.touch()
            raise RuntimeError("a task dies after all its rows were read")

    here = frame(spark, documents, 4)
    failing = here.mapInArrow(fail_once, here.schema)
    assert collected(decide_similar(failing, SIMILAR, "near")) == collected(
        decide_similar(here, SIMILAR, "near")
    )
    assert mark.exists()


@pytest.mark.parametrize(("keep", "value"), [("longest", "text_bytes"), ("best:text_bytes", "text_bytes")])
def test_the_keeper_is_chosen_by_policy(spark: Any, documents: pd.DataFrame, keep: str, value: str) -> None:
    found = collected(decide_similar(frame(spark, documents), SIMILAR, "near", keep=keep))
    assert without_similarity(found) == without_similarity(tuples(expected(documents, value)))


def test_the_newest_stays(spark: Any, documents: pd.DataFrame) -> None:
    seconds = documents.assign(fetched_at=documents.fetched_at.astype("int64"))
    found = collected(decide_similar(frame(spark, documents), SIMILAR, "near", keep="newest"))
    assert without_similarity(found) == without_similarity(tuples(expected(seconds, "fetched_at")))


def test_no_copy_stays_with_the_policy_none(spark: Any, documents: pd.DataFrame) -> None:
    found = collected(decide_similar(frame(spark, documents), SIMILAR, "near", keep="none"))
    assert {(row[2], row[3]) for row in found} == {("near", None)}
    assert [row[0] for row in found] == [row[0] for row in tuples(expected(documents))]


def test_each_document_may_have_to_be_like_its_keeper(spark: Any, documents: pd.DataFrame) -> None:
    each = collected(
        decide_similar(frame(spark, documents, 5, 3), Similar(BANDS, 0.7, split_above=1), "near")
    )
    whole = collected(decide_similar(frame(spark, documents), SIMILAR, "near"))
    assert min(row[4] for row in each) >= 0.7 > min(row[4] for row in whole)
    sizes: dict[int, int] = {}
    for row in each:
        sizes[row[3]] = sizes.get(row[3], 0) + 1
    assert all(row[5] == sizes[row[3]] > 1 for row in each)
    assert {row[0] for row in each if row[2]} < {row[0] for row in whole if row[2]}
    some = collected(decide_similar(frame(spark, documents), Similar(BANDS, 0.7, split_above=3), "near"))
    small = [row for row in whole if row[5] <= 3]
    assert [row for row in some if row[0] in {row[0] for row in small}] == small
    assert [row for row in some if row not in small] == [
        row for row in each if row[0] in {row[0] for row in whole if row[5] > 3}
    ]


def test_documents_may_be_added_in_several_runs(spark: Any, documents: pd.DataFrame) -> None:
    rows = documents.sort_values("doc_key")
    at_once = collected(decide_similar(frame(spark, rows), SIMILAR, "near"))
    known, first = None, 0
    for last in (60, 110, len(rows)):
        if known is not None:
            known = Known(spark.createDataFrame(known, DECISION_COLUMNS), int(rows.doc_key.iloc[first]))
        decided = decide_similar(frame(spark, rows.iloc[:last]), SIMILAR, "near", known=known)
        known, first = collected(decided), last
    assert known == at_once


def test_simhashes_that_differ_in_few_bits_are_alike(spark: Any) -> None:
    random = np.random.default_rng(5)
    bases = [int(base) for base in random.integers(-(2**62), 2**62, 40)]
    copies = []
    for base in bases[:20]:
        flipped = random.choice(62, int(random.integers(0, 8)), replace=False)
        copies.append(base ^ sum(1 << int(bit) for bit in flipped))
    near = {100 + i for i, copy in enumerate(copies) if (copy ^ bases[i]).bit_count() <= 4}
    rows = [*enumerate(bases), *enumerate(copies, 100)]
    found = collected(
        decide_similar(spark.createDataFrame(rows, "doc_key long, simhash long"), Close(4, 6), "close")
    )
    assert {row[0] for row in found if row[2] is not None} == near
    assert 0 < len(near) < 20


def test_documents_of_different_languages_are_related_only_on_request(
    spark: Any, documents: pd.DataFrame
) -> None:
    found = collected(decide_similar(frame(spark, documents), SIMILAR, "near", within="language"))
    each = [expected(rows) for _, rows in documents.groupby("lang", dropna=False)]
    assert without_similarity(found) == without_similarity(
        sorted(row for table in each for row in tuples(table))
    )


def test_true_similarity_may_verify(spark: Any, documents: pd.DataFrame) -> None:
    sets = {r.doc_key: set(np.frombuffer(r.shingles, np.uint64)) for r in documents.itertuples()}
    exact = Similar(BANDS, 0.7, verify="shingles")
    for row in collected(decide_similar(frame(spark, documents), exact, "near")):
        own, kept = sets[row[0]], sets[row[3]]
        assert row[4] == pytest.approx(len(own & kept) / len(own | kept))


def test_without_verification_a_shared_band_is_enough(spark: Any, documents: pd.DataFrame) -> None:
    loose = Similar(Bands(60, 2), 0.0, verify="none")
    found = collected(decide_similar(frame(spark, documents), loose, "near"))
    strict = collected(decide_similar(frame(spark, documents), SIMILAR, "near"))
    assert {row[0] for row in strict} < {row[0] for row in found}


def test_documents_without_signatures_give_no_decisions(spark: Any, documents: pd.DataFrame) -> None:
    assert collected(decide_similar(frame(spark, documents.assign(minhash=None)), SIMILAR, "near")) == []


def test_unknown_settings_are_refused(spark: Any, documents: pd.DataFrame) -> None:
    here = frame(spark, documents)
    with pytest.raises(RecipeError, match="verify: expected one of signature"):
        decide_similar(here, Similar(BANDS, 0.7, verify="eyes"), "near")
    with pytest.raises(RecipeError, match="within: expected one of corpus, language"):
        decide_similar(here, SIMILAR, "near", within="planet")


EQUAL = [
    (5, "a", 10, 1),
    (3, "a", 30, 1),
    (9, "b", 10, 1),
    (1, "a", 20, 2),
    (2, "a", 20, None),
    (4, "b", 5, None),
]


def equal(spark: Any, partitions: int = 3) -> Any:
    return spark.createDataFrame(EQUAL, "doc_key long, lang string, text_bytes long, hash long").repartition(
        partitions
    )


@pytest.mark.parametrize("partitions", [1, 7])
def test_documents_of_equal_hash_leave_one(spark: Any, partitions: int) -> None:
    assert collected(decide_equal(equal(spark, partitions), "hash", "same")) == [
        (3, None, None, 3, 1.0, 3),
        (5, None, "same", 3, 1.0, 3),
        (9, None, "same", 3, 1.0, 3),
    ]


def test_documents_of_equal_hash_leave_one_of_each_language(spark: Any) -> None:
    found = collected(decide_equal(equal(spark), "hash", "same", keep="longest", within="language"))
    assert found == [(3, None, None, 3, 1.0, 2), (5, None, "same", 3, 1.0, 2)]


def test_documents_of_equal_hash_may_all_go(spark: Any) -> None:
    found = collected(decide_equal(equal(spark), "hash", "same", keep="none"))
    assert [(row[0], row[2], row[3]) for row in found] == [
        (3, "same", None),
        (5, "same", None),
        (9, "same", None),
    ]


CHUNKS = [(7, 0, 1), (2, 0, 1), (2, 1, 5), (2, 2, 1), (3, 0, None), (4, 0, None), (9, 4, 5), (9, 5, 6)]


def test_equal_chunks_leave_the_first(spark: Any) -> None:
    chunks = spark.createDataFrame(CHUNKS, "doc_key long, line int, hash long").repartition(5)
    assert collected(decide_equal_chunks(chunks, "line")) == [
        (2, 2, "line", 2, 1.0, 3),
        (7, 0, "line", 2, 1.0, 3),
        (9, 4, "line", 2, 1.0, 2),
    ]


def test_equal_chunks_may_all_go(spark: Any) -> None:
    chunks = spark.createDataFrame(CHUNKS, "doc_key long, line int, hash long")
    found = collected(decide_equal_chunks(chunks, "line", keep="none"))
    assert [row[:2] for row in found] == [(2, 0), (2, 1), (2, 2), (7, 0), (9, 4)]
    assert {row[2:4] for row in found} == {("line", None)}


def graph(kind: str) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    if kind.endswith("chain"):
        order = random.permutation(100_000 if kind == "long chain" else 3_000).astype(np.int64)
        return np.minimum(order[:-1], order[1:]), np.maximum(order[:-1], order[1:])
    if kind == "star":
        return np.full(2_000, 7, np.int64), np.arange(8, 2_008)
    sizes = (
        random.integers(0, 4_000, (3_000, 2)) if kind == "random" else random.zipf(1.6, (3_000, 2)) % 5_000
    )
    apart = sizes[sizes[:, 0] != sizes[:, 1]]
    return apart.min(axis=1).astype(np.int64), apart.max(axis=1).astype(np.int64)


@pytest.mark.parametrize(
    "kind", ["random", "chain", pytest.param("long chain", marks=pytest.mark.slow), "star", "power law"]
)
def test_components_on_the_cluster_equal_those_in_the_driver(spark: Any, kind: str) -> None:
    low, high = graph(kind)
    edges = spark.createDataFrame(np.stack((low, high), 1).tolist(), "low long, high long").repartition(4)
    keys, clusters = components(low, high)
    expected_rows = list(zip(keys.tolist(), clusters.tolist(), strict=True))
    for found in (connect(edges), connect_by_stars(edges)):
        assert sorted(tuple(row) for row in found.collect()) == expected_rows


def test_no_edges_give_no_clusters(spark: Any) -> None:
    edges = spark.createDataFrame([], "low long, high long")
    assert connect(edges).collect() == []
    assert connect_by_stars(edges).collect() == []
