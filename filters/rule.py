"""A rule says what is kept: one signal, one comparison, one limit.

The limit is a number, a text, `true` or `false`, or `$column`: a column of the recipe's language table. A
null on either side keeps the row, since what cannot be measured is no evidence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import RecipeError

COMPARISONS = {
    "<=": pc.less_equal,
    ">=": pc.greater_equal,
    "==": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    ">": pc.greater,
}
_RULE = re.compile(
    r"^\s*(?P<signal>[a-z][a-z0-9_]*)\s*(?P<comparison><=|>=|==|!=|<|>)\s*(?P<limit>\S.*?)\s*$"
)

Limit = float | int | bool | str


@dataclass(frozen=True, slots=True)
class Rule:
    """`signal comparison limit`; a limit that begins with `$` names a column of the language table."""

    signal: str
    comparison: str
    limit: Limit

    def __str__(self) -> str:
        return f"{self.signal} {self.comparison} {_limit_text(self.limit)}"

    @property
    def limit_column(self) -> str | None:
        """The column of the language table that holds the limit, or None for a fixed one."""
        return self.limit[1:] if isinstance(self.limit, str) and self.limit.startswith("$") else None


def parse_rule(text: str) -> Rule:
    """Read a rule such as `word_count >= 5`, `script == "Latn"` or `lang_score >= $min_score`.

    Raises:
        RecipeError: the text is no single comparison.
    """
    match = _RULE.match(text)
    if match is None:
        raise RecipeError(f"{text!r}: expected `signal comparison limit`, such as `word_count >= 5`")
    return Rule(match["signal"], match["comparison"], _parse_limit(match["limit"], text))


def _parse_limit(limit: str, rule: str) -> Limit:
    if re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*", limit):
        return limit
    if limit in ("true", "false"):
        return limit == "true"
    if re.fullmatch(r'"[^"]*"', limit):
        return limit[1:-1]
    if re.fullmatch(r"[+-]?\d+", limit):
        return int(limit)
    try:
        return float(limit)
    except ValueError:
        raise RecipeError(
            f"{rule!r}: limit {limit!r}: expected a number, true, false, a text in double quotes or $column"
        ) from None


def _limit_text(limit: Limit) -> str:
    if isinstance(limit, bool):
        return str(limit).lower()
    if isinstance(limit, str) and not limit.startswith("$"):
        return f'"{limit}"'
    return str(limit)


def fails(rule: Rule, values: pa.Array, lang: pa.Array, limits: Mapping[str, Limit | None]) -> np.ndarray:
    """Return for each row whether `rule` removes it (bool, one per row).

    `limits` maps languages to the limit of a rule with `$column`; `*_Deva` is for all others of a script,
    `default` for those that are left.
    """
    limit = pa.scalar(rule.limit) if rule.limit_column is None else _limits_by_row(lang, limits)
    if pa.types.is_float32(values.type):  # or a ratio of exactly 0.1 would stand above a limit of 0.1
        limit = limit.cast(pa.float32())
    kept = COMPARISONS[rule.comparison](values, limit)
    removed: np.ndarray = np.asarray(pc.invert(pc.fill_null(kept, True)), np.bool_)
    return removed


def _limits_by_row(lang: pa.Array, limits: Mapping[str, Limit | None]) -> pa.Array:
    codes = lang.dictionary_encode()
    default = limits.get("default")
    by_code = pa.array([limit_of(limits, code) for code in codes.dictionary.to_pylist()])
    if len(by_code) == 0 or pa.types.is_null(by_code.type):
        return pa.nulls(len(lang), pa.float64())
    taken = by_code.take(codes.indices)
    return pc.if_else(pc.is_valid(lang), taken, pa.scalar(default, taken.type))


def limit_of(limits: Mapping[str, Limit | None], lang: str | None) -> Limit | None:
    """Return the limit of a language: its own, else that of its script (`*_Deva`), else `default`."""
    script = f"*_{(lang or '').rpartition('_')[2]}"
    return next((limits[key] for key in (lang or "", script, "default") if key in limits), None)
