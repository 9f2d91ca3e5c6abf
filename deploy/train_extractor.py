"""Train and measure the model of our own extractor (`pipeline/extractor/`).

    python deploy/train_extractor.py DATA                  # cross-validation, prints the scores
    python deploy/train_extractor.py DATA --write          # trains on all pages and writes the model
    python deploy/train_extractor.py DATA --ablations      # the scores without this and that

DATA holds `extraction/*.parquet` (pages with reference text) and `warc/assembled/` (archives with their main
text). Needs the extra `train`. No page gets into the model, only weights: of class words, and of comparisons
with limits. Splits are by site, and by the template that made the pages of an archive: what is measured was
never trained on.
"""

import argparse
import hashlib
import json
import random
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from class_word_votes import WANTED, ClassWords, Example
from extraction_labels import label_blocks
from extraction_pages import ARCHIVED, GoldPage, page_f1, read_archives, read_gold, sample, scores
from numpy.typing import NDArray

from pipeline.extractor.attributes import (
    NO_SCORE,
    AttributeFacts,
    names_and_regions,
    weigh,
)
from pipeline.extractor.choice import choose
from pipeline.extractor.features import measure
from pipeline.extractor.hints import HINTS, read_hints
from pipeline.extractor.markup import read_markup, well_formed
from pipeline.extractor.trees import (
    CURVE_STEP,
    FORMAT,
    LEAF_UNIT,
    LEAVES,
    LIKELIHOOD_UNIT,
    MANIFEST,
    MODEL,
    Trees,
    likelihoods,
    pack,
)
from pipeline.extractor.view import Blocks

FOLDS = 4
SEED = 0
TREES = 120
"""Of 120 and 160 trees at rates of 0.12 and 0.1 and several seeds, all within 0.004 on pages of people."""
PARAMETERS = {
    "objective": "binary", "learning_rate": 0.12, "num_leaves": 16, "min_data_in_leaf": 60,
    "feature_fraction": 0.3, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 10.0, "seed": 5,
    "verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "max_bin": 255,
}  # fmt: skip

VERSION = "2"
FOLDER = Path(__file__).resolve().parents[1] / "pipeline" / "extractor" / "model"
LICENCE = (
    "Apache-2.0, as glotmill. Trained on third-party pages that public test suites ship; holds no text "
    "of any page, only counts turned into weights of single class words and into limits of comparisons."
)

SHORT_TEXT, SHORT_BLOCK = 400, 25
"""Characters of a teacher's text, of a block inside a snippet, that say too little."""
FEWEST_WORDS = 60
"""Wanted words of a tool's fixture that say too little."""
FEWEST_PAGES = 5
"""Pages of a group whose mean is printed."""
KIND_WEIGHT = {"human": 1.6, "reviewed": 1.25, "tool-fixture": 0.96, "human-segments": 1.4, ARCHIVED: 0.3}
TEACHER_WEIGHT = 0.15
"""Of the text that another extractor finds, where only snippets are known."""
PAGES_OF_LANGUAGE, PAGES_OF_SOURCE = 4, {"udhr-html": 40}


def make_example(gold: GoldPage, is_trained: bool) -> Example:
    """Parse a page and label its blocks."""
    html = gold.html.encode("utf-8", "replace")
    markup = read_markup([(well_formed(html) or (b"", 0))[0]])
    if gold.text is not None:
        labels = label_blocks(markup.texts, gold.text)
        trust = np.ones(len(labels))
    else:
        labels, trust = _label_by_snippets(gold, markup.texts)
    said = [names_and_regions(text) for text in markup.attributes]
    names, regions = [names for names, _ in said], np.array([bits for _, bits in said], np.int64)
    return Example(gold, markup, read_hints(html), names, regions, labels, trust, is_trained)


