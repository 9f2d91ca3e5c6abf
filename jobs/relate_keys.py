"""The dedup steps as Spark DataFrames of keys, hashes and signatures: who is alike, who stays. Never text.

`decide_equal` and `decide_equal_chunks` relate rows of equal hash, `decide_similar` rows of similar
signature. Each gives DECISION rows; the result depends on the set of rows alone, not on partitions, order,
retries or cores. What happens inside a partition is in `pipeline/candidates.py`; the same without Spark is in
`pipeline/clusters.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from filters.lsh import Bands
from filters.simhash import BITS
from jobs.connect_edges import DRIVER_EDGES, connect
from pipeline import buckets, candidates
from pipeline.elect import elect
from pipeline.keep_policy import KeepPolicy, read_policy
from schemas.errors import RecipeError

Work = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]

LEAST_PLACES = 256
PLACES_A_TASK = 4
"""Buckets are cut into so many ranges for each task: one range is in memory at a time, 16 bytes a band."""
VERIFICATIONS = ("signature", "shingles", "none")
WITHIN = ("corpus", "language")

_DECISION_COLUMNS = (
    ("doc_key", "long"),
    ("line", "int"),
    ("reason", "string"),
    ("keeper", "long"),
    ("similarity", "float"),
    ("cluster_size", "int"),
)


@dataclass(frozen=True, slots=True)
class Similar:
    """What counts as alike: a shared band, and then a similarity of at least `least`.

    `verify`: `signature` (estimated from the signatures), `shingles` (true Jaccard similarity of the sets in
    column `shingles`), `none` (a shared band is enough). Clusters of more than `split_above` members (0: no
    cluster) are split so that each document goes only for one that it is like itself, not through others
    (`pipeline/elect.py`): a guard against giant clusters that chance has chained.
    """

    bands: Bands
    least: float
    verify: str = "signature"
    signature: str = "minhash"
    split_above: int = 0
    driver_edges: int = DRIVER_EDGES


@dataclass(frozen=True, slots=True)
class Close:
    """What counts as alike: SimHashes (a `long` column) that differ in at most `distance` bits.

    They are found by cutting them into `blocks`: more blocks are longer keys and more of them.
    """

    distance: int = 4
    blocks: int = 6
    signature: str = "simhash"
    split_above: int = 0
    driver_edges: int = DRIVER_EDGES

    @property
    def least(self) -> float:
        """The least share of equal bits, less what rounding may take."""
        return 1 - (self.distance + 0.5) / BITS


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier run decided, keepers included, on the documents with keys below `new_from`.

    With them, adding documents in several runs gives the clusters of one run over all: buckets are searched
    in pieces by key, so new members shift none of the earlier pieces.
    """

    decisions: DataFrame
    new_from: int


def decide_equal(
    frame: DataFrame, key: str, reason: str, *, keep: str = "smallest_key", within: str = "corpus"
) -> DataFrame:
    """Decide on documents with an equal value of the column `key` (a hash); null relates to nothing.

    `frame` has `doc_key`, `key`, `lang` for `within="language"`, and what the keep policy reads.
    """
    policy = read_policy(keep)
    rows = frame.where(F.col(key).isNotNull()).select(
        "doc_key", F.col(key).alias("hash"), group_of(within).alias("group"), _rank(policy).alias("rank")
    )
    found = _best(rows, ["hash", "group"], ["doc_key"])
    members = rows.join(found, ["hash", "group"])
    keeper = F.lit(None) if policy.none else F.col("best.doc_key")
    stays = F.lit(False) if policy.none else F.col("best.doc_key") == F.col("doc_key")
    return decision_rows(members, reason, keeper=keeper, stays=stays)


def decide_equal_chunks(
    frame: DataFrame, reason: str, *, keep: str = "smallest_key", within: str = "corpus"
) -> DataFrame:
    """Decide on chunks of equal `hash`: all but one go, repeats in one document included; with `none`, all.

    `frame` has `doc_key`, `line`, `hash`, `lang` for `within="language"`, and what the keep policy reads. Of
    equal rank the chunk of the smallest (doc_key, line) stays. No row tells of chunks that stay.
    """
    policy = read_policy(keep)
    rows = frame.where(F.col("hash").isNotNull()).select(
        "doc_key", "line", "hash", group_of(within).alias("group"), _rank(policy).alias("rank")
    )
    found = _best(rows, ["hash", "group"], ["doc_key", "line"])
    members = rows.join(found, ["hash", "group"])
    keeper = F.lit(None) if policy.none else F.col("best.doc_key")
    if not policy.none:
        same = (F.col("best.doc_key") == F.col("doc_key")) & (F.col("best.line") == F.col("line"))
        members = members.where(~same)
    return decision_rows(members, reason, keeper=keeper, stays=F.lit(False), line=F.col("line"))


