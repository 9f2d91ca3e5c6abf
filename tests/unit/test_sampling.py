import numpy as np
import pyarrow as pa
import pytest

from pipeline.sampling import CUT, candidates, cuts, left_out, read_cuts
from pipeline.steps import SampleStep

ROWS = 600


def documents(ids=None) -> pa.RecordBatch:
    chance = np.random.default_rng(3)
    return pa.record_batch(
        {
            "doc_key": pa.array(np.arange(ROWS)),
            "doc_id": pa.array(ids or [f"urn:uuid:{i}" for i in range(ROWS)]),
            "host": pa.array([f"host{i % 40}" for i in range(ROWS)]),
            "lang": pa.array(chance.choice(["swh_Latn", "tha_Thai"], ROWS, p=[0.9, 0.1])),
        }
    )


def kept(step: SampleStep, batch: pa.RecordBatch, found=None) -> list[int]:
    removed = left_out(step, batch, batch.column("lang"), found or {})
    return batch.column("doc_key").filter(pa.array(~removed)).to_pylist()


def test_a_smaller_share_is_part_of_a_larger_one():
    small, large = (kept(SampleStep("sample", share), documents()) for share in (0.2, 0.5))
    assert set(small) < set(large)
    assert 0.14 < len(small) / ROWS < 0.26
    assert 0.43 < len(large) / ROWS < 0.57
    assert kept(SampleStep("sample", 1.0), documents()) == list(range(ROWS))


def test_a_sample_by_host_keeps_whole_hosts():
    batch = documents()
    rows = kept(SampleStep("sample", 0.5, by="host"), batch)
    hosts = {row % 40 for row in rows}
    assert sorted(rows) == [row for row in range(ROWS) if row % 40 in hosts]
    assert 8 < len(hosts) < 32


@pytest.mark.parametrize("size", [1, 7, 64, ROWS])
def test_a_sample_of_so_many_documents_does_not_depend_on_how_they_are_cut(size):
    step, batch = SampleStep("sample", 0.9, max_documents=20), documents()
    order = pa.array(np.random.default_rng(size).permutation(ROWS))
    shuffled = batch.take(order)
    parts = [shuffled.slice(start, size) for start in range(0, ROWS, size)]
    table = cuts(step, [candidates(step, [part]) for part in parts])
    assert table.schema.equals(CUT)
    found = read_cuts(table)
    whole = read_cuts(cuts(step, [candidates(step, [batch])]))
    assert found == whole
    rows = kept(step, batch, found)
    langs = [batch.column("lang")[row].as_py() for row in rows]
    assert {lang: langs.count(lang) for lang in set(langs)} == {"swh_Latn": 20, "tha_Thai": 20}


def test_a_language_with_fewer_documents_is_kept_whole():
    step, batch = SampleStep("sample", 1.0, max_documents=200), documents()
    found = read_cuts(cuts(step, [candidates(step, [batch])]))
    assert list(found) == ["swh_Latn"]
    langs = [batch.column("lang")[row].as_py() for row in kept(step, batch, found)]
    assert langs.count("swh_Latn") == 200
    assert langs.count("tha_Thai") == batch.column("lang").to_pylist().count("tha_Thai")


def test_of_equal_identities_those_of_the_smallest_keys_are_taken():
    step, batch = SampleStep("sample", 1.0, max_documents=3), documents(ids=["same"] * ROWS)
    rows = kept(step, batch, read_cuts(cuts(step, [candidates(step, [batch])])))
    langs = [batch.column("lang")[row].as_py() for row in rows]
    assert {lang: langs.count(lang) for lang in set(langs)} == {"swh_Latn": 3, "tha_Thai": 3}


def test_documents_without_an_identity_are_sampled_by_their_keys():
    batch = documents(ids=[None] * ROWS).set_column(1, "doc_id", pa.nulls(ROWS, pa.string()))
    assert 200 < len(kept(SampleStep("sample", 0.5), batch)) < 400
