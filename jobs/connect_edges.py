"""Connected components of edges between documents, as Spark DataFrames: in the driver, or on the cluster.

SciPy in the driver takes 20 s and 5 GB for 10^8 edges; star contraction takes minutes for 10^6 and has no
limit. Both give the same: the smallest key of each component.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.clusters import components

DRIVER_EDGES = 100_000_000
"""Up to this many edges, components are found in the driver: 20 s and 5 GB (SciPy, one core)."""
ROUNDS = 100
"""Rounds of star contraction after which something is wrong; a chain of 2^n documents needs about n."""

PACKED = "low binary, high binary"
PACK = 1 << 20
"""Keys in one packed value: 8 MB."""


def connect(edges: DataFrame, *, driver_edges: int = DRIVER_EDGES) -> DataFrame:
    """Return (doc_key, cluster) for the documents of all edges; the cluster is the smallest key connected to.

    Up to `driver_edges` distinct edges in the driver, above by star contraction on the cluster: the same
    result.
    """
    kept = edges.persist()
    found = _connect_here(kept) if kept.count() <= driver_edges else connect_by_stars(kept)
    kept.unpersist()
    return found


def _connect_here(edges: DataFrame) -> DataFrame:
    """Find components in the driver; keys travel packed, many in one binary value."""
    packed = list(edges.mapInArrow(_pack, PACKED).toLocalIterator())
    low, high = (
        np.concatenate([np.frombuffer(row[name], np.int64) for row in packed] or [np.empty(0, np.int64)])
        for name in ("low", "high")
    )
    keys, clusters = components(low, high)
    spark = edges.sparkSession
    pieces = [
        (bytearray(keys[i : i + PACK]), bytearray(clusters[i : i + PACK])) for i in range(0, len(keys), PACK)
    ]
    rows = spark.createDataFrame(pieces, PACKED).repartition(max(1, len(pieces)))
    return rows.mapInArrow(_unpack, "doc_key long, cluster long")


def _pack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        values = [[np.asarray(column, np.int64).tobytes()] for column in batch.columns]
        yield pa.RecordBatch.from_pydict({"low": values[0], "high": values[1]})


def _unpack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for low, high in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            columns = {"doc_key": np.frombuffer(low, np.int64), "cluster": np.frombuffer(high, np.int64)}
            yield pa.RecordBatch.from_pydict(columns)


def connect_by_stars(edges: DataFrame) -> DataFrame:
    """Find components by large and small stars in turn (Kiveris et al. 2014, SoCC).

    Raises:
        RuntimeError: the edges did not settle.
    """
    current = _settled(edges.select(F.greatest("low", "high").alias("u"), F.least("low", "high").alias("v")))
    mark = _mark(current)
    for _ in range(ROUNDS):
        current = _settled(_small_star(_large_star(current)))
        before, mark = mark, _mark(current)
        if mark == before:
            members = current.select(F.col("u").alias("doc_key"), F.col("v").alias("cluster"))
            roots = current.select(F.col("v").alias("doc_key"), F.col("v").alias("cluster")).distinct()
            return members.union(roots)
    raise RuntimeError(f"star contraction: expected a stable set of edges in {ROUNDS} rounds, got none")


def _large_star(edges: DataFrame) -> DataFrame:
    """Link each larger neighbour of a document to the smallest of its neighbourhood."""
    both = edges.union(edges.select(F.col("v").alias("u"), F.col("u").alias("v")))
    least = both.groupBy("u").agg(F.min("v").alias("m"))
    linked = both.where("v > u").join(least, "u")
    return linked.select(F.col("v").alias("u"), F.least("u", "m").alias("v"))


def _small_star(edges: DataFrame) -> DataFrame:
    """Link a document and its smaller neighbours to the smallest of these."""
    least = edges.groupBy("u").agg(F.min("v").alias("m"))
    linked = edges.join(least, "u").where("v <> m").select(F.col("v").alias("u"), F.col("m").alias("v"))
    return linked.union(least.select("u", F.col("m").alias("v")))


def _settled(edges: DataFrame) -> DataFrame:
    """Compute the edges once, without repeats, and forget how they came about."""
    return edges.where("u <> v").dropDuplicates().localCheckpoint()


def _mark(edges: DataFrame) -> tuple[object, ...]:
    """Return numbers that differ where the set of edges does."""
    hashed = F.xxhash64("u", "v").cast("decimal(38,0)")
    row = edges.agg(F.count(F.lit(1)), F.sum(hashed)).first()
    return tuple(row) if row is not None else ()
