"""Every signal, by topic. Importing this package declares them all."""

from filters.signals import (
    characters,
    content,
    counts,
    dedup,
    glotcc,
    gopher,
    hashes,
    language,
    lines,
    listed,
    ngrams,
    perplexity,
    repetition,
    rpv2,
    scripts,
)

__all__ = [
    "characters",
    "content",
    "counts",
    "dedup",
    "glotcc",
    "gopher",
    "hashes",
    "language",
    "lines",
    "listed",
    "ngrams",
    "perplexity",
    "repetition",
    "rpv2",
    "scripts",
]
