"""Near-duplicate removal by text-dedup's command on two processes; run by bench_dedup.py with its
interpreter.

    python dedup_text_dedup.py FOLDER WORK

Settings are its defaults (5-grams, threshold 0.7, 256 permutations) on Parquet files, as its README shows.
Prints one line of JSON: seconds and kept.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

PROCESSES = 2


def main() -> None:
    folder, work = sys.argv[1:3]
    settings = {
        "path": "parquet",
        "data_files": f"{folder}/*.parquet",
        "split": "train",
        "cache_dir": f"{work}/cache",
        "output": f"{work}/kept",
        "column": "text",
        "batch_size": 10_000,
        "num_proc": PROCESSES,
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "text_dedup.minhash", *options], capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - start
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    from datasets import load_from_disk

    kept = len(load_from_disk(str(Path(work) / "kept")))
    print(json.dumps({"seconds": seconds, "steps": [], "kept": kept}))


if __name__ == "__main__":
    main()
