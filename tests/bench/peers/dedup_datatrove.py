"""Near-duplicate removal by datatrove's four steps on two processes; run by bench_dedup.py with its
interpreter.

    python dedup_datatrove.py FOLDER WORK TOKENIZER

`TOKENIZER` is `default` (spaCy) or `white_space`, which is faster. Prints one line of JSON: seconds and
removed.
"""

import json
import sys
import time
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter

TASKS = 2
CONFIG = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)


class WhiteSpace:
    """Words by `str.split`."""

    def word_tokenize(self, text: str) -> list[str]:
        return text.split()


def main() -> None:
    folder, work, tokenizer = sys.argv[1:4]
    sign = MinhashDedupSignature(f"{work}/signatures", CONFIG)
    if tokenizer == "white_space":
        sign.word_tokenizer = WhiteSpace()
    reader = ParquetReader(folder, id_key="id")
    steps = [
        ([reader, sign], TASKS),
        ([MinhashDedupBuckets(f"{work}/signatures", f"{work}/buckets", config=CONFIG)], CONFIG.num_buckets),
        ([MinhashDedupCluster(f"{work}/buckets", f"{work}/remove")], 1),
        ([reader, MinhashDedupFilter(f"{work}/remove"), ParquetWriter(f"{work}/kept")], TASKS),
    ]
    start = time.monotonic()
    seconds = []
    for number, (pipeline, tasks) in enumerate(steps):
        begun = time.monotonic()
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=TASKS, logging_dir=f"{work}/logs/{number}").run()
        seconds.append(round(time.monotonic() - begun, 1))
    import pyarrow.dataset as ds

    kept = ds.dataset(f"{work}/kept").count_rows() if Path(f"{work}/kept").exists() else 0
    print(json.dumps({"seconds": time.monotonic() - start, "steps": seconds, "kept": kept}))


if __name__ == "__main__":
    main()
