"""Arguments that every job takes, and the run that they name."""

import argparse

from pipeline.run import Run, open_run
from pipeline.workspace import Workspace


def job_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the arguments of every job."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--recipe", help="name or .toml path; default: the recipe that the run was begun with"
    )
    parser.add_argument(
        "--workspace", required=True, help="output folder of the run, local or s3:// or gs://"
    )
    return parser


def open_steps(description: str, kind: str) -> tuple[Run, list[str]]:
    """Read the arguments of a job for global steps of one kind; return the run, and the steps in order."""
    parser = job_parser(description)
    parser.add_argument("--step", action="append", help="name of a step; default: all, in order")
    chosen = parser.parse_args()
    run = open_run(Workspace(chosen.workspace), chosen.recipe)
    all_steps = [planned.step.name for planned in run.plan.global_steps if planned.kind == kind]
    return run, chosen.step or all_steps


def open_job(description: str) -> Run:
    """Read the arguments of a job that takes no others, and return the run that they name."""
    chosen = job_parser(description).parse_args()
    return open_run(Workspace(chosen.workspace), chosen.recipe)
