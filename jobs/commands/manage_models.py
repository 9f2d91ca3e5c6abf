"""Commands about models."""

from typing import Annotated

import typer

from jobs.commands import app


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
