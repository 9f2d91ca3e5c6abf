"""Labels that published corpora carry beside a text: CCNet's bucket, OSCAR's quality warnings."""

import functools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.language_keys import list_keys
from filters.registry import signal
from filters.signals.columns import column
from filters.signals.oscar import OSCAR, short_at_edge
from filters.spans import sums
from filters.tallies import LETTERS, tally
from filters.text import TextBatch

HALF: Final = 0.5


@signal(pa.string(), unit="head, middle, tail or all", source="cc_net bda555b, mine.py and data/cutoff.csv")
def perplexity_bucket(
    perplexity: pa.Array, lang: pa.Array, *, limits: Mapping[str, Sequence[float]] | None = None
) -> pa.Array:
    """`head` under the first limit of the language, `middle` under the second, else `tail`.

    `all` where the language has no model or no limits: nothing is known of such a text.
    """
    known = limits or {}
    labels = lang.to_pylist()
    found = {label: next((known[k] for k in list_keys(label or "") if k in known), None) for label in labels}
    return pa.array(
        [_bucket(value, found[label]) for value, label in zip(perplexity.to_pylist(), labels, strict=True)],
        pa.string(),
    )


def _bucket(perplexity: float | None, limits: Sequence[float] | None) -> str:
    if perplexity is None or limits is None:
        return "all"
    head, middle = limits
    if perplexity < head:
        return "head"
    return "middle" if perplexity < middle else "tail"


@signal(pa.string(), unit="names with commas between", source=f"{OSCAR}, annotators in their order")
def oscar_warnings(text: TextBatch, *, tiny: int = 5, characters: int = 100) -> pa.Array:
    """OSCAR's annotations of a text: `tiny`, `short_sentences`, `header`, `footer`, `noisy`; empty for none.

    Tiny: under 5 lines. Short sentences: over half of the lines have at most 100 code points. Header, footer:
    of the first or last fifth of the lines, over half (rounded down) are under 100 bytes. Noisy: more than
    half (rounded down) of the code points are neither letters nor marks.
    """
    lines = text.lines("split")
    short = sums(lines.lengths <= characters, lines.offsets)
    verdicts = {
        "tiny": lines.counts < tiny,
        "short_sentences": short > HALF * lines.counts,
        "header": _over_half(text, first=True),
        "footer": _over_half(text, first=False),
        "noisy": text.lengths - tally(text, LETTERS) > text.lengths // 2,
    }
    numbers = np.zeros(len(text), dtype=np.int64)
    for bit, held in enumerate(verdicts.values()):
        numbers += held.astype(np.int64) << bit
    return column(text, _lists_of((*verdicts,))[numbers], pa.string())


@functools.cache
def _lists_of(names: tuple[str, ...]) -> NDArray[np.object_]:
    """Return the names, commas between, of each set of them by the bits of its number."""
    numbers = range(1 << len(names))
    lists = [",".join(name for bit, name in enumerate(names) if number >> bit & 1) for number in numbers]
    return np.array(lists, dtype=object)


def _over_half(text: TextBatch, first: bool) -> NDArray[np.bool_]:
    """Return where more than half of the first or last fifth of the lines, rounded down, are short."""
    short, lines = short_at_edge(text, size=100, share=0.2, first=first)
    over: NDArray[np.bool_] = short > lines // 2
    return over
