import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import islice

import pytest

from pipeline import extractors
from pipeline.extractors import Extracted, PageSettings, PageText, Removal, read_page
from pipeline.html_limits import HtmlLimits
from pipeline.page_guard import Worker, close_workers, read_pages
from schemas.errors import ExtractionError, RecipeError

HOOK = """
import ctypes, os, re, sys, time
from pathlib import Path
from pipeline.extractors import EXTRACTORS

KEPT = []

def behave(html):
    word, _, rest = html.partition(" ")
    if word == "loop":
        while True:
            pass
    if word == "native":
        re.match("(a+)+$", "a" * 40 + "b")
    if word == "sleep":
        time.sleep(3600)
    if word == "raise":
        raise KeyError("of this page")
    if word == "abort":
        ctypes.CDLL(None).abort()
    if word == "exit":
        os._exit(0)
    if word == "once":
        if not Path(rest).exists():
            Path(rest).touch()
            os.kill(os.getpid(), 9)
    if word == "eat":
        KEPT.append(bytearray(int(rest)))
    if word == "print":
        print("between the frames", flush=True)
        os.write(1, b"between the frames")
    if word == "long":
        return "x" * int(rest)
    return f"{os.getpid()} {html}"

EXTRACTORS["behave"] = behave
"""

TOGETHER = """
from pipeline.extractor.texts import MainText
from pipeline.extractors import BATCHED
BATCHED["behave"] = lambda pages, _settings: (MainText(behave(bytes(page).decode())) for page in pages)
"""

PARAGRAPH = b"<p>Some words of text that are enough to be a paragraph of a page, and a few more of them.</p>"
ATTRIBUTES = b" ".join(b"a%d='1'" % i for i in range(100_000))
HOSTILE = {
    "100,000 attributes in one tag": b"<body><div " + ATTRIBUTES + b">" + PARAGRAPH,
    "50,000 nested elements": b"<body>" + b"<div>" * 50_000 + PARAGRAPH + b"</div>" * 50_000,
    "100,000 table rows": b"<table>" + b"<tr><td>one</td><td>two</td></tr>" * 100_000 + b"</table>",
    "200,000 list items": b"<ul>" + b"<li>item of a list</li>" * 200_000 + b"</ul>",
    "20 MB of tags": b"<p>x" * 5_000_000,
    "everything unclosed": b"<div><span><b><table><tr><td>text " * 20_000,
}  # fmt: skip


@dataclass(frozen=True)
class Page:
    payload: bytes
    content_type: str | None = None
    url: str | None = "https://example.org/"


@pytest.fixture(scope="module")
def hooks(tmp_path_factory):
    """A folder that workers import from; they wait for the next test, since each takes a while to start."""
    folder = tmp_path_factory.mktemp("hooks")
    (folder / "hostile_extractor.py").write_text(HOOK)
    (folder / "hostile_together.py").write_text(HOOK + TOGETHER)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder
    close_workers()


@pytest.fixture
def hook(hooks):  # noqa: ARG001  # makes it importable
    return "hostile_extractor"


@pytest.fixture
def settings() -> PageSettings:
    return PageSettings(extractor="behave", cpu_seconds=0.4, wall_seconds=60, html=HtmlLimits(size=64 << 20))


def outcomes(words, settings, hook):
    pages = [Page(word.encode()) for word in words]
    answered = list(read_pages(pages, settings, hook=hook))
    assert [page for page, _ in answered] == pages
    return [
        (o.reason, o.detail) if isinstance(o, Removal) else o.content.text.partition(" ")[2]
        for _, o in answered
    ]


