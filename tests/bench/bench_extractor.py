"""Pages a second of our own extractor, trafilatura and Resiliparse on the same pages, on one core.

    python tests/bench/bench_extractor.py                  # pages of the shipped sample
    python tests/bench/bench_extractor.py PAGES.parquet    # its column `html`, by its column `gold_kind`

With `--page FILE` the results are also written as a page of Markdown, together with the quality that the
model's manifest states (`pipeline/extractor/BENCHMARK.md` was made so). Ours is timed in batches, and a
page a call as the guarded worker of a run does. CPU time, the best of `--rounds`. Decoding is not timed;
the pages are text before.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.charset import decode_html
from pipeline.extractor.texts import extract_text, extract_texts
from pipeline.extractors import EXTRACTORS
from pipeline.parts import Part
from pipeline.warc import PartReader

MANIFEST = Path(__file__).parents[2] / "pipeline" / "extractor" / "model" / "manifest.json"
KINDS = {
    "human": "articles annotated by people, word F1",
    "reviewed": "pages of seven kinds, reviewed, word F1",
    "tool-fixture": "fixtures of other tools, word F1",
    "archive": "assembled archives, F1 of words, or of letters where words are not spaced",
    "kept": "wanted snippets that are kept",
    "removed": "unwanted snippets that are removed",
}
TIMED = {"human-segments": "pages with snippets", "all": "all, the mix"}
PAGE_START = """# How well and how fast the extractor works

Written by `tests/bench/bench_extractor.py PAGES.parquet --page FILE`; do not edit.

## Quality

Model version {version}: {trees} trees, {features} features, {class_words} class words. Four-fold
cross-validation by site and by template: no page was read by a model that had seen its site, nor, in the
archives, a page made with its template. The others are not trained, and read the same pages. The number of
trees, their rate and the seed were chosen on these figures; other seeds move each of them by up to 0.006.
"""
SOURCES_START = """
### Archives, one source left out at a time

