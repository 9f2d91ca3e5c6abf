"""The default recipe on the assembled archives, whose languages and duplicates are known."""

import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from filters.languages import same_language

pytestmark = [pytest.mark.spark, pytest.mark.slow]

LANGUAGE_FLOOR = 0.93
NEAR_DUPLICATE = 0.85


@pytest.fixture(scope="module")
def truth(shared: Path) -> dict[str, dict]:
    rows = pq.read_table(shared / "data" / "warc" / "assembled" / "assembled-truth.parquet").to_pylist()
    return {row["record_id"].strip("<>"): row for row in rows}


@pytest.fixture(scope="module")
def curated(shared: Path, tmp_path_factory, glotmill) -> Path:
    output = tmp_path_factory.mktemp("assembled") / "corpus"
    archives = shared / "data" / "warc" / "assembled"
    glotmill("run", "glotmill", archives, "--output", output, "--keep-workspace", "--master", "local[2]")
    return output


@pytest.fixture(scope="module")
def removed(curated: Path) -> list[dict]:
    return pq.read_table(curated / "removed").to_pylist()


@pytest.fixture(scope="module")
def clusters(curated: Path, removed: list[dict], read_corpus) -> dict[str, int]:
    """The document that stands for each document in the end, for those that dedup saw."""
    signals = pa.concat_tables(
        [
            pq.read_table(p, columns=["doc_key", "doc_id"])
            for p in sorted((curated / "_work/signals").glob("*.parquet"))
        ]
    )
    keys = dict(zip(signals["doc_id"].to_pylist(), signals["doc_key"].to_pylist(), strict=True))
    keeper = {keys[row["doc_id"]]: row["keeper"] for row in removed if row["keeper"] is not None}
    seen = {*keeper, *read_corpus(curated).column("doc_key").to_pylist()}

    def root(key: int) -> int:
        return root(keeper[key]) if key in keeper else key

    return {doc_id: root(key) for doc_id, key in keys.items() if key in seen}


def test_every_response_is_kept_or_removed_with_a_reason(curated, truth, removed, read_corpus):
    kept = set(read_corpus(curated).column("doc_id").to_pylist())
    gone = {row["doc_id"] for row in removed if row["reasons"]}
    assert set(truth) <= kept | gone
    assert not kept & gone


def test_kept_documents_carry_their_true_language(curated, truth, read_corpus, capsys):
    right, total = Counter(), Counter()
    for row in read_corpus(curated).select(["doc_id", "lang"]).to_pylist():
        expected = truth[row["doc_id"]]
        if not expected["lid176"]:
            continue
        total[expected["lang"]] += 1
        right[expected["lang"]] += same_language(row["lang"], expected["lang"])
    with capsys.disabled():
        print(f"\nlanguage right: {right.total()} of {total.total()} kept documents; below 1:")
        print(", ".join(f"{lang} {right[lang]}/{n}" for lang, n in sorted(total.items()) if right[lang] < n))
    assert total.total() >= 700
    assert right.total() / total.total() >= LANGUAGE_FLOOR


def test_exact_duplicates_end_in_one_cluster(clusters, truth):
    pairs = [
        (doc_id, other)
        for doc_id, row in truth.items()
        if row["exact_dup_of"]
        for other, original in truth.items()
        if original["url"] == row["exact_dup_of"] or other == row["exact_dup_of"].strip("<>")
    ]
    compared = [(a, b) for a, b in pairs if a in clusters and b in clusters]
    assert len(compared) >= 8
    assert [pair for pair in compared if clusters[pair[0]] != clusters[pair[1]]] == []


def test_near_duplicates_end_in_one_cluster(curated, clusters, truth):
    tables = [pq.read_table(p) for p in sorted((curated / "_work" / "signals").glob("*.parquet"))]
    text = {row["doc_id"]: row["text"] for t in tables for row in t.select(["doc_id", "text"]).to_pylist()}
    groups: dict[str, list[str]] = defaultdict(list)
    for doc_id, row in truth.items():
        if row["near_dup_cluster"] and doc_id in clusters:
            groups[row["near_dup_cluster"]].append(doc_id)
    pairs = [
        (a, b)
        for members in groups.values()
        for a, b in combinations(members, 2)
        if jaccard(text[a], text[b]) >= NEAR_DUPLICATE
    ]
    assert len(pairs) >= 20
    assert [pair for pair in pairs if clusters[pair[0]] != clusters[pair[1]]] == []


def jaccard(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_no_document_of_the_corpus_is_kept_twice(curated, read_corpus):
    table = read_corpus(curated)
    assert pc.count_distinct(table.column("text")).as_py() == table.num_rows
