"""Floors of near-duplicate search on real documents of known similarity, which no change may lower."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from filters.lsh import DEFAULT_BANDS, band_hashes
from filters.minhash import agreement, sketch, sketch_similarity
from filters.shingles import distinct, jaccard, word_shingles
from filters.signals.dedup import minhash
from filters.text import TextBatch, cut_by_bytes
from pipeline.candidates import matrix
from pipeline.clusters import DEFAULT_SIMILARITY, similar_clusters

SETS = ("debian_install_guide", "spdx_license", "web_recapture")
HIGH, LOW = 0.8, 0.5
RECALL, PRECISION = 0.98, 0.99

# Languages whose script has no spaces, or whose marks `\w` does not know, and English beside them.
SCRIPTS = ("eng_Latn", "tha_Thai", "khm_Khmr", "zho_Hans", "hin_Deva", "amh_Ethi")
EDITED = 200


def signed(texts: pa.Array) -> pa.Array:
    return pa.concat_arrays([minhash(texts.slice(a, b - a)) for a, b in cut_by_bytes(texts)])


def is_direct(signatures: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether each pair shares a band and is alike by its signatures."""
    bands = band_hashes(signatures, *DEFAULT_BANDS)
    small = sketch(signatures)
    found: np.ndarray = (bands[left] == bands[right]).any(axis=1)
    return found & (sketch_similarity(agreement(small[left], small[right])) >= DEFAULT_SIMILARITY)


def cluster_of(signatures: pa.Array) -> np.ndarray:
    """The smallest row of each row's cluster."""
    has = np.asarray(signatures.is_valid())
    labels = np.arange(len(signatures))
    keys, clusters = similar_clusters(
        np.flatnonzero(has), signatures.drop_null(), DEFAULT_BANDS, DEFAULT_SIMILARITY
    )
    labels[keys] = clusters
    return labels


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_near_duplicates_are_found_and_others_are_not(
    shared: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = pq.read_table(shared / "data" / "neardup" / f"{name}_docs.parquet")
    languages = ["-"] * len(documents)
    if "lang" in documents.column_names:
        languages = documents.column("lang").to_pylist()
    place = {doc_id: i for i, doc_id in enumerate(documents.column("doc_id").to_pylist())}
    with (shared / "data" / "neardup" / f"{name}_pairs.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    left, right = (np.array([place[row[side]] for row in rows]) for side in ("doc_a", "doc_b"))
    similarity = np.array([float(row["jaccard_word5"]) for row in rows])
    texts = documents.column("text").combine_chunks()
    signatures = signed(texts)
    direct = is_direct(matrix(signatures, np.uint32), left, right)
    labels = cluster_of(signatures)
    together = labels[left] == labels[right]
    with capsys.disabled():
        print(f"\n{'set':<22} lang  >=.8  recall  clustered | accepted  <.5  precision | clustered <.5")
        for lang in sorted(set(languages)):
            of_lang = np.array([languages[i] == lang for i in left])
            high, low = of_lang & (similarity >= HIGH), of_lang & (similarity < LOW)
            recall, clustered = direct[high].mean(), together[high].mean()
            accepted, wrong = int(direct[of_lang].sum()), int(direct[low].sum())
            precision = 1 - wrong / max(1, accepted)
            print(
                f"{name:<22} {lang:<4} {high.sum():>5}  {recall:.4f}  {clustered:.4f}    | {accepted:>7}"
                f"  {wrong:>4}  {precision:.4f}    | {int(together[low].sum())}"
            )
            assert recall >= RECALL, lang
            assert clustered >= RECALL, lang
            assert precision >= PRECISION, lang


@pytest.mark.slow
def test_copies_of_the_assembled_archive_end_in_one_cluster(shared: Path) -> None:
    table = pq.read_table(shared / "data" / "warc" / "assembled" / "assembled-truth.parquet")
    table = table.filter(
        pc.and_(pc.is_valid(table["main_text"]), pc.greater(pc.utf8_length(table["main_text"]), 0))
    )
    texts = table.column("main_text").combine_chunks()
    labels = cluster_of(signed(texts))
    place = {url: i for i, url in enumerate(table.column("url").to_pylist())}
    copies = [
        (place[url], place[other])
        for url, other in zip(*(table.column(n).to_pylist() for n in ("url", "exact_dup_of")), strict=True)
        if other in place
    ]
    similar = list(near_pairs(table, texts, least=0.85))
    assert len(copies) >= 8
    assert len(similar) >= 100
    assert [pair for pair in [*copies, *similar] if labels[pair[0]] != labels[pair[1]]] == []


def near_pairs(table: pa.Table, texts: pa.Array, least: float) -> Iterable[tuple[int, int]]:
    """Pairs of one `near_dup_cluster` of the truth whose sets of word 5-grams are that similar."""
    members: dict[str, list[int]] = defaultdict(list)
    for i, name in enumerate(table.column("near_dup_cluster").to_pylist()):
        if name is not None:
            members[name].append(i)
    sets = distinct(word_shingles(TextBatch.from_arrow(texts)))
    of = [sets.hashes[a:b] for a, b in zip(sets.offsets, sets.offsets[1:], strict=False)]
    for rows in members.values():
        pairs = [(a, b) for i, a in enumerate(rows) for b in rows[i + 1 :]]
        yield from (pair for pair in pairs if jaccard(of[pair[0]], of[pair[1]]) >= least)


def edited(sentences: list[str], random: np.random.Generator, share: float) -> str:
    """The sentences with a share of them replaced by their neighbours' first half: edits that each script can
    have.
    """
    changed = list(sentences)
    for i in random.permutation(len(changed))[: max(1, round(share * len(changed)))]:
        half = len(changed[i]) // 2
        changed[i] = changed[i][:half]
    return " ".join(changed)


@pytest.mark.parametrize("lang", SCRIPTS)
def test_planted_edits_are_found_in_every_script(
    shared: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pq.read_table(shared / "data" / "text" / "flores200_sib_train.parquet")
    sentences = table.filter(pc.equal(table["lang"], lang)).column("text").to_pylist()
    random = np.random.default_rng(7)
    originals, copies = [], []
    for _ in range(EDITED):
        chosen = [sentences[i] for i in random.integers(0, len(sentences), 14)]
        originals.append(" ".join(chosen))
        copies.append(edited(chosen, random, float(random.choice([0.05, 0.1, 0.15]))))
    texts = pa.array([*originals, *copies])
    sets = distinct(word_shingles(TextBatch.from_arrow(texts)))
    of = [sets.hashes[a:b] for a, b in zip(sets.offsets, sets.offsets[1:], strict=False)]
    similarity = np.array([jaccard(of[i], of[i + EDITED]) for i in range(EDITED)])
    rows = np.arange(EDITED)
    signatures = signed(texts)
    direct = is_direct(matrix(signatures, np.uint32), rows, rows + EDITED)
    labels = cluster_of(signatures)
    high = similarity >= HIGH
    recall = float(direct[high].mean())
    strangers = len({int(label) for label in labels[:EDITED]})
    with capsys.disabled():
        print(f"\n{lang}: {high.sum()} pairs >= .8, recall {recall:.4f}; {strangers} of {EDITED} apart")
    assert high.sum() >= EDITED // 2
    assert recall >= RECALL
    assert strangers == EDITED
