"""Seconds for the cross-perplexities of all pairs of many corpora: 500 of one megabyte by default.

    python tests/bench/bench_confusion.py [--corpora 500] [--megabytes 1] [--order 3] [--processes 2]

The corpora are made from the texts of ../shared/data/text: lines of one language (or of two, once there are
no more languages) with their words shuffled, so that no line comes twice. Counting and training are done by
the processes, the pairs by one. A tenth of each corpus is held out.
"""

import argparse
import os
import random
import resource
import sys
import time
from collections import defaultdict
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from filters.model_text import find_normalisation
from filters.ngram_tables import (
    CharacterModel,
    Texts,
    Windows,
    count_windows,
    cross_entropies,
    train_characters,
)

SHARED = Path(os.environ.get("GLOTMILL_SHARED") or Path(__file__).parents[3] / "shared")
FILES = ("flores200_sib_train", "ntrex128_docs_even", "oldi_seed_lines0000-2799", "udhr_preamble_art01-19")
LEAST_LINES = 10


def texts() -> dict[str, list[str]]:
    found = defaultdict(list)
    for name in FILES:
        table = pq.read_table(SHARED / f"data/text/{name}.parquet", columns=["lang", "text"])
        for lang, text in zip(table["lang"].to_pylist(), table["text"].to_pylist(), strict=True):
            if lang and text:
                found[lang].append(text)
    return {lang: lines for lang, lines in sorted(found.items()) if len(lines) >= LEAST_LINES}


def corpus(lines: list[str], megabytes: float, seed: int) -> list[str]:
    random_, made, size = random.Random(seed), list[str](), 0
    while size < megabytes * 1e6:
        words = random_.choice(lines).split()
        if made:
            random_.shuffle(words)
        made.append(" ".join(words))
        size += len(made[-1].encode()) + 1
    return made


def measure(job: tuple[list[str], float, int, int]) -> tuple[CharacterModel, Windows, float, int]:
    lines, megabytes, seed, order = job
    made = corpus(lines, megabytes, seed)
    started = time.perf_counter()
    clean = find_normalisation("characters").clean
    cut = len(made) // 10
    held_out = count_windows(map(clean, made[:cut]), order)
    model = train_characters(count_windows(map(clean, made[cut:]), order))
    size = sum(len(line.encode()) + 1 for line in made)
    return model, held_out, time.perf_counter() - started, size


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpora", type=int, default=500)
    parser.add_argument("--megabytes", type=float, default=1)
    parser.add_argument("--order", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    found = list(texts().values())
    sources = [
        found[i % len(found)] + (found[(7 * i) % len(found)] if i >= len(found) else [])
        for i in range(chosen.corpora)
    ]
    jobs = [(lines, chosen.megabytes, i, chosen.order) for i, lines in enumerate(sources)]
    with Pool(chosen.processes) as pool:
        measured = pool.map(measure, jobs, chunksize=8)
    models = [model for model, _, _, _ in measured]
    counting = sum(seconds for _, _, seconds, _ in measured) / chosen.processes
    size = sum(size for _, _, _, size in measured) / 1e6
    print(f"{len(models)} corpora of {len(found)} languages, {size:,.0f} MB, order {chosen.order}")
    print(f"count and train     {counting:8.1f} s  on {chosen.processes} processes")
    started = time.perf_counter()
    held_out = Texts([windows for _, windows, _, _ in measured])
    print(f"held-out matrix     {time.perf_counter() - started:8.1f} s  {held_out.matrix.nnz:,} numbers")
    pairs = time.perf_counter()
    bits = cross_entropies(models, held_out)
    print(f"all pairs           {time.perf_counter() - pairs:8.1f} s  {bits.size:,} cross-perplexities")
    total = counting + time.perf_counter() - started
    print(f"together            {total:8.1f} s  {total / 60:.1f} minutes")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory         {memory:8.1f} GB  median of own bits {np.median(np.diag(bits)):.2f}")


if __name__ == "__main__":
    main()
