import json
import os
import socket
import subprocess
import sys

import pytest

from pipeline.driver_lock import LOCK_FILE, _started, only_driver, refuse_if_held
from pipeline.workspace import Workspace
from schemas.errors import WorkspaceError


def lock(workspace: Workspace, **fields: object) -> None:
    known = {"host": socket.gethostname(), "pid": 1, "started": _started(1), "since": "2026-01-01"}
    workspace.put_text(LOCK_FILE, json.dumps(known | fields))


def test_a_folder_is_held_while_a_driver_works_and_free_afterwards(tmp_path):
    workspace = Workspace(str(tmp_path))
    with only_driver(workspace):
        assert json.loads(workspace.read_text(LOCK_FILE))["pid"] == os.getpid()
    assert not workspace.exists(LOCK_FILE)


def test_a_second_driver_is_refused_and_told_of_the_first(tmp_path):
    workspace = Workspace(str(tmp_path))
    lock(workspace, pid=os.getppid(), started=_started(os.getppid()))
    expected = rf"process {os.getppid()} on .* works on this run"
    with pytest.raises(WorkspaceError, match=expected), only_driver(workspace):
        pass
    assert workspace.exists(LOCK_FILE)


def test_the_lock_of_a_dead_driver_is_taken_over(tmp_path):
    workspace = Workspace(str(tmp_path))
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    lock(workspace, pid=done.pid, started="1")
    with only_driver(workspace):
        assert json.loads(workspace.read_text(LOCK_FILE))["pid"] == os.getpid()


def test_of_another_machine_nothing_is_known(tmp_path):
    workspace = Workspace(str(tmp_path))
    lock(workspace, host="elsewhere")
    expected = r"on elsewhere, since 2026-01-01, works .* delete that file"
    with pytest.raises(WorkspaceError, match=expected), only_driver(workspace):
        pass


RACER = """
import sys
from pipeline.driver_lock import only_driver
from pipeline.workspace import Workspace
from schemas.errors import WorkspaceError

for root in map(str.strip, sys.stdin):
    try:
        with only_driver(Workspace(root)):
            print("held", flush=True)
            sys.stdin.readline()
    except WorkspaceError as error:
        print("refused" if "works on this run" in str(error) else error, flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def racers(root):
    """Two processes, each of which holds the folder that it is told until it is told to go on."""
    command = [sys.executable, "-c", RACER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": root}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as other:
        yield one, other


def said(racers, line):
    for racer in racers:
        racer.stdin.write(f"{line}\n")
    for racer in racers:
        racer.stdin.flush()
    return sorted(racer.stdout.readline().strip() for racer in racers)


def let_go(racers):
    for racer in racers:
        racer.stdin.write("\n")
        racer.stdin.flush()


def test_of_two_drivers_that_start_in_the_same_instant_one_is_refused(tmp_path, racers):
    for number in range(40):
        workspace = Workspace(str(tmp_path / str(number)))
        if number % 2:
            lock(workspace, pid=racers[0].pid, started="another process of that number")
        assert said(racers, workspace.root) == ["held", "refused"]
        let_go(racers)


def test_a_run_that_another_driver_works_on_is_not_overwritten(tmp_path):
    workspace = Workspace(str(tmp_path))
    lock(workspace, pid=os.getppid(), started=_started(os.getppid()))
    with pytest.raises(WorkspaceError, match="works on this run"):
        refuse_if_held(workspace)
