"""Training on Spark gives the models that training in one process gives."""

from pathlib import Path
from typing import Any

import pytest

from jobs import train_language_models as job
from pipeline.train_language_models import TrainingSettings, train_language_models

CORPUS = ("khm_Khmr", "swe_Latn")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_spark_trains_the_models_that_one_process_trains(
    spark: Any, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpora = [str(root / f"tests/data/text/{lang}.parquet") for lang in CORPUS]
    settings = TrainingSettings(order=3, languages=CORPUS)
    on_spark = job.run(spark, corpora, str(tmp_path / "spark"), settings)
    here = train_language_models(corpora, str(tmp_path / "here"), settings)
    assert on_spark == here
    assert contents(tmp_path / "spark") == contents(tmp_path / "here")
    assert "train-lm" in capsys.readouterr().err
