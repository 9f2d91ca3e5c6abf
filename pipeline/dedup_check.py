"""Whether the settings of a dedup step can be: what would else fail hours into a run."""

from collections.abc import Mapping

import numpy as np

from filters.lsh import check_bands
from filters.simhash import block_keys
from filters.substrings import Substrings
from pipeline.keep_policy import read_policy
from schemas.errors import RecipeError

VERIFICATIONS = ("signature", "shingles", "none")
SPAN_POLICIES = ("smallest_key", "none")


def dedup_fault(kind: str, settings: Mapping[str, object]) -> str | None:
    """Return what is wrong with the settings of a step, defaults filled in; None where nothing is."""
    try:
        _check(kind, settings)
    except RecipeError as error:
        return str(error)
    return None


def _check(kind: str, settings: Mapping[str, object]) -> None:
    number = {name: value for name, value in settings.items() if isinstance(value, int)}
    keep = str(settings.get("keep", SPAN_POLICIES[0]))
    read_policy(keep)
    if kind == "minhash":
        permutations = number.get("permutations", 0) or number["bands"] * number["rows"]
        check_bands(number["bands"], number["rows"], permutations)
        if settings["verify"] not in VERIFICATIONS:
            expected = ", ".join(VERIFICATIONS)
            raise RecipeError(f"verify: expected one of {expected}, got {settings['verify']!r}")
    elif kind == "simhash":
        block_keys(np.zeros(1, np.uint64), number["distance"], number["blocks"])
    elif kind == "substring":
        Substrings(str(settings["unit"]), number["size"])
        if keep not in SPAN_POLICIES:
            raise RecipeError(f"keep: expected one of {', '.join(SPAN_POLICIES)} for spans, got {keep!r}")
