"""A dedup step in the driver gives the bytes that the Spark job gives."""

import numpy as np
import pyarrow as pa
import pytest

from filters.signals.dedup import minhash
from jobs.dedup_documents import _decide_chunks, _decide_documents
from pipeline.decide_here import decide
from pipeline.plan import dedup_parameters
from pipeline.spark import spark_session
from pipeline.steps import DedupStep
from schemas.decision import DECISION

pytestmark = pytest.mark.spark

ROWS = 300
WORDS = [f"neno{i}" for i in range(60)]


def documents() -> pa.Table:
    chance = np.random.default_rng(7)
    texts = [" ".join(chance.choice(WORDS, 40)) for _ in range(ROWS // 3)]
    texts += [text + " mwisho" for text in texts] + texts
    hashes = chance.integers(0, ROWS // 2, ROWS)
    chunks = [[*chance.integers(0, 400, size).tolist(), None] for size in chance.integers(0, 6, ROWS)]
    times = chance.integers(1_700_000_000, 1_700_000_050, ROWS) * 1_000_000
    return pa.table(
        {
            "doc_key": pa.array(chance.permutation(ROWS) + (chance.integers(0, 3, ROWS) << 32)),
            "lang": pa.array(chance.choice(["swh_Latn", "tha_Thai", "amh_Ethi"], ROWS)),
            "equal": pa.array(hashes, mask=hashes == 3),
            "chunks": pa.array(chunks, pa.list_(pa.int64())),
            "near": minhash(texts),
            "fetched_at": pa.array(times, pa.timestamp("us", "UTC")),
            "text_bytes": pa.array(chance.integers(0, 9, ROWS)),
            "score": pa.array(chance.random(ROWS).astype(np.float32), mask=chance.random(ROWS) < 0.2),
        }
    )


KINDS = {
    "doc_key": "long",
    "lang": "string",
    "equal": "long",
    "chunks": "array<long>",
    "near": "binary",
    "fetched_at": "timestamp",
    "text_bytes": "long",
    "score": "float",
}
STEPS = (
    DedupStep("equal", "exact", {"keep": "none"}),
    DedupStep("equal", "url", {"keep": "newest", "within": "language"}),
    DedupStep("equal", "exact", {"keep": "best:score"}),
    DedupStep("chunks", "exact", {"keep": "longest", "within": "language"}, "chunk"),
    DedupStep("chunks", "paragraph", {"keep": "none"}, "chunk"),
    DedupStep("near", "minhash", {"keep": "best:score", "within": "language"}),
)


@pytest.mark.parametrize("step", STEPS, ids=[f"{s.kind}-{s.scope}-{dict(s.parameters)}" for s in STEPS])
def test_the_driver_and_spark_decide_alike(step):
    rows = documents()
    here = decide(rows, step)
    spark = spark_session("test", "local[2]")
    names = [name for name in rows.schema.names if name in KINDS]
    frame = spark.createDataFrame(
        [tuple(row.values()) for row in rows.select(names).to_pylist()],
        ", ".join(f"{name} {KINDS[name]}" for name in names),
    )
    decide_there = _decide_chunks if step.scope == "chunk" else _decide_documents
    chosen = {name: str(value) for name, value in dedup_parameters(step).items()}
    decided = decide_there(frame, step, chosen).orderBy("doc_key", "line").collect()
    expected = [row.asDict() for row in decided]
    assert here is not None
    assert here.schema.equals(DECISION)
    assert here.to_pylist() == expected
    assert expected
