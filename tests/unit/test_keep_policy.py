"""Which member of a cluster stays."""

import subprocess
import sys

import pytest

from pipeline.keep_policy import KeepPolicy, read_policy
from schemas.errors import RecipeError


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("smallest_key", KeepPolicy()),
        ("longest", KeepPolicy("text_bytes")),
        ("newest", KeepPolicy("fetched_at")),
        ("best:lang_score", KeepPolicy("lang_score")),
        ("none", KeepPolicy(none=True)),
    ],
)
def test_keep_policies_by_name(text: str, policy: KeepPolicy) -> None:
    assert read_policy(text) == policy


@pytest.mark.parametrize("text", ["oldest", "best:", ""])
def test_an_unknown_policy_lists_the_known(text: str) -> None:
    with pytest.raises(RecipeError, match="expected one of smallest_key, longest"):
        read_policy(text)


def test_measuring_imports_no_scipy() -> None:
    code = "import sys, pipeline.measure; print([name for name in sys.modules if name.startswith('scipy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
