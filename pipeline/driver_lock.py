"""One driver at a time works on an output folder: a file says which process of which machine it is.

Drivers of one machine look at the file and write it one after another, so that of two that start in the same
instant one is refused. Those of two machines are told apart by S3, which takes a new file only where there is
none. Other stores, and folders that two machines mount, have no such promise: drivers that two machines start
on one of those within the same second may both pass.
"""

import fcntl
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.remote import put_new_s3
from pipeline.workspace import WORK, Workspace
from schemas.errors import WorkspaceError

LOCK_FILE = f"{WORK}/driver.json"


@contextmanager
def only_driver(workspace: Workspace) -> Iterator[None]:
    """Hold an output folder for this process; the lock of a process that is gone from this machine is taken.

    Raises:
        WorkspaceError: another process works on it, or one of another machine may.
    """
    since = datetime.now(UTC).isoformat(timespec="seconds")
    own = {"host": socket.gethostname(), "pid": os.getpid(), "started": _started(os.getpid()), "since": since}
    with _alone_on_this_machine(workspace):
        _take(workspace, json.dumps(own))
    try:
        yield
    finally:
        workspace.delete(LOCK_FILE)


@contextmanager
def _alone_on_this_machine(workspace: Workspace) -> Iterator[None]:
    """Keep the other drivers of this machine waiting, by a lock that the system frees when a process ends."""
    folder = Path(tempfile.gettempdir())
    if workspace.is_local:
        folder = Path(workspace.path(WORK))
        folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _take(workspace: Workspace, own: str) -> None:
    """Write the lock unless another driver is alive."""
    is_new = not workspace.exists(LOCK_FILE)
    if is_new and workspace.root.startswith("s3://"):
        answer = put_new_s3(workspace.path(LOCK_FILE), own.encode())
        if answer:
            return
        is_new = answer is None  # else a driver of another machine was sooner
    if not is_new:
        refuse_if_held(workspace)
    workspace.put_text(LOCK_FILE, own)


def refuse_if_held(workspace: Workspace) -> None:
    """Let nobody touch a folder that another driver works on.

    Raises:
        WorkspaceError: another process works on it, or one of another machine may.
    """
    if workspace.exists(LOCK_FILE):
        _refuse_if_alive(workspace, json.loads(workspace.read_text(LOCK_FILE)))


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
