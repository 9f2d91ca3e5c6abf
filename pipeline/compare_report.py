"""Comparisons of recipes for people: tables for the terminal, Markdown of fairness, a page of disagreements.

The page is one file without any other: texts as they are, escaped, each in its own direction (`dir="auto"`).
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from pipeline.compare import Comparison, agreements, kept_by_group, left_out, reasons_of

EXCERPT: Final = 600
"""Characters of a text on the page."""
GROUPS_SHOWN: Final = 60


def comparison_lines(comparison: Comparison) -> list[str]:
    """Return per language documents and words kept by each recipe, then how each two recipes agree."""
    names = [outcome.recipe.name for outcome in comparison.outcomes]
    width = max(20, *(len(name) + 2 for name in names))
    lines = [f"{'language':<14}{'documents':>10}" + "".join(f"{name:>{width}}" for name in names)]
    lines.append(f"{'':<24}" + f"{'kept       % words':>{width}}" * len(names))
    table = kept_by_group(comparison)
    for group, cells in [*list(table.items())[:GROUPS_SHOWN], ("all", _totals(table))]:
        shown = "".join(f"{_cell(*cell):>{width}}" for cell in cells)
        lines.append(f"{group:<14}{cells[0][0]:>10,}{shown}")
    if len(table) > GROUPS_SHOWN:
        lines.insert(-1, f"and {len(table) - GROUPS_SHOWN} more languages")
    if len(names) > 1:
        lines += ["", "agreement: share of documents with the same verdict, Cohen's kappa, kept by one only"]
    for pair in agreements(comparison):
        kappa = "   -" if pair.kappa is None else f"{pair.kappa:.2f}"
        lines.append(
            f"  {pair.one} / {pair.other}: {100 * pair.share:.1f} %, kappa {kappa}, "
            f"{pair.only_one:,} / {pair.only_other:,}"
        )
    for outcome in comparison.outcomes:
        steps = left_out(outcome.recipe)
        if steps:
            lines.append(f"left out of {outcome.recipe.name}: {', '.join(steps)}")
    return lines


def _totals(table: Mapping[str, Sequence[tuple[int, int, int]]]) -> list[tuple[int, int, int]]:
    columns = zip(*table.values(), strict=True)
    totals = [[sum(parts) for parts in zip(*cells, strict=True)] for cells in columns]
    return [(documents, kept, words) for documents, kept, words in totals]


def _cell(documents: int, kept: int, words: int) -> str:
    return f"{kept:,} {100 * kept / max(1, documents):>5.1f} {words:>8,}"


def fairness_lines(comparison: Comparison, beside: str) -> list[str]:
    """Return a Markdown table: for each recipe the share kept of `beside`, and how far from it others are.

    Distances are in points; `worst` is the language that the recipe harms most.
    """
    table = kept_by_group(comparison)
    others = sorted(group for group in table if group != beside)
    lines = [
        f"| recipe | {beside} | worst | " + " | ".join(others) + " |",
        "| --- | ---: | --- | " + " | ".join("---:" for _ in others) + " |",
    ]
    for number, outcome in enumerate(comparison.outcomes):
        share = {group: _share(cells[number]) for group, cells in table.items()}
        distance = {group: share[group] - share[beside] for group in others}
        worst = min(others, key=lambda group: (distance[group], group))
        shown = " | ".join(_points(distance[group]) for group in others)
        named = f"{worst} {_points(distance[worst])}" if distance[worst] < 0 else "none"
        lines.append(f"| `{outcome.recipe.name}` | {share[beside]:.0f} | {named} | {shown} |")
    return lines


def _share(cell: tuple[int, int, int]) -> float:
    documents, kept, _ = cell
    return 100 * kept / max(1, documents)


def _points(distance: float) -> str:
    return "0" if abs(distance) < 0.5 else f"{distance:+.0f}"  # noqa: PLR2004  half a point is none


STYLE: Final = """
body { font-family: system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       line-height: 1.5; color: #1c1c1c; background: #fff }
article { border: 1px solid #bbb; border-radius: .4rem; margin: 1rem 0; padding: .8rem 1rem }
h2 { font-size: 1rem; margin: 0 0 .5rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; background: #f6f6f4; padding: .6rem;
      margin: 0 0 .6rem; unicode-bidi: plaintext }
table { border-collapse: collapse }
td, th { text-align: start; padding: .1rem 1.2rem .1rem 0; vertical-align: top }
.kept { color: #14632a } .gone { color: #9c1c1c }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e6; background: #181818 } pre { background: #262624 } article { border-color: #555 }
  .kept { color: #7fd696 } .gone { color: #ff9d97 }
}
"""


def disagreement_page(comparison: Comparison, texts: Mapping[int, tuple[str, str]]) -> str:
    """Return a page of documents that recipes judge differently; `texts` has text and address by row."""
    names = ", ".join(escape(outcome.recipe.name) for outcome in comparison.outcomes)
    summary = "\n".join(comparison_lines(comparison))
    articles = "\n".join(_article(comparison, row, *texts[row]) for row in texts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Where recipes differ: {names}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Where recipes differ: {names}</h1>\n<pre style='font-family: monospace; overflow-x: auto; "
        f"white-space: pre'>{escape(summary)}</pre>\n"
        f"<p>{len(texts)} documents that not all recipes judge alike, in turn from each language.</p>\n"
        f"{articles}\n</body>\n</html>\n"
    )


def _article(comparison: Comparison, row: int, text: str, url: str) -> str:
    cut = text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + " …"
    place = f" · <bdi>{escape(url)}</bdi>" if url else ""
    lines = []
    for outcome in comparison.outcomes:
        reasons = ", ".join(reasons_of(outcome, row))
        verdict = (
            '<span class="kept">kept</span>' if outcome.kept[row] else '<span class="gone">removed</span>'
        )
        lines.append(
            f"<tr><th>{escape(outcome.recipe.name)}</th><td>{verdict}</td><td>{escape(reasons)}</td></tr>"
        )
    return (
        f"<article><h2>{escape(comparison.group[row])}{place}</h2>\n"
        f'<pre dir="auto">{escape(_shown(cut))}</pre>\n<table>{"".join(lines)}</table></article>'
    )


def _shown(text: str) -> str:
    """Return a text without control characters, which a page cannot hold."""
    return "".join(c if c in "\n\t" or c.isprintable() or ord(c) > 0x9F else "\ufffd" for c in text)  # noqa: PLR2004
