"""From WARC to MinHash signature: glotmill and datatrove on the same archives with the same cores, in turn.

    python -m venv peer
    peer/bin/pip install "datatrove[processing,io]==0.10.1" "xxhash<4" spacy lxml_html_clean
    python tests/bench/bench_end_to_end.py ARCHIVES --peer peer/bin/python [--cores 2] [--rounds 3]
        [--copies 8] [--extractor glotmill]

Both read the archives, extract with trafilatura (glotmill also with another), identify the language with
lid.176, measure Gopher's rules and sign. datatrove stops at the first rule that fails and signs what is left;
glotmill measures and signs every document. The seconds of each step are the workers' own; wall seconds
include starting up (for glotmill: Java), and so do CPU seconds, of all processes: what a busy machine
disturbs least.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from filters.models import find_model
from pipeline.workspace import Workspace

HERE = Path(__file__).resolve().parent
PR_SET_CHILD_SUBREAPER = 36
REAP_SECONDS = 60.0
STAGES = ("extract", "annotate")


def adopt_orphans() -> None:
    """Become the parent of processes whose parent ends: Spark leaves Java, and Java its workers."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def children_seconds() -> float:
    """Return the CPU seconds of all processes that were started, once they have ended."""
    deadline = time.monotonic() + REAP_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.1)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_glotmill(archives: Path, folder: Path, cores: int, extractor: str) -> dict[str, object]:
    """Run list, extract and annotate in a process of its own."""
    output = folder / "glotmill"
    shutil.rmtree(output, ignore_errors=True)
    code = (
        "import sys; from jobs import annotate_documents, extract_text, list_parts;"
        "from pipeline.run import RunSettings; from pipeline.spark import spark_session;"
        "from pipeline.workspace import Workspace;"
        "settings = RunSettings(extractor=sys.argv[4], split_bytes=int(sys.argv[5]));"
        "run = list_parts.run(Workspace(sys.argv[1]), sys.argv[2], [sys.argv[3]], settings);"
        "spark = spark_session('bench', sys.argv[6]);"
        "run = extract_text.run(spark, run); annotate_documents.run(spark, run)"
    )
    split = max(1 << 20, sum(p.stat().st_size for p in archives.glob("*.warc.gz")) // (4 * cores))
    arguments = [
        str(output),
        str(HERE / "end_to_end.toml"),
        str(archives),
        extractor,
        str(split),
        f"local[{cores}]",
    ]
    started, before = time.monotonic(), children_seconds()
    subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, cwd=HERE.parents[1], stderr=subprocess.DEVNULL
    )
    seconds = time.monotonic() - started
    cpu = children_seconds() - before
    workspace = Workspace(str(output))
    receipts = {stage: workspace.receipts(stage).values() for stage in STAGES}
    documents = sum(
        n for r in receipts["extract"] for (_, outcome), n in r.outcomes.items() if outcome == "kept"
    )
    steps = {stage: round(sum(r.seconds for r in found), 1) for stage, found in receipts.items()}
    return {"wall": seconds, "cpu": cpu, "documents": documents, "steps": steps}


def run_datatrove(archives: Path, folder: Path, cores: int, peer: str) -> dict[str, object]:
    """Run the peer's pipeline with its own Python."""
    output = folder / "datatrove"
    shutil.rmtree(output, ignore_errors=True)
    command = [peer, str(HERE / "peers" / "datatrove_pipeline.py"), str(archives), str(output)]
    started, before = time.monotonic(), children_seconds()
    done = subprocess.run(
        [*command, str(find_model("lid.176")), str(cores)], check=True, capture_output=True, text=True
    )
    seconds = time.monotonic() - started
    cpu = children_seconds() - before
    found = json.loads(done.stdout.strip().splitlines()[-1])
    extracted = next(s["counts"]["forwarded"] for s in found["steps"] if "Trafilatura" in s["name"])
    steps = {s["name"].split(" - ")[-1]: s["seconds"] for s in found["steps"]}
    last = list(steps)[-1]  # it pulls the pages through all steps before it, and its clock runs meanwhile
    steps[last] -= sum(seconds for name, seconds in steps.items() if name != last)
    steps = {name: round(seconds, 1) for name, seconds in steps.items()}
    return {"wall": seconds, "cpu": cpu, "documents": extracted, "steps": steps}


def copy_archives(archives: Path, folder: Path, copies: int) -> Path:
    """Return a folder with each archive so many times: starting up weighs less."""
    folder.mkdir()
    for archive in sorted(archives.glob("*.warc.gz")):
        for number in range(copies):
            shutil.copy(archive, folder / f"{number}-{archive.name}")
    return folder


def main() -> None:
    """Run both in turn and print documents a second, shares and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archives", type=Path)
    parser.add_argument("--peer", required=True, help="Python of an environment with datatrove 0.10")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--extractor", default="trafilatura")
    parser.add_argument("--copies", type=int, default=1, help="read each archive so many times")
    chosen = parser.parse_args()
    adopt_orphans()
    ratios, work_ratios, cpu_ratios = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archives = copy_archives(chosen.archives, folder / "archives", chosen.copies)
        for number in range(1, chosen.rounds + 1):
            ours = run_glotmill(archives, folder, chosen.cores, chosen.extractor)
            theirs = run_datatrove(archives, folder, chosen.cores, chosen.peer)
            for who, found in (("glotmill", ours), ("datatrove", theirs)):
                total = sum(found["steps"].values())
                shares = ", ".join(f"{k} {100 * v / total:.0f} %" for k, v in found["steps"].items())
                rate = found["documents"] / found["wall"]
                work = found["documents"] / total
                cpu = found["documents"] / found["cpu"]
                print(
                    f"round {number} {who:<10} {found['documents']:>6} documents, "
                    f"{found['wall']:6.1f} s wall, {rate:6.1f}/s; {work:6.1f}/s of work and core, "
                    f"{cpu:6.1f}/s of CPU; {shares}",
                    flush=True,
                )
            ratios.append((ours["documents"] / ours["wall"]) / (theirs["documents"] / theirs["wall"]))
            cpu_ratios.append((ours["documents"] / ours["cpu"]) / (theirs["documents"] / theirs["cpu"]))
            work_ratios.append(
                (ours["documents"] / sum(ours["steps"].values()))
                / (theirs["documents"] / sum(theirs["steps"].values()))
            )
    print(f"median ratio glotmill / datatrove: {statistics.median(ratios):.2f} by wall time, ", end="")
    print(f"{statistics.median(cpu_ratios):.2f} by CPU time, ", end="")
    print(f"{statistics.median(work_ratios):.2f} by time of work a core")


if __name__ == "__main__":
    main()
