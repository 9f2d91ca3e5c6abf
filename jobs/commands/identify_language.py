"""The command that says which language texts are in."""

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from jobs.commands import app
from schemas.errors import InputError

COLUMNS = ("lang", "lang_score", "lang_second", "script")
LINES_AT_ONCE = 1000


@app.command()
def identify(
    source: Annotated[
        str, typer.Argument(metavar="INPUT.parquet|-", help="Parquet file, or - for lines of standard input.")
    ],
    *,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Parquet file to write.")] = None,
    text_column: Annotated[str, typer.Option(help="Column that holds the texts.")] = "text",
    model: Annotated[
        str, typer.Option(help="glotlid-mini, lid.176, a fetched model or the path of a fastText model.")
    ] = "glotlid-mini",
    languages: Annotated[
        str | None, typer.Option(help="Choose among these only: swh_Latn,amh,… and share a score of 1.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes; each identifies some rows at a time.", min=1)] = 1,
) -> None:
    """Say which language each text of a Parquet file, or each line of standard input, is in.

    Adds lang (swh_Latn), lang_score, lang_second and script. A line becomes these four and itself, with tabs.

    Example: glotmill identify docs.parquet --text-column text --output identified.parquet
    """
    from filters.models import open_identifier

    open_identifier(model)
    settings: dict[str, object] = {"model": model}
    if languages is not None:
        settings |= {"only": [code.strip() for code in languages.split(",")], "renormalise": True}
    if source == "-":
        _identify_lines(settings)
    elif output is None:
        raise InputError("--output is missing: the Parquet file to write")
    else:
        _identify_file(source, output, text_column, settings, workers)


def _identify_lines(settings: dict[str, object]) -> None:
    import pyarrow as pa

    from pipeline.measure import measure_signals

    for lines in _groups(line.rstrip("\r\n") for line in sys.stdin):
        found = measure_signals(pa.table({"text": lines}), COLUMNS, settings={"lid": settings}).to_pylist()
        for line, row in zip(lines, found, strict=True):
            score = "" if row["lang_score"] is None else f"{row['lang_score']:.4f}"
            cells = (row["lang"] or "", score, row["lang_second"] or "", row["script"] or "", line)
            print("\t".join(cells), flush=sys.stdout.isatty())


def _groups(lines: Iterator[str]) -> Iterator[list[str]]:
    size = 1 if sys.stdin.isatty() else LINES_AT_ONCE
    while group := list(islice(lines, size)):
        yield group


def _identify_file(
    source: str, output: str, text_column: str, settings: dict[str, object], workers: int
) -> None:
    from pipeline.measure import Wanted, measure_file

    rows = 0
    wanted = Wanted(text_column, None, COLUMNS, settings={"lid": settings})
    for rows, _ in measure_file(source, output, wanted, workers):
        if sys.stderr.isatty():
            print(f"\r{rows:,} rows", end="", file=sys.stderr, flush=True)
    print(f"{rows:,} rows: {output}")
