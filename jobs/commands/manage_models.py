"""Commands about models."""

import sys
from typing import Annotated

import typer

from jobs.commands import app

models_app = typer.Typer(
    help="Get published models and lists.\n\nExample: glotmill models fetch glotlid-v3",
    no_args_is_help=True,
)
app.add_typer(models_app, name="models")
Names = Annotated[list[str], typer.Argument(metavar="NAME[:LANG]…", help="As `glotmill models list` shows.")]


@models_app.command("list")
def list_models() -> None:
    """List the published models and lists, and which of them are here.

    Example: glotmill models list
    """
    from filters.model_registry import cache_folder, read_registry

    for model in read_registry().values():
        folder = cache_folder() / model.name
        here = sum(1 for path in folder.glob("*.fetched.json")) if folder.is_dir() else 0
        state = f"{here} file(s) here" if here else "not fetched"
        name = f"{model.name}:LANG" if model.by_language else model.name
        print(f"{name:<26} {model.title}\n{'':<26} {model.kind}, {model.licence}, {state}")
        if model.languages:
            print(f"{'':<26} languages: {' '.join(model.languages)}")
    print(f"cache: {cache_folder()}")


@models_app.command("fetch")
def fetch(names: Names) -> None:
    """Download models into the cache. What is there already is not fetched again.

    Example: glotmill models fetch glotlid-v3 ccnet-lm:sw
    """
    from pipeline.fetch_models import fetch_model

    def show(name: str, done: int, total: int | None) -> None:
        of = f" of {total / 1e6:,.1f}" if total else ""
        print(f"\r{name}: {done / 1e6:,.1f}{of} MB", end="", file=sys.stderr, flush=True)

    shown = show if sys.stderr.isatty() else None
    for name in names:
        for path in fetch_model(name, shown):
            print(f"\r{path}" if shown else path)


@models_app.command("verify")
def verify(names: Names) -> None:
    """Compare fetched files with the hashes of the registry or of their first fetch.

    Example: glotmill models verify glotlid-v3
    """
    from pipeline.fetch_models import verify_model

    checked = [file for name in names for file in verify_model(name)]
    for file in checked:
        print(f"{file.problem or 'ok'}: {file.path}")
    if any(file.problem for file in checked):
        raise SystemExit(1)


@models_app.command("path")
def path(name: Annotated[str, typer.Argument(help="Name of a model that is fetched.")]) -> None:
    """Print where a fetched model lies.

    Example: glotmill models path glotlid-v3
    """
    from filters.model_registry import fetched_path, find_entry

    find_entry(name)
    print(fetched_path(name))


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


@app.command("stop-words")
def stop_words(
    corpora: Annotated[
        list[str], typer.Argument(help="Corpus folders, Parquet files, folders of <lang>/*.txt.")
    ],
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="JSON file of the lists.")],
    share: Annotated[float, typer.Option(help="Least share of all words.", min=0.0, max=1.0)] = 0.008,
) -> None:
    """Derive lists of stop words from text by the rule of FineWeb-2, one list for each language.

    Example: glotmill stop-words corpus --output lists/fineweb2-stopwords.json
    """
    from pathlib import Path

    from pipeline.stop_words import derive_stop_words

    found = derive_stop_words(corpora, Path(output), share)
    print(f"{sum(map(len, found.values())):,} stop words of {len(found):,} languages: {output}")


@app.command("affine-words")
def affine_words(
    reference: Annotated[
        list[str], typer.Argument(help="Corpus folders, Parquet files, folders of <lang>/*.txt.")
    ],
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="JSON file of the lists.")],
    corpus: Annotated[
        list[str] | None, typer.Option(help="Lists for the languages that others contaminate here, only.")
    ] = None,
    contamination: Annotated[
        float, typer.Option(help="Least share of documents without a word.", min=0.0, max=1.0)
    ] = 0.1,
) -> None:
    """Derive lists of words that only one language uses, for FineWeb-2's precision filter.

    Example: glotmill affine-words reference --corpus corpus --output lists/affine-words.json
    """
    from pathlib import Path

    from pipeline.stop_words import derive_affine_words

    found, shares = derive_affine_words(reference, Path(output), corpus or (), contamination)
    for lang, share in shares.items():
        print(f"{lang:<12} {share:7.1%} of the documents have no word of the list")
    print(f"{sum(map(len, found.values())):,} words of {len(found):,} languages: {output}")
