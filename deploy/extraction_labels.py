"""Which blocks of a page belong to its reference text: blocks and reference are aligned by their words.

Used by `train_extractor.py` and its modules only.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.float64]

UNSPACED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff"
TOKEN = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
WORD = re.compile(r"\w+")
HALF = 0.5
GRAM = 4
"""Tokens that must follow each other to count as found."""
LEAST_COVER = 0.3
MOST_PLACES, MOST_EXACT = 8, 40
LOOK_BACK = 1_500
"""Candidates of the chain that are looked back at."""
LONG, COVERED = 12, 0.8
"""Tokens of a block that may stand out of order, and its least cover."""


def word_f1(text: str, reference: str, *, by_character: bool = False) -> float:
    """Return the F1 of two multisets of words, or of letters and digits."""
    split = (lambda t: [c for c in t if c.isalnum()]) if by_character else WORD.findall
    found, wanted = Counter(split(text)), Counter(split(reference))
    total = found.total() + wanted.total()
    if not found or not wanted:
        return float(not total)
    return 2 * (found & wanted).total() / total


def label_blocks(texts: Sequence[str], reference: str) -> Labels:
    """Return of each block the share of its tokens that the reference has at the place in order.

    Of three ways to treat long blocks out of order the one whose text is nearest to the reference is taken.
    """
    wanted = TOKEN.findall(reference.lower())
    tokens = [TOKEN.findall(text.lower()) for text in texts]
    candidates = _candidates(tokens, wanted)
    chained = _chain(candidates, tokens)
    seen = {tuple(tokens[i]) for i in np.flatnonzero(chained).tolist()}
    every, fresh = chained.copy(), chained.copy()
    for block, _, cover in candidates:
        if chained[block] == 0 and len(tokens[block]) >= LONG and cover >= COVERED:
            every[block] = cover
            if tuple(tokens[block]) not in seen:
                fresh[block] = cover
    lower = reference.lower()
    return max((fresh, chained, every), key=lambda labels: word_f1(chosen_text(texts, labels).lower(), lower))


def chosen_text(texts: Sequence[str], labels: Labels) -> str:
    """Return the blocks of which more than half is wanted."""
    return "\n".join(text for text, label in zip(texts, labels.tolist(), strict=True) if label > HALF)


def _candidates(tokens: Sequence[list[str]], wanted: list[str]) -> list[tuple[int, list[int], float]]:
    """Return blocks with the places in the reference where they may be, and their cover there."""
    grams: dict[tuple[str, ...], list[int]] = defaultdict(list)
    singles: dict[str, list[int]] = defaultdict(list)
    for i, token in enumerate(wanted):
        singles[token].append(i)
        if i + GRAM <= len(wanted):
            grams[tuple(wanted[i : i + GRAM])].append(i)
    result = []
    for block, own in enumerate(tokens):
        if len(own) >= GRAM:
            places, cover = _cover(own, grams)
            if cover >= LEAST_COVER:
                result.append((block, places, cover))
        elif own:
            exact = [i for i in singles.get(own[0], ()) if wanted[i : i + len(own)] == own]
            if exact:
                result.append((block, exact[:MOST_EXACT], 1.0))
    return result


def _cover(own: list[str], grams: dict[tuple[str, ...], list[int]]) -> tuple[list[int], float]:
    covered = np.zeros(len(own), bool)
    starts: set[int] = set()
    for i in range(len(own) - GRAM + 1):
        places = grams.get(tuple(own[i : i + GRAM]), ())
        if places:
            covered[i : i + GRAM] = True
            if len(places) <= 2 * MOST_PLACES:
                starts.update(place - i for place in places)
    clusters: list[int] = []
    for start in sorted(starts) or [0]:
        if not clusters or start - clusters[-1] > len(own):
            clusters.append(start)
    return clusters[:MOST_PLACES], float(covered.mean())


def _chain(candidates: list[tuple[int, list[int], float]], tokens: Sequence[list[str]]) -> Labels:
    """Return the covers of the heaviest chain of blocks that is in order on the page and in the reference."""
    labels = np.zeros(len(tokens))
    nodes = [(block, place, cover) for block, places, cover in candidates for place in places]
    if not nodes:
        return labels
    block, place = np.array([n[0] for n in nodes]), np.array([n[1] for n in nodes])
    size = np.array([len(tokens[n[0]]) for n in nodes])
    weight = size * np.array([n[2] if len(tokens[n[0]]) >= GRAM else 0.9 for n in nodes])
    best, previous = np.zeros(len(nodes)), np.full(len(nodes), -1)
    for i in range(len(nodes)):
        low = max(0, i - LOOK_BACK)
        ends = place[low:i] + np.maximum(1, size[low:i] * 0.5)
        fits = (block[low:i] < block[i]) & (ends <= place[i])
        best[i] = weight[i]
        if fits.any():
            gap = np.minimum(np.abs(place[i] - (place[low:i] + size[low:i])), 200) * 0.002
            value = np.where(fits, best[low:i] - gap, -1e9)
            j = int(np.argmax(value))
            if value[j] > 0:
                best[i] += value[j]
                previous[i] = j + low
    i = int(np.argmax(best))
    while i >= 0:
        labels[nodes[i][0]] = nodes[i][2]
        i = int(previous[i])
    return labels
