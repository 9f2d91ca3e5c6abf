"""How much personal data a text holds."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.personal_data import DOLMA, MOST_QUESTION_MARKS, find_in_line
from filters.registry import signal
from filters.signals.columns import count
from filters.spans import Spans, distinct
from filters.text import TextBatch
from filters.unicode_tables import NUMERIC

THREE, FOUR = 2, 3  # from the first to the last of so many digits
GAP: Final = 2  # from one group of digits to the next, at most
OCTET: Final = 4  # code points with its full stop, at most


@signal(pa.int32(), unit="places", source=DOLMA)
def personal_data_count(text: TextBatch) -> pa.Array:
    """E-mail addresses, US telephone numbers and IPv4 addresses, by the patterns of `personal_data.py`."""
    counts = np.zeros(len(text), dtype=np.int64)
    at = np.sort(np.concatenate((text.symbol("@"), _ten_digits(text), _four_octets(text))))
    looked_at = text.per_row(text.symbol("?")) <= MOST_QUESTION_MARKS
    at = at[looked_at[text.row_offsets.searchsorted(at, side="right") - 1]]
    if len(at):
        lines = _lines_at(text, at)
        places = [sum(1 for _ in find_in_line(line)) for line in text.slice_text(lines).to_pylist()]
        rows = text.row_offsets.searchsorted(lines.starts, side="right") - 1
        np.add.at(counts, rows, places)
    return count(text, counts)


def _ten_digits(text: TextBatch) -> NDArray[np.int64]:
    """Return where three, three and four digits may follow each other, the four next to what is before."""
    at = text.numbers
    four, gap = at[9:] - at[6:-3], at[6:-3] - at[5:-4]
    second, first = at[5:-4] - at[3:-6], at[2:-7] - at[:-9]
    likely: NDArray[np.int64] = at[6:-3][(four == FOUR) & (gap <= GAP) & (second == THREE) & (first == THREE)]
    return likely


def _four_octets(text: TextBatch) -> NDArray[np.int64]:
    """Return where three full stops, each between digits, are near enough for an IPv4 address."""
    stops, numeric = text.symbol("."), text.flag(NUMERIC)
    stops = stops[(stops > 0) & (stops < len(numeric) - 1)]
    stops = stops[numeric[stops - 1] & numeric[stops + 1]]
    return stops[:-2][stops[2:] - stops[:-2] <= 2 * OCTET]


def _lines_at(text: TextBatch, at: NDArray[np.int64]) -> Spans:
    """Return the lines that some ascending positions lie in, each once, with their line feeds."""
    feeds, borders = text.line_feeds, text.row_offsets
    after = feeds.searchsorted(at)
    row = borders.searchsorted(at, side="right")
    starts = np.maximum(np.append(feeds, -1)[after - 1] + 1, borders[row - 1])
    ends = np.minimum(np.append(feeds, borders[-1])[after] + 1, borders[row])
    starts, ends = distinct(starts), distinct(ends)
    return Spans(starts, ends, np.array([0, len(starts)]))
