import json
import os
import socket
import subprocess
import sys

import pytest

from pipeline.driver_lock import LOCK_FILE, _started, only_driver
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
