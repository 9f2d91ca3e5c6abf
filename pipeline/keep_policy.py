"""Which member of a cluster stays: the policy, read without what finds clusters (SciPy takes 28 MB)."""

from dataclasses import dataclass

from schemas.errors import RecipeError

KEEP_POLICIES = ("smallest_key", "longest", "newest", "best:SIGNAL", "none")


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """Which member of a cluster stays: the one of the greatest value of `column`, then of the smallest key.

    A null value is the least. Without a column the smallest key decides. With `none` no member stays.
    """

    column: str | None = None
    none: bool = False


def read_policy(text: str, *, length: str = "text_bytes", time: str = "fetched_at") -> KeepPolicy:
    """Return the policy that `text` names; `longest` and `newest` read the columns `length` and `time`.

    Raises:
        RecipeError: there is no such policy.
    """
    policies = {
        "smallest_key": KeepPolicy(),
        "longest": KeepPolicy(length),
        "newest": KeepPolicy(time),
        "none": KeepPolicy(none=True),
    }
    if text in policies:
        return policies[text]
    if text.startswith("best:") and len(text) > len("best:"):
        return KeepPolicy(text.removeprefix("best:"))
    raise RecipeError(f"keep: expected one of {', '.join(KEEP_POLICIES)}, got {text!r}")
