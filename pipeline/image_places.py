"""Where the images of a text stand once the text has been changed: told by the lines before and after.

A line that is as it was, blanks around it aside, keeps its images. Lines that stay as many between two such
lines were changed in their place: an image at the end of one goes to the end of what it became. The images of
lines that were cut go behind the last line before them that is left. Where a change both cut and altered
neighbouring lines, and inside of a line that was altered, the place of an image is not known: it is dropped.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from schemas.document import IMAGES

PLACE_UNKNOWN: Final = "image_place_unknown"
"""Why an image is not with its document any more."""

Place = tuple[int, bool] | None
"""Of a line: which line it has become, and true; the last line left before it, -1 for none, and false; or
None, not known."""


def follow_images(images: pa.Array, before: pa.Array, after: pa.Array) -> pa.Array:
    """Return the images of each text with their positions in what the text became, less those not known.

    Args:
        images: of each text a list, as the column `images` has it, or null.
        before: the texts that the positions count in.
        after: what the texts became.
    """
    changed = pc.and_(pc.not_equal(before, after), pc.greater(pc.list_value_length(images), 0))
    rows = pc.indices_nonzero(pc.fill_null(changed, False))
    if not len(rows):
        return images
    found = images.to_pylist()
    texts = zip(before.take(rows).to_pylist(), after.take(rows).to_pylist(), strict=True)
    for row, (old, new) in zip(rows.to_pylist(), texts, strict=True):
        found[row] = list(_moved(found[row], old, new))
    return pa.array(found, IMAGES.type)


def _moved(images: Sequence[dict[str, Any]], before: str, after: str) -> Iterator[dict[str, Any]]:
    old, new = before.split("\n"), after.split("\n") if after else []
    starts, new_starts, places = _starts(old), _starts(new), match_lines(old, new)
    for image in images:
        line = bisect_right(starts, image["position"]) - 1
        place = places[line]
        if place is None:
            continue
        number, is_left = place
        if is_left:
            inside = _inside(old[line], new[number], image["position"] - starts[line])
        else:
            number = next((i for i in range(number, -1, -1) if new[i].strip()), -1)
            inside = len(new[number]) if number >= 0 else 0
        if inside is not None:
            yield image | {"position": inside + (new_starts[number] if number >= 0 else 0)}


def _starts(lines: Sequence[str]) -> list[int]:
    """Return where each line begins in the text."""
    return [0, *(end + i for i, end in enumerate(accumulate(map(len, lines[:-1])), 1))]


def _inside(old: str, new: str, place: int) -> int | None:
    """Return the place in a line of what was `place` before; None inside of one that is not as it was."""
    if place >= len(old.rstrip()):
        return len(new)
    if place == 0:
        return 0
    if old.strip() != new.strip():
        return None
    blanks = (len(line) - len(line.lstrip()) for line in (old, new))
    return max(0, place - next(blanks) + next(blanks))


@dataclass(slots=True)
class _Matching:
    """The lines of a text before and after, without blanks around them, and the places found so far."""

    old: list[str]
    new: list[str]
    places: list[Place]


def match_lines(old: Sequence[str], new: Sequence[str]) -> list[Place]:
    """Return of each line of a text what became of it; of equal lines, of which some went, the first stay."""
    matching = _Matching([line.strip() for line in old], [line.strip() for line in new], [None] * len(old))
    first, new_first = 0, 0
    for line, new_line in (*_anchors(matching.old, matching.new), (len(old), len(new))):
        _match_between(matching, range(first, line), range(new_first, new_line))
        if line < len(old):
            matching.places[line] = new_line, True
        first, new_first = line + 1, new_line + 1
    return matching.places


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of equal lines that are the only ones of their kind, the most that are in order."""
    counts, new_places = Counter(old), {line: i for i, line in enumerate(new)}
    new_counts = Counter(new)
    pairs = [
        (i, new_places[line]) for i, line in enumerate(old) if counts[line] == 1 and new_counts[line] == 1
    ]
    ends: list[int] = []
    """Of chains of each length, the least last line."""
    last: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        if length == len(ends):
            ends.append(place)
            last.append(number)
        ends[length], last[length] = place, number
        before.append(last[length - 1] if length else -1)
    chain: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _match_between(matching: _Matching, lines: range, new_lines: range) -> None:
    """Find the places of lines between two that are certain."""
    old, new, places = matching.old, matching.new, matching.places
    while lines and new_lines and old[lines[0]] == new[new_lines[0]]:
        places[lines[0]] = new_lines[0], True
        lines, new_lines = lines[1:], new_lines[1:]
    while lines and new_lines and old[lines[-1]] == new[new_lines[-1]]:
        places[lines[-1]] = new_lines[-1], True
        lines, new_lines = lines[:-1], new_lines[:-1]
    if len(lines) == len(new_lines):
        for line, new_line in zip(lines, new_lines, strict=True):
            places[line] = new_line, True
        return
    found: list[tuple[int, bool]] = []
    left = new_lines
    for line in lines:
        is_left = bool(left) and old[line] == new[left[0]]
        found.append((left[0] if is_left else left.start - 1, is_left))
        left = left[is_left:]
    if not left:
        places[lines.start : lines.stop] = found
