"""What thresholds learned, for people: tables on the terminal, in the card and in the statistics."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipeline.thresholds import Learned

LANGUAGES_SHOWN = 40
"""Languages of a threshold in a table for the terminal or the card; the file of the limits has all."""


def brief(learned: Sequence[Learned]) -> str:
    """Return one line about a threshold: languages by where their limits come from, and what would go."""
    levels = Counter(one.level.partition(" ")[0] for one in learned)
    shares = ", ".join(f"{n} {level}" for level, n in levels.most_common())
    documents = sum(one.documents for one in learned)
    removed = sum(one.would_remove or 0 for one in learned)
    about = "" if all(one.is_exact for one in learned) else "about "
    return f"{len(learned)} languages ({shares or 'none'}); {about}{removed:,} of {documents:,} documents go"


def threshold_lines(name: str, table: pa.Table, applied: Mapping[str, int] | None = None) -> list[str]:
    """Return the limits of one threshold and what they remove, largest languages first.

    `applied` are the documents that the rules with the limit did remove by language, as first reason.
    """
    rows = sorted(table.to_pylist(), key=lambda row: (-row["documents"], row["lang"]))
    applied_head = f"{'removed':>12}" if applied is not None else ""
    lines = [
        f"threshold ${name}",
        f"  {'language':<12}{'limit':>12}{'own':>12}{'weight':>8}  {'from':<22}{'sampled':>10}{'error':>8}"
        f"{'documents':>12}{'would go':>12}{'%':>7}{applied_head}",
    ]
    lines += [_row_line(row, applied) for row in rows[:LANGUAGES_SHOWN]]
    if len(rows) > LANGUAGES_SHOWN:
        lines.append(f"  and {len(rows) - LANGUAGES_SHOWN} more languages")
    documents, removed = (sum(row[key] or 0 for row in rows) for key in ("documents", "would_remove"))
    share = f"{100 * removed / documents:.1f} %" if documents else "-"
    lines.append(f"  all languages: {removed:,} of {documents:,} documents ({share}) would go")
    return lines


def _row_line(row: Mapping[str, Any], applied: Mapping[str, int] | None) -> str:
    about = "" if row["is_exact"] or row["would_remove"] is None else "~"
    removed = "-" if row["would_remove"] is None else f"{about}{row['would_remove']:,}"
    share = f"{100 * (row['would_remove'] or 0) / row['documents']:.1f}" if row["documents"] else "-"
    done = "" if applied is None else f"{applied.get(row['lang'], 0):>12,}"
    return (
        f"  {row['lang']:<12}{_number(row['limit']):>12}{_number(row['own_limit']):>12}"
        f"{row['own_weight']:>8.2f}  {row['level'][:21]:<22}{row['sampled']:>10,}{row['rank_error']:>8.3f}"
        f"{row['documents']:>12,}{removed:>12}{share:>7}{done}"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


def threshold_stats(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Return the limits of all thresholds for the statistics of a corpus: by step, then by language."""
    fields = ("limit", "limits", "level", "own_weight", "documents", "sampled", "rank_error", "would_remove")
    return {
        name: {row["lang"]: {field: row[field] for field in fields} for row in table.to_pylist()}
        for name, table in tables.items()
    }


def threshold_card(tables: Mapping[str, pa.Table]) -> list[str]:
    """Return the chapter of the card about learned thresholds; no lines where there are none."""
    if not tables:
        return []
    lines = [
        "",
        "## Learned thresholds",
        "",
        "Each limit was learned from the documents that reached its step, or from the reference that it "
        "names. `from` is where it comes from: the language itself, or a script, a family or all languages "
        "where the language has too few documents. `stats.json` has every language.",
    ]
    for name, table in tables.items():
        rows = sorted(table.to_pylist(), key=lambda row: (-row["documents"], row["lang"]))
        lines += ["", f"`${name}`", "", "| language | limit | from | documents | would go |"]
        lines.append("| --- | ---: | --- | ---: | ---: |")
        lines += [_card_row(row) for row in rows[:LANGUAGES_SHOWN]]
        if len(rows) > LANGUAGES_SHOWN:
            lines += ["", f"and {len(rows) - LANGUAGES_SHOWN} more languages"]
    return lines


def _card_row(row: Mapping[str, Any]) -> str:
    removed = "-" if row["would_remove"] is None else f"{row['would_remove']:,}"
    return f"| {row['lang']} | {_number(row['limit'])} | {row['level']} | {row['documents']:,} | {removed} |"
