"""Labels that published corpora carry beside a text: CCNet's bucket, OSCAR's quality warnings."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from filters.language_keys import list_keys
from filters.registry import signal
from filters.signals.columns import column
from filters.signals.oscar import OSCAR, footer_short_line_ratio, header_short_line_ratio
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
    edge = (text.lines().counts * 0.2).astype(np.int64)
    verdicts = {
        "tiny": lines.counts < tiny,
        "short_sentences": short > HALF * lines.counts,
        "header": _over_half(header_short_line_ratio(text), edge),
        "footer": _over_half(footer_short_line_ratio(text), edge),
        "noisy": text.lengths - tally(text, LETTERS) > text.lengths // 2,
    }
    names, numbers = [*verdicts], np.zeros(len(text), dtype=np.int64)
    for bit, held in enumerate(verdicts.values()):
        numbers += held.astype(np.int64) << bit
    every = [
        ",".join(name for bit, name in enumerate(names) if number >> bit & 1)
        for number in range(1 << len(names))
    ]
    return column(text, np.array(every, dtype=object)[numbers], pa.string())


def _over_half(ratio: pa.Array, edge: np.ndarray) -> np.ndarray:
    """Return where more than half of the lines of the edge, rounded down, are short."""
    short = np.rint(np.asarray(ratio.fill_null(0), np.float64) * edge)
    return np.asarray((short > edge // 2) & (edge > 0), np.bool_)
