"""Where compiled code is kept, and that a user without a home can do without that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from filters import compiled

NO_FOLDER = "/proc/none"
"""A folder that nobody can make."""

PROGRAM = """
import numpy as np
from filters.compiled import is_compiled, is_kept
from filters.spans import where
print(is_compiled(), is_kept(), where(np.array([True, False, True])).tolist())
"""


def test_compiled_code_is_kept_where_the_user_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "made"))
    assert compiled.is_kept.__wrapped__()
    assert (tmp_path / "made").is_dir()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that even root cannot write to")
@pytest.mark.skipif(not compiled.is_compiled(), reason="kernels need the extra fast (Numba)")
@pytest.mark.slow
def test_kernels_run_for_a_user_who_has_no_home(root: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment | {"HOME": NO_FOLDER, "PYTHONPATH": str(root)},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "True False [0, 2]", done.stderr
