"""Begin a run: list the archives, cut the large ones into parts, write down recipe and settings.

spark-submit jobs/list_parts.py --recipe glotmill --workspace OUT ARCHIVE…
"""

from pipeline.arguments import job_parser
from pipeline.inputs import list_archives
from pipeline.parts import list_parts
from pipeline.run import Run, RunSettings, start_run
from pipeline.workspace import Workspace


def run(workspace: Workspace, recipe: str, inputs: list[str], settings: RunSettings) -> Run:
    """List the parts of `inputs` and return the run that they begin."""
    parts = list_parts(list_archives(inputs).archives, settings.split_bytes)
    return start_run(workspace, recipe, settings, tuple(parts))


def main() -> None:
    """Run as a job of its own."""
    parser = job_parser(__doc__ or "")
    parser.add_argument("inputs", nargs="+", help="archives, folders, globs, addresses or lists of them")
    chosen = parser.parse_args()
    if chosen.recipe is None:
        parser.error("--recipe is needed to begin a run")
    run(Workspace(chosen.workspace), chosen.recipe, chosen.inputs, RunSettings())


if __name__ == "__main__":
    main()
