"""Every signal, by topic. Importing this package declares them all."""

from filters.signals import (
    characters,
    counts,
    dedup,
    gopher,
    hashes,
    language,
    lines,
    listed,
    ngrams,
    perplexity,
    repetition,
    scripts,
)

__all__ = [
    "characters",
    "counts",
    "dedup",
    "gopher",
    "hashes",
    "language",
    "lines",
    "listed",
    "ngrams",
    "perplexity",
    "repetition",
    "scripts",
]
