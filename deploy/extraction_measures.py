"""What the extractor reaches on pages that it was not trained on: sites, templates, sources; and variations.

Used by `train_extractor.py` only. Everything is printed as it is found.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from class_word_votes import Example
from extraction_pages import ARCHIVED, GoldPage, page_f1, scores, template
from extraction_training import extract, train

from pipeline.extractor.hints import HINTS

OTHERS = ("trafilatura", "resiliparse")
"""Extractors beside which ours is measured."""
FOLDS = 4
SEED = 0
EASIEST = "udhr-html"
"""Source of half the pages of the archives, and of nearly all languages; its pages are much alike."""
FEWEST_PAGES = 5
"""Pages of a language whose mean is told."""

Scores = dict[str, float]


def read_unseen(examples: Sequence[Example], trees: int) -> tuple[list[GoldPage], list[str]]:
    """Return pages with their texts by models that did not see their site or template."""
    fold = split(examples)
    pages: list[GoldPage] = []
    texts: list[str] = []
    for number in range(FOLDS):
        model = train([e for e in examples if e.is_trained and fold[e.gold.site] != number], trees)
        held = [e for e in examples if fold[e.gold.site] == number]
        pages += [example.gold for example in held]
        texts += [extract(example, *model) for example in held]
    return pages, texts


def leave_out(examples: Sequence[Example], trees: int) -> tuple[list[GoldPage], list[str]]:
    """Return the pages of the archives with their texts by models that saw no page of their source.

    Sources made with the same tool count as one. Pages of a site that the source has, and pages of a source
    of that name that are no archive, are not trained on either.
    """
    pages: list[GoldPage] = []
    texts: list[str] = []
    for source in sorted({template(e.gold.source) for e in examples if e.gold.kind == ARCHIVED}):
        own = [e for e in examples if template(e.gold.source) == source]
        sites = {example.gold.site for example in own}
        others = [e for e in examples if template(e.gold.source) != source and e.gold.site not in sites]
        model = train([example for example in others if example.is_trained], trees)
        held = [example for example in own if example.gold.kind == ARCHIVED]
        pages += [example.gold for example in held]
        texts += [extract(example, *model) for example in held]
    return pages, texts


def by_source(examples: Sequence[Example], trees: int) -> dict[str, dict[str, Scores]]:
    """Print and return the scores of unseen sources, by source and by language, beside other extractors."""
    pages, texts = leave_out(examples, trees)
    found = {"glotmill": texts, **{name: texts_by(name, pages) for name in OTHERS}}
    groups: dict[str, dict[str, list[int]]] = {"all": {}, "source": {}, "lang": {}}
    for number, page in enumerate(pages):
        found_in = [("all", "all"), ("source", page.source)]
        found_in += [("all", f"without {EASIEST}")] if page.source != EASIEST else []
        found_in += [("lang", page.lang)] if page.lang != "und" else []
        for group, name in found_in:
            groups[group].setdefault(name, []).append(number)
    tables: dict[str, dict[str, Scores]] = {group: {} for group in groups}
    for group, places in groups.items():
        for name, numbers in sorted(places.items()):
            if len(numbers) >= (FEWEST_PAGES if group == "lang" else 1):
                values = {
                    by: _mean(page_f1(pages[i], texts[i]) for i in numbers) for by, texts in found.items()
                }
                tables[group][name] = {"pages": len(numbers), **rounded(values)}
                print(f"{group:8} {name:28}", json.dumps(tables[group][name]), flush=True)
    return tables


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def cross_validate(examples: Sequence[Example], trees: int) -> Scores:
    """Print and return the scores of pages whose site or template the model did not see."""
    pages, texts = read_unseen(examples, trees)
    result = scores(pages, texts)
    print("glotmill", json.dumps(rounded(result)), flush=True)
    groups: dict[str, list[float]] = defaultdict(list)
    for page, text in zip(pages, texts, strict=True):
        if page.text is not None and page.page_type:
            groups[page.page_type].append(page_f1(page, text))
    for name, values in sorted(groups.items()):
        print(f"type     {name:28} {len(values):5} {np.mean(values):.3f}")
    return result


def ablate(examples: Sequence[Example], trees: int) -> dict[str, Scores]:
    """Print and return the scores of variations; of the archives, only pages of the sample are read."""
    sampled = [example for example in examples if example.is_trained]
    nameless = [replace(e, names=[() for _ in e.names]) for e in sampled]
    plain = [replace(e, hints=replace(e.hints, **dict.fromkeys(HINTS, False))) for e in sampled]
    untaught = [replace(e, trust=np.where(e.trust < 1, 0, e.trust)) for e in sampled]
    without = [replace(e, is_trained=e.gold.kind != ARCHIVED) for e in sampled]
    tables = {}
    for name, chosen, count in (
        ("as written", sampled, trees),
        ("half the trees", sampled, trees // 2),
        ("twice the trees", sampled, 2 * trees),
        ("without class words", nameless, trees),
        ("without hints of the head", plain, trees),
        ("without labels by another extractor", untaught, trees),
        ("archives only measured", without, trees),
    ):
        tables[name] = rounded(scores(*read_unseen(chosen, count)))
        print(f"{name:36}", json.dumps(tables[name]), flush=True)
    return tables


def others(examples: Sequence[Example]) -> dict[str, Scores]:
    """Print and return the scores of the other extractors on the same pages."""
    pages = [example.gold for example in examples]
    result = {name: scores(pages, texts_by(name, pages)) for name in OTHERS}
    for name, values in result.items():
        print(name, json.dumps(rounded(values)), flush=True)
    return result


def texts_by(name: str, pages: Sequence[GoldPage]) -> list[str]:
    """Return the texts of pages by another extractor."""
    from pipeline.extractors import extract as extract_by

    return [extract_by(page.html, None, name).text for page in pages]


def split(examples: Sequence[Example]) -> dict[str, int]:
    """Return of each site or template its fold."""
    real = sorted({example.gold.site for example in examples if example.gold.kind != ARCHIVED})
    made = sorted({example.gold.site for example in examples} - set(real))
    random.Random(SEED).shuffle(real)
    return {site: i % FOLDS for group in (real, made) for i, site in enumerate(group)}


def rounded(values: Mapping[str, float]) -> Scores:
    """Return values with four digits."""
    return {name: round(value, 4) for name, value in values.items()}
