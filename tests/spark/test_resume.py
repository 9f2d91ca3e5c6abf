"""What is done is not done again, and what was killed goes on to the same bytes."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.plan import make_plan
from pipeline.recipe import load_recipe

pytestmark = pytest.mark.spark

KILLS = 5
SEED = 20261121


def receipts(output: Path) -> dict[str, tuple[int, str]]:
    """When each receipt was written, and what it says it was made from."""
    folder = output / "_work" / "ledger"
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, json.loads(path.read_text())["fingerprint"])
        for path in folder.rglob("*.json")
    }


def redone(before: dict, after: dict) -> set[str]:
    """The stages of which a receipt was written anew."""
    return {name.split("/")[0] for name in after if after[name] != before.get(name)}


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    output = tmp_path / "corpus"
    shutil.copytree(finished, output, copy_function=shutil.copy2)
    return output


def test_a_finished_run_is_not_done_again(copied, sample, glotmill, content):
    before, files = receipts(copied), content(copied)
    glotmill("run", "glotmill", sample, "--output", copied, "--resume", "--keep-workspace")
    assert redone(before, receipts(copied)) == set()
    assert content(copied) == files


def test_a_limit_of_a_document_rule_is_moved_without_reading_text(copied, sample, glotmill, root, tmp_path):
    shipped = (root / "pipeline" / "recipes" / "glotmill.toml").read_text(encoding="utf-8")
    assert 'keep = "word_count >= 20"' in shipped
    own = tmp_path / "own.toml"
    own.write_text(shipped.replace("word_count >= 20", "word_count >= 60"), encoding="utf-8")
    before = receipts(copied)
    done = glotmill("run", own, sample, "--output", copied, "--resume", "--keep-workspace")
    steps = {planned.step.name for planned in make_plan(load_recipe(str(own))).global_steps}
    assert redone(before, receipts(copied)) == {*steps, "select", "publish"}
    assert "log level" not in done.stderr  # Spark says so when it starts


def test_only_the_part_that_is_missing_is_done_again(copied, sample, glotmill, content):
    files = content(copied)
    (copied / "_work" / "ledger" / "annotate" / "1.json").unlink()
    before = receipts(copied)
    glotmill("run", "glotmill", sample, "--output", copied, "--resume", "--keep-workspace")
    after = receipts(copied)
    assert {name for name in after if after[name] != before.get(name)} == {"annotate/1.json"}
    assert content(copied) == files


def start(root: Path, sample: Path, output: Path) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "jobs.command_line",
        "run",
        "glotmill",
        str(sample),
        "--output",
        str(output),
    ]
    command += ["--keep-workspace", "--master", "local[2]"] + (
        ["--resume"] if (output / "run.json").exists() else []
    )
    return subprocess.Popen(
        command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def children(pid: int) -> list[int]:
    """Processes below `pid`, the whole tree."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    below: dict[int, list[int]] = {}
    for line in listed.splitlines():
        child, parent = map(int, line.split())
        below.setdefault(parent, []).append(child)
    found, todo = [], [pid]
    while todo:
        todo += below.get(todo[0], [])
        found += below.get(todo.pop(0), [])
    return found


def is_worker(pid: int) -> bool:
    try:
        return b"pyspark" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.slow
def test_a_driver_killed_at_random_moments_ends_in_the_bytes_of_a_clean_run(
    finished, sample, root, tmp_path, content
):
    chance = random.Random(SEED)
    output = tmp_path / "killed"
    for kill in (os.kill, os.killpg, os.kill, os.killpg, os.kill):  # alone, and with all that it started
        process = start(root, sample, output)
        try:
            process.wait(timeout=chance.uniform(3, 14))
        except subprocess.TimeoutExpired:
            kill(process.pid, signal.SIGKILL)
            process.wait()
    assert start(root, sample, output).wait() == 0
    assert content(output) == content(finished)
    assert not [path for path in output.rglob(".*") if path.is_file() and not path.name.endswith(".crc")]


@pytest.mark.slow
def test_workers_killed_at_random_moments_change_nothing(finished, sample, root, tmp_path, content):
    chance = random.Random(SEED)
    output = tmp_path / "killed"
    process = start(root, sample, output)
    killed = 0
    while process.poll() is None and killed < KILLS:
        time.sleep(chance.uniform(1, 3))
        workers = [pid for pid in children(process.pid) if is_worker(pid)]
        if workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
            killed += 1
    code = process.wait()
    if (
        code != 0
    ):  # four tries of one task were hit: the run ends with an error, and goes on when started again
        assert start(root, sample, output).wait() == 0
    assert killed > 0
    assert content(output) == content(finished)