def gone_within(pid: int, seconds: float) -> bool:
    """Whether a process ends in time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(handle) as file:
        waiting = select.poll()
        waiting.register(file, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))


@pytest.mark.slow
@pytest.mark.parametrize("word", ["loop", "native"])
def test_a_page_that_hangs_is_removed_and_its_neighbours_are_read(word, settings, hook):
    late = ("extract_timeout", "more than 0.4 s of CPU time")
    assert outcomes(["a", word, "b", word, "c"], settings, hook) == ["a", late, "b", late, "c"]


def test_a_page_that_waits_without_computing_is_removed(settings, hook):
    impatient = replace(settings, wall_seconds=0.5)
    late = ("extract_timeout", "no answer in 0.5 s, computing or not")
    assert outcomes(["a", "sleep", "b"], impatient, hook) == ["a", late, "b"]


def test_an_exception_is_a_removal_that_names_it(settings, hook):
    assert outcomes(["raise", "b"], settings, hook) == [("extract_error", "KeyError: 'of this page'"), "b"]


@pytest.mark.parametrize(
    ("word", "cause"),
    [("abort", "the worker died of it: SIGABRT"), ("exit", "the worker died of it: exit status 0")],
)
def test_a_page_that_ends_the_worker_twice_is_removed(word, cause, settings, hook):
    assert outcomes(["a", word, "b"], settings, hook) == ["a", ("extract_error", cause), "b"]


def test_a_worker_killed_from_outside_costs_no_page(tmp_path, settings, hook):
    words = ["a", f"once {tmp_path / 'killed'}", "b"]
    assert outcomes(words, settings, hook) == words


def test_a_page_that_takes_too_much_memory_is_removed(settings, hook):
    small = replace(settings, memory_bytes=100 << 20)
    assert outcomes(["a", f"eat {200 << 20}", "b"], small, hook) == [
        "a",
        ("extract_error", "MemoryError"),
        "b",
    ]


def test_a_worker_that_has_grown_makes_room_for_a_new_one(settings, hook):
    pages = [Page(word) for word in (b"a", b"eat 200000000", b"b")]
    frugal = replace(settings, resident_bytes=200 << 20)
    workers = [o.content.text.partition(" ")[0] for _, o in read_pages(pages, frugal, hook=hook)]
    assert workers[0] == workers[1] != workers[2]


def test_what_an_extractor_prints_does_not_get_between_the_answers(settings, hook):
    assert outcomes(["print", "b"], settings, hook) == ["print", "b"]


def test_texts_and_pages_larger_than_the_pipes_pass(settings, hook):
    pages = [Page(b"long %d" % (3 << 20))] * 8 + [Page(b"echo " + b"x" * (3 << 20))] * 4
    sizes = [len(o.content.text) for _, o in read_pages(pages, settings, hook=hook)]
    assert sizes[:8] == [3 << 20] * 8
    assert min(sizes[8:]) > 3 << 20


def test_the_worker_stays_for_the_next_part_and_leaves_at_the_end(settings, hook):
    (_, first), (_, second) = (next(iter(list(read_pages([Page(b"a")], settings, hook=hook)))) for _ in "12")
    assert first == second
    pid = int(first.content.text.partition(" ")[0])
    close_workers()
    assert gone_within(pid, 0)


def test_pages_that_nobody_waits_for_end_the_worker(settings, hook):
    flow = read_pages([Page(b"a"), Page(b"loop"), Page(b"b")], settings, hook=hook)
    pid = int(next(flow)[1].content.text.partition(" ")[0])
    flow.close()
    assert gone_within(pid, 0)


def test_a_source_that_fails_ends_the_worker_and_keeps_its_error(settings, hook):
    def source():
        yield Page(b"a")
        raise OSError("archive gone")

    with pytest.raises(OSError, match="archive gone"):
        list(read_pages(source(), settings, hook=hook))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_the_worker_dies_with_its_parent(hooks, hook, root):
    script = f"""
import sys
sys.path[:0] = [{str(root)!r}, {str(hooks)!r}]
from dataclasses import dataclass
from pipeline.extractors import PageSettings
from pipeline.page_guard import read_pages

@dataclass
class Page:
    payload: bytes
    content_type: str | None = None
    url: str | None = None

pages = [Page(b"a"), Page(b"sleep")]
for _, outcome in read_pages(pages, PageSettings(extractor="behave"), hook={hook!r}):
    print(outcome.content.text, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline().partition(" ")[0])
        parent.send_signal(signal.SIGKILL)
        assert gone_within(pid, 20)


def test_an_unknown_extractor_is_an_error_and_no_removal():
    with pytest.raises(RecipeError, match=r"unknown extractor 'trafilatora'; did you mean trafilatura\?"):
        list(read_pages([Page(b"a")], PageSettings(extractor="trafilatora")))


