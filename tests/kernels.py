"""The same code with its compiled loops and without them."""

import sys
from collections.abc import Callable
from typing import TypeVar

import pytest

from filters.compiled import is_compiled

T = TypeVar("T")
needs_kernels = pytest.mark.skipif(not is_compiled(), reason="kernels need the extra fast (Numba)")


def without_kernels(run: Callable[[], T]) -> T:
    """Return what is found by NumPy, in every module that asks whether there are compiled loops."""
    asking = [
        m for name, m in sys.modules.items() if name.startswith("filters.") and "is_compiled" in vars(m)
    ]
    with pytest.MonkeyPatch.context() as patch:
        for module in asking:
            patch.setattr(module, "is_compiled", lambda: False)
        return run()
