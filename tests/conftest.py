"""Fixtures that every folder of tests shares."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
BYTECODE = ROOT / ".pytest_cache" / "bytecode"
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For Spark's processes: the tests' jobs are so short that Java's second compiler costs more than it saves, a
third of the CPU time of a run.
"""

# On a CI server, where $CI is set, every run tries the same examples: no change fails by chance, and what
# fails there fails everywhere. A developer's run goes on searching, keeps what it found in .hypothesis, and
# prints how to repeat it. No deadline: first uses read tables, and a busy machine is no fault.
FIXED: dict[str, Any] = {"derandomize": True, "database": None} if os.environ.get("CI") else {}
settings.register_profile("full", deadline=None, print_blob=True, **FIXED)
settings.register_profile("quick", settings.get_profile("full"), max_examples=10)


def pytest_configure(config: pytest.Config) -> None:
    """Try few examples in the fast run, `-m "not spark and not slow"`, and all in the whole run."""
    settings.load_profile("quick" if "not slow" in config.option.markexpr else "full")
    os.environ.setdefault("SPARK_SUBMIT_OPTS", JAVA_OPTIONS)
    if sys.dont_write_bytecode:
        keep_bytecode()


def keep_bytecode() -> None:
    """Keep compiled modules in `.pytest_cache` where $PYTHONDONTWRITEBYTECODE forbids it beside the sources.

    Tests start some hundred Python processes; without it each compiles the same modules again.
    """
    sys.pycache_prefix, sys.dont_write_bytecode = str(BYTECODE), False
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need Spark or the reference data, so that no test has to remember to."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "spark" in fixtures or "spark" in item.path.relative_to(ROOT).parts:
            item.add_marker(pytest.mark.spark)
        if "shared" in fixtures:
            item.add_marker(pytest.mark.shared)


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data: $GLOTMILL_SHARED, else `shared` beside the project's folder."""
    folder = Path(os.environ.get("GLOTMILL_SHARED") or ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"no reference data in {folder}; set GLOTMILL_SHARED")
    return folder


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark session for the whole test run."""
    from pipeline.spark import spark_session

    session = spark_session("tests", master="local[2]")
    yield session
    session.stop()
