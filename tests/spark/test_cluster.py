"""Every stage as a spark-submit of its own, on a real standalone master with two worker processes."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest

from pipeline.java import java_home

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.e2e]

START_SECONDS = 60
JOBS = (
    "extract_text",
    "annotate_documents",
    "learn_thresholds",
    "dedup_documents",
    "audit_languages",
    "select_documents",
    "publish_corpus",
)


def spark_environment() -> dict[str, str]:
    home = str(Path(pyspark.__file__).parent)
    java = str(java_home().home)
    return os.environ | {
        "SPARK_HOME": home,
        "JAVA_HOME": java,
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_DAEMON_JAVA_OPTS": os.environ["SPARK_SUBMIT_OPTS"],
    }


def start(log: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = spark_environment()
    command = [f"{environment['SPARK_HOME']}/bin/spark-class", *arguments]
    with log.open("wb") as stream:
        return subprocess.Popen(
            command, stdout=stream, stderr=subprocess.STDOUT, env=environment, cwd=log.parent
        )


def wait_for(log: Path, pattern: str, process: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = re.search(pattern, log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-2000:])


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a standalone master with two workers of one core each."""
    folder = tmp_path_factory.mktemp("cluster")
    deploy = "org.apache.spark.deploy"
    options = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
    log = folder / "master.log"
    processes = [start(log, f"{deploy}.master.Master", *options)]
    try:
        address = wait_for(log, r"Starting Spark master at (spark://\S+)", processes[0])
        for number in range(2):
            worker_log = folder / f"worker{number}.log"
            resources = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work{number}"))
            processes.append(start(worker_log, f"{deploy}.worker.Worker", *options, *resources, address))
            wait_for(worker_log, r"(Successfully registered with master)", processes[-1])
        yield address
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def zipped(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("zip") / "glotmill.zip"
    subprocess.run([sys.executable, "deploy/build_pyfiles.py", str(target)], cwd=root, check=True)
    return target


def submit(master: str, zipped: Path, script: Path, *arguments: str) -> None:
    environment = spark_environment()
    command = [f"{environment['SPARK_HOME']}/bin/spark-submit", "--master", master, "--py-files", str(zipped)]
    command += ["--conf", "spark.executor.memory=512m", "--conf", "spark.driver.host=127.0.0.1"]
    command += ["--conf", f"spark.executor.extraJavaOptions={environment['SPARK_SUBMIT_OPTS']}"]
    command += ["--conf", "spark.ui.enabled=false"]
    command += ["--conf", "spark.sql.shuffle.partitions=4", str(script), *arguments]
    folder = zipped.parent
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    said = [line for line in done.stderr.splitlines() if " INFO " not in line]
    assert done.returncode == 0, "\n".join(said[-40:])


def test_a_chain_of_jobs_on_a_cluster_gives_the_bytes_of_the_command(
    master, zipped, root, sample, finished, tmp_path, content
):
    output = tmp_path / "corpus"
    common = ("--recipe", "glotmill", "--workspace", str(output))
    archives = [str(path) for path in sorted(sample.glob("*.warc.gz"))]
    submit(master, zipped, root / "jobs" / "list_parts.py", *common, *archives)
    for job in JOBS:
        submit(master, zipped, root / "jobs" / f"{job}.py", *common)
    assert content(output) == content(finished)