Each source of the assembled archives, read by a model that was trained without it: without any page of that
source, of a source made with the same tool (Debian's manuals count as one), or of a site that it has. The
languages are those with at least five pages.
"""
SOURCE_KINDS = {"all": "pages", "source": "source", "lang": "language"}
ABLATIONS_START = """
### Ablations

The cross-validation again, with this or that changed. To save time, of the archives only those pages are read
that are trained on ({pages} pages in all), so their figures are not those above. Differences below 0.006 may
be chance.
"""
SPEED_START = """
## Speed

Pages a second of CPU time on one core, all in one run, each the best of some rounds; the pages are decoded
before. `batches` is how a run extracts, `single` a page a call.
"""
SAMPLE = Path(__file__).parents[1] / "data" / "sample"


def in_batches(pages: Sequence[str]) -> None:
    """Extract all pages by our own extractor."""
    for _ in extract_texts(pages):
        pass


def one_by_one(extract: Callable[[str], str | None]) -> Callable[[Sequence[str]], None]:
    """Return a function that extracts all pages, a call each."""

    def run(pages: Sequence[str]) -> None:
        for page in pages:
            extract(page)

    return run


WAYS: Mapping[str, Callable[[Sequence[str]], None]] = {
    "glotmill, batches": in_batches,
    "glotmill, single": one_by_one(extract_text),
    "trafilatura": one_by_one(EXTRACTORS["trafilatura"]),
    "resiliparse": one_by_one(EXTRACTORS["resiliparse"]),
}


def read_sample() -> dict[str, list[str]]:
    """Return the pages of the shipped archives."""
    records = (
        r for path in sorted(SAMPLE.glob("*.warc.gz")) for r in PartReader(Part(0, str(path), 0, None))
    )
    return {"sample": [decode_html(r.payload, r.content_type).text for r in records if r.reason is None]}


def read_table(path: Path) -> dict[str, list[str]]:
    """Return the pages of a table by kind."""
    pages: dict[str, list[str]] = defaultdict(list)
    for row in pq.read_table(path, columns=["html", "gold_kind"]).to_pylist():
        pages[row["gold_kind"]].append(decode_html(row["html"], None).text)
    return pages


def seconds(way: Callable[[Sequence[str]], None], pages: Sequence[str], rounds: int) -> float:
    """Return the least CPU time of a round."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        way(pages)
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> None:
    """Time every way on every kind of pages, and on all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--page", type=Path, help="write a page of Markdown")
    arguments = parser.parse_args()
    kinds = read_table(arguments.pages) if arguments.pages else read_sample()
    total: dict[str, float] = defaultdict(float)
    print(f"{'pages a second':16} {'pages':>6} " + " ".join(f"{way:>18}" for way in WAYS) + "  x trafilatura")
    rows: dict[str, tuple[int, Mapping[str, float]]] = {}
    for kind, pages in kinds.items():
        taken = {name: seconds(way, pages, arguments.rounds) for name, way in WAYS.items()}
        rows[kind] = len(pages), taken
        for name, value in taken.items():
            total[name] += value
        print(_line(kind, len(pages), taken), flush=True)
    rows["all"] = sum(map(len, kinds.values())), total
    print(_line("all", *rows["all"]))
    if arguments.page:
        arguments.page.write_text(as_page(rows, json.loads(MANIFEST.read_text("utf-8"))), encoding="utf-8")


def as_page(rows: Mapping[str, tuple[int, Mapping[str, float]]], manifest: Mapping[str, Any]) -> str:
    """Return speed and quality as a page."""
    quality = {"glotmill": manifest["cross_validation"], **manifest["same_pages"]}
    lines = [PAGE_START.format(**manifest), "| pages | " + " | ".join(quality) + " |", "| --- " * 4 + "|"]
    for kind, meaning in KINDS.items():
        scores = " | ".join(f"{found[kind]:.3f}" for found in quality.values())
        lines.append(f"| {meaning} | {scores} |")
    lines += [*source_tables(manifest), *ablation_table(manifest)]
    lines += [SPEED_START, "| pages | number | " + " | ".join(WAYS) + " | times trafilatura |"]
    lines.append("| --- " * (len(WAYS) + 3) + "|")
    for kind, (count, taken) in rows.items():
        rates = " | ".join(f"{count / value:.0f}" for value in taken.values())
        ratio = taken["trafilatura"] / taken["glotmill, batches"]
        name = TIMED.get(kind) or KINDS.get(kind, kind).partition(", word F1")[0]
        lines.append(f"| {name} | {count} | {rates} | {ratio:.1f} |")
    return "\n".join(lines) + "\n"


def source_tables(manifest: Mapping[str, Any]) -> list[str]:
    """Return the tables of sources that were left out, where the manifest has them."""
    lines = [SOURCES_START] if "unseen_sources" in manifest else []
    for kind, rows in manifest.get("unseen_sources", {}).items():
        names = ["number", *(name for name in next(iter(rows.values())) if name != "pages")]
        lines += [f"| {SOURCE_KINDS[kind]} | {' | '.join(names)} |", "| --- " * (len(names) + 1) + "|"]
        for name, row in rows.items():
            scores = " | ".join(f"{value:.3f}" for by, value in row.items() if by != "pages")
            lines.append(f"| {name} | {row['pages']} | {scores} |")
        lines.append("")
    return lines[:-1]


def ablation_table(manifest: Mapping[str, Any]) -> list[str]:
    """Return the table of ablations, where the manifest has it."""
    if "ablations" not in manifest:
        return []
    kinds = list(KINDS)
    lines = [ABLATIONS_START.format(**manifest), f"| | {' | '.join(kinds)} |"]
    lines.append("| --- " * (len(kinds) + 1) + "|")
    for name, row in manifest["ablations"].items():
        lines.append(f"| {name} | {' | '.join(f'{row[kind]:.3f}' for kind in kinds)} |")
    return lines


def _line(kind: str, count: int, taken: Mapping[str, float]) -> str:
    rates = " ".join(f"{count / value:18.0f}" for value in taken.values())
    return f"{kind:16} {count:6} {rates} {taken['trafilatura'] / taken['glotmill, batches']:14.1f}"


if __name__ == "__main__":
    main()
