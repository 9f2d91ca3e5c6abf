"""The audit as one HTML file: a table of all languages, and behind each name a page of its own.

No script, no address outside: pages are sections that the fragment of the address shows. Texts stand in the
direction of their script.
"""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.audits import Audit, Document

SHOWN_CHARACTERS: Final = 1500

RIGHT_TO_LEFT: Final = frozenset(
    {"Adlm", "Arab", "Armi", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}
)
"""Scripts that living or learned languages are written in from right to left."""

COLUMNS: Final[Mapping[str, str]] = {
    "documents": "documents",
    "sampled_documents": "looked at",
    "finding": "finding",
    "relabel_to": "text is in",
    "nearest": "nearest",
    "excess_bits": "excess, bits",
    "foreign_document_ratio": "foreign documents",
    "foreign_script_ratio": "foreign scripts",
    "letter_ratio": "letters",
    "boilerplate_line_ratio": "boilerplate",
    "near_duplicate_ratio": "near-duplicates",
    "religious_document_ratio": "religious",
    "top_site_ratio": "top site",
    "no_common_word_ratio": "no common word",
}
"""Those of the table of all languages, with their headings."""

FACTS: Final[Mapping[str, str]] = {
    "documents": "documents",
    "text_bytes": "bytes of text",
    "sampled_documents": "documents looked at",
    "sampled_bytes": "their bytes",
    "main_script": "main script",
    "main_script_ratio": "its share of the letters",
    "foreign_script_ratio": "letters in scripts that the language does not use",
    "letter_ratio": "letters among what is not white space",
    "own_bits": "bits for each code point, by its own model",
    "nearest": "nearest corpus",
    "relation": "relation to it",
    "nearest_bits": "bits, the worse of both directions",
    "excess_bits": "excess over own models, bits",
    "alike": "cannot be told from",
    "foreign_document_ratio": "documents that a remote language's model fits better",
    "foreign_lang": "most of them are like",
    "boilerplate_line_ratio": "lines among the most frequent ones",
    "religious_document_ratio": "documents of religious sites",
    "top_site": "site with most documents",
    "top_site_ratio": "its share",
    "near_duplicate_ratio": "documents that are like another one",
    "types_in_10000": "different words in 10,000 words",
    "reference_types_in_10000": "the same in the reference",
    "no_common_word_ratio": "documents without a common word",
}

STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --warn: #c2410c; --ok: #15803d; --dim: #888; }
body { font: 15px/1.5 system-ui, "Noto Sans", sans-serif; margin: 2rem auto; max-width: 78rem;
  padding: 0 1rem; }
table { border-collapse: collapse; } th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
th { text-align: start; font-weight: 600; vertical-align: bottom; }
td.number { text-align: end; font-variant-numeric: tabular-nums; } .wide { overflow-x: auto; }
.flag, .remove, .relabel { color: var(--warn); font-weight: 600; } .keep { color: var(--ok); }
.noted { color: var(--warn); } .dim { color: var(--dim); }
section { display: none; } section:target { display: block; } body:has(section:target) #all { display: none; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; border-inline-start: 3px solid var(--line);
  padding-inline-start: 1rem; margin: .3rem 0 1.4rem; }
a { color: inherit; } h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
@media print { section, #all { display: block !important; break-after: page; } }
"""


def report_html(audit: Audit, title: str) -> str:
    """Return the report; `title` says what was audited."""
    pages = [
        _page(row, audit.documents.get(row["lang"], []), audit.frequent_lines.get(row["lang"], ()))
        for row in audit.rows
    ]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Audit of {_text(title)}</title><style>{STYLE}</style></head><body>",
            _overview(audit, title),
            *pages,
            "</body></html>",
            "",
        ]
    )


def write_report(audit: Audit, title: str, path: Path) -> None:
    """Write the report to a file."""
    path.write_text(report_html(audit, title), encoding="utf-8")


def _overview(audit: Audit, title: str) -> str:
    suspicious = sum(row["verdict"] != "keep" for row in audit.rows)
    order = sorted(audit.rows, key=lambda row: (row["verdict"] == "keep", -row["documents"], row["lang"]))
    head = "".join(f"<th>{_text(name)}</th>" for name in ("language", *COLUMNS.values()))
    body = "\n".join(_overview_row(row) for row in order)
    return (
        f'<main id="all"><h1>Audit of {_text(title)}</h1><p>{len(audit.rows):,} languages, '
        f"{suspicious:,} suspicious; those stand first.</p>"
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{body}\n</tbody>"
        "</table></div></main>"
    )


def _overview_row(row: Mapping[str, Any]) -> str:
    link = f'<td><a class="{row["verdict"]}" href="#{_text(row["lang"])}">{_text(row["lang"])}</a></td>'
    return f"<tr>{link}{''.join(_cell(row, name) for name in COLUMNS)}</tr>"


def _cell(row: Mapping[str, Any], name: str) -> str:
    kind = "number" if isinstance(row.get(name), int | float) else ""
    if name in (row.get("notes") or ()):
        kind += " noted"
    if name == "finding":
        kind = str(row["verdict"])
    return f'<td class="{kind.strip()}">{_value(row.get(name))}</td>'


def _value(value: object) -> str:
    if value is None or value == []:
        return '<span class="dim">–</span>'
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{round(value, 3) + 0.0:.3f}"  # noqa: PLR2004 - counts have no decimals
    if isinstance(value, int):
        return f"{value:,}"
    return _text(", ".join(value) if isinstance(value, list) else str(value))


def _page(row: Mapping[str, Any], documents: Sequence[Document], lines: Sequence[tuple[str, int]]) -> str:
    lang = str(row["lang"])
    facts = "".join(
        f"<tr><td>{_text(meaning)}</td>{_cell(row, name)}</tr>" for name, meaning in FACTS.items()
    )
    relabel = f", the text is in {_text(row['relabel_to'])}" if row.get("relabel_to") else ""
    parts = [
        f'<section id="{_text(lang)}"><p><a href="#">all languages</a></p><h1>{_text(lang)}: '
        f'<span class="{row["verdict"]}">{_text(row["finding"])}</span>{relabel}</h1>',
        f"<table><tbody>{facts}</tbody></table>",
    ]
    if lines:
        repeated = "".join(
            f'<tr><td class="number">{n:,}</td><td {_writing(lang)}>{_text(line[:200])}</td></tr>'
            for line, n in lines
        )
        parts.append(f"<h2>Most frequent lines</h2><table><tbody>{repeated}</tbody></table>")
    parts.append(f"<h2>{len(documents)} documents of the sample</h2>")
    for document in documents:
        rest = len(document.text) - SHOWN_CHARACTERS
        more = f' <span class="dim">and {rest:,} code points more</span>' if rest > 0 else ""
        site = f'<p class="dim">{_text(document.host)}</p>' if document.host else ""
        shown = _text(document.text[:SHOWN_CHARACTERS])
        parts.append(f'{site}<div class="text" {_writing(lang)}>{shown}{more}</div>')
    return "\n".join([*parts, "</section>"])


def _writing(lang: str) -> str:
    """Return the attributes that say in which language and direction a text stands."""
    code, _, script = lang.partition("_")
    direction = "rtl" if script in RIGHT_TO_LEFT else "auto"
    return f'lang="{_text(code)}-{_text(script)}" dir="{direction}"'


def _text(value: object) -> str:
    return html.escape(str(value).replace("\0", "\N{REPLACEMENT CHARACTER}"))