def _label_by_snippets(
    gold: GoldPage, texts: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Label blocks by snippets, wanted or not, and the others by another extractor where it does well."""
    from trafilatura import extract

    flat = [" ".join(text.split()) for text in texts]
    labels, trust = np.zeros(len(flat)), np.zeros(len(flat))
    teacher = " ".join((extract(gold.html, fast=True, include_comments=False) or "").split())
    wanted, unwanted = ([" ".join(s.split()) for s in group] for group in (gold.wanted, gold.unwanted))
    kept = sum(snippet in teacher for snippet in wanted)
    if len(teacher) > SHORT_TEXT and kept >= 0.8 * len(wanted) and sum(s in teacher for s in unwanted) <= 1:
        labels = label_blocks(texts, teacher)
        trust[:] = TEACHER_WEIGHT
    for snippets, label in ((wanted, 1.0), (unwanted, 0.0)):
        for snippet in filter(None, snippets):
            for i, text in enumerate(flat):
                if (snippet in text or (len(text) > SHORT_BLOCK and text in snippet)) and (
                    label or trust[i] < 1
                ):
                    labels[i], trust[i] = label, 1.0
    return labels, trust


def block_weights(
    example: Example, blocks: Blocks, labels: NDArray[np.float64], trust: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each block counts in training: a page as much as another of its kind, a long block more."""
    if not len(labels):
        return np.zeros(0)
    size = np.power(blocks.words + 1, 0.7)
    weight = size / size.sum() * KIND_WEIGHT[example.gold.kind]
    if example.gold.kind == "human-segments":
        return weight * trust * (4 if trust.min() > 0 else 3)
    is_poor = example.gold.kind == "tool-fixture" and (blocks.words * (labels > WANTED)).sum() < FEWEST_WORDS
    return weight * 0 if is_poor or labels.max() < WANTED else weight


@dataclass(frozen=True, slots=True)
class Measured:
    """The features of a page's blocks, with their labels and weights."""

    example: Example
    blocks: Blocks
    names: tuple[str, ...]
    features: NDArray[np.float32]
    labels: NDArray[np.bool_]
    weights: NDArray[np.float64]


def measure_example(example: Example, weights: Mapping[str, int]) -> Measured:
    """Measure the blocks of a page with these weights of class words."""
    rows = np.array([weigh(weights, names) if names else NO_SCORE for names in example.names], np.float64)
    facts = AttributeFacts(rows[:, 0], rows[:, 1], rows[:, 2], example.regions)
    blocks, columns = measure(example.markup, [example.hints], facts)
    labels, trust = example.labels[blocks.kept], example.trust[blocks.kept]
    features = np.stack([np.asarray(column, np.float32) for column in columns.values()])
    weight = block_weights(example, blocks, labels, trust)
    return Measured(example, blocks, tuple(columns), features, labels > WANTED, weight)


def train(examples: Sequence[Example], trees: int) -> tuple[Trees, dict[str, int]]:
    """Return a model of the examples. A page is measured without the votes of its own site on class words."""
    import lightgbm

    votes = ClassWords(examples)
    without = {site: votes.without(site) for site in {example.gold.site for example in examples}}
    pages = [measure_example(example, without[example.gold.site]) for example in examples]
    features = np.concatenate([page.features for page in pages], axis=1).T
    labels = np.concatenate([page.labels for page in pages])
    weights = np.concatenate([page.weights for page in pages])
    used = weights > 0
    data = lightgbm.Dataset(
        features[used], labels[used].astype(int), weight=weights[used] / weights[used].mean()
    )
    booster = lightgbm.train(PARAMETERS, data, trees)
    return as_trees(booster.dump_model()["tree_info"], pages[0].names), votes.weights


def as_trees(dumped: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Trees:
    """Return trees of LightGBM as comparisons sorted by feature."""
    comparisons: list[tuple[int, np.float32, int, int]] = []
    leaves = np.zeros((len(dumped), LEAVES), np.int32)

    def walk(node: Mapping[str, Any], tree: int, first: int) -> int:
        """Number the leaves from the left, and return the number after the last."""
        if "leaf_value" in node:
            leaves[tree, first] = round(node["leaf_value"] * LEAF_UNIT)
            return first + 1
        middle = walk(node["left_child"], tree, first)
        limit = np.float32(node["threshold"])
        if float(limit) > node["threshold"]:
            limit = np.nextafter(limit, np.float32(-np.inf))
        comparisons.append((node["split_feature"], limit, tree, (1 << middle) - (1 << first)))
        return walk(node["right_child"], tree, middle)

    for number, tree in enumerate(dumped):
        walk(tree["tree_structure"], number, 0)
    comparisons.sort()
    feature = np.array([comparison[0] for comparison in comparisons])
    used = np.unique(feature)
    steps = (np.arange(-8 * LEAF_UNIT, 8 * LEAF_UNIT, CURVE_STEP) + CURVE_STEP / 2) / LEAF_UNIT
    return Trees(
        features=tuple(names[i] for i in used.tolist()),
        borders=(*np.searchsorted(feature, used).tolist(), len(feature)),
        limits=np.array([comparison[1] for comparison in comparisons], np.float32),
        tree=np.array([comparison[2] for comparison in comparisons]),
        struck=np.array([comparison[3] for comparison in comparisons], np.uint16),
        leaves=leaves,
        curve=np.rint(LIKELIHOOD_UNIT / (1 + np.exp(-steps))) / LIKELIHOOD_UNIT,
    )


def extract(example: Example, trees: Trees, weights: Mapping[str, int]) -> str:
    """Return the text of a page by a model that is not in the package."""
    page = measure_example(example, weights)
    columns = dict(zip(page.names, page.features, strict=True))
    kept = choose(page.blocks, likelihoods(trees, columns, len(page.blocks.texts)))
    return "\n".join(text for text, is_kept in zip(page.blocks.texts, kept.tolist(), strict=True) if is_kept)


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


def cross_validate(examples: Sequence[Example], trees: int) -> dict[str, float]:
    """Print and return the scores of pages whose site or template the model did not see."""
    pages, texts = read_unseen(examples, trees)
    result = scores(pages, texts)
    print("glotmill", json.dumps(rounded(result)), flush=True)
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for page, text in zip(pages, texts, strict=True):
        if page.text is not None:
            names = (("source", page.source), ("lang", page.lang), ("type", page.page_type))
            for key in names if page.kind == ARCHIVED else names[2:]:
                groups[key].append(page_f1(page, text))
    for (kind, name), values in sorted(groups.items()):
        if name and len(values) >= FEWEST_PAGES:
            print(f"{kind:8} {name:28} {len(values):5} {np.mean(values):.3f}")
    return result


def ablate(examples: Sequence[Example], trees: int) -> None:
    """Print the scores of variations, by pages of the sample alone."""
    sampled = [example for example in examples if example.is_trained]
    nameless = [replace(e, names=[() for _ in e.names]) for e in sampled]
    plain = [replace(e, hints=replace(e.hints, **dict.fromkeys(HINTS, False))) for e in sampled]
    untaught = [replace(e, is_trained=e.gold.kind != ARCHIVED) for e in sampled]
    for name, chosen, count in (
        ("as written", sampled, trees),
        ("half the trees", sampled, trees // 2),
        ("twice the trees", sampled, 2 * trees),
        ("without class words", nameless, trees),
        ("without hints of the head", plain, trees),
        ("archives only measured", untaught, trees),
    ):
        print(f"{name:28}", json.dumps(rounded(scores(*read_unseen(chosen, count)))), flush=True)


def others(examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """Print and return the scores of the other extractors on the same pages."""
    from pipeline.extractors import extract as extract_by

    result = {}
    for name in ("trafilatura", "resiliparse"):
        texts = [extract_by(example.gold.html, None, name).text for example in examples]
        result[name] = scores([example.gold for example in examples], texts)
        print(name, json.dumps(rounded(result[name])), flush=True)
    return result


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Return values with four digits."""
    return {name: round(value, 4) for name, value in values.items()}


def split(examples: Sequence[Example]) -> dict[str, int]:
    """Return of each site or template its fold."""
    real = sorted({example.gold.site for example in examples if example.gold.kind != ARCHIVED})
    made = sorted({example.gold.site for example in examples} - set(real))
    random.Random(SEED).shuffle(real)
    return {site: i % FOLDS for group in (real, made) for i, site in enumerate(group)}


def write(folder: Path, trees: Trees, weights: Mapping[str, int], facts: Mapping[str, Any]) -> None:
    """Write the model and its manifest."""
    content = pack(trees, weights)
    manifest = {
        "format": FORMAT,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "trees": len(trees.leaves),
        "features": len(trees.features),
        "class_words": len(weights),
        "lightgbm": version("lightgbm"),
        "licence": LICENCE,
        **facts,
    }
    folder.mkdir(exist_ok=True)
    (folder / MODEL).write_bytes(content)
    (folder / MANIFEST).write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def read_examples(data: Path) -> list[Example]:
    """Return all pages under `data`; of the archives most are only measured, not trained on."""
    gold = [page for path in sorted((data / "extraction").glob("*.parquet")) for page in read_gold(path)]
    archived = read_archives(data / "warc" / "assembled")
    trained = {id(page) for page in (*gold, *sample(archived, PAGES_OF_LANGUAGE, PAGES_OF_SOURCE))}
    return [make_example(page, id(page) in trained) for page in (*gold, *archived)]


def main() -> int:
    """Train, measure, and write where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--trees", type=int, default=TREES)
    parser.add_argument("--write", action="store_true", help="train on all pages too, and write the model")
    parser.add_argument("--ablations", action="store_true", help="only measure variations")
    arguments = parser.parse_args()
    examples = read_examples(arguments.data)
    if arguments.ablations:
        ablate(examples, arguments.trees)
        return 0
    measured = cross_validate(examples, arguments.trees)
    beside = others(examples)
    if arguments.write:
        trained = [example for example in examples if example.is_trained]
        facts = {
            "version": VERSION,
            "pages": len(trained),
            "sites": len({example.gold.site for example in trained}),
            "cross_validation": rounded(measured),
            "same_pages": {name: rounded(values) for name, values in beside.items()},
        }
        write(FOLDER, *train(trained, arguments.trees), facts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
