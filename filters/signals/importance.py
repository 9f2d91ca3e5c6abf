"""How much more a text is like one kind of text than like another, by its hashed words (DSIR)."""

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.importance import SMOOTHING, features, open_table
from filters.registry import signal
from filters.signals.columns import column
from filters.text import TextBatch
from schemas.errors import ModelError


@signal(
    pa.float64(),
    unit="nats",
    source="RedPajama-V2 rps_doc_*_importance, importance_weights.py (855a8e0); Xie et al. 2023 (DSIR)",
)
def importance_score(
    text: TextBatch,
    *,
    target: str | None = None,
    background: str | None = None,
    length_correction: bool = False,
) -> pa.Array:
    """Sum over hashed unigrams and bigrams of log share in `target` - log share in `background`.

    Both are files of `filters/importance.py`; shares are smoothed by 1e-8. With `length_correction` the
    logarithm of the ratio of the Poisson probabilities of the length in code points is added, smoothed alike.
    Null without both tables and for an empty text.
    """
    if target is None or background is None:
        return pa.nulls(len(text), pa.float64())
    wanted, other = open_table(target), open_table(background)
    if len(wanted.counts) != len(other.counts):
        raise ModelError(
            f"{target}: expected {len(other.counts)} buckets as {background}, got {len(wanted.counts)}"
        )
    at, rows = features(text, len(wanted.counts))
    weights = (wanted.log_shares - other.log_shares)[at]
    scores = np.bincount(rows, weights, minlength=len(text)).astype(np.float64)
    if length_correction:
        scores += _log_poisson(text.lengths, wanted.length) - _log_poisson(text.lengths, other.length)
    return column(text, scores, pa.float64(), text.lengths == 0)


def _log_poisson(lengths: NDArray[np.int64], mean: float) -> NDArray[np.float64]:
    """Return log(P(length) + 1e-8) of a Poisson distribution."""
    if mean <= 0:
        return np.full(len(lengths), math.log(SMOOTHING))
    logs = [n * math.log(mean) - mean - math.lgamma(n + 1) for n in lengths.tolist()]
    return np.log(np.exp(np.array(logs, dtype=np.float64)) + SMOOTHING)
