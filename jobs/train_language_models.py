"""Train a SentencePiece and a KenLM model for each language of a corpus, one task a language.

spark-submit jobs/train_language_models.py CORPUS... --output FOLDER [--order 5] [--prune 0 0 1]

A corpus is a published one, a folder of <lang>/*.txt or <lang>.parquet, or a file with the columns text and
lang. The folder must be one that all tasks share.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from pyspark.sql import SparkSession

from filters.ngram_counts import DEFAULT_MEMORY
from pipeline.spark import run_named, spark_session
from pipeline.train_language_models import (
    Trained,
    TrainingSettings,
    Work,
    report_lines,
    train_language_models,
)
from pipeline.workspace import Receipt

STAGE = "train-lm"
MEBIBYTE = 1 << 20


def run(
    spark: SparkSession,
    corpora: Sequence[str],
    output: str,
    settings: TrainingSettings | None = None,
    memory: int = DEFAULT_MEMORY,
) -> list[Trained]:
    """Train the models of all languages with enough text; return every language, with the reason for none."""

    def hand_out(labels: list[str], work: Work) -> list[Trained]:
        def train(label: str) -> Receipt:
            trained = work(label)
            return Receipt(STAGE, label, "", trained.documents, {}, extra=asdict(trained))

        receipts = run_named(spark, STAGE, labels, train, total=len(labels))
        return [Trained(**receipt.extra) for receipt in receipts]

    return train_language_models(corpora, output, settings, memory=memory, run=hand_out)


def main() -> None:
    """Run as a job of its own."""
    defaults = TrainingSettings()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", nargs="+", metavar="CORPUS")
    parser.add_argument("--output", required=True)
    parser.add_argument("--order", type=int, default=defaults.order)
    parser.add_argument("--normalisation", default=defaults.normalisation)
    parser.add_argument("--prune", type=int, nargs="+", default=list(defaults.prune), metavar="N")
    parser.add_argument("--least-documents", type=int, default=defaults.least_documents)
    parser.add_argument("--least-characters", type=int, default=defaults.least_characters)
    parser.add_argument("--most-characters", type=int, default=defaults.most_characters)
    parser.add_argument("--languages", help="train these only: swh_Latn,tha_Thai,…")
    parser.add_argument("--lmplz", action="store_true", help="train with lmplz and build_binary from PATH")
    parser.add_argument("--memory-mb", type=int, default=DEFAULT_MEMORY // MEBIBYTE)
    chosen = parser.parse_args()
    settings = TrainingSettings(
        order=chosen.order,
        normalisation=chosen.normalisation,
        prune=tuple(chosen.prune),
        least_documents=chosen.least_documents,
        least_characters=chosen.least_characters,
        most_characters=chosen.most_characters,
        languages=tuple(chosen.languages.split(",")) if chosen.languages else None,
        use_lmplz=chosen.lmplz,
    )
    memory = chosen.memory_mb * MEBIBYTE
    trained = run(spark_session("train_language_models"), chosen.corpora, chosen.output, settings, memory)
    print("\n".join(report_lines(trained)))


if __name__ == "__main__":
    main()
