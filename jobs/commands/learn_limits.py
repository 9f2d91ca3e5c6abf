"""Commands about learned thresholds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands import Lists, app
from schemas.errors import InputError, near_name

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.run_limits import Applied


@app.command()
def thresholds(
    source: Annotated[str, typer.Argument(metavar="RUN|FILE.parquet", help="A run's folder, or texts.")],
    *,
    recipe: Annotated[
        str | None, typer.Option(help="Recipe whose thresholds are meant; default: the run's own.")
    ] = None,
    step: Annotated[str | None, typer.Option(help="This threshold only.")] = None,
    lists: Lists = None,
    text_column: Annotated[str, typer.Option(help="Column that holds the texts of a file.")] = "text",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Parquet file of the limits.")] = None,
) -> None:
    """Show the limits that thresholds learn for each language, and what they would remove.

    Of a run: what was learned, or what would be from the measurements that stand there; with what the rules
    removed, once they were applied. Of a file: measurements of `glotmill measure --recipe`, or texts.
    Nothing is applied or changed.

    Example: glotmill thresholds corpus --step words_p10
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipeline.resources import use_lists
    from pipeline.threshold_report import threshold_lines

    use_lists(lists)
    tables, applied = _learned(source, recipe, text_column)
    if step is not None and step not in tables:
        known = ", ".join(tables) or "none"
        raise InputError(
            f"--step {step}: no such threshold{near_name(step, list(tables))}; there are: {known}"
        )
    chosen = {name: table for name, table in tables.items() if step in (None, name)}
    lines = [
        line
        for name, table in chosen.items()
        for line in (*threshold_lines(name, table, applied.get(name)), "")
    ]
    print("\n".join(lines) if lines else "no thresholds")
    if output is not None and chosen:
        pq.write_table(pa.concat_tables(chosen.values()), output)


def _learned(source: str, recipe: str | None, text_column: str) -> "tuple[dict[str, pa.Table], Applied]":
    """Return what each threshold learned, and what rules removed by it where they were applied."""
    from pipeline.recipe import load_recipe
    from pipeline.run import RUN_FILE
    from pipeline.run_limits import run_limits
    from pipeline.table_limits import learn_from_file
    from pipeline.workspace import Workspace

    if Workspace(source).exists(RUN_FILE):
        return run_limits(Workspace(source), recipe)
    if Path(source).is_file() and recipe is not None:
        return learn_from_file(load_recipe(recipe), source, text_column), {}
    raise InputError(f"{source}: expected the folder of a run, or a Parquet file and --recipe")
