"""The error tree. Every message says where, what, expected, got and a hint, in that order.

GlotmillError
├── InputError(ValueError)            an archive, a corpus or an address cannot be read
├── RecipeError(ValueError)           a recipe has faults; all are listed at once
├── SchemaError(TypeError)            a table does not have the declared columns
├── ModelError(LookupError)           a model is absent or damaged; the hint names the command that gets it
├── WorkspaceError(RuntimeError)      the output folder holds another run, or cannot be written
├── ConservationError(AssertionError) records in differ from records out plus records removed
├── ExtractionError(RuntimeError)     the text of one page cannot be had
└── MissingDependencyError(ImportError)  an optional package is absent; the hint is its install line
"""

import difflib
from collections.abc import Sequence


class GlotmillError(Exception):
    """Base of every error that the engine raises on purpose."""


class InputError(GlotmillError, ValueError):
    """An input file, folder, address or list cannot be read as what it should be."""


class RecipeError(GlotmillError, ValueError):
    """A recipe has faults."""


class SchemaError(GlotmillError, TypeError):
    """A table does not have the columns that its schema declares."""


class ModelError(GlotmillError, LookupError):
    """A model is absent, damaged or of another kind."""


class WorkspaceError(GlotmillError, RuntimeError):
    """The output folder cannot be used for this run."""


class ConservationError(GlotmillError, AssertionError):
    """Records in differ from records out plus records removed."""


class ExtractionError(GlotmillError, RuntimeError):
    """The text of one page cannot be had."""


class MissingDependencyError(GlotmillError, ImportError):
    """An optional package is absent."""


def near_name(name: str, known: Sequence[str]) -> str:
    """Return `; did you mean X?` for the known name nearest to `name`, or an empty string."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
