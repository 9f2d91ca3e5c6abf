"""From pages with reference text to a model: labelled blocks, boosted trees, their form in the package.

Used by `train_extractor.py` and `extraction_measures.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from class_word_votes import WANTED, ClassWords, Example
from extraction_labels import label_blocks
from extraction_pages import ARCHIVED, GoldPage
from numpy.typing import NDArray

from pipeline.extractor.attributes import NO_SCORE, AttributeFacts, names_and_regions, weigh
from pipeline.extractor.choice import choose
from pipeline.extractor.features import measure
from pipeline.extractor.hints import read_hints
from pipeline.extractor.markup import read_markup, well_formed
from pipeline.extractor.trees import CURVE_STEP, LEAF_UNIT, LEAVES, LIKELIHOOD_UNIT, Trees, likelihoods
from pipeline.extractor.view import Blocks

TREES = 120
"""Of 120 and 160 trees at rates of 0.12 and 0.1 and several seeds, all within 0.004 on pages of people."""
PARAMETERS = {
    "objective": "binary", "learning_rate": 0.12, "num_leaves": 16, "min_data_in_leaf": 60,
    "feature_fraction": 0.3, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 10.0, "seed": 5,
    "verbose": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "max_bin": 255,
}  # fmt: skip

SHORT_TEXT, SHORT_BLOCK = 400, 25
"""Characters of a teacher's text, of a block inside a snippet, that say too little."""
FEWEST_WORDS = 60
"""Wanted words of a tool's fixture that say too little."""
KIND_WEIGHT = {"human": 1.6, "reviewed": 1.25, "tool-fixture": 0.96, "human-segments": 1.4, ARCHIVED: 0.3}
TEACHER_WEIGHT = 0.15
"""Of the text that another extractor finds, where only snippets are known."""


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
