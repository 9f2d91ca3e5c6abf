"""Whole near-duplicate removal in Spark's local mode, from texts to the texts that stay: time, memory of each
process, bytes shuffled, against datatrove and text-dedup.

    python tests/bench/bench_dedup.py [--documents 10000 100000] [--cores 2] [--datatrove PYTHON]
        [--text-dedup PYTHON] [--tokenizer white_space] [--sentences 30] [--patience 5] [--spark-only]

Documents are put together from FLORES-200 sentences of ../shared, three in ten of them near-copies of others.
Three sizes or more show how time and shuffle grow: the straight line through them is printed, and how far
they lie from it. The options of peers name the interpreters of environments with `datatrove[processing]
xxhash<4` and with `text-dedup==0.4.0`; peers get the same files and as many processes. A peer that takes
more than `--patience` times as long as we did is stopped, and its ratio is printed as over that.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

sys.path.insert(0, str(Path(__file__).parents[2]))

from filters.lsh import DEFAULT_BANDS
from filters.signals.dedup import minhash
from filters.text import cut_by_bytes
from jobs.relate_keys import Similar, decide_similar
from pipeline.clusters import DEFAULT_SIMILARITY
from pipeline.spark import spark_session

SHARED = Path(os.environ.get("GLOTMILL_SHARED") or Path(__file__).parents[3] / "shared")
LANGUAGES = ("eng_Latn", "swh_Latn", "rus_Cyrl", "hin_Deva", "vie_Latn", "amh_Ethi")
Batches = tuple[DataFrame, Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]]
SENTENCES = 30  # about 6 KB of text
COPIES = 0.3
FILE_ROWS = 12_500
RECENT = 5_000  # copies are of one of the last so many originals


def write_corpus(folder: Path, documents: int, sentences: int = SENTENCES) -> int:
    """Write the documents as Parquet files; return the bytes of their text."""
    table = pq.read_table(SHARED / "data" / "text" / "flores200_sib_train.parquet", columns=["lang", "text"])
    pools = [table.filter(pc.equal(table["lang"], lang)).column("text").to_pylist() for lang in LANGUAGES]
    random = np.random.default_rng(11)
    size, recent = 0, deque[tuple[int, np.ndarray]](maxlen=RECENT)
    for begin in range(0, documents, FILE_ROWS):
        texts, langs = [], []
        for _ in range(min(FILE_ROWS, documents - begin)):
            if recent and random.random() < COPIES:
                pool, chosen = recent[int(random.integers(len(recent)))]
                chosen = chosen.copy()
                chosen[random.integers(0, sentences, int(random.integers(0, 3)))] = random.integers(
                    len(pools[pool])
                )
            else:
                pool = int(random.integers(len(pools)))
                chosen = random.integers(0, len(pools[pool]), sentences)
                recent.append((pool, chosen))
            texts.append(" ".join(pools[pool][i] for i in chosen))
            langs.append(LANGUAGES[pool])
        keys = np.arange(begin, begin + len(texts)) + (1 << 32)
        size += sum(len(text.encode()) for text in texts)
        columns = {"doc_key": keys, "id": [str(key) for key in keys], "lang": langs, "text": texts}
        pq.write_table(pa.table(columns), folder / f"{begin:09d}.parquet", compression="zstd")
    return size


def by_file(spark: SparkSession, folder: Path, work: Callable[[Path], Iterator[pa.RecordBatch]]) -> Batches:
    """Return Arrow work of a task for each file, and the frame of file numbers that it is for."""
    files = sorted(folder.iterdir())

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from work(files[number])

    return spark.range(0, len(files), 1, len(files)), run


def sign(target: Path, file: Path) -> Iterator[pa.RecordBatch]:
    """Write the signatures of a file's texts, in pieces that fit a core's cache."""
    rows = 0
    schema = pa.schema([("doc_key", pa.int64()), ("minhash", pa.binary())])
    with pq.ParquetWriter(target / file.name, schema) as writer:
        for batch in pq.ParquetFile(file).iter_batches(columns=["doc_key", "text"]):
            text = batch.column("text")
            pieces = [minhash(text.slice(a, b - a)) for a, b in cut_by_bytes(text)]
            writer.write_batch(
                pa.record_batch([batch.column("doc_key"), pa.concat_arrays(pieces)], schema=schema)
            )
            rows += batch.num_rows
    yield pa.record_batch({"rows": [rows]})


def read_signed(file: Path) -> Iterator[pa.RecordBatch]:
    yield from pq.ParquetFile(file).iter_batches()


def keep(removed: np.ndarray, target: Path, file: Path) -> Iterator[pa.RecordBatch]:
    """Write a file without the documents that go."""
    table = pq.read_table(file)
    left = table.filter(pa.array(~np.isin(np.asarray(table.column("doc_key")), removed)))
    pq.write_table(left, target / file.name, compression="zstd")
    yield pa.record_batch({"rows": [left.num_rows]})


def descends(number: int, parents: dict[int, int]) -> bool:
    """Whether this process started the process `number`, directly or through others."""
    while number in parents:
        number = parents[number]
        if number == os.getpid():
            return True
    return False


class Watch(threading.Thread):
    """Watch the largest resident size, and the core seconds, of each process that this one started.

    Core seconds hardly depend on what else the machine does; what a process does in its last half second is
    missed.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak: dict[str, int] = {}
        self.ticks: dict[int, int] = {}
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.5):
            parents, found, ticks = {}, {}, {}
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    name, rest = (process / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
                    pages = int((process / "statm").read_text().split()[1])
                except (OSError, IndexError):  # it ended meanwhile
                    continue
                fields = rest.split()
                parents[int(process.name)], found[int(process.name)] = int(fields[1]), (name, pages)
                ticks[int(process.name)] = int(fields[11]) + int(fields[12])
            for number, (name, pages) in found.items():
                if descends(number, parents):
                    self.ticks[number] = ticks[number]
                    self.peak[name] = max(self.peak.get(name, 0), pages * 4096)

    def __str__(self) -> str:
        sizes = ", ".join(f"{name} {of / 1e9:.1f} GB" for name, of in sorted(self.peak.items()) if of > 1e8)
        return f"{sum(self.ticks.values()) / os.sysconf('SC_CLK_TCK'):.0f} core seconds; largest {sizes}"


def watched(command: list[str], limit: float | None = None) -> tuple[str, Watch, float]:
    """Run a command; return what it printed, what was seen of its processes, and the seconds it took.

    What takes longer than `limit` seconds is ended with all that it started, and has printed nothing.
    """
    watch = Watch()
    watch.start()
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    try:
        printed, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        printed = ""
    else:
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: {errors[-3000:]}")
    seconds = time.monotonic() - start
    watch.stopped.set()
    return printed, watch, seconds


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
    """Sign, relate and write as the engine's stages do: tasks read and write the files of their part."""
    events, signatures, kept = (work / name for name in ("events", "signatures", "kept"))
    for made in (events, signatures, kept):
        made.mkdir()
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        f"--conf spark.eventLog.enabled=true --conf spark.eventLog.dir=file://{events} "
        "--conf spark.eventLog.compress=false pyspark-shell"
    )
    spark = spark_session("bench", master=f"local[{cores}]")
    start = time.monotonic()
    files, work_on = by_file(spark, folder, partial(sign, signatures))
    files.mapInArrow(work_on, "rows long").collect()
    signed = time.monotonic()
    files, work_on = by_file(spark, signatures, read_signed)
    frame = files.mapInArrow(work_on, "doc_key long, minhash binary")
    decided = decide_similar(frame, Similar(DEFAULT_BANDS, DEFAULT_SIMILARITY), "near")
    gone = decided.where("reason is not null").select("doc_key").toArrow().column(0)
    done = time.monotonic()
    removed = np.sort(np.asarray(gone))
    files, work_on = by_file(spark, folder, partial(keep, removed, kept))
    files.mapInArrow(work_on, "rows long").collect()
    written = time.monotonic()
    spark.stop()
    return {
        "sign": signed - start,
        "relate": done - signed,
        "write": written - done,
        "removed": len(removed),
        "shuffled": shuffled(events),
    }


