"""What a job is told on its command line."""

import sys

import pytest

from pipeline.arguments import open_steps
from pipeline.run import RunSettings, start_run
from pipeline.workspace import Workspace

OWN = """
name = "own"
version = "1"
title = "steps of several kinds"
source = "a test"

[[steps]]
dedup = "exact"

[[steps]]
dedup = "url"

[[steps]]
keep = "word_count >= 3"
"""


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    workspace = Workspace(str(tmp_path / "out"))
    start_run(workspace, str(tmp_path / "own.toml"), RunSettings(), ())
    return workspace


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("dedup", [], ["exact_duplicate", "url_duplicate"]),
        ("audit", [], []),
        ("dedup", ["--step", "url_duplicate"], ["url_duplicate"]),
        ("dedup", ["--step", "url_duplicate", "--step", "own"], ["url_duplicate", "own"]),
    ],
)
def test_a_job_does_the_steps_that_are_named_or_all_of_its_kind(
    workspace, monkeypatch, kind, arguments, expected
):
    monkeypatch.setattr(sys, "argv", ["job", "--workspace", workspace.root, *arguments])
    run, steps = open_steps("a job", kind)
    assert run.workspace == workspace
    assert steps == expected
