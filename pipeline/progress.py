"""Progress of a stage: a bar with rate and time left on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Counts = Callable[[], tuple[int, int]]
"""Units done and units in all, so far known."""

POLL_SECONDS = 0.5
LINE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A stage to show: its name, the unit and number of its pieces, how to ask for those that are done."""

    stage: str
    unit: str
    total: int
    counts: Counts

    def finished(self) -> int:
        """The pieces done so far."""
        return min(self.counts()[0], self.total)


@contextmanager
def progress(watched: Watched, stream: TextIO | None = None) -> Iterator[None]:
    """Show how far a stage is until the block ends; it is asked twice a second from a thread."""
    stream = stream or sys.stderr
    done = threading.Event()
    show = _bar if stream.isatty() else _lines
    thread = threading.Thread(target=show, args=(watched, done, stream), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _bar(watched: Watched, done: threading.Event, stream: TextIO) -> None:
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task(watched.stage, total=watched.total, rate="")
        while not done.wait(POLL_SECONDS):
            finished = watched.finished()
            bar.update(task, completed=finished, rate=_rate(finished, started, watched.unit))


def _lines(watched: Watched, done: threading.Event, stream: TextIO) -> None:
    started = time.monotonic()
    while not done.wait(LINE_SECONDS):
        finished = watched.finished()
        left = _left(finished, watched.total, time.monotonic() - started)
        rate = _rate(finished, started, watched.unit)
        text = f"{watched.stage}: {finished} of {watched.total} {watched.unit}, {rate}{left}"
        print(text, file=stream, flush=True)


def _rate(finished: int, started: float, unit: str) -> str:
    return f"{60 * finished / max(time.monotonic() - started, 1e-9):.1f} {unit}/min"


def _left(finished: int, total: int, seconds: float) -> str:
    if not finished:
        return ""
    return f", about {seconds / finished * (total - finished) / 60:.0f} min left"
