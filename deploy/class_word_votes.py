"""Votes of sites on class words: how the weights of `pipeline/extractor/attributes.py` are learned.

Used by `train_extractor.py` and its modules only.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from extraction_pages import GoldPage
from numpy.typing import NDArray

from pipeline.extractor.attributes import words
from pipeline.extractor.hints import Hints
from pipeline.extractor.markup import Markup

WANTED = 0.5
"""Share of a block's words that the reference has, above which the block is wanted."""
LEAST_SITES = 3
"""Sites that must have a class word for it to get a weight."""


@dataclass(slots=True)
class Example:
    """A page with its blocks and their labels."""

    gold: GoldPage
    markup: Markup
    hints: Hints
    names: list[tuple[str, ...]]
    """Of each attribute text."""
    regions: NDArray[np.int64]
    """Of each attribute text."""
    labels: NDArray[np.float64]
    trust: NDArray[np.float64]
    """Of each block, how sure the label is."""
    is_trained: bool


class ClassWords:
    """Votes of sites on class words: is the text below them wanted?"""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.votes: dict[str, dict[str, list[float]]] = defaultdict(dict)
        for example in examples:
            for word, (good, bad) in _votes(example).items():
                site = self.votes[word].setdefault(example.gold.site, [0.0, 0.0])
                share = min(1.0, (good + bad) * 4)
                site[0] += share * good / (good + bad)
                site[1] += share * bad / (good + bad)
        self.sums = {
            w: tuple(map(sum, zip(*v.values(), strict=True)))
            for w, v in self.votes.items()
            if len(v) >= LEAST_SITES
        }
        self.weights = {word: _log_odds(good, bad) for word, (good, bad) in sorted(self.sums.items())}

    def without(self, site: str) -> dict[str, int]:
        """Return the weights, had `site` not voted; without words that too few sites then vote on."""
        result: dict[str, int | None] = {}
        for word, (good, bad) in self.sums.items():
            own = self.votes[word].get(site)
            if own:
                enough = len(self.votes[word]) > LEAST_SITES
                result[word] = _log_odds(good - own[0], bad - own[1]) if enough else None
        return {w: result.get(w, x) for w, x in self.weights.items() if result.get(w, x) is not None}


def _log_odds(good: float, bad: float) -> int:
    """Return the log-odds in thousandths."""
    return round(1_000 * float(np.log((good + 0.5) / (bad + 0.5))))


def _votes(example: Example) -> Mapping[str, tuple[float, float]]:
    markup, trust = example.markup, example.trust
    if not trust.any():
        return {}
    size = np.array([len(text.split()) + text.count("\u3002") * 10 + 2.0 for text in markup.texts]) * trust
    total = size.sum() + 1
    votes: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    around: dict[int, frozenset[str]] = {}

    def words_around(element: int) -> frozenset[str]:
        if element not in around:
            own = {word for name in example.names[markup.attribute[element]] for word in words(name)}
            parent = int(markup.parent[element])
            around[element] = frozenset(own) | (words_around(parent) if parent != element else frozenset())
        return around[element]

    for element, weight, label in zip(
        markup.element.tolist(), size.tolist(), example.labels.tolist(), strict=True
    ):
        for word in words_around(element) if weight else ():
            votes[word][label <= WANTED] += weight / total
    return {word: (good, bad) for word, (good, bad) in votes.items()}