def decide_similar(
    frame: DataFrame,
    similar: Similar | Close,
    reason: str,
    *,
    keep: str = "smallest_key",
    within: str = "corpus",
    known: Known | None = None,
) -> DataFrame:
    """Decide on documents whose signatures are alike, directly or through others; null relates to nothing.

    `frame` has `doc_key`, the signature (binary: 32-bit values, little endian), `lang` for
    `within="language"`, `shingles` (binary: sorted 64-bit hashes) to verify by them, and what the keep policy
    reads. With `known`, it has the earlier documents too, and only what the new ones change is searched for.
    """
    policy = read_policy(keep)
    signed = frame.where(F.col(similar.signature).isNotNull())
    facts = _facts(signed.withColumn("rank", _rank(policy)), similar).persist()
    edges = similar_edges(signed, facts.select("doc_key", "payload"), similar, within, known)
    members = connect(edges, driver_edges=similar.driver_edges).join(facts, "doc_key")
    measured = _measured(members, similar)
    if policy.none:
        return decision_rows(measured, reason, keeper=F.lit(None), stays=F.lit(False))
    stays = F.col("keeper") == F.col("doc_key")
    return decision_rows(
        measured, reason, keeper=F.col("keeper"), stays=stays, similarity=F.col("similarity")
    )


def _measured(members: DataFrame, similar: Similar | Close) -> DataFrame:
    """Return `doc_key`, `size`, `keeper` and `similarity` of members; large clusters are split on request."""
    if not similar.split_above:
        return _with_best(members, similar)
    sizes = members.groupBy("cluster").agg(F.count(F.lit(1)).alias("members"))
    sized = members.join(sizes, "cluster")
    is_large = F.col("members") > similar.split_above
    small = _with_best(sized.where(~is_large).drop("members"), similar)
    return small.unionByName(_elected(sized.where(is_large).drop("members"), similar))


def _with_best(members: DataFrame, similar: Similar | Close) -> DataFrame:
    """Add to the members of each cluster its best, how alike they are, and its size."""
    clustered = members.join(_best(members, ["cluster"], ["doc_key", "payload"]), "cluster")
    columns = [F.col("best.doc_key").alias("keeper"), F.col("best.payload").alias("keeper_payload")]
    pairs = clustered.select("doc_key", "size", "payload", *columns)
    return pairs.mapInArrow(bind(_measure, similar), "doc_key long, size int, keeper long, similarity float")


def _elected(members: DataFrame, similar: Similar | Close) -> DataFrame:
    """Split clusters into those who are like one that stays; the same columns."""
    order = ["cluster", "rank", "doc_key"]
    rows = members.repartition("cluster").sortWithinPartitions(*order)
    elected = rows.mapInArrow(bind(_elect, similar), "doc_key long, keeper long, similarity float")
    sizes = elected.groupBy("keeper").agg(F.count(F.lit(1)).cast("int").alias("size")).where("size > 1")
    return elected.join(sizes, "keeper")


def similar_edges(
    signed: DataFrame, payload: DataFrame, similar: Similar | Close, within: str, known: Known | None = None
) -> DataFrame:
    """Return edges (low, high) between documents that share a band and are alike.

    Bands cross the network packed: rows of Spark's own, one for each, take several times as long. The
    buckets of one place are sorted in memory. Only documents that share a bucket have their payload sent,
    once for each set of documents they share one with, and then buckets are sorted streams, whose size costs
    no memory.
    """
    rows = signed.select("doc_key", similar.signature, _group_key(within).alias("group"))
    partitions = int(str(signed.sparkSession.conf.get("spark.sql.shuffle.partitions")))
    places = max(LEAST_PLACES, PLACES_A_TASK * partitions)
    packed = rows.mapInArrow(bind(_explode, (similar, places)), "place int, rows binary")
    by_place = packed.repartition("place").sortWithinPartitions("place")
    new_from = buckets.ANY_KEY if known is None else known.new_from
    shared = by_place.mapInArrow(bind(_share, new_from), "bucket long, doc_key long")
    if isinstance(similar, Similar) and similar.verify == "none":
        found = _by_bucket(shared).mapInArrow(buckets.star_edges, "low long, high long")
    else:
        once = shared.repartition("doc_key").dropDuplicates()
        sent = _by_bucket(once.join(payload, "doc_key"))
        found = sent.mapInArrow(bind(_match, similar), "low long, high long")
    if known is not None:
        earlier = known.decisions.where("keeper <> doc_key")
        found = found.union(earlier.select(F.col("keeper").alias("low"), F.col("doc_key").alias("high")))
    return found.dropDuplicates()


def _by_bucket(frame: DataFrame) -> DataFrame:
    return frame.repartition("bucket").sortWithinPartitions("bucket", "doc_key")


