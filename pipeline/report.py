"""What a person is shown at the end of a run, or instead of it."""

import re
from collections.abc import Mapping
from typing import Any

from filters.registry import find_signal
from pipeline.card import cut_sentence
from schemas.ledger import KEPT, RECORDS_IN

LANGUAGES_SHOWN = 15


def summary(stats: Mapping[str, Any]) -> str:
    """Return the funnel and the largest languages of a finished run as text."""
    lines = ["", f"{'stage':<24}{'outcome':<28}{'records':>12}"]
    for stage, counts in stats["stages"].items():
        lines.append(f"{stage:<24}{'records in':<28}{counts.get(RECORDS_IN, 0):>12,}")
        removed = sorted(((n, r) for r, n in counts.items() if r not in (RECORDS_IN, KEPT)), reverse=True)
        lines += [f"{'':<24}{'- ' + reason:<28}{n:>12,}" for n, reason in removed]
        lines.append(f"{'':<24}{'kept':<28}{counts.get(KEPT, 0):>12,}")
    lines += [f"{'':<24}{sentence}"] if (sentence := cut_sentence(stats["cut"])) else []
    languages = sorted(stats["languages"].items(), key=lambda item: (-item[1]["kept"], item[0]))
    shown = [item for item in languages if item[1]["kept"]]
    lines += ["", f"{'language':<24}{'documents':>12}{'kept':>12}{'text MB':>12}"]
    for lang, counts in shown[:LANGUAGES_SHOWN]:
        size = counts["text_bytes"] / 1e6
        lines.append(f"{lang:<24}{counts['documents']:>12,}{counts['kept']:>12,}{size:>12.2f}")
    if len(shown) > LANGUAGES_SHOWN:
        lines.append(f"and {len(shown) - LANGUAGES_SHOWN} more languages")
    return "\n".join(lines)


def worker_error(error: BaseException) -> str | None:
    """Return the message of the error that a Spark task raised on purpose, None if it was another one."""
    match = re.search(r"schemas\.errors\.\w+: ((?:.|\n)+?)(?:\n\n|\n\tat |$)", str(error))
    return match[1].strip() if match else None


def describe_signal(name: str) -> str:
    """Return all that is declared of a signal: unit, definition, parameters with defaults, source."""
    declared = find_signal(name)
    parameters = ", ".join(f"{key}={_default(value)}" for key, value in declared.parameters.items())
    lines = [f"{name}  {declared.type}, {declared.unit}", f"    {declared.definition}"]
    if parameters:
        lines.append(f"    parameters: {parameters}")
    lines.append(f"    source: {declared.source}")
    return "\n".join(lines)


def _default(value: object) -> str:
    name = getattr(value, "name", None)
    return str(name) if name is not None else repr(value)
