"""Pages read by a worker process that may be killed: no page can stop a part, and each gets its verdict.

Several pages are on their way to the worker at any time, so that it never waits, and its answers come back in
the same order. When it dies, the first page without an answer is the one that it died of: by the kernel's CPU
limit (`extract_timeout`), or of something else; then the page gets a second try in a new worker before it is
removed as `extract_error`. The pages behind it are sent to the new worker.

An extractor that reads many pages sooner than one by one gets them in groups, whose answers come together.
When the worker dies of a group, its pages are sent to the new worker one by one.
"""

import atexit
import contextlib
import fcntl
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pipeline.extractors import BATCHED, EXTRACT_ERROR, EXTRACT_TIMEOUT, PageSettings, PageText, Removal
from pipeline.page_worker import LENGTH_BYTES, Greeting, pack, unpack
from schemas.errors import ExtractionError

PIPE_BYTES = 1 << 20
"""The most that an unprivileged Linux process may ask for: some seven pages."""
PAGES_AHEAD, BYTES_AHEAD = 32, 4 << 20
"""Pages on their way to the worker, and their bytes."""
GROUP_PAGES, GROUP_BYTES = 64, 4 << 20
"""Pages that are read together, and their bytes, after which a group ends; the next one is on its way too."""
READ_BYTES = 1 << 16
PIECES = 16
"""Written by one call."""
START_SECONDS = 120.0
"""Time for a worker to import its extractor on a loaded machine."""
TRIES = 2
"""Workers that a page may cost where the reason may lie elsewhere: memory running out, an operator."""
IDLE_WORKERS = 1
"""Workers kept for the next call: a Spark worker process reads one part after another."""


class Page(Protocol):
    """What reading needs to know of a record."""

    @property
    def url(self) -> str | None:
        """Its address."""

    @property
    def content_type(self) -> str | None:
        """The HTTP header."""

    @property
    def payload(self) -> bytes:
        """The body without transfer and content encodings."""


P = TypeVar("P", bound=Page)
Outcome = PageText | Removal


def read_pages(
    pages: Iterable[P], settings: PageSettings, *, hook: str | None = None
) -> Iterator[tuple[P, Outcome]]:
    """Yield each page with its text or the reason why it has none, in the same order.

    Args:
        pages: is read a little ahead of what is yielded.
        settings: the extractor and the limits.
        hook: a module that the worker imports first; for tests.

    Raises:
        MissingDependencyError: the extractor is not installed.
        RecipeError: there is no such extractor.
        ExtractionError: no worker can be started.
    """
    flow: _Flow[P] = _Flow(_take(settings, hook))
    is_done = False
    try:
        yield from flow.run(pages)
        is_done = True
    finally:
        if is_done:
            _give_back(flow.worker)
        else:
            flow.worker.close()


def close_workers() -> None:
    """End the workers that wait for the next call."""
    while own := [worker for worker in _IDLE if worker.owner == os.getpid()]:
        _IDLE.remove(own[0])
        own[0].close()


