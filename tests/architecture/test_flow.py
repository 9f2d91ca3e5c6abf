"""`pipeline/flow.py` is what a newcomer reads first: it must name what is there."""

from pathlib import Path

from jobs.run_recipe import GLOBAL_JOBS
from pipeline.flow import FLOW


def test_each_stage_names_a_job_that_exists(root: Path) -> None:
    assert [stage.job for stage in FLOW if not (root / stage.job).is_file()] == []


def test_a_job_hands_out_the_task_that_its_stage_names(root: Path) -> None:
    for stage in FLOW:
        assert stage.task.__name__ in (root / stage.job).read_text(encoding="utf-8")


def test_every_global_stage_is_a_job_of_its_own_and_run_in_the_chain() -> None:
    own = {stage.job.removesuffix(".py").replace("/", ".") for stage in FLOW if stage.kind == "global"}
    assert {job.__module__ for job in GLOBAL_JOBS.values()} == own
