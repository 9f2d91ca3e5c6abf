"""What a user sees when something is wrong: one or two lines, no traceback, and what to do."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.spark


def said(done: "subprocess.CompletedProcess[str]") -> str:
    """The error of a command that failed as it should."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("glotmill: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("run", "glotmill", "missing.warc.gz", "--output", "OUT"), "missing.warc.gz"),
        (("run", "glotmil", "SAMPLE", "--output", "OUT"), "did you mean glotmill?"),
        (("run", "glotmill", "SAMPLE", "--output", "OUT", "--lid", "none.bin"), "no such file"),
        (("run", "glotmill", "SAMPLE", "--output", "OUT", "--languages", "xx"), "such as swh_Latn"),
        (("run", "glotmill", "SAMPLE", "--output", "OUT", "--extractor", "x"), "unknown extractor"),
        (("run", "glotmill", "SAMPLE", "--output", "OUT", "--language-models", "none"), "none"),
        (("plan", "none.toml"), "no such recipe file"),
        (("measure", "none.parquet", "--output", "OUT"), "cannot be read as Parquet"),
        (("explain", "glotmill", "none.txt"), "no such file"),
        (("train-lm", "none", "--output", "OUT"), "none"),
    ],
)
def test_a_fault_of_the_user_is_one_line(arguments, expected, glotmill, sample, tmp_path):
    places = {"OUT": tmp_path / "out", "SAMPLE": sample}
    done = glotmill(*[places.get(a, a) for a in arguments], check=False)
    assert expected in said(done)
    assert not (tmp_path / "out").exists()


def test_debug_shows_the_traceback(glotmill):
    done = glotmill("--debug", "plan", "none.toml", check=False)
    assert "Traceback" in done.stderr


def test_a_parquet_file_without_the_column_names_the_nearest(glotmill, tmp_path):
    pq.write_table(pa.table({"tekst": ["x"]}), tmp_path / "in.parquet")
    done = glotmill("measure", tmp_path / "in.parquet", "--output", tmp_path / "out.parquet", check=False)
    assert "no column 'text'; did you mean tekst?" in said(done)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that has room for the first files of a run and no more."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system of a fixed size can only be mounted by root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_a_clean_error_and_the_run_goes_on_once_there_is_room(
    small_disk, glotmill, sample, tmp_path
):
    archive = shutil.copy(sample / "sample-00000.warc.gz", tmp_path / "one.warc.gz")
    output = small_disk / "corpus"
    done = glotmill("run", "glotmill", archive, "--output", output, check=False)
    assert "No space left on device; once there is room" in said(done)
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    glotmill("run", "glotmill", archive, "--output", output, "--resume")
    assert (output / "README.md").exists()
