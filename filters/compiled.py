"""Loops that Numba compiles where it is installed (extra `fast`), with the bits of the NumPy code beside it.

Nothing needs them: without Numba, or with `GLOTMILL_COMPILED=no`, callers go on with NumPy. What is compiled
is kept in Numba's cache, so that it is compiled once on a machine; without a folder for that, once a process.
"""

import functools
import importlib
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])

COMPILED_VARIABLE: Final = "GLOTMILL_COMPILED"


@functools.cache
def is_compiled() -> bool:
    """Whether kernels run compiled: Numba is installed, and the environment does not say no."""
    return os.environ.get(COMPILED_VARIABLE) != "no" and importlib.util.find_spec("numba") is not None


@functools.cache
def is_kept() -> bool:
    """Whether compiled code can be kept: the user has a folder for caches, or can make one."""
    named = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(named) if named else Path.home() / ".cache"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no home, or none that this user may write to
        return False
    return os.access(folder, os.W_OK)


def kernel(function: F) -> F:
    """Compile a loop over arrays at its first call; it is only called where `is_compiled()`."""

    @functools.cache
    def compiled() -> Callable[..., object]:
        numba = importlib.import_module("numba")
        return cast("Callable[..., object]", numba.njit(cache=is_kept(), nogil=True)(function))

    @functools.wraps(function)
    def call(*arguments: object) -> object:
        return compiled()(*arguments)

    return cast("F", call)
