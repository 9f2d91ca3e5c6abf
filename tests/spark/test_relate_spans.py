"""Spans and overlaps on Spark give what a slow reference gives."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from jobs.relate_spans import decide_equal_spans, decide_overlapping_chunks


def lines_of(documents: int, seed: int) -> list[tuple[int, list[int | None]]]:
    random = np.random.default_rng(seed)
    rows = []
    for key in random.permutation(documents).tolist():
        hashes: list[int | None] = random.integers(0, 4, int(random.integers(0, 9))).tolist()
        rows.append((key, [None if value == 3 and random.random() < 0.3 else value for value in hashes]))
    return rows


def slow_spans(rows: list[tuple[int, list[int | None]]], lines: int) -> set[tuple[int, int]]:
    seen, gone = set(), set()
    for key, hashes in sorted(rows):
        for i in range(len(hashes) - lines + 1):
            span = tuple(hashes[i : i + lines])
            if None in span:
                continue
            if span in seen:
                gone |= {(key, line) for line in range(i, i + lines)}
            seen.add(span)
    return gone


@pytest.mark.parametrize("partitions", [1, 7])
@pytest.mark.parametrize("lines", [1, 3])
def test_spans_that_occur_before_lose_all_their_lines(spark: Any, partitions: int, lines: int) -> None:
    rows = lines_of(60, seed=lines)
    frame = spark.createDataFrame(rows, "doc_key long, hashes array<long>").repartition(partitions)
    found = decide_equal_spans(frame, "span", lines=lines).collect()
    assert sorted((row.doc_key, row.line) for row in found) == sorted(slow_spans(rows, lines))
    assert all(row.reason == "span" and row.keeper <= row.doc_key and row.cluster_size > 1 for row in found)


def test_spans_are_related_within_a_language_on_request(spark: Any) -> None:
    rows = [(1, [1, 2, 3], "a"), (2, [1, 2, 3], "b"), (3, [0, 1, 2, 3], "a")]
    frame = spark.createDataFrame(rows, "doc_key long, hashes array<long>, lang string")
    found = decide_equal_spans(frame, "span", within="language").collect()
    assert sorted((row.doc_key, row.line, row.keeper, row.cluster_size) for row in found) == [
        (3, 1, 1, 2), (3, 2, 1, 2), (3, 3, 1, 2),
    ]  # fmt: skip


def test_chunks_of_which_most_occurs_before_go(spark: Any) -> None:
    random = np.random.default_rng(2)
    rows = [
        (key, line, int(gram))
        for key in range(20)
        for line in range(3)
        for gram in random.integers(0, 150, 5)
    ]
    first: dict[int, tuple[int, int]] = {}
    grams: dict[tuple[int, int], set[int]] = defaultdict(set)
    for key, line, gram in rows:
        first.setdefault(gram, (key, line))
        grams[key, line].add(gram)
    share = {at: sum(first[g] < at for g in of) / len(of) for at, of in grams.items()}
    frame = spark.createDataFrame(rows, "doc_key long, line int, hash long").repartition(5)
    found = decide_overlapping_chunks(frame, "overlap", share=0.6).collect()
    assert {(row.doc_key, row.line): row.similarity for row in found} == pytest.approx(
        {at: value for at, value in share.items() if value >= 0.6}
    )
    assert {row.keeper for row in found} == {None}
