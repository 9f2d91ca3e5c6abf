"""The signals that read other columns than the text, or models, equal their slow references.

Every declared signal has a slow reference, and every parameter of one is tried.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filters.signals  # noqa: F401  (declares the signals)
from filters.registry import SIGNALS, Measurement
from tests.column_values import VALUES
from tests.slow_kinds import Reference
from tests.slow_models import make_models
from tests.slow_references import OF_COLUMNS, OF_TEXT, assert_equal, of_models
from tests.strategies import examples

MOSTLY = 5
"""Times that a value is likelier than a null."""


def by_inputs(references: Sequence[Reference]) -> dict[tuple[str, ...], list[Reference]]:
    found: dict[tuple[str, ...], list[Reference]] = defaultdict(list)
    for reference in references:
        found[SIGNALS[reference[0]].inputs].append(reference)
    return found


def assert_equal_on_drawn_rows(
    inputs: tuple[str, ...], references: Sequence[Reference], data: st.DataObject
) -> None:
    values = (st.one_of(st.none(), *[VALUES[name][1]] * MOSTLY) for name in inputs)
    rows = data.draw(st.lists(st.tuples(*values), max_size=5), "rows")
    columns = {name: pa.array([row[i] for row in rows], VALUES[name][0]) for i, name in enumerate(inputs)}
    assert_equal(Measurement(columns), references, rows)


@pytest.mark.parametrize("inputs", by_inputs(OF_COLUMNS), ids=", ".join)
@examples(80)
@given(data=st.data())
def test_each_signal_of_some_columns_equals_its_slow_reference(
    inputs: tuple[str, ...], data: st.DataObject
) -> None:
    assert_equal_on_drawn_rows(inputs, by_inputs(OF_COLUMNS)[inputs], data)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_models(folder)
    return folder


@pytest.mark.parametrize("inputs", [("text",), ("text", "lang")], ids=", ".join)
@examples(80)
@given(data=st.data())
def test_each_signal_of_models_equals_its_slow_reference(
    inputs: tuple[str, ...], models: Path, data: st.DataObject
) -> None:
    assert_equal_on_drawn_rows(inputs, by_inputs(of_models(models))[inputs], data)


def test_every_signal_has_a_slow_reference() -> None:
    known = {name for name, _, _ in (*OF_TEXT, *OF_COLUMNS, *of_models(Path()))}
    assert sorted(SIGNALS.keys() - known) == []
    assert sorted(known - SIGNALS.keys()) == []


def test_every_parameter_of_a_signal_is_tried_with_another_value_than_its_own() -> None:
    tried = defaultdict(set)
    for name, parameters, _ in (*OF_TEXT, *OF_COLUMNS, *of_models(Path())):
        tried[name] |= {key for key, value in parameters.items() if value != SIGNALS[name].parameters[key]}
    untried = {name: sorted(signal.parameters.keys() - tried[name]) for name, signal in SIGNALS.items()}
    assert {name: left for name, left in untried.items() if left} == {}
