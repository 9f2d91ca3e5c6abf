"""`pipeline/flow.py` is what a newcomer reads first: it must name what is there."""

from pathlib import Path

from pipeline.flow import FLOW


def test_each_stage_names_a_job_that_exists(root: Path) -> None:
    assert [stage.job for stage in FLOW if not (root / stage.job).is_file()] == []


def test_a_job_hands_out_the_task_that_its_stage_names(root: Path) -> None:
    for stage in FLOW:
        assert stage.task.__name__ in (root / stage.job).read_text(encoding="utf-8")
