"""The peer of bench_end_to_end.py: datatrove from WARC to MinHash signature, in an environment of its own.

python datatrove_pipeline.py ARCHIVES OUTPUT LID_MODEL WORKERS
"""

import json
import sys
import time
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter, LanguageFilter
from datatrove.pipeline.readers import WarcReader
from datatrove.utils.lid import FT176LID


def main(archives: str, output: str, model: str, workers: str) -> None:
    """Run the pipeline; print its seconds and, for each step, documents and seconds, as one JSON object."""
    FT176LID.MODEL_URL = model
    pipeline = [
        WarcReader(archives, glob_pattern="*.warc.gz"),
        Trafilatura(favour_precision=False, timeout=10),
        LanguageFilter(label_only=True),
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        MinhashDedupSignature(f"{output}/signatures", config=MinhashConfig()),
    ]
    started = time.monotonic()
    executor = LocalPipelineExecutor(
        pipeline,
        tasks=len(list(Path(archives).glob("*.warc.gz"))),
        workers=int(workers),
        logging_dir=f"{output}/logs",
        start_method="fork",  # so that the workers know the model file, too
    )
    stats = executor.run()
    seconds = time.monotonic() - started
    steps = [
        {
            "name": step.name,
            "seconds": step.time_stats.total,
            "counts": {k: v.total for k, v in step.stats.items()},
        }
        for step in stats.stats
    ]
    print(json.dumps({"seconds": seconds, "steps": steps}))


if __name__ == "__main__":
    main(*sys.argv[1:])