def test_a_worker_that_cannot_start_is_an_error(settings, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ExtractionError, match="expected it to start, got exit status 1"):
        Worker(settings, None)


@pytest.mark.parametrize("extractor", ["trafilatura", "resiliparse", "glotmill"])
def test_hostile_markup_is_removed_before_it_costs_time(extractor):
    settings = PageSettings(extractor=extractor)
    pages = [*map(Page, HOSTILE.values()), Page(PARAGRAPH * 9)]
    found = [outcome for _, outcome in read_pages(pages, settings)]
    close_workers()
    assert [outcome.reason for outcome in found[:-1]] == ["html_too_complex"] * len(HOSTILE)
    assert isinstance(found[-1], PageText)


def test_a_small_page_that_grows_without_measure_is_stopped():
    fonts = "".join(f'<font color="{i}">' for i in range(900))
    bomb = ("<body><p>" + fonts + "<p>word" * 5_000).encode()  # each paragraph opens all fonts again
    settings = PageSettings(extractor="resiliparse-all", memory_bytes=300 << 20)
    found = [outcome for _, outcome in read_pages([Page(bomb), Page(PARAGRAPH)], settings)]
    close_workers()
    assert found[0].reason == "extract_error"
    assert isinstance(found[1], PageText)


def test_pages_read_by_the_worker_equal_pages_read_here():
    settings = PageSettings(extractor="resiliparse")
    pages = [
        Page("<title>Página</title><p>¿Qué? Línea uno.</p>".encode("cp1252"), "text/html; charset=latin1"),
        Page(b""), Page(b" \n\t "), Page(b"\0\0\0"), Page(b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
        Page(b"<html lang=en><p>te\0xt</p>"),
    ]  # fmt: skip
    here = [read_page(p.payload, p.content_type, p.url, settings) for p in pages]
    assert [outcome for _, outcome in read_pages(pages, settings)] == here
    close_workers()
    assert here[0] == PageText(Extracted("¿Qué? Línea uno.", "Página", None, None), "cp1252", "header", 0)
    assert [o.reason for o in here[1:5]] == ["no_text", "no_text", "no_text", "undecodable"]
    assert here[5].content.text == "text"


def test_pages_ahead_are_few(settings, hook):
    taken = []

    def source():
        for number in range(1000):
            taken.append(number)
            yield Page(b"a")

    list(islice(read_pages(source(), settings, hook=hook), 1))
    assert len(taken) <= 33


@pytest.fixture
def together(hooks):  # noqa: ARG001  # makes it importable
    """A hook under which the extractor `behave` reads many pages at a time, page after page."""
    return "hostile_together"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("loop", ("extract_timeout", "more than 0.4 s of CPU time")),
        ("raise", ("extract_error", "KeyError: 'of this page'")),
        ("abort", ("extract_error", "the worker died of it: SIGABRT")),
    ],
)
def test_a_page_costs_only_itself_where_many_are_read_together(
    word, verdict, settings, together, monkeypatch
):
    monkeypatch.setitem(extractors.BATCHED, "behave", lambda pages, _settings: iter(pages))
    expected = [*map(str, range(70)), verdict, *map(str, range(70, 140))]
    assert outcomes([*map(str, range(70)), word, *map(str, range(70, 140))], settings, together) == expected


def test_pages_read_together_equal_pages_read_one_by_one():
    story = "<p>The rain fell on the old stone bridge until it stopped, and nobody crossed it.</p>"
    pages = [Page(f"<title>{i}</title>{story * (i % 7)}<p>{i}".encode()) for i in range(150)]
    odd = [b"", b"\x89PNG\r\n\x1a\n", b"caf\xe9", b"<div>" * 2_000, b"<p>&#0;", b"\xff\xfea", b"<"]
    pages[3:52:7] = map(Page, odd)
    settings = PageSettings(extractor="glotmill")
    here = [read_page(p.payload, p.content_type, p.url, settings) for p in pages]
    assert [outcome for _, outcome in read_pages(pages, settings)] == here
    close_workers()
    assert {o.reason for o in here if isinstance(o, Removal)} == {
        "no_text",
        "undecodable",
        "html_too_complex",
    }
