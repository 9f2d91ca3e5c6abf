"""Pages a second of each extractor, in this process and through the worker process that may be killed.

    python tests/bench/bench_extract.py [--pages 200] [--extractors trafilatura resiliparse]

Pages are those of ../shared/data/extraction. CPU time is what counts on a cluster and what a busy machine
disturbs least; wall time shows whether parent and worker run at the same time. The overhead is the CPU time
of worker and parent against the same reading in this process, collecting garbage as the worker does.
"""

import argparse
import gc
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.charset import decode_html
from pipeline.extractors import EXTRACTORS, PageSettings, extract, read_page
from pipeline.html_limits import HtmlLimits, html_fault
from pipeline.page_guard import close_workers, read_pages
from pipeline.page_worker import GC_OBJECTS

SHARED = Path(__file__).parents[3] / "shared" / "data" / "extraction" / "pages_with_gold.parquet"
REPEATS = 2


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the archive reader gives it."""

    payload: bytes
    url: str | None
    content_type: str | None = None


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def here(pages: list[Page], settings: PageSettings) -> float:
    """CPU seconds to read the pages in this process, best of some."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        for page in pages:
            read_page(page.payload, page.content_type, page.url, settings)
        seconds.append(time.process_time() - start)
    return min(seconds)


def guarded(pages: list[Page], settings: PageSettings) -> tuple[float, float, float]:
    """CPU seconds of parent and worker, and wall seconds, without the worker's start; best of some."""
    runs = []
    for _ in range(REPEATS):
        list(read_pages(pages[:1], settings))
        close_workers()
        before = children_seconds()
        list(read_pages(pages[:1], settings))
        close_workers()
        starting = children_seconds() - before
        list(read_pages(pages[:1], settings))
        before = children_seconds()
        start, wall = time.process_time(), time.monotonic()
        list(read_pages(pages, settings))
        parent, passed = time.process_time() - start, time.monotonic() - wall
        close_workers()
        runs.append((parent, children_seconds() - before - starting, passed))
    return min(runs, key=lambda run: run[0] + run[1])


def parts(pages: list[Page]) -> None:
    """Print what the steps around the extractor cost."""
    limits = HtmlLimits()
    decode_html("caf\xe9".encode("cp1252"))
    extract("warm", None, "resiliparse")
    start = time.process_time()
    texts = [decode_html(page.payload, page.content_type).text for page in pages]
    decoded = time.process_time()
    for page in pages:
        html_fault(page.payload, limits)
    looked = time.process_time()
    EXTRACTORS["nothing"] = lambda _html: ""
    for text in texts:
        extract(text, None, "nothing")
    ended = time.process_time()
    for name, seconds in (
        ("decode", decoded - start),
        ("limits", looked - decoded),
        ("head", ended - looked),
    ):
        print(f"{name:24}{seconds / len(pages) * 1e3:9.3f} ms a page")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--extractors", nargs="+", default=["trafilatura", "resiliparse", "resiliparse-all"])
    given = parser.parse_args()
    rows = pq.read_table(SHARED, columns=["html", "url"]).to_pylist()[: given.pages]
    pages = [Page(row["html"], row["url"]) for row in rows]
    print(f"{len(pages)} pages of {sum(len(page.payload) for page in pages) / len(pages) / 1e3:.0f} kB")
    parts(pages)
    print(f"{'extractor':24}{'here':>9}{'here, gc':>10}{'worker':>9}{'parent':>9}{'overhead':>10}{'wall':>9}")
    print(f"{'':24}{'pages/s':>9}{'pages/s':>10}{'pages/s':>9}{'ms/page':>9}{'of CPU':>10}{'pages/s':>9}")
    for name in given.extractors:
        settings = PageSettings(extractor=name)
        here(pages[:3], settings)
        plain = here(pages, settings)
        gc.collect()
        gc.freeze()
        usual = gc.get_threshold()
        gc.set_threshold(GC_OBJECTS)
        same_gc = here(pages, settings)
        gc.set_threshold(*usual)
        parent, worker, wall = guarded(pages, settings)
        count = len(pages)
        rates = f"{count / plain:9.0f}{count / same_gc:10.0f}{count / worker:9.0f}{parent / count * 1e3:9.2f}"
        print(f"{name:24}{rates}{(parent + worker) / same_gc - 1:10.1%}{count / wall:9.0f}")


if __name__ == "__main__":
    main()
