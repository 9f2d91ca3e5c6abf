"""Commands that find duplicates."""

from typing import Annotated

import typer

from jobs.commands import app


@app.command()
def dedup(
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE.parquet...", help="Files with texts and ids.")
    ],
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of what is found.")],
    text_column: Annotated[str, typer.Option(help="Column that holds the texts.")] = "text",
    id_column: Annotated[str, typer.Option(help="Column that names the rows.")] = "doc_id",
    keep: Annotated[str, typer.Option(help="smallest_key, longest, newest or best:COLUMN.")] = "smallest_key",
    write: Annotated[bool, typer.Option("--write", help="Write the rows that stay, too.")] = False,
) -> None:
    """Find the near-duplicates of any Parquet files, in this process, without Spark.

    Example: glotmill dedup corpus/data/swh_Latn/*.parquet --output duplicates --keep longest
    """
    from pipeline.dedup_table import Choice, dedup_files

    found = dedup_files(sources, output, Choice(text_column, id_column, keep), write=write)
    print(f"{found.rows:,} rows, {found.removed:,} go, {found.clusters:,} clusters of two or more: {output}")
