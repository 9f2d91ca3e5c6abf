"""Runs of the real command on small archives, shared by the tests of this folder."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def sample(root: Path) -> Path:
    """The shipped archives."""
    return root / "tests" / "data" / "sample"


@pytest.fixture(scope="session")
def glotmill(root: Path) -> Command:
    """Run the command line in a process of its own, from the project's folder."""

    def run(*arguments: object, check: bool = True) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "jobs.command_line", *map(str, arguments)]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=os.environ, check=False)
        if check:
            assert done.returncode == 0, done.stderr[-3000:]
        return done

    return run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, sample: Path, glotmill: Command) -> Path:
    """A clean run of the default recipe on the shipped archives, its workspace kept."""
    output = tmp_path_factory.mktemp("run") / "corpus"
    glotmill("run", "glotmill", sample, "--output", output, "--keep-workspace", "--master", "local[2]")
    return output


def corpus_bytes(output: Path) -> dict[str, bytes]:
    """The files of a corpus and its accounts, by name."""
    names = [*sorted((output / "data").rglob("*.parquet")), *sorted((output / "removed").glob("*.parquet"))]
    names += [output / "ledger.parquet", output / "stats.json", output / "README.md"]
    return {str(path.relative_to(output)): path.read_bytes() for path in names}


@pytest.fixture(scope="session")
def content() -> Callable[[Path], dict[str, bytes]]:
    """Give the files of a corpus and its accounts, by name."""
    return corpus_bytes


@pytest.fixture(scope="session")
def read_corpus() -> Callable[[Path], pa.Table]:
    """Give all documents of a corpus as one table."""

    def read(output: Path) -> pa.Table:
        return pa.concat_tables(
            [pq.read_table(path) for path in sorted((output / "data").rglob("*.parquet"))]
        )

    return read