class WorkerDied(Exception):
    """The worker is gone and has said all that it had to say."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Worker:
    """A worker process and its pipes.

    Raises:
        ExtractionError: it does not start; also what the worker itself raises at its start.
    """

    def __init__(self, settings: PageSettings, hook: str | None) -> None:
        self.settings = settings
        self.hook = hook
        self.owner = os.getpid()
        self.answered = 0
        self._out: deque[memoryview] = deque()
        self._in = bytearray()
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.page_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        for pipe in (self._to, self._from):
            os.set_blocking(pipe, False)
            if sys.platform == "linux":
                # The user's limit on pipe memory may be reached; a smaller pipe costs a little speed.
                with contextlib.suppress(OSError):
                    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._greet()

    def send(self, pages: Sequence[Page]) -> None:
        """Put pages that are read together on their way, without waiting."""
        heads = pack([(len(page.payload), page.content_type, page.url) for page in pages])
        self._out += (memoryview(heads), *(memoryview(page.payload) for page in pages))
        self._write()

    def receive(self, seconds: float) -> list[Any]:
        """Wait for answers; return those that are there, none when `seconds` have passed.

        Raises:
            WorkerDied: there will be no more.
        """
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._from, select.POLLIN)
        while True:
            if self._out:
                poll.register(self._to, select.POLLOUT)
            left = deadline - time.monotonic()
            if left <= 0:
                return []
            poll.poll(left * 1000)
            self._write()
            if not self._out:
                with contextlib.suppress(KeyError):
                    poll.unregister(self._to)
            is_open = self._read()
            if answers := self._unframe():
                self.answered += len(answers)
                return answers
            if not is_open:
                raise WorkerDied(self._process.wait())

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Kill the process and let nothing of it be left."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _greet(self) -> None:
        """Wait until the worker is ready."""
        self._out.append(memoryview(pack(Greeting(self.settings, os.getpid(), self.hook))))
        try:
            answers = self.receive(START_SECONDS)
        except WorkerDied as death:
            self.close()
            raise ExtractionError(
                f"page worker: expected it to start, got {_cause(death.status)}; its own message is above"
            ) from death
        if not answers or answers[0] is not None:
            self.close()
            if answers:
                raise answers[0]
            raise ExtractionError(f"page worker: expected it to start within {START_SECONDS:.0f} s")
        self.answered = 0

    def _write(self) -> None:
        """Write what the pipe takes. A worker that is gone is noticed when reading."""
        try:
            while self._out:
                written = os.writev(self._to, list(islice(self._out, PIECES)))
                while self._out and written >= len(self._out[0]):
                    written -= len(self._out.popleft())
                if written:
                    self._out[0] = self._out[0][written:]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._out.clear()

    def _read(self) -> bool:
        """Read what is there; return whether more may come."""
        try:
            while piece := os.read(self._from, READ_BYTES):
                self._in += piece
        except BlockingIOError:
            return True
        return False

    def _unframe(self) -> list[Any]:
        """Take the whole frames out of what was read."""
        values, position = [], 0
        while len(self._in) >= position + LENGTH_BYTES:
            start = position + LENGTH_BYTES
            end = start + int.from_bytes(self._in[position:start], "little")
            if len(self._in) < end:
                break
            values.append(pickle.loads(self._in[start:end]))
            position = end
        del self._in[:position]
        return values


class _Flow(Generic[P]):
    """Pages going to a worker and coming back."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self._ahead: deque[list[P]] = deque()
        self._tries = 0
        is_batched = worker.settings.extractor in BATCHED
        self._most = (GROUP_PAGES, GROUP_BYTES) if is_batched else (1, 0)
        self._most_ahead = (GROUP_PAGES + 1, GROUP_BYTES + 1) if is_batched else (PAGES_AHEAD, BYTES_AHEAD)

    def run(self, pages: Iterable[P]) -> Iterator[tuple[P, Outcome]]:
        """Yield each page with its outcome."""
        source = iter(pages)
        is_open = True
        while is_open or self._ahead:
            if is_open:
                is_open = self._fill(source)
            for outcomes in self._outcomes() if self._ahead else ():
                group = self._ahead.popleft()
                self._tries = 0
                yield from zip(group, outcomes, strict=True)

    def _fill(self, source: Iterator[P]) -> bool:
        """Send pages while there is room; return whether there are more."""
        while self._has_room():
            group: list[P] = []
            size = 0
            while (page := next(source, None)) is not None:
                group.append(page)
                size += len(page.payload)
                if len(group) >= self._most[0] or size >= self._most[1]:
                    break
            if group:
                self._ahead.append(group)
                self.worker.send(group)
            if page is None:
                return False
        return True

    def _has_room(self) -> bool:
        most_pages, most_bytes = self._most_ahead
        return sum(map(len, self._ahead)) < most_pages and sum(map(_size, self._ahead)) < most_bytes

    def _outcomes(self) -> list[list[Outcome]]:
        """Wait until the first group ahead, and maybe more, has its outcomes."""
        settings = self.worker.settings
        while True:
            try:
                if answers := self.worker.receive(settings.wall_seconds):
                    return [[unpack(result) for result in answer] for answer in answers]
                verdict: Removal | None = Removal(
                    EXTRACT_TIMEOUT, f"no answer in {settings.wall_seconds:g} s, computing or not"
                )
            except WorkerDied as death:
                if death.status == 0 and self.worker.answered:  # grown too large, and gone between two pages
                    self._replace_worker(0)
                    continue
                verdict = self._judge(death.status)
            if len(self._ahead[0]) > 1:
                self._ahead.extendleft([page] for page in reversed(self._ahead.popleft()))
                self._tries, verdict = 0, None
            self._replace_worker(1 if verdict else 0)
            if verdict:
                return [[verdict]]

    def _judge(self, status: int) -> Removal | None:
        """What the death of the worker means for the first page ahead; None: it is tried again."""
        if status == -signal.SIGPROF:
            return Removal(EXTRACT_TIMEOUT, f"more than {self.worker.settings.cpu_seconds:g} s of CPU time")
        self._tries += 1
        return (
            Removal(EXTRACT_ERROR, f"the worker died of it: {_cause(status)}")
            if self._tries >= TRIES
            else None
        )

    def _replace_worker(self, judged: int) -> None:
        """Start a new worker and send it the pages ahead, without the first `judged`."""
        old = self.worker
        old.close()
        self.worker = Worker(old.settings, old.hook)
        for group in list(self._ahead)[judged:]:
            self.worker.send(group)


def _size(pages: Sequence[Page]) -> int:
    return sum(len(page.payload) for page in pages)


_IDLE: list[Worker] = []


def _take(settings: PageSettings, hook: str | None) -> Worker:
    """A waiting worker of this process with these settings, else a new one."""
    for worker in list(_IDLE):
        if worker.owner == os.getpid() and (worker.settings, worker.hook) == (settings, hook):
            _IDLE.remove(worker)
            if worker.is_alive():
                return worker
            worker.close()
    return Worker(settings, hook)


def _give_back(worker: Worker) -> None:
    """Keep a worker for the next call."""
    own = [idle for idle in _IDLE if idle.owner == os.getpid()]
    for idle in own[: max(0, len(own) - IDLE_WORKERS + 1)]:
        _IDLE.remove(idle)
        idle.close()
    _IDLE.append(worker)
    atexit.unregister(close_workers)
    atexit.register(close_workers)


def _cause(status: int) -> str:
    """Say how a process ended."""
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"
