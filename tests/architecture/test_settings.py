"""What every run of the tests is set to."""

import os

from hypothesis import settings


def test_a_ci_server_tries_the_same_examples_in_every_run() -> None:
    is_ci = bool(os.environ.get("CI"))
    assert (settings.default.derandomize, settings.default.database is None) == (is_ci, is_ci)
    assert settings.default.print_blob
    assert settings.default.deadline is None
