"""The card of a corpus: what it holds, how it was made, what was removed and why; all from the ledger."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pipeline.ledger import Row
from pipeline.publish import DATA, TAIL
from pipeline.recipe import Recipe
from pipeline.steps import KeepStep
from pipeline.threshold_report import threshold_card, threshold_stats
from schemas.ledger import (
    CUT_PAGES,
    CUT_TAGS,
    KEPT,
    RECORDS_IN,
    RELABELLED,
    RULE,
    TAIL_CUT,
    UNKNOWN_LANGUAGE,
)

HARMED_SHOWN = 5
"""Languages that a rule removes the largest shares of, in the table of the card."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What made the corpus; `tail` are the languages kept apart.

    `thresholds` are the learned limits and `audits` the verdicts on languages, by step.
    """

    recipe: Recipe
    inputs: tuple[str, ...]
    inputs_hash: str
    versions: Mapping[str, str]
    text_bytes: Mapping[str, int]
    thresholds: Mapping[str, pa.Table] = field(default_factory=dict)
    tail: tuple[str, ...] = ()
    audits: Mapping[str, pa.Table] = field(default_factory=dict)


def funnel(rows: Iterable[Row]) -> dict[str, Counter[str]]:
    """Return for each stage, in the ledger's order, the records with each outcome."""
    stages: dict[str, Counter[str]] = {}
    for stage, _, _, outcome, records in rows:
        if not stage.startswith(RULE) and stage not in (CUT_PAGES, CUT_TAGS):
            stages.setdefault(stage, Counter())[outcome] += records
    return stages


