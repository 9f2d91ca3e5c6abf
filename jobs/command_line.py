"""The command `glotmill`. Heavy imports stand inside the commands, so that help is there at once."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import GlotmillError, InputError

app = typer.Typer(
    name="glotmill",
    help="Common Crawl archives into clean, deduplicated corpora, one for each language.",
    epilog="With --debug, anywhere, an error shows its traceback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
DEBUG = "--debug"
RecipeName = Annotated[str, typer.Argument(help="Name of a shipped recipe, or the path of a .toml file.")]


def main() -> None:
    """Run the command line. An error is one or two lines and exit status 1; with `--debug`, a traceback."""
    debug = DEBUG in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != DEBUG]
    try:
        app(arguments)
    except (Exception, KeyboardInterrupt) as error:
        message = _message(error)
        if debug or message is None:
            raise
        print(f"glotmill: {message}", file=sys.stderr)
        raise SystemExit(1) from None


def _message(error: BaseException) -> str | None:
    """What to tell the user; None for what is a fault of the engine."""
    from pipeline.report import worker_error

    if isinstance(error, GlotmillError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "stopped; the same command with --resume goes on from here"
    return worker_error(error)


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
    language_models: Annotated[str | None, typer.Option(help="Folder that `glotmill train-lm` made.")] = None,
    extractor: Annotated[
        str | None, typer.Option(help="trafilatura, trafilatura-precision or resiliparse.")
    ] = None,
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
    from pipeline.run import MEBIBYTE, RunSettings

    wanted = tuple(sorted({code.strip() for code in languages.split(",")})) if languages is not None else None
    signals = {
        "lid": {"model": lid} if lid else {},
        "perplexity": {"models": language_models} if language_models else {},
    }
    settings = RunSettings(
        languages=wanted,
        signals={name: chosen for name, chosen in signals.items() if chosen},
        extractor=extractor,
        split_bytes=split_mb * MEBIBYTE,
        shard_bytes=shard_mb * MEBIBYTE,
    )
    begun = begin_run(
        Begin(output, recipe, tuple(inputs), settings, archive_root, resume=resume, overwrite=overwrite)
    )
    from jobs import run_recipe
    from pipeline.report import summary
    from pipeline.spark import spark_session
    from pipeline.workspace import WORK

    spark = spark_session("run_recipe", master)
    try:
        found = run_recipe.run(spark, begun)
    finally:
        spark.stop()
    if not keep_workspace:
        begun.workspace.delete(WORK)
    print(summary(found))
    print(f"corpus: {begun.workspace.path('data')}")


@app.command()
def plan(recipe: RecipeName) -> None:
    """Print the physical plan of a recipe: row stages, global steps, publish.

    Example: glotmill plan glot500c
    """
    from pipeline.plan import describe, make_plan
    from pipeline.recipe import load_recipe

    print(describe(make_plan(load_recipe(recipe))))


@app.command()
def recipes() -> None:
    """List the shipped recipes with their sources.

    Example: glotmill recipes
    """
    from pipeline.recipe import load_recipe, recipe_names

    for name in recipe_names():
        found = load_recipe(name)
        print(f"{name:<20} {found.title}\n{'':<20} source: {found.source}")


@app.command()
def measure(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT.parquet", help="Any Parquet file with a text column.")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Parquet file to write.")],
    recipe: Annotated[str | None, typer.Option(help="Add a recipe's measurements and verdicts.")] = None,
    signals: Annotated[str | None, typer.Option(help="Add these signals: NAME,NAME,… or all.")] = None,
    text_column: Annotated[str, typer.Option(help="Column that holds the texts.")] = "text",
    prefix: Annotated[str, typer.Option(help="Goes before the name of each column that is added.")] = "",
    workers: Annotated[int, typer.Option(help="Processes; each measures whole row groups.", min=1)] = 1,
) -> None:
    """Add a recipe's measurements and verdicts, or signals by name, to a Parquet file, without Spark.

    Example: glotmill measure docs.parquet --text-column text --recipe glot500c --output measured.parquet
    """
    import time

    from pipeline.measure import Wanted, find_signals, measure_file
    from pipeline.recipe import load_recipe

    if recipe is not None and signals is not None:
        raise InputError("--recipe and --signals exclude each other")
    chosen = find_signals(signals) if signals is not None else ()
    wanted = Wanted(text_column, None if chosen else load_recipe(recipe or "glotmill"), chosen, prefix)
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
) -> None:
    """Say all about one text: every signal, every rule, kept or removed and why.

    Example: echo "Habari za asubuhi" | glotmill explain glotmill -
    """
    from pipeline.measure import explain as explained
    from pipeline.recipe import load_recipe

    if source != "-" and not Path(source).is_file():
        raise InputError(f"{source}: no such file")
    text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    print("\n".join(explained(load_recipe(recipe), text)))


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


@app.command()
def extract(
    source: Annotated[Path, typer.Argument(help="An archive, an HTML file or a Parquet file of pages.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Parquet file to write.")],
    extractor: Annotated[str, typer.Option(help="Name of the extractor.")] = "trafilatura",
    html_column: Annotated[str, typer.Option(help="Column that holds the pages.")] = "html",
) -> None:
    """Write the text of pages beside their other columns.

    Example: glotmill extract pages.parquet --html-column html --output texts.parquet
    """
    from pipeline.extract_files import extract_file

    outcomes = extract_file(source, output, extractor=extractor, html_column=html_column)
    print(", ".join(f"{outcome} {count:,}" for outcome, count in outcomes.most_common()))


@app.command("train-lm")
def train_lm(
    corpora: Annotated[
        list[str], typer.Argument(help="Corpus folders, Parquet files, folders of <lang>/*.txt.")
    ],
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of the models.")],
    languages: Annotated[str | None, typer.Option(help="Train these only: swh_Latn,tha_Thai,…")] = None,
    order: Annotated[int, typer.Option(help="Longest n-gram.", min=2)] = 5,
    lmplz: Annotated[
        bool, typer.Option("--lmplz", help="Train with lmplz and build_binary from PATH.")
    ] = False,
    master: Annotated[str, typer.Option(help="Spark master.")] = "local[*]",
) -> None:
    """Train SentencePiece and KenLM models, one of each for each language of a corpus.

    Example: glotmill train-lm corpus --output models --languages swh_Latn,amh_Ethi
    """
    from jobs import train_language_models
    from pipeline.spark import spark_session
    from pipeline.train_language_models import TrainingSettings, report_lines

    chosen = tuple(languages.split(",")) if languages is not None else None
    settings = TrainingSettings(order=order, languages=chosen, use_lmplz=lmplz)
    spark = spark_session("train_language_models", master)
    try:
        trained = train_language_models.run(spark, corpora, output, settings)
    finally:
        spark.stop()
    print("\n".join(report_lines(trained)))


@app.command()
def doctor() -> None:
    """Say which Java, Spark, Python, fastText, KenLM and models are found, and what is missing.

    Example: glotmill doctor
    """
    from pipeline.doctor import diagnose, printable

    findings = diagnose()
    print(printable(findings))
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
