"""Rules by which a limit is learned from the measurements of a language, as published recipes do it.

A rule gets the sorted values of a language and gives one limit. `side` says which end of the values goes:
`low` for a `keep` with `>=`, `high` for one with `<=`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from filters.quantiles import Values
from schemas.errors import RecipeError, near_name

Side = Literal["low", "high"]
SIDES: Final = ("low", "high")
ROUNDING: Final = 1e-9
"""Shares are products and differences of decimal fractions: 1 - 90 / 100 is a little below 0.1."""


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A way to learn a limit: its parameters with their defaults, and those that have to be given."""

    name: str
    function: Callable[..., float]
    parameters: Mapping[str, object]
    meaning: str
    source: str
    required: frozenset[str] = field(default_factory=frozenset)


def tail(values: Values, share: float, side: Side) -> float:
    """Return the limit that removes `share` of sorted `values`, a little less where ties or rounding ask."""
    cut = min(math.floor(share * len(values) + ROUNDING), len(values) - 1)
    return float(values[cut] if side == "low" else values[len(values) - 1 - cut])


def percentile(values: Values, *, percentile: float = 10.0, side: Side | None = None) -> float:
    """Return the percentile: up to 50 the low end goes, above it the high end, unless `side` says which."""
    low = percentile <= 50 if side is None else side == "low"  # noqa: PLR2004  the middle of a hundred
    return tail(values, percentile / 100, "low") if low else tail(values, 1 - percentile / 100, "high")


def ten_tail(values: Values, *, share: float = 0.1, side: Side = "low") -> float:
    """Return the limit that removes exactly `share` of the values."""
    return tail(values, share, side)


def iqr(values: Values, *, factor: float = 1.5, side: Side = "low") -> float:
    """Return Q1 - factor (Q3 - Q1), or Q3 + factor (Q3 - Q1) for the high side."""
    first, third = tail(values, 0.25, "low"), tail(values, 0.25, "high")
    return first - factor * (third - first) if side == "low" else third + factor * (third - first)


def mean_std(
    values: Values,
    anchor: Values | None = None,
    *,
    deviations: float = 2.0,
    side: Side = "low",
    limit: float | None = None,
) -> float:
    """Return the mean minus `deviations` standard deviations, plus them for the high side.

    With `limit`, the distance is the one of that limit from the mean of the anchor language, in standard
    deviations of that language.
    """
    mean, sd = _moments(values)
    if limit is None or anchor is None:
        return mean + (-deviations if side == "low" else deviations) * sd
    anchor_mean, anchor_sd = _moments(anchor)
    return mean + (limit - anchor_mean) / anchor_sd * sd if anchor_sd else mean


def quantile(values: Values, anchor: Values, *, limit: float, side: Side = "low") -> float:
    """Return the limit that removes the share which `limit` removes of the anchor language."""
    if side == "low":
        removed = np.searchsorted(anchor, limit, "left")
    else:
        removed = len(anchor) - np.searchsorted(anchor, limit, "right")
    return tail(values, float(removed) / len(anchor), side)


def median_std(values: Values, *, deviations: float = 1.0, least: float = 0.3, most: float = 0.9) -> float:
    """Return the median minus `deviations` standard deviations, at least `least` and at most `most`."""
    return max(least, min(most, float(np.median(values)) - deviations * _moments(values)[1]))


def _moments(values: Values) -> tuple[float, float]:
    """Mean and standard deviation of the values themselves (not an estimate for a larger population)."""
    return float(np.mean(values)), float(np.std(values))


_FINEWEB2: Final = "Penedo et al. 2025, arXiv:2506.20920"

RULES: Final[Mapping[str, LimitRule]] = {
    rule.name: rule
    for rule in (
        LimitRule(
            "percentile",
            percentile,
            {"percentile": 10.0, "side": None},
            "a percentile, 0 to 100",
            "CulturaX, Nguyen et al. 2023, arXiv:2309.09400; CCNet, Wenzek et al. 2020, arXiv:1911.00359",
        ),
        LimitRule(
            "iqr", iqr, {"factor": 1.5, "side": "low"}, "a quartile and interquartile ranges", "Tukey 1977"
        ),
        LimitRule(
            "mean_std",
            mean_std,
            {"deviations": 2.0, "side": "low", "limit": None, "lang": "eng_Latn"},
            "mean and standard deviations; with limit as far out as that limit is in the language `lang`",
            f"MeanStd: {_FINEWEB2}, section 4.4.2",
        ),
        LimitRule(
            "ten_tail",
            ten_tail,
            {"share": 0.1, "side": "low"},
            "removes exactly the share",
            f"10Tail: {_FINEWEB2}, section 4.4.2",
        ),
        LimitRule(
            "quantile",
            quantile,
            {"limit": None, "lang": "eng_Latn", "side": "low"},
            "removes the share that limit removes of the language `lang`",
            f"Quantile: {_FINEWEB2}, section 4.4.2",
            required=frozenset({"limit"}),
        ),
        LimitRule(
            "median_std",
            median_std,
            {"deviations": 1.0, "least": 0.3, "most": 0.9},
            "median minus standard deviations, between two bounds",
            f"language score: {_FINEWEB2}, section 4.2",
        ),
        LimitRule(
            "buckets",
            percentile,
            {"percentiles": (30.0, 60.0)},
            "several percentiles; the last one is the limit",
            "CCNet head, middle and tail, Wenzek et al. 2020, arXiv:1911.00359",
        ),
    )
}
"""`lang` is the language whose own limit (`limit`) the others are made like: the anchor."""


def find_rule(name: str) -> LimitRule:
    """Return the rule called `name`.

    Raises:
        RecipeError: there is none.
    """
    if name not in RULES:
        hint = near_name(name, list(RULES))
        raise RecipeError(f"threshold: rule: expected one of {', '.join(RULES)}, got {name!r}{hint}")
    return RULES[name]


def anchor_language(rule: str, parameters: Mapping[str, object]) -> str | None:
    """Return the language that the limits of all others are derived from, None where there is none."""
    declared = find_rule(rule).parameters
    chosen = {**declared, **parameters}
    return str(chosen["lang"]) if "lang" in declared and chosen["limit"] is not None else None


def learn_limits(
    rule: str, values: Values, anchor: Values | None, parameters: Mapping[str, object]
) -> tuple[float, ...]:
    """Return the limit of a rule for sorted `values` (one or more), or its limits in order.

    Parameters that the rule does not have are left out.
    """
    declared = find_rule(rule)
    chosen: dict[str, Any] = {
        **declared.parameters,
        **{k: v for k, v in parameters.items() if k in declared.parameters},
    }
    if "percentiles" in chosen:
        return tuple(percentile(values, percentile=p, side="high") for p in sorted(chosen["percentiles"]))
    chosen = {k: v for k, v in chosen.items() if v is not None and k != "lang"}
    return (declared.function(values, *(() if anchor is None else (anchor,)), **chosen),)