def group_of(within: str) -> Column:
    """Rows of different values are not related."""
    if within not in WITHIN:
        raise RecipeError(f"within: expected one of {', '.join(WITHIN)}, got {within!r}")
    return F.coalesce(F.col("lang"), F.lit("")) if within == "language" else F.lit("")


def _group_key(within: str) -> Column:
    group = group_of(within)
    return F.xxhash64(group) if within == "language" else F.lit(0).cast("long")


def _rank(policy: KeepPolicy) -> Column:
    """The smallest rank stays: minus the value, infinite where it is null or not a number."""
    if policy.column is None:
        return F.lit(0.0)
    value = F.col(policy.column)
    number = value.cast("double")
    return F.when(number.isNull() | F.isnan(number), F.lit(float("inf"))).otherwise(-number)


def _best(rows: DataFrame, cluster: list[str], keys: list[str]) -> DataFrame:
    """Return the best row and the size of each cluster of two or more."""
    best = F.min(F.struct("rank", *keys)).alias("best")
    found = rows.groupBy(*cluster).agg(best, F.count(F.lit(1)).cast("int").alias("size"))
    return found.where("size > 1")


def decision_rows(
    members: DataFrame,
    reason: str,
    *,
    keeper: Column,
    stays: Column,
    line: Column | None = None,
    similarity: Column | None = None,
) -> DataFrame:
    """Return DECISION rows of members, which have `doc_key` and the size of their cluster, `size`."""
    values = {
        "doc_key": F.col("doc_key"),
        "line": F.lit(None) if line is None else line,
        "reason": F.when(~stays, F.lit(reason)),
        "keeper": keeper,
        "similarity": F.lit(1.0) if similarity is None else similarity,
        "cluster_size": F.col("size"),
    }
    return members.select(*(values[name].cast(kind).alias(name) for name, kind in _DECISION_COLUMNS))


def _facts(signed: DataFrame, similar: Similar | Close) -> DataFrame:
    """Return for each document its rank and what it is compared by.

    That is the low byte of each value of its signature, or the set of its shingles.
    """
    if isinstance(similar, Close):
        rows = signed.select("doc_key", "rank", similar.signature)
        return rows.mapInArrow(_bytes, "doc_key long, rank double, payload binary")
    if similar.verify not in VERIFICATIONS:
        raise RecipeError(f"verify: expected one of {', '.join(VERIFICATIONS)}, got {similar.verify!r}")
    if similar.verify == "shingles":
        return signed.select("doc_key", "rank", F.col("shingles").alias("payload"))
    rows = signed.select("doc_key", "rank", similar.signature)
    return rows.mapInArrow(_sketch, "doc_key long, rank double, payload binary")


def bind(work: Callable[..., Iterator[pa.RecordBatch]], setting: object) -> Work:
    """Return `work` with its setting bound, with the plain signature that mapInArrow looks for."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return work(setting, batches)

    return run


def _explode(
    setting: tuple[Similar | Close, int], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    similar, places = setting
    yield from buckets.pack_buckets(_exploded(similar, batches), places)


def _exploded(similar: Similar | Close, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if batch.num_rows:
            keys, group = (np.asarray(batch.column(name), np.int64) for name in ("doc_key", "group"))
            if isinstance(similar, Close):
                hashes = np.asarray(batch.column(1), np.int64)
                yield candidates.explode_blocks(keys, hashes, similar.distance, similar.blocks, group)
            else:
                signed = candidates.matrix(batch.column(1), np.uint32)
                yield candidates.explode_bands(keys, signed, similar.bands, group)


def _sketch(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        kept = batch.select(["doc_key", "rank"])
        yield kept.append_column("payload", candidates.sketches(batch.column(2)))


def _bytes(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        hashes = np.asarray(batch.column(2), np.int64)[:, None]
        yield batch.select(["doc_key", "rank"]).append_column("payload", candidates.binary_column(hashes))


def _reader(similar: Similar | Close) -> candidates.Read:
    if isinstance(similar, Close):
        return candidates.read_simhashes
    return candidates.read_shingle_sets if similar.verify == "shingles" else candidates.read_sketches


def _share(new_from: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from buckets.shared_buckets(buckets.unpack_buckets(batches), new_from)


def _match(similar: Similar | Close, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from candidates.match_buckets(batches, "payload", _reader(similar), similar.least)


def _elect(similar: Similar | Close, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from elect(batches, "payload", _reader(similar), similar.least)


def _measure(similar: Similar | Close, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if not batch.num_rows:
            continue
        both = pa.concat_arrays([batch.column("payload"), batch.column("keeper_payload")])
        left = np.arange(batch.num_rows)
        similarity = pa.array(_reader(similar)(both)(left, left + batch.num_rows), pa.float32())
        kept = batch.select(["doc_key", "size", "keeper"])
        yield kept.append_column("similarity", similarity)
