"""Slow references of signals of other columns than the text, from their definitions."""

from collections.abc import Mapping, Sequence
from importlib import resources

from tests.slow_kinds import Reference, share
from tests.slow_lists import keys

FROM_SIZES, COUNTS = (1, 2, 3, 5, 100, 1000), (1, 2, 3, 5, 8, 1)
WEIGHTS = resources.files("filters").joinpath("data/fineweb2_rehydration.tsv")
BUCKETS = {"en": (10.0, 100.0), "hin_Deva": (200.0, 300.0)}


def failed_chunks(chunks: int | None, failed: int | None) -> float | None:
    return share(failed or 0, chunks or 0)


def repetitions(size: int | None, from_sizes: Sequence[int], counts: Sequence[int]) -> int | None:
    """The count of the last size that a cluster reaches; of the first, for one that is smaller."""
    if size is None:
        return None
    return [n for start, n in zip(from_sizes, counts, strict=True) if start <= max(size, from_sizes[0])][-1]


def repetitions_by_language(size: int | None, lang: str | None) -> int | None:
    lines = WEIGHTS.read_text("utf-8").splitlines()
    own = next((line for line in lines if lang is not None and line.startswith(f"{lang}\t")), None)
    if own is None:
        return repetitions(size, FROM_SIZES, COUNTS)
    pairs = [pair.split(":") for pair in own.split("\t")[1].split(";")]
    return repetitions(size, [int(start) for start, _ in pairs], [int(n) for _, n in pairs])


def bucket(value: float | None, lang: str | None, limits: Mapping[str, tuple[float, float]]) -> str:
    found = next((limits[key] for key in keys(lang) if key in limits), None)
    if value is None or found is None:
        return "all"
    return "head" if value < found[0] else "middle" if value < found[1] else "tail"


REFERENCES: list[Reference] = [
    ("failed_chunk_ratio", {}, failed_chunks),
    ("rehydration_count", {}, lambda size: repetitions(size, FROM_SIZES, COUNTS)),
    (
        "rehydration_count",
        {"from_sizes": (2, 7, 9), "counts": (4, 1, 2)},
        lambda size: repetitions(size, (2, 7, 9), (4, 1, 2)),
    ),
    ("rehydration_count_by_language", {}, repetitions_by_language),
    ("perplexity_bucket", {}, lambda value, lang: bucket(value, lang, {})),
    ("perplexity_bucket", {"limits": BUCKETS}, lambda value, lang: bucket(value, lang, BUCKETS)),
]