def cut_tails(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many giant pages were not read to their end, and the tags of those ends."""
    counted = Counter({CUT_PAGES: 0, CUT_TAGS: 0})
    for stage, _, _, outcome, records in rows:
        if stage in counted and outcome == TAIL_CUT:
            counted[stage] += records
    return {"pages": counted[CUT_PAGES], "tags": counted[CUT_TAGS]}


def cut_sentence(cut: Mapping[str, int]) -> str:
    """Say what `cut_tails` found; nothing where no page was cut."""
    if not cut["pages"]:
        return ""
    return f"Giant pages of which the end was not read: {cut['pages']:,}, with {cut['tags']:,} tags in it."


def by_language(rows: Iterable[Row]) -> dict[str, Counter[str]]:
    """Return for each language the documents that select saw, by outcome.

    What an audit gave another label is counted twice: as relabelled, and as kept under its new one.
    """
    languages: dict[str, Counter[str]] = {}
    for stage, _, lang, outcome, records in rows:
        if stage == "select" and outcome != RECORDS_IN:
            languages.setdefault(lang, Counter())[outcome] += records
            if outcome.startswith(RELABELLED):
                languages.setdefault(outcome.removeprefix(RELABELLED), Counter())[KEPT] += records
    return languages


@dataclass(frozen=True, slots=True)
class RuleAccount:
    """What one reason removed: documents whose first reason it was, all that it holds for, by language."""

    first: int
    all: int
    languages: Mapping[str, int]


def rule_accounts(rows: Iterable[Row]) -> dict[str, RuleAccount]:
    """Return the account of each reason of select, in the recipe's order."""
    first: Counter[str] = Counter()
    found: dict[str, Counter[str]] = {}
    for stage, _, lang, outcome, records in rows:
        if stage == "select":
            first[outcome] += records
        elif stage.startswith(RULE):
            languages = found.setdefault(stage.removeprefix(RULE), Counter())
            if outcome not in (KEPT, RECORDS_IN):
                languages[lang] += records
    return {rule: RuleAccount(first[rule], sum(n.values()), n) for rule, n in found.items()}


def stats(rows: list[Row], manifest: Manifest) -> dict[str, object]:
    """Return the content of stats.json."""
    languages = by_language(rows)
    return {
        "recipe": {"name": manifest.recipe.name, "version": manifest.recipe.version},
        "versions": dict(sorted(manifest.versions.items())),
        "inputs": {"archives": len(manifest.inputs), "sha256": manifest.inputs_hash},
        "thresholds": threshold_stats(manifest.thresholds),
        "audits": {name: _suspicious(table) for name, table in manifest.audits.items()},
        "rules": {
            rule: {"first": n.first, "all": n.all, "languages": dict(sorted(n.languages.items()))}
            for rule, n in rule_accounts(rows).items()
        },
        "stages": {stage: dict(sorted(counts.items())) for stage, counts in funnel(rows).items()},
        "cut": cut_tails(rows),
        "languages": {
            lang or "unknown": {
                "documents": sum(counts.values()),
                "kept": counts[KEPT],
                "text_bytes": manifest.text_bytes.get(lang, 0),
                "removed": {r: n for r, n in sorted(counts.items()) if r != KEPT},
            }
            for lang, counts in sorted(languages.items())
        },
    }


def card(rows: list[Row], manifest: Manifest) -> str:
    """Return the README of the corpus: what Hugging Face reads of a dataset, then the account for people."""
    languages = by_language(rows)
    kept = {lang: counts[KEPT] for lang, counts in sorted(languages.items()) if counts[KEPT]}
    recipe = manifest.recipe
    return "\n".join(
        [
            _front_matter([lang for lang in kept if lang not in manifest.tail], manifest.tail),
            f"# {recipe.name}: {sum(kept.values()):,} documents in {len(kept)} languages",
            "",
            f"Made by glotmill {manifest.versions['glotmill']} with the recipe `{recipe.name}` version "
            f"{recipe.version} ({recipe.source}) from {len(manifest.inputs)} archives "
            f"(list SHA-256 `{manifest.inputs_hash[:16]}`).",
            "",
            "## From records to documents",
            "",
            *_funnel_table(rows),
            "",
            *_cut_lines(rows),
            "## Steps of the recipe",
            "",
            *(f"{i}. {step}" for i, step in enumerate(recipe.steps, 1)),
            *_limits(recipe, languages),
            *threshold_card(manifest.thresholds),
            *_audit_lines(manifest.audits),
            "",
            "## What each rule removed",
            "",
            *_rule_table(rows),
            "",
            "## Languages",
            "",
            *_language_table(languages, manifest.text_bytes),
            *_tail(manifest),
            "",
            "## Columns",
            "",
            "`text, timestamp, url, source, lang, lang_score, doc_id, cluster_size` and more: each Parquet "
            "field carries its meaning and unit in its metadata. `removed/` lists every record that is not "
            "here with its reasons; `ledger.parquet` counts them by stage, part and language.",
            *_image_lines(recipe),
            "",
            "## Versions",
            "",
            *(f"- {name}: {version}" for name, version in sorted(manifest.versions.items())),
            "",
        ]
    )


def _cut_lines(rows: Iterable[Row]) -> list[str]:
    sentence = cut_sentence(cut_tails(rows))
    return [sentence, ""] if sentence else []


def _image_lines(recipe: Recipe) -> list[str]:
    if not recipe.has_images:
        return []
    return [
        "",
        "`images` lists the images in each text: address, alternative text, and the characters of the text "
        "before it. Where a step changed the text they moved with the lines that they stand behind; those of "
        "lines that were cut stand behind the last line before them that is left. An image whose place is "
        "not certain any more is dropped and counted above as `image_place_unknown`.",
    ]


def _tail(manifest: Manifest) -> list[str]:
    """Say which languages are kept apart, and why."""
    if not manifest.tail:
        return []
    recipe = manifest.recipe
    limits = [(recipe.tail_chunks, "chunks"), (recipe.tail_documents, "documents")]
    fewer = " or ".join(f"{limit:,} {unit}" for limit, unit in limits if limit)
    return ["", f"In `tail/`, each with fewer than {fewer}: {', '.join(manifest.tail)}."]


def _front_matter(kept: Sequence[str], tail: Sequence[str]) -> str:
    """Return the YAML block that Hugging Face reads; codes are quoted, since YAML takes `no` for false."""
    codes = sorted({lang.split("_")[0] for lang in (*kept, *tail)})
    lines = ["---", "language:", *(f'- "{code}"' for code in codes), "configs:"]
    for folder, lang in [*((DATA, lang) for lang in kept), *((TAIL, lang) for lang in tail)]:
        lines += [f'- config_name: "{lang}"', "  data_files:", "  - split: train"]
        lines.append(f'    path: "{folder}/{lang}/*.parquet"')
    return "\n".join([*lines, "tags:", "- glotmill", "---", ""])


def _funnel_table(rows: Iterable[Row]) -> list[str]:
    lines = ["| stage | outcome | records |", "| --- | --- | ---: |"]
    for stage, counts in funnel(rows).items():
        lines.append(f"| **{stage}** | records in | {counts[RECORDS_IN]:,} |")
        removed = sorted((n, r) for r, n in counts.items() if r not in (RECORDS_IN, KEPT))
        lines += [f"| | removed: {reason} | {n:,} |" for n, reason in reversed(removed)]
        lines.append(f"| | kept | {counts[KEPT]:,} |")
    return lines


def _suspicious(table: pa.Table) -> list[dict[str, object]]:
    """Return the languages that an audit does not simply keep, with what it found."""
    rows = table.select(["lang", "verdict", "finding", "relabel_to"]).to_pylist()
    return [row for row in rows if row["verdict"] != "keep"]


def _audit_lines(audits: Mapping[str, pa.Table]) -> list[str]:
    lines: list[str] = []
    for name, table in audits.items():
        found = _suspicious(table)
        about = f"{table.num_rows} languages were judged; {len(found)} stand out."
        lines += ["", f"## Audit `{name}`", "", about]
        if found:
            lines += ["", "| language | verdict | finding | label |", "| --- | --- | --- | --- |"]
        for row in found:
            cells = (row["lang"], row["verdict"], row["finding"], row["relabel_to"] or "")
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def _rule_table(rows: list[Row]) -> list[str]:
    """Return what each reason removed, with the languages of which it removes the largest shares."""
    seen = {lang: sum(counts.values()) for lang, counts in by_language(rows).items()}
    lines = [
        "| rule | as first reason | in all | languages, share of their documents |",
        "| --- | ---: | ---: | --- |",
    ]
    for rule, account in rule_accounts(rows).items():
        shares = sorted(((n / seen[lang], lang) for lang, n in account.languages.items()), reverse=True)
        most = ", ".join(
            f"{lang or '(unknown)'} {100 * share:.0f} %" for share, lang in shares[:HARMED_SHOWN]
        )
        lines.append(f"| {rule} | {account.first:,} | {account.all:,} | {most} |")
    return lines


def _limits(recipe: Recipe, seen: Collection[str]) -> list[str]:
    """Return the limits of the table that were in force: of languages that occur, and the default."""
    used = {s.rule.limit_column for s in recipe.steps if isinstance(s, KeepStep)}
    lines = []
    for name in sorted(name for name in recipe.limits if name in used):
        held = {lang: v for lang, v in recipe.limits[name].items() if lang in seen or lang == "default"}
        values = ", ".join(f"{lang} {value}" for lang, value in sorted(held.items()))
        lines += ["", f"`${name}`: {values}"]
    return lines


def _language_table(languages: Mapping[str, Counter[str]], text_bytes: Mapping[str, int]) -> list[str]:
    lines = [
        "| language | documents | kept | kept % | text MB | removed |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for lang, counts in sorted(languages.items(), key=lambda item: (-item[1][KEPT], item[0])):
        total = sum(counts.values())
        removed = ", ".join(f"{r} {n:,}" for r, n in counts.most_common() if r != KEPT)
        share = 100 * counts[KEPT] / total
        name = lang if lang != UNKNOWN_LANGUAGE else "(unknown)"
        size = text_bytes.get(lang, 0) / 1e6
        lines.append(f"| {name} | {total:,} | {counts[KEPT]:,} | {share:.1f} | {size:.2f} | {removed} |")
    return lines