PEERS = {"datatrove": "dedup_datatrove.py", "text-dedup": "dedup_text_dedup.py"}


def print_fit(name: str, documents: list[int], values: list[float]) -> None:
    """Print the straight line through the values and the farthest of them from it."""
    slope, base = np.polyfit(documents, values, 1)
    line = slope * np.array(documents) + base
    off = np.abs(np.array(values) / line - 1).max()
    print(f"{name}: {base:,.1f} + {slope * 1e6:,.1f} a million documents; farthest from the line {off:.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 30_000])
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="sentences of a document")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--datatrove", help="interpreter of datatrove's environment")
    parser.add_argument("--text-dedup", help="interpreter of text-dedup's environment")
    parser.add_argument("--tokenizer", default="white_space", choices=["default", "white_space"])
    parser.add_argument("--patience", type=float, default=5.0, help="times our seconds that a peer gets")
    parser.add_argument("--spark-only", action="store_true", help="leave out `glotmill dedup`")
    chosen = parser.parse_args()
    seconds, shuffles = [], []
    for documents in chosen.documents:
        with tempfile.TemporaryDirectory() as folder:
            corpus, work = Path(folder) / "corpus", Path(folder) / "work"
            corpus.mkdir()
            work.mkdir()
            size = write_corpus(corpus, documents, chosen.sentences)
            printed, watch, _ = watched(
                [sys.executable, __file__, "--own", str(corpus), str(work), str(chosen.cores)]
            )
            found = json.loads(printed.splitlines()[-1])
            total = found["sign"] + found["relate"] + found["write"]
            seconds.append(total)
            shuffles.append(found["shuffled"])
            print(
                f"{documents:>9,} documents, {size / 1e6:,.0f} MB: {total:.0f} s (sign {found['sign']:.0f}, "
                f"relate {found['relate']:.0f}, write {found['write']:.0f}), {documents / total:,.0f}/s, "
                f"{found['removed']:,} removed, {found['shuffled'] / documents:,.0f} bytes shuffled a "
                f"document; {watch}",
                flush=True,
            )
            files = [str(path) for path in sorted(corpus.iterdir())]
            if not chosen.spark_only:
                command = ["dedup", *files, "--id-column", "id", "--output", f"{folder}/command", "--write"]
                _, watch, took = watched([sys.executable, "-m", "jobs.command_line", *command])
                print(f"          glotmill dedup, one process: {took:.0f} s; {watch}", flush=True)
            for name, python in (("datatrove", chosen.datatrove), ("text-dedup", chosen.text_dedup)):
                if python:
                    script = str(Path(__file__).parent / "peers" / PEERS[name])
                    command = [python, script, str(corpus), f"{folder}/{name}", chosen.tokenizer]
                    printed, watch, _ = watched(command, chosen.patience * total)
                    if not printed:
                        print(
                            f"          {name}: stopped unfinished after {chosen.patience * total:.0f} s; "
                            f"ratio over {chosen.patience:.1f}; {watch}",
                            flush=True,
                        )
                        continue
                    peer = json.loads(printed.splitlines()[-1])
                    print(
                        f"          {name}: {peer['seconds']:.0f} s {peer['steps']}, "
                        f"{documents - peer['kept']:,} removed; ratio {peer['seconds'] / total:.1f}; {watch}",
                        flush=True,
                    )
    if len(seconds) > 2:
        print_fit("seconds", chosen.documents, seconds)
        print_fit("MB shuffled", chosen.documents, [value / 1e6 for value in shuffles])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--own"]:
        print(json.dumps(own(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main()
