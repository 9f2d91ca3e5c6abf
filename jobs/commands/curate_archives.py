"""Commands about recipes and runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.commands import Lists, RecipeName, app

if TYPE_CHECKING:
    from pipeline.run import Run


@app.command()
def run(
    recipe: RecipeName,
    inputs: Annotated[
        list[str], typer.Argument(help="WARC or ARC files, folders, globs, addresses, path lists.")
    ],
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", help="Folder of the corpus, local or s3:// or gs://.")
    ],
    master: Annotated[str, typer.Option(help="Spark master.")] = "local[*]",
    languages: Annotated[str | None, typer.Option(help="Keep these only: swh_Latn,tha_Thai,…")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in the output folder.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Delete the run in the output folder.")
    ] = False,
    keep_workspace: Annotated[bool, typer.Option("--keep-workspace", help="Keep what stages left.")] = False,
    lid: Annotated[str | None, typer.Option(help="fastText language identifier: a path, or lid.176.")] = None,
    lists: Lists = None,
    fetch_models: Annotated[
        bool, typer.Option("--fetch-models", help="Fetch the models and lists that the recipe needs.")
    ] = False,
    language_models: Annotated[str | None, typer.Option(help="Folder that `glotmill train-lm` made.")] = None,
    extractor: Annotated[
        str | None, typer.Option(help="glotmill, trafilatura, trafilatura-precision, resiliparse, …")
    ] = None,
    language_first: Annotated[
        bool,
        typer.Option("--language-first", help="Do not extract pages that are in none of --languages."),
    ] = False,
    archive_root: Annotated[
        str, typer.Option(help="Address before the lines of a path list.")
    ] = "https://data.commoncrawl.org/",
    split_mb: Annotated[int, typer.Option(help="Cut archives into parts of this size.", min=1)] = 64,
    shard_mb: Annotated[int, typer.Option(help="Text in one file of the corpus.", min=1)] = 256,
) -> None:
    """Make a corpus of archives.

    Example: glotmill run glotmill crawl/*.warc.gz --output corpus --languages swh_Latn,amh_Ethi
    """
    from pipeline.begin import Begin, begin_run
    from pipeline.report import summary
    from pipeline.resources import allow_fetching, use_lists
    from pipeline.run import MEBIBYTE, RunSettings
    from pipeline.workspace import WORK

    use_lists(lists)
    if fetch_models:
        allow_fetching()
    wanted = tuple(sorted({code.strip() for code in languages.split(",")})) if languages is not None else None
    signals = {
        "lid": {"model": lid} if lid else {},
        "perplexity": {"models": language_models} if language_models else {},
    }
    settings = RunSettings(
        languages=wanted,
        signals={name: chosen for name, chosen in signals.items() if chosen},
        extractor=extractor,
        language_first=language_first,
        split_bytes=split_mb * MEBIBYTE,
        shard_bytes=shard_mb * MEBIBYTE,
    )
    asked = Begin(output, recipe, tuple(inputs), settings, archive_root, resume=resume, overwrite=overwrite)
    with begin_run(asked) as begun:
        found = _carry_out(begun, master)
        if not keep_workspace:
            begun.workspace.delete(WORK)
    print(summary(found))
    print(f"corpus: {begun.workspace.path('data')}")


def _carry_out(begun: "Run", master: str) -> dict[str, object]:
    """Do what is left of a run; return its numbers."""
    from functools import partial

    from pyspark.sql import SparkSession

    from jobs import run_recipe
    from pipeline.spark import spark_session

    try:
        return run_recipe.run(partial(spark_session, "run_recipe", master), begun)
    finally:
        active = SparkSession.getActiveSession()
        if active is not None:
            active.stop()


@app.command()
def plan(
    recipe: RecipeName,
    *,
    pages: Annotated[int | None, typer.Option(help="Pages to estimate costs for.", min=1)] = None,
) -> None:
    """Print the physical plan of a recipe with estimated costs: row stages, global steps, publish.

    Example: glotmill plan glot500c --pages 1000000
    """
    from pipeline.plan import make_plan
    from pipeline.plan_text import describe
    from pipeline.recipe import load_recipe

    print(describe(make_plan(load_recipe(recipe)), pages))


@app.command()
def recipes() -> None:
    """List the shipped recipes with their sources, and the lists and models that each needs.

    Example: glotmill recipes
    """
    from pipeline.recipe import load_recipe, recipe_names
    from pipeline.resources import needs

    for name in recipe_names():
        found = load_recipe(name)
        print(f"{name:<20} {found.title}\n{'':<20} source: {found.source}\n{'':<20} needs: {needs(found)}")
