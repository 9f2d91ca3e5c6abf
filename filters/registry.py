"""What a signal and an edit are, and how they are found by name.

A signal is a function from named columns to one column. Its positional parameters are the columns or the
other signals that it reads; its keyword-only parameters are what a recipe may set. The parameter `text`
receives a `TextBatch`, any other a pyarrow array. `Measurement` computes what is asked for, each once.
"""

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec, TypeAlias, TypeVar

import pyarrow as pa

from filters.text import TextBatch
from schemas.errors import RecipeError, SchemaError, near_name

P = ParamSpec("P")
R = TypeVar("R")

TEXT_COLUMN = "text"

Column: TypeAlias = pa.Array
Parameters = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Signal:
    """A declared measurement of one row."""

    name: str
    function: Callable[..., Column]
    type: pa.DataType
    unit: str
    source: str
    definition: str
    inputs: tuple[str, ...]
    parameters: Parameters


class Edited(NamedTuple):
    """What an edit gives back: the new texts, and how many changes it made to each (int32)."""

    text: Column
    changes: Column


@dataclass(frozen=True, slots=True)
class Edit:
    """A declared change of text: the same rows, other texts."""

    name: str
    function: Callable[..., Edited]
    source: str
    definition: str
    inputs: tuple[str, ...]
    parameters: Parameters


SIGNALS: dict[str, Signal] = {}
EDITS: dict[str, Edit] = {}


def signal(
    column_type: pa.DataType, *, unit: str, source: str
) -> Callable[[Callable[P, Column]], Callable[..., Column]]:
    """Declare a signal; the decorated function may also be called on lists of strings."""

    def declare(function: Callable[P, Column]) -> Callable[..., Column]:
        inputs, parameters = _signature(function)
        _refuse_twice(function, SIGNALS)
        SIGNALS[function.__name__] = Signal(
            function.__name__, function, column_type, unit, source, _definition(function), inputs, parameters
        )
        return _on_lists(function, inputs)

    return declare


def edit(*, source: str) -> Callable[[Callable[P, Edited]], Callable[..., Edited]]:
    """Declare an edit; the decorated function may also be called on lists of strings."""

    def declare(function: Callable[P, Edited]) -> Callable[..., Edited]:
        inputs, parameters = _signature(function)
        _refuse_twice(function, EDITS)
        EDITS[function.__name__] = Edit(
            function.__name__, function, source, _definition(function), inputs, parameters
        )
        return _on_lists(function, inputs)

    return declare


def _refuse_twice(function: Callable[..., Any], declared: Mapping[str, Signal] | Mapping[str, Edit]) -> None:
    name = function.__name__
    if name in declared and declared[name].function.__module__ != function.__module__:
        other = declared[name].function.__module__
        raise ValueError(f"{function.__module__}.{name}: {other} declares that name already")


def _signature(function: Callable[..., Any]) -> tuple[tuple[str, ...], Parameters]:
    signature = inspect.signature(function)
    inputs = tuple(p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD)
    parameters = {p.name: p.default for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY}
    return inputs, parameters


def _definition(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").split("\n\n", 1)[0].replace("\n", " ")


def _on_lists(function: Callable[..., R], inputs: tuple[str, ...]) -> Callable[..., R]:
    @functools.wraps(function)
    def call(*columns: Any, **parameters: Any) -> R:
        ready = [_as_column(name, column) for name, column in zip(inputs, columns, strict=True)]
        return function(*ready, **parameters)

    return call


def _as_column(name: str, column: Any) -> Any:
    if name == TEXT_COLUMN:
        return column if isinstance(column, TextBatch) else TextBatch.from_arrow(_as_array(column))
    return _as_array(column)


def _as_array(column: Any) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks()
    return column if isinstance(column, pa.Array) else pa.array(column)


def find_signal(name: str) -> Signal:
    """Return the signal called `name`.

    Raises:
        RecipeError: there is none; the message names the nearest.
    """
    if name not in SIGNALS:
        raise RecipeError(f"unknown signal {name!r}{near_name(name, list(SIGNALS))}")
    return SIGNALS[name]


def unknown_inputs(name: str, columns: Collection[str]) -> list[str]:
    """Return what a signal reads, itself or through others, that is neither a signal nor in `columns`."""
    if name in columns:
        return []
    if name not in SIGNALS:
        return [name]
    return [unknown for read in SIGNALS[name].inputs for unknown in unknown_inputs(read, columns)]


class Measurement:
    """The columns of one batch and the signals measured on them, each once for each set of parameters.

    `settings` maps a signal's name to parameters that hold wherever the caller names none (a model, a word
    list).
    """

    def __init__(
        self, columns: Mapping[str, pa.Array], settings: Mapping[str, Parameters] | None = None
    ) -> None:
        self.columns = dict(columns)
        self.settings = settings or {}
        self._memo: dict[tuple[str, tuple[tuple[str, object], ...]], pa.Array] = {}
        self._text: TextBatch | None = None

    @property
    def text(self) -> TextBatch:
        """The text column as a `TextBatch`, built at the first use."""
        if self._text is None:
            self._text = TextBatch.from_arrow(self.columns[TEXT_COLUMN])
        return self._text

    def get(self, name: str, **parameters: object) -> pa.Array:
        """Return the column or the signal `name`, measured with `parameters`.

        Raises:
            RecipeError: no column and no signal has that name.
            SchemaError: the signal gave another type or length than it declares.
        """
        if name in self.columns:
            return self.columns[name]
        declared = find_signal(name)
        chosen = {**self.settings.get(name, {}), **parameters}
        key = (name, tuple(sorted((k, _hashable(v)) for k, v in chosen.items())))
        if key not in self._memo:
            inputs = [self.text if i == TEXT_COLUMN else self.get(i) for i in declared.inputs]
            result = declared.function(*inputs, **chosen)
            self._check(declared, result)
            self._memo[key] = result
            if self._text is not None:
                self._text.trim()
        return self._memo[key]

    def edited(self, name: str, **parameters: object) -> Edited:
        """Return what the edit `name` makes of the text; an edit may read other columns and signals too."""
        declared = EDITS[name]
        inputs = [self.text if i == TEXT_COLUMN else self.get(i) for i in declared.inputs]
        return declared.function(*inputs, **parameters)

    def _check(self, declared: Signal, result: pa.Array) -> None:
        rows = len(next(iter(self.columns.values())))
        if result.type != declared.type or len(result) != rows:
            raise SchemaError(
                f"signal {declared.name}: expected {rows} values of {declared.type}, "
                f"got {len(result)} of {result.type}"
            )


def _hashable(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple((key, _hashable(value[key])) for key in sorted(value))
    return tuple(map(_hashable, value)) if isinstance(value, list) else value
