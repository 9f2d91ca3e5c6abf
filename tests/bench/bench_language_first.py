"""What `--language-first` saves, and whether it loses documents: every page of some archives, both ways.

    python tests/bench/bench_language_first.py ARCHIVES [--languages tha_Thai swe_Latn …] [--model lid.176]

For each language: the pages whose main text is in it, how many of them the quick look lets pass, and the CPU
time of a page against that of extracting all. Decoding is part of both.
"""

import argparse
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from filters.models import open_identifier
from filters.signals.language import lang, lang_score, lid
from filters.text import TextBatch
from pipeline.extractors import OTHER_LANGUAGE, PageSettings, PageText, RawPage, Removal, read_together
from pipeline.parts import Part
from pipeline.warc import PartReader

GROUP = 64
LEAST_DOCUMENTS = 5
LEAST_SCORE = 0.4
"""As the recipe glotmill asks."""


def read(pages: list[RawPage], settings: PageSettings) -> tuple[list[PageText | Removal], float]:
    """Return the outcomes of pages and the CPU seconds of a page."""
    start = time.process_time()
    outcomes = [o for i in range(0, len(pages), GROUP) for o in read_together(pages[i : i + GROUP], settings)]
    return outcomes, (time.process_time() - start) / len(pages)


def languages_of(outcomes: list[PageText | Removal], model: str) -> list[str | None]:
    """Return the language of each text, as a run gives it."""
    texts = [outcome.content.text if isinstance(outcome, PageText) else "" for outcome in outcomes]
    batch = TextBatch.from_arrow(pa.array(texts, pa.string()))
    found = lid(batch, model=model)
    scores = lang_score(found).to_pylist()
    labels = lang(found, batch).to_pylist()
    return [
        label if score is not None and score >= LEAST_SCORE else None
        for label, score in zip(labels, scores, strict=True)
    ]


def main() -> None:
    """Compare both ways for each language."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archives", type=Path)
    parser.add_argument("--languages", nargs="+", help="those with 5 documents and more")
    parser.add_argument("--model", default="lid.176")
    given = parser.parse_args()
    records = (
        r
        for path in sorted(given.archives.glob("*.warc.gz"))
        for r in PartReader(Part(0, str(path), 0, None))
    )
    pages: list[RawPage] = [(r.payload, r.content_type, r.url) for r in records if r.reason is None]
    settings = PageSettings("glotmill", identifier=given.model)
    open_identifier(given.model)
    read(pages[:GROUP], settings)
    outcomes, seconds = read(pages, settings)
    found = languages_of(outcomes, given.model)
    counts = Counter(filter(None, found))
    print(f"{len(pages)} pages, all languages: {seconds * 1e3:.2f} ms a page")
    print(f"{'language':10} {'documents':>9} {'the same':>9} {'read':>6} {'ms a page':>10} {'of all':>7}")
    total: Counter[str] = Counter()
    for language in given.languages or sorted(
        name for name, count in counts.items() if count >= LEAST_DOCUMENTS
    ):
        first, taken = read(pages, replace(settings, languages=(language,)))
        same = sum(
            name == language and one == other for name, one, other in zip(found, outcomes, first, strict=True)
        )
        kept = sum(not (isinstance(o, Removal) and o.reason == OTHER_LANGUAGE) for o in first)
        total += Counter(documents=counts[language], same=same)
        costs = f"{taken * 1e3:10.2f} {taken / seconds:7.0%}"
        print(f"{language:10} {counts[language]:9} {same:9} {kept:6} {costs}", flush=True)
    print(f"the same documents: {total['same']} of {total['documents']}")


if __name__ == "__main__":
    main()
