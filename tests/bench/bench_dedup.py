"""Whole near-duplicate removal in Spark's local mode: time, memory of each process, bytes shuffled, against
datatrove.

python tests/bench/bench_dedup.py [--documents 10000 100000] [--cores 2] [--peers PYTHON] [--tokenizer
white_space]

Documents are put together from FLORES-200 sentences of ../shared, three in ten of them near-copies of others.
Several sizes show how time and shuffle grow. `--peers` is the interpreter of an environment with
`datatrove[processing]` and `xxhash<4`; it gets the same files and as many processes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from filters.lsh import DEFAULT_BANDS
from filters.signals.dedup import minhash
from jobs.relate_keys import Similar, decide_similar
from pipeline.clusters import DEFAULT_SIMILARITY
from pipeline.spark import spark_session

SHARED = Path(os.environ.get("GLOTMILL_SHARED") or Path(__file__).parents[3] / "shared")
LANGUAGES = ("eng_Latn", "swh_Latn", "rus_Cyrl", "hin_Deva", "vie_Latn", "amh_Ethi")
SENTENCES = 30  # about 4 KB of text
COPIES = 0.3
FILE_ROWS = 12_500


def write_corpus(folder: Path, documents: int) -> int:
    """Write the documents as Parquet files; return the bytes of their text."""
    table = pq.read_table(SHARED / "data" / "text" / "flores200_sib_train.parquet", columns=["lang", "text"])
    pools = [table.filter(pc.equal(table["lang"], lang)).column("text").to_pylist() for lang in LANGUAGES]
    random = np.random.default_rng(11)
    size, recent = 0, []
    for begin in range(0, documents, FILE_ROWS):
        texts, langs = [], []
        for _ in range(min(FILE_ROWS, documents - begin)):
            if recent and random.random() < COPIES:
                pool, chosen = recent[int(random.integers(len(recent)))]
                chosen = chosen.copy()
                chosen[random.integers(0, SENTENCES, int(random.integers(0, 3)))] = random.integers(
                    len(pools[pool])
                )
            else:
                pool = int(random.integers(len(pools)))
                chosen = random.integers(0, len(pools[pool]), SENTENCES)
                recent = [*recent[-5_000:], (pool, chosen)]
            texts.append(" ".join(pools[pool][i] for i in chosen))
            langs.append(LANGUAGES[pool])
        keys = np.arange(begin, begin + len(texts)) + (1 << 32)
        size += sum(len(text.encode()) for text in texts)
        columns = {"doc_key": keys, "id": [str(key) for key in keys], "lang": langs, "text": texts}
        pq.write_table(pa.table(columns), folder / f"{begin:09d}.parquet", compression="zstd")
    return size


def sign(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.record_batch({"doc_key": batch.column("doc_key"), "minhash": minhash(batch.column("text"))})


def descends(number: int, parents: dict[int, int]) -> bool:
    """Whether this process started the process `number`, directly or through others."""
    while number in parents:
        number = parents[number]
        if number == os.getpid():
            return True
    return False


class Memory(threading.Thread):
    """Watch the largest resident size of each process that this one started."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak: dict[str, int] = {}
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.5):
            parents, found = {}, {}
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    name, rest = (process / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
                    pages = int((process / "statm").read_text().split()[1])
                except (OSError, IndexError):  # it ended meanwhile
                    continue
                parents[int(process.name)], found[int(process.name)] = int(rest.split()[1]), (name, pages)
            for number, (name, pages) in found.items():
                if descends(number, parents):
                    self.peak[name] = max(self.peak.get(name, 0), pages * 4096)


def shuffled(events: Path) -> int:
    """Bytes that the tasks of the only application in an event log wrote for shuffles."""
    total = 0
    for file in sorted(events.rglob("*")):
        if not file.is_file():
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            if '"SparkListenerTaskEnd"' in line:
                metrics = json.loads(line).get("Task Metrics", {}).get("Shuffle Write Metrics", {})
                total += metrics.get("Shuffle Bytes Written", 0)
    return total


def own(folder: Path, work: Path, cores: int) -> dict[str, float]:
    """Sign, relate and write decisions as the engine's stages do."""
    events = work / "events"
    events.mkdir()
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        f"--conf spark.eventLog.enabled=true --conf spark.eventLog.dir=file://{events} "
        "--conf spark.eventLog.compress=false pyspark-shell"
    )
    spark = spark_session("bench", master=f"local[{cores}]")
    start = time.monotonic()
    texts = spark.read.parquet(str(folder)).select("doc_key", "text")
    texts.mapInArrow(sign, "doc_key long, minhash binary").write.parquet(str(work / "signatures"))
    signed = time.monotonic()
    similar = Similar(DEFAULT_BANDS, DEFAULT_SIMILARITY)
    decided = decide_similar(spark.read.parquet(str(work / "signatures")), similar, "near")
    decided.write.parquet(str(work / "decisions"))
    done = time.monotonic()
    removed = spark.read.parquet(str(work / "decisions")).where("reason is not null").count()
    spark.stop()
    return {"sign": signed - start, "relate": done - signed, "removed": removed, "shuffled": shuffled(events)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 30_000])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--peers", help="interpreter of the peers' environment")
    parser.add_argument("--tokenizer", default="white_space", choices=["default", "white_space"])
    chosen = parser.parse_args()
    for documents in chosen.documents:
        with tempfile.TemporaryDirectory() as folder:
            corpus, work = Path(folder) / "corpus", Path(folder) / "work"
            corpus.mkdir()
            work.mkdir()
            size = write_corpus(corpus, documents)
            command = [sys.executable, __file__, "--own", str(corpus), str(work), str(chosen.cores)]
            memory = Memory()
            memory.start()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            memory.stopped.set()
            found = json.loads(done.stdout.splitlines()[-1])
            total = found["sign"] + found["relate"]
            peaks = ", ".join(
                f"{name} {peak / 1e9:.1f} GB" for name, peak in sorted(memory.peak.items()) if peak > 1e8
            )
            print(
                f"{documents:>9,} documents, {size / 1e6:,.0f} MB: sign {found['sign']:.0f} s, "
                f"relate {found['relate']:.0f} s, {documents / total:,.0f}/s, {found['removed']:,} removed, "
                f"{found['shuffled'] / documents:,.0f} bytes shuffled a document; largest {peaks}",
                flush=True,
            )
            if chosen.peers:
                script = Path(__file__).parent / "peers" / "dedup_datatrove.py"
                command = [chosen.peers, str(script), str(corpus), f"{folder}/peer", chosen.tokenizer]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                peer = json.loads(done.stdout.splitlines()[-1])
                print(
                    f"          datatrove ({chosen.tokenizer}): {peer['seconds']:.0f} s {peer['steps']}, "
                    f"{documents - peer['kept']:,} removed; ratio {peer['seconds'] / total:.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--own"]:
        print(json.dumps(own(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main()
