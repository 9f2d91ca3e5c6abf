"""Blocklists of millions of hosts: time to build, memory, look-ups a second; beside datatrove's filter.

    python tests/bench/bench_blocklists.py LIST [--domains 5000000] [--urls 200000] [--peer PYTHON]

LIST is a list of domains: a file, a folder as UT1 publishes it, or its archive (that of the package datatrove
is `datatrove/assets/url_filterblacklistsv0_3_0.tar.gz`, 4.6 million domains). Names are made up to fill it to
`--domains`. Times are those of the processor, which a busy machine does not lengthen as it does the clock's.
`--peer` is the interpreter of an environment with `datatrove[processing]`: its URLFilter with the domains
alone. A set of strings is measured besides, asked for two names a host that were cut out beforehand.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.blocklists import UrlList, blocked, compact_file, open_list

RUNS = 5
PEER = """
import sys, time
from datatrove.data import Document
from datatrove.pipeline.filters.url_filter import URLFilter
started = time.process_time()
with open(sys.argv[1]) as file:
    names = [line.strip() for line in file]
kept_out = URLFilter(extra_domains=names, use_integrated_lists=False)
built = time.process_time() - started
with open(sys.argv[2]) as file:
    documents = [Document(text="", id="", metadata={"url": line.strip()}) for line in file][:50_000]
started = time.process_time()
blocked = sum(kept_out.filter(document) is not True for document in documents)
seconds = time.process_time() - started
print(f"datatrove: set of {len(kept_out.block_listed_domains):,} built in {built:.1f} s; "
      f"{len(documents) / seconds:,.0f} /s, {blocked:,} of {len(documents):,} blocked")
"""
BATCHES = (64, 2_000, 200_000)


def domains(source: Path) -> list[str]:
    """Return the names of a list."""
    if source.is_dir():
        texts = [path.read_text("utf-8", "replace") for path in sorted(source.rglob("domains"))]
    elif tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            members = [m for m in archive if Path(m.name).name == "domains"]
            texts = [archive.extractfile(m).read().decode("utf-8", "replace") for m in members]
    else:
        texts = [source.read_text("utf-8", "replace")]
    return [line.strip() for text in texts for line in text.splitlines() if line.strip()]


def memory() -> float:
    """Return the megabytes that this process holds in memory of its own."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty"):
            return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def addresses(names: list[str], count: int) -> list[str]:
    """Return made-up addresses, one in fifty on a host of the list or below one."""
    rng = random.Random(0)
    found = []
    for number in range(count):
        if number % 50 == 0:
            host = rng.choice(("", "www.", "a.b.")) + rng.choice(names)
        else:
            host = f"www.site-{rng.randrange(10**7)}.{rng.choice(('com', 'org', 'co.uk', 'de', 'com.br'))}"
        found.append(f"https://{host}/path/{number}/page.html?x={number}")
    return found


def rate(work: Callable[[], object], count: int) -> float:
    """Return the median look-ups a second."""
    seconds = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return count / statistics.median(seconds)


def in_batches(found: UrlList, urls: pa.Array, size: int) -> int:
    """Ask for all addresses, so many at a time; return how many are blocked."""
    answers = (blocked([found], urls.slice(start, size)) for start in range(0, len(urls), size))
    return sum(len(answer) - answer.null_count for answer in answers)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", type=Path)
    parser.add_argument("--domains", type=int, default=5_000_000)
    parser.add_argument("--urls", type=int, default=200_000)
    parser.add_argument("--peer", help="interpreter that has datatrove")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GLOTMILL_MODELS"] = f"{folder}/models"
        names = domains(chosen.list)
        names += [f"made-up-{number}.example" for number in range(chosen.domains - len(names))]
        names = names[: chosen.domains]
        source = Path(folder) / "domains.txt"
        source.write_text("\n".join(names) + "\n", encoding="utf-8")
        started = time.process_time()
        compact = compact_file(str(source), "domains")
        built = time.process_time() - started
        before = memory()
        found = open_list("blocked", str(source), {})
        urls = pa.array(addresses(names, chosen.urls))
        in_batches(found, urls.slice(0, 1000), 64)
        size = compact.stat().st_size / 1e6
        print(f"{len(names):,} names, {source.stat().st_size / 1e6:.0f} MB of text")
        print(f"built in {built:.1f} s: {len(found.hashes):,} hashes, {size:.0f} MB, shared by all processes")
        print(f"memory of each process besides: {memory() - before:.0f} MB (with {chosen.urls:,} addresses)")
        for batch in BATCHES:
            count = min(chosen.urls, 200 * batch)
            some = urls.slice(0, count)
            own = rate(partial(in_batches, found, some, batch), count)
            print(f"batches of {batch:>7,}: {own:>12,.0f} /s")
        _set_of_strings(names, urls)
        if chosen.peer:
            _peer(chosen.peer, source, Path(folder) / "urls.txt", urls)


def _peer(python: str, source: Path, file: Path, urls: pa.Array) -> None:
    file.write_text("\n".join(urls.to_pylist()) + "\n")
    subprocess.run([python, "-c", PEER, str(source), str(file)], check=True, stderr=subprocess.DEVNULL)


def _set_of_strings(names: list[str], urls: pa.Array) -> None:
    before = memory()
    started = time.process_time()
    table = set(names)
    seconds = time.process_time() - started
    hosts = [url.split("/")[2] for url in urls.to_pylist()]
    registered = [host.split(".", host.count(".") - 1)[-1] for host in hosts]
    pairs = list(zip(hosts, registered, strict=True))
    peer = rate(lambda: sum(a in table or b in table for a, b in pairs), len(pairs))
    text = np.mean([len(name) for name in names[:1000]])
    print(f"set of strings, built in {seconds:.1f} s from strings in memory: {peer:,.0f} look-ups/s alone, ")
    held = memory() - before + (49 + text) * len(names) / 1e6
    print(f"{held:.0f} MB in each process ({49 + text:.0f} bytes a string besides the set)")


if __name__ == "__main__":
    main()
