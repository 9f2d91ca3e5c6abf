"""Records a second of this reader, FastWARC and warcio on one archive, on one core.

    python tests/bench/bench_warc.py                        # pages of the shipped sample, again and again
    python tests/bench/bench_warc.py ARCHIVE.warc.gz

This reader is timed as the engine uses it: each record is a page, decoded, or a removal with its reason. The
other two read each block and parse HTTP headers, and decode nothing. CPU time, the best of `--rounds`.
"""

import argparse
import gzip
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from pipeline.parts import Part
from pipeline.warc import PartReader

SAMPLE = Path(__file__).parents[1] / "data" / "sample"


def by_glotmill(path: Path) -> int:
    """Return the number of records that this reader finds."""
    return sum(1 for _ in PartReader(Part(0, str(path), 0, None)))


def by_fastwarc(path: Path) -> int:
    """Return the number of records that FastWARC finds, their blocks read."""
    count = 0
    for record in FastIterator(str(path), parse_http=True):
        record.reader.read()
        count += 1
    return count


def by_warcio(path: Path) -> int:
    """Return the number of records that warcio finds, their blocks read."""
    count = 0
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            record.raw_stream.read()
            count += 1
    return count


def write_archive(path: Path, megabytes: int) -> None:
    """Write the archives of the sample one after another, until the file has its size."""
    sources = sorted(SAMPLE.glob("*.warc.gz"))
    with path.open("wb") as file:
        while file.tell() < megabytes << 20:
            for source in sources:
                with source.open("rb") as archive:
                    shutil.copyfileobj(archive, file)


def measure(name: str, read: Callable[[Path], int], path: Path, raw_bytes: int, rounds: int) -> None:
    """Print what one reader does in a second."""
    seconds, records = [], 0
    for _ in range(rounds):
        started = time.process_time()
        records = read(path)
        seconds.append(time.process_time() - started)
    best = min(seconds)
    print(f"{name:10} {records:8,} records {records / best:9,.0f} /s {raw_bytes / best / 1e6:7,.0f} MB/s raw")


def main() -> None:
    """Measure the three readers on the archive that is named, or on one made of the sample."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, nargs="?")
    parser.add_argument("--megabytes", type=int, default=40, help="size of the archive made of the sample")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.archive or Path(folder) / "large.warc.gz"
        if options.archive is None:
            write_archive(path, options.megabytes)
        raw_bytes = 0
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while data := file.read(1 << 20):
                raw_bytes += len(data)
        readers = {"glotmill": by_glotmill, "fastwarc": by_fastwarc, "warcio": by_warcio}
        for name, read in readers.items():
            measure(name, read, path, raw_bytes, options.rounds)


if __name__ == "__main__":
    main()
