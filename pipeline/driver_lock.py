"""One driver at a time works on an output folder: a file says which process of which machine it is."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.workspace import WORK, Workspace
from schemas.errors import WorkspaceError

LOCK_FILE = f"{WORK}/driver.json"


@contextmanager
def only_driver(workspace: Workspace) -> Iterator[None]:
    """Hold an output folder for this process; the lock of a process that is gone from this machine is taken.

    Raises:
        WorkspaceError: another process works on it, or one of another machine may.
    """
    own = {"host": socket.gethostname(), "pid": os.getpid(), "started": _started(os.getpid())}
    if workspace.exists(LOCK_FILE):
        _refuse_if_alive(workspace, json.loads(workspace.read_text(LOCK_FILE)))
    since = datetime.now(UTC).isoformat(timespec="seconds")
    workspace.put_text(LOCK_FILE, json.dumps({**own, "since": since}))
    try:
        yield
    finally:
        workspace.delete(LOCK_FILE)


def _refuse_if_alive(workspace: Workspace, other: dict[str, object]) -> None:
    here = socket.gethostname()
    where = workspace.path(LOCK_FILE)
    who = f"process {other.get('pid')} on {other.get('host')}, since {other.get('since')}"
    if other.get("host") != here:
        raise WorkspaceError(
            f"{where}: {who}, works on this run; if it is gone, delete that file and use --resume"
        )
    pid = int(str(other.get("pid")))
    if pid != os.getpid() and is_alive(pid) and _started(pid) == other.get("started"):
        raise WorkspaceError(f"{where}: {who}, works on this run; wait for it or end it, then use --resume")


def is_alive(pid: int) -> bool:
    """Whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """Return when a process began, in the system's ticks; nothing where the system does not say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
