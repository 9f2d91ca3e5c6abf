"""Near-duplicates on two executors with speculation and failing tasks: the rows of the pure functions.

A process of its own: a session's master and speculation cannot be changed once it has begun.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from filters.lsh import Bands
from filters.signals.dedup import minhash
from filters.text import TextBatch
from pipeline.clusters import decisions, similar_clusters

pytestmark = [pytest.mark.spark, pytest.mark.slow]

BANDS = Bands(21, 6)
PARTITIONS = 24
SETTINGS = {
    "spark.speculation": "true",
    "spark.speculation.interval": "50ms",
    "spark.speculation.multiplier": "1.1",
    "spark.speculation.quantile": "0.3",
    "spark.speculation.minTaskRuntime": "10ms",
    "spark.executor.memory": "512m",
    "spark.sql.shuffle.partitions": "7",
}


def documents() -> tuple[np.ndarray, pa.Array]:
    """Keys and signatures of 200 documents in families of near-copies."""
    random = np.random.default_rng(3)
    texts: list[str] = []
    while len(texts) < 200:
        words = [f"w{n}" for n in random.integers(0, 5000, 120)]
        for copy in range(int(random.integers(1, 6))):
            changed = [*words]
            for place in random.integers(0, 120, copy):
                changed[place] = f"x{copy}"
            texts.append(" ".join(changed))
    keys = random.permutation(len(texts)) * 1_000_003 + (1 << 33)
    return keys, minhash(TextBatch.from_arrow(pa.array(texts)))


def stressed(marks: str) -> Any:
    """Return work that now and then dies once or dawdles, so that tasks are done twice."""

    def work(batches: Any) -> Any:
        import time
        from pathlib import Path

        from pyspark import TaskContext

        number = TaskContext.get().partitionId()
        yield from batches
        mark = Path(marks) / str(number)
        if number % 5 == 0 and not mark.exists():
            mark.touch()
            raise RuntimeError("a task dies after all its rows were read")
        if number % 7 == 3 and TaskContext.get().attemptNumber() == 0:
            time.sleep(3)

    return work


def main(marks: str) -> None:
    """Run on two executors; print the decisions."""
    from jobs.relate_keys import Similar, decide_similar
    from pipeline.spark import spark_session

    os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join(
        [*(f"--conf {name}={value}" for name, value in SETTINGS.items()), "pyspark-shell"]
    )
    spark = spark_session("stress", master="local-cluster[2,1,512]")
    keys, signed = documents()
    rows = list(zip(keys.tolist(), signed.to_pylist(), strict=True))
    frame = spark.createDataFrame(rows, "doc_key long, minhash binary").repartition(PARTITIONS)
    decided = decide_similar(frame.mapInArrow(stressed(marks), frame.schema), Similar(BANDS, 0.7), "near")
    found = [[row.doc_key, row.reason, row.keeper, row.cluster_size] for row in decided.collect()]
    spark.stop()
    print(json.dumps(sorted(found)))


def test_failing_and_speculated_tasks_change_nothing(root: Path, tmp_path: Path) -> None:
    import pyspark

    from pipeline.java import java_home

    environment = os.environ | {
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "JAVA_HOME": str(java_home().home),
        "PYTHONPATH": str(root),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(
        [sys.executable, __file__, str(tmp_path)],
        cwd=root, capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    keys, signed = documents()
    expected = decisions(*similar_clusters(keys, signed, BANDS, 0.7), "near").to_pylist()
    wanted = [[row["doc_key"], row["reason"], row["keeper"], row["cluster_size"]] for row in expected]
    assert json.loads(done.stdout.splitlines()[-1]) == wanted
    assert len(list(tmp_path.iterdir())) == len(range(0, PARTITIONS, 5))


if __name__ == "__main__":
    main(sys.argv[1])
