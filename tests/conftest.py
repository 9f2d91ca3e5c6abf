"""Fixtures that every folder of tests shares."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# No deadline: first uses read tables, and a busy machine is no fault.
settings.register_profile("full", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=10)


def pytest_configure(config: pytest.Config) -> None:
    """Try few examples in the fast run, `-m "not spark and not slow"`, and all in the whole run."""
    settings.load_profile("quick" if "not slow" in config.option.markexpr else "full")


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
