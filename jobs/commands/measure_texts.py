"""Commands over any text: measure, signals, explain, extract."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.commands import Lists, RecipeName, app
from schemas.errors import InputError


@app.command()
def measure(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT.parquet", help="Any Parquet file with a text column.")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Parquet file to write.")],
    recipe: Annotated[str | None, typer.Option(help="Add a recipe's measurements and verdicts.")] = None,
    signals: Annotated[
        str | None,
        typer.Option(help="Add these signals: NAME,NAME,…, all, or those of a recipe."),
    ] = None,
    text_column: Annotated[str, typer.Option(help="Column that holds the texts.")] = "text",
    prefix: Annotated[str, typer.Option(help="Goes before the name of each column that is added.")] = "",
    lists: Lists = None,
    workers: Annotated[int, typer.Option(help="Processes; each measures some rows at a time.", min=1)] = 1,
) -> None:
    """Add a recipe's measurements and verdicts, or signals by name, to a Parquet file, without Spark.

    Example: glotmill measure docs.parquet --text-column text --recipe glot500c --output measured.parquet
    """
    import time

    from pipeline.measure import Wanted, find_signals, measure_file
    from pipeline.recipe import load_recipe, recipe_names
    from pipeline.resources import check_resources, use_lists

    use_lists(lists)
    if recipe is not None and signals is not None:
        raise InputError("--recipe and --signals exclude each other")
    if signals in recipe_names():
        recipe, signals = signals, None
    chosen = find_signals(signals) if signals is not None else ()
    wanted = Wanted(text_column, None if chosen else load_recipe(recipe or "glotmill"), chosen, prefix)
    if wanted.recipe is not None:
        check_resources(wanted.recipe)
    started, rows, size = time.monotonic(), 0, 0
    for rows, size in measure_file(str(source), str(output), wanted, workers):  # noqa: B007  the last counts
        if sys.stderr.isatty():
            print(f"\r{rows:,} rows", end="", file=sys.stderr, flush=True)
    seconds = time.monotonic() - started
    print(
        f"\rmeasured {rows:,} rows, {size / 1e6:.1f} MB of text: {size / 1e6 / seconds:.1f} MB/s",
        file=sys.stderr,
    )


@app.command("signals")
def list_signals(
    names: Annotated[str, typer.Argument(metavar="[NAME,NAME,…]", help="These only.")] = "all",
) -> None:
    """List the signals with unit, definition, parameters and source.

    Example: glotmill signals char_rep_ratio
    """
    from pipeline.measure import find_signals
    from pipeline.report import describe_signal

    print("\n\n".join(describe_signal(name) for name in find_signals(names)))


@app.command()
def explain(
    recipe: RecipeName,
    source: Annotated[str, typer.Argument(metavar="FILE", help="Text file, or - for standard input.")],
    *,
    lists: Lists = None,
) -> None:
    """Say all about one text: every signal, every rule, kept or removed and why.

    Example: echo "Habari za asubuhi" | glotmill explain glotmill -
    """
    from pipeline.measure import explain as explained
    from pipeline.recipe import load_recipe
    from pipeline.resources import check_resources, use_lists

    use_lists(lists)
    if source != "-" and not Path(source).is_file():
        raise InputError(f"{source}: no such file")
    text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    found = load_recipe(recipe)
    check_resources(found)
    print("\n".join(explained(found, text)))


@app.command()
def extract(
    source: Annotated[Path, typer.Argument(help="An archive, an HTML file or a Parquet file of pages.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Parquet file to write.")],
    extractor: Annotated[str, typer.Option(help="Name of the extractor.")] = "glotmill",
    html_column: Annotated[str, typer.Option(help="Column that holds the pages.")] = "html",
    comments: Annotated[str, typer.Option(help="Of readers: auto, keep or drop.")] = "auto",
    form: Annotated[str, typer.Option(help="text, a block a line, or markdown.")] = "text",
    images: Annotated[
        bool, typer.Option("--images", help="Add a column with the images in the text.")
    ] = False,
    languages: Annotated[
        str | None, typer.Option(help="Do not read pages that are in none of these: swh_Latn,tha_Thai,…")
    ] = None,
) -> None:
    """Write the text of pages beside their other columns.

    `--comments`, `--form`, `--images` and `--languages` are for the extractor glotmill.

    Example: glotmill extract pages.parquet --html-column html --output texts.parquet
    """
    from pipeline.extract_files import extract_file
    from pipeline.extractors import PageSettings

    wanted = tuple(code.strip() for code in languages.split(",")) if languages else ()
    settings = PageSettings(extractor, comments, form, images, wanted)
    outcomes = extract_file(source, output, settings=settings, html_column=html_column)
    print(", ".join(f"{outcome} {count:,}" for outcome, count in outcomes.most_common()))
