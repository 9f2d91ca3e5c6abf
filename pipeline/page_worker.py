"""The process that reads pages: it may hang, crash or eat memory, and is killed for it.

Started by `page_guard.py` as `python -m pipeline.page_worker`. A frame is four bytes of length and a pickle.
In: first a `Greeting`, then pages, some at a time: a list of `(bytes of payload, content_type, url)`, and the
bare payloads. Out: first None, or the exception that keeps the worker from starting; then a list of results
for the pages that came together.

Pages that come together are extracted together; where one of them raises an exception, one by one.

The kernel kills the worker when a page, or some that came together, take more CPU time than a page may
(SIGPROF, whose default is to kill), also inside a parser in C, which nothing else interrupts. It leaves with
status 0 at the end of its input and when it has grown too large; then a new one takes over.
"""

import contextlib
import gc
import importlib
import logging
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, TypeVar

from pipeline.extractors import (
    Extracted,
    PageSettings,
    PageText,
    RawPage,
    Removal,
    read_page,
    read_together,
    reset_caches,
)
from schemas.errors import GlotmillError

T = TypeVar("T")
Images = tuple[tuple[str, str, int], ...]
Result = tuple[str, str] | tuple[str, str | None, str | None, str | None, int, Images, str, str, int]
"""A `Removal` or a `PageText`, field by field: a pickle of plain values is ten times faster."""

LENGTH_BYTES = 4
CACHE_PAGES = 1_000
"""Pages after which the extractors' caches are emptied."""
GC_OBJECTS = 50_000
"""New objects before a garbage collection. A page makes thousands that all die with it."""
PR_SET_PDEATHSIG = 1
LARGEST_OOM_SCORE = b"1000"


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a worker has to know before the first page."""

    settings: PageSettings
    parent: int
    """Its process id."""
    hook: str | None
    """A module to import first. Tests register extractors that hang with it; nothing else sets it."""


def pack(value: Any) -> bytes:
    """Return `value` as a frame."""
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


def unpack(result: Result) -> PageText | Removal:
    """Return what `flatten` made flat."""
    if len(result) == len(("reason", "detail")):
        return Removal(*result)
    return PageText(Extracted(*result[:6]), *result[6:])


def flatten(outcome: PageText | Removal) -> Result:
    """Return the fields of an outcome."""
    if isinstance(outcome, Removal):
        return outcome.reason, outcome.detail
    content = outcome.content
    facts = (content.title, content.declared_lang, content.canonical_url, content.cut_tags, content.images)
    return content.text, *facts, outcome.charset, outcome.charset_source, outcome.replacements


def main() -> int:
    """Read pages until the input ends."""
    with os.fdopen(os.dup(0), "rb") as source, os.fdopen(os.dup(1), "wb") as sink:
        os.dup2(2, 1)  # what a library prints must not get between the frames
        greeting: Greeting = _receive(source)
        _settle(greeting.parent)
        try:
            if greeting.hook:
                importlib.import_module(greeting.hook)
            read_page(b"<p>import what is needed: caf\xe9</p>", None, None, greeting.settings)
        except (GlotmillError, ImportError) as error:
            _send(sink, error)
            return 1
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_OBJECTS)
        _send(sink, None)
        with MemoryGauge() as gauge:
            _read_pages(_groups(source), sink, greeting.settings, gauge)
    return 0


class MemoryGauge:
    """The size of this process, from one open file."""

    def __init__(self) -> None:
        self._file = os.open("/proc/self/statm", os.O_RDONLY) if sys.platform == "linux" else -1
        self._page = resource.getpagesize()

    def __enter__(self) -> "MemoryGauge":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            os.close(self._file)

    def read(self) -> tuple[int, int]:
        """Return the bytes of address space and of resident memory; zeros where the system does not tell."""
        if self._file < 0:
            return 0, 0
        total, resident, *_ = os.pread(self._file, 100, 0).split()
        return int(total) * self._page, int(resident) * self._page


def _read_pages(
    groups: Iterator[list[RawPage]], sink: BinaryIO, settings: PageSettings, gauge: MemoryGauge
) -> None:
    """Answer pages until their end, or until this process has grown too large."""
    hard_limit = resource.getrlimit(resource.RLIMIT_AS)[1]
    total, resident = gauge.read()
    number = 0
    for pages in groups:
        if total:
            resource.setrlimit(resource.RLIMIT_AS, (total + settings.memory_bytes, hard_limit))
        _send(sink, [flatten(outcome) for outcome in _read_group(pages, settings)])
        cached, number = number // CACHE_PAGES, number + len(pages)
        if number // CACHE_PAGES > cached and "trafilatura" in sys.modules:
            reset_caches()
        total, resident = gauge.read()
        if resident > settings.resident_bytes:
            return


def _read_group(pages: list[RawPage], settings: PageSettings) -> list[PageText | Removal]:
    """Read pages that came together."""
    if len(pages) > 1:
        try:
            return _timed(lambda: read_together(pages, settings), settings)
        except Exception as error:  # of some page, which shows when they are read one by one
            logging.getLogger(__name__).info("pages read one by one after %s", type(error).__name__)
    return [_timed(partial(read_page, *page, settings), settings) for page in pages]


def _timed(read: Callable[[], T], settings: PageSettings) -> T:
    """Call `read`; the kernel ends this process when that takes too much CPU time."""
    signal.setitimer(signal.ITIMER_PROF, settings.cpu_seconds)
    try:
        return read()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _send(sink: BinaryIO, value: Any) -> None:
    """Write a frame, so that what was read is not lost with this process."""
    sink.write(pack(value))
    sink.flush()


def _groups(source: BinaryIO) -> Iterator[list[RawPage]]:
    """Yield the pages that the parent sends together, until it is gone."""
    with contextlib.suppress(EOFError):
        while True:
            heads: list[tuple[int, str | None, str | None]] = _receive(source)
            yield [(_exactly(source, length), content_type, url) for length, content_type, url in heads]


def _receive(source: BinaryIO) -> Any:
    """Read a frame.

    Raises:
        EOFError: the parent is gone.
    """
    length = int.from_bytes(_exactly(source, LENGTH_BYTES), "little")
    return pickle.loads(_exactly(source, length))


def _exactly(source: BinaryIO, length: int) -> bytes:
    body = source.read(length)
    if len(body) < length:
        raise EOFError
    return body


def _settle(parent: int) -> None:
    """Die with the parent, be the first to go when memory is short, say nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    logging.disable(logging.CRITICAL)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # A container may forbid it; the kernel then chooses by size alone, which mostly is this process too.
        with contextlib.suppress(OSError):
            oom_score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
            os.write(oom_score, LARGEST_OOM_SCORE)
            os.close(oom_score)
    if os.getppid() != parent:
        raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
