"""The slow references of all signals, and how what is measured is compared with what they say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from filters.registry import Measurement
from tests import (
    slow_characters,
    slow_columns,
    slow_hashes,
    slow_languages,
    slow_lines,
    slow_lists,
    slow_models,
    slow_ngrams,
    slow_phrases,
    slow_published,
    slow_published_minhash,
    slow_signatures,
    slow_urls,
    slow_words,
)
from tests.slow_kinds import Reference

OF_TEXT: list[Reference] = [
    *slow_characters.REFERENCES,
    *slow_words.REFERENCES,
    *slow_lines.REFERENCES,
    *slow_ngrams.REFERENCES,
    *slow_phrases.REFERENCES,
    *slow_hashes.REFERENCES,
    *slow_published.REFERENCES,
    *slow_signatures.REFERENCES,
    *slow_published_minhash.REFERENCES,
]
"""Of the text alone, whatever else the signal reads."""

OF_COLUMNS: list[Reference] = [
    *slow_columns.REFERENCES,
    *slow_languages.REFERENCES,
    *slow_lists.REFERENCES,
    *slow_signatures.OF_LANGUAGE,
    *slow_urls.REFERENCES,
]
"""Of all that the signal reads, in its order."""


def of_models(folder: Path) -> list[Reference]:
    """The references by the models of a folder, of all that the signal reads."""
    return slow_models.references(folder)


def near(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: near(part) for key, part in value.items()}
    if isinstance(value, list):
        return [near(part) for part in value]
    return pytest.approx(value, rel=1e-6, abs=1e-6) if isinstance(value, float) else value


def assert_equal(
    measured: Measurement, references: Sequence[Reference], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Compare what is measured with what the references say of each row; of a null alone they say null."""
    for name, parameters, reference in references:
        found = measured.get(name, **parameters).to_pylist()
        for value, row in zip(found, rows, strict=True):
            expected = None if row == (None,) else reference(*row)
            assert value == near(expected), (name, parameters, row)
