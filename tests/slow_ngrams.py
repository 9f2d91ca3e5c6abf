"""Slow references of signals that count n-grams, from their definitions."""

import math
from collections import Counter
from typing import Any

from tests import slow_text
from tests.slow_kinds import WORDS, Reference, ngrams, normalised, share
from tests.slow_text import fold


def char_rep(text: str, n: int) -> float | None:
    counts = Counter(text[i : i + n] for i in range(len(text) - n + 1))
    k = min(math.isqrt(len(counts)), sum(c > 1 for c in counts.values()))
    return share(sum(sorted(counts.values(), reverse=True)[:k]), sum(counts.values()))


def word_rep(text: str, n: int, kind: str = "roots") -> float | None:
    counts = Counter(ngrams([fold(w) for w in WORDS[kind](text)], n))
    return share(sum(c for c in counts.values() if c > 1), sum(counts.values()))


def spaced_digits(text: str) -> str:
    return "".join(" " * (i > 0 and text[i - 1].isdigit() != c.isdigit()) + c for i, c in enumerate(text))


def top_ngram(text: str, n: int, variant: str) -> float | None:
    words, whole, spaces, lone, longest = counted(text, variant)
    grams = ngrams(words, n)
    if not grams:
        return None
    counts = Counter(grams)
    size = lambda gram: sum(map(len, gram)) + spaces * (n - 1)  # noqa: E731
    best = max(counts, key=lambda gram: (counts[gram], size(gram) if longest else 0))
    if counts[best] == 1:
        best = grams[0]
    return share(size(best) * counts[best] if lone or counts[best] > 1 else 0, whole)


def dup_ngram(text: str, n: int, variant: str) -> float | None:
    words, whole, *_ = counted(text, variant)
    grams, counts = ngrams(words, n), Counter(ngrams(words, n))
    if not grams:
        return None
    if variant == "dolma":
        sizes = [sum(map(len, gram)) for gram in grams]
        return share(sum(s for s, g in zip(sizes, grams, strict=True) if counts[g] > 1), sum(sizes))
    if variant in ("gopher", "dclm", "rpv2"):
        covered = {i + k for i, gram in enumerate(grams) if counts[gram] > 1 for k in range(n)}
        return share(sum(len(words[i]) for i in covered), whole)
    seen: set[Any] = set()
    part, i = 0, 0
    while i < len(grams):
        if grams[i] in seen:
            part += sum(map(len, grams[i]))
            i += n
        else:
            seen.add(grams[i])
            i += 1
    return share(part, whole)


def counted(text: str, variant: str) -> tuple[list[str], int, bool, bool, bool]:
    """Words, denominator, spaces between words, lone n-grams, longest of equals."""
    if variant in ("gopher", "dclm"):
        words = slow_text.words(text)
        return [fold(w) if variant == "gopher" else w for w in words], len("".join(words)), False, False, True
    if variant == "dolma":
        return text.split(), len("".join(text.split())), False, True, False
    if variant == "rpv2":
        words = normalised(text).split()
        return [fold(w) for w in words], len("".join(words)), False, False, False
    if variant == "glotcc":
        text = spaced_digits(text)
    kind = {"glotcc": "blanks", "datatrove": "tokens"}.get(variant, "whitespace")
    return WORDS[kind](text), len(text), True, True, False


def line_top(text: str, n: int) -> float | None:
    lines = [line for line in text.split("\n") if len(line.split(" ")) > 20]
    return max((top_ngram(line, n, "glotcc") or 0 for line in lines), default=None)


REFERENCES: list[Reference] = [
    *[("char_rep_ratio", {"n": n}, lambda t, n=n: char_rep(t, n)) for n in (1, 2, 3, 10)],
    *[("word_rep_ratio", {"n": n}, lambda t, n=n: word_rep(t, n)) for n in (1, 2, 5)],
    ("word_rep_ratio", {"n": 2, "kind": "unicode"}, lambda t: word_rep(t, 2, "unicode")),
    *[
        (name, {"n": n, "variant": v}, lambda t, f=f, n=n, v=v: f(t, n, v))
        for name, f in (("top_ngram_char_ratio", top_ngram), ("dup_ngram_char_ratio", dup_ngram))
        for v in ("gopher", "dclm", "dolma", "rpv2", "datatrove", "datatrove-whitespace", "glotcc")
        for n in (1, 2, 3)
    ],
    *[("max_line_top_ngram_char_ratio", {"n": n}, lambda t, n=n: line_top(t, n)) for n in (1, 2)],
]
