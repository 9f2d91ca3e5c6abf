"""Repeated runs of lines and overlapping paragraphs, on Spark, by hashes: what MADLAD-400 and Dolma cut.

Both published tools let a document lose what was seen before it, in the order of reading (a Bloom filter).
Here "before" means a smaller (doc_key, line), so that the result does not depend on order, partitions or
retries.
"""

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.relate_keys import bind, decision_rows, group_of
from pipeline.candidates import spans_of_lines

SPAN_LINES = 3
"""Sentences in a span of MADLAD-400."""
OVERLAP = 0.8
"""Share of a paragraph's n-grams that must have been seen before it goes: DCLM's BFF,
`--filtering-threshold`.
"""
PLACE = ("doc_key", "line")


def decide_equal_spans(
    frame: DataFrame, reason: str, *, lines: int = SPAN_LINES, within: str = "corpus"
) -> DataFrame:
    """Decide on lines of spans of `lines` lines that occur before in the corpus, or in their document.

    Source: MADLAD-400 data card ("all but one of any three-sentence span occurring more than once removed").
    `frame` has `doc_key`, `hashes` (array of the lines' hashes in order; a null is equal to nothing) and
    `lang` for `within="language"`. A line goes with the first of the spans that hold it: keeper and size are
    that span's.
    """
    rows = frame.select("doc_key", "hashes", group_of(within).alias("group"))
    spans = rows.mapInArrow(bind(_spans, lines), "doc_key long, line int, group string, hash long")
    first = F.min(F.struct(*PLACE)).alias("first")
    size = F.count(F.lit(1)).cast("int").alias("size")
    repeated = spans.groupBy("hash", "group").agg(first, size).where("size > 1")
    later = spans.join(repeated, ["hash", "group"]).where(F.struct(*PLACE) > F.col("first"))
    each = later.select(
        "doc_key", F.struct("line", F.col("first.doc_key").alias("keeper"), "size").alias("span"),
        F.explode(F.sequence("line", F.col("line") + (lines - 1))).alias("of_line"),
    )  # fmt: skip
    chosen = each.groupBy("doc_key", F.col("of_line").alias("line")).agg(F.min("span").alias("span"))
    members = chosen.select("doc_key", "line", "span.keeper", "span.size")
    return decision_rows(members, reason, keeper=F.col("keeper"), stays=F.lit(False), line=F.col("line"))


def decide_overlapping_chunks(
    frame: DataFrame, reason: str, *, share: float = OVERLAP, within: str = "corpus"
) -> DataFrame:
    """Decide on chunks of which at least `share` of the distinct n-grams occur before them.

    Source: Dolma's and DCLM's n-gram Bloom filters on paragraphs. `frame` has one row for each n-gram:
    `doc_key`, `line`, `hash`, and `lang` for `within="language"`. The similarity is the share; many keepers
    are none, so it is null.
    """
    rows = frame.select(*PLACE, "hash", group_of(within).alias("group")).dropDuplicates()
    first = rows.groupBy("hash", "group").agg(F.min(F.struct(*PLACE)).alias("first"))
    seen = (F.struct(*PLACE) > F.col("first")).cast("double")
    shares = rows.join(first, ["hash", "group"]).groupBy(*PLACE).agg(F.avg(seen).alias("share"))
    members = shares.where(F.col("share") >= share).withColumn("size", F.lit(None))
    return decision_rows(
        members, reason, keeper=F.lit(None), stays=F.lit(False), line=F.col("line"), similarity=F.col("share")
    )


def _spans(lines: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield spans_of_lines(batch, lines)
