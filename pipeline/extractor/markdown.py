"""The chosen blocks of a page as Markdown: headings, lists, quotations, code and tables keep their form."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.extractor.markup import Markup
from pipeline.extractor.vocabulary import HEADINGS, NUMBERS

LIST, ITEM, ORDERED = NUMBERS["ul"], NUMBERS["li"], NUMBERS["ol"]
QUOTE, CODE, ROW = NUMBERS["blockquote"], NUMBERS["pre"], NUMBERS["tr"]
CELLS = (NUMBERS["td"], NUMBERS["th"])
FENCE = "```"
INDENT = "  "


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block stands: the nearest elements around it that give it a form; -1 where there is none."""

    tag: int
    item: int = -1
    is_ordered: bool = False
    depth: int = 0
    """Lists around it."""
    quotes: int = 0
    code: int = -1
    cell: int = -1
    row: int = -1


def as_markdown(markup: Markup, texts: Sequence[str], elements: Sequence[int]) -> tuple[str, list[int]]:
    """Return blocks as Markdown, and where in it each of them ends.

    A table whose cells hold several blocks joins them by blanks; of nested tables the inner one counts.

    Args:
        markup: the batch that the blocks are from.
        texts: of the blocks, in order.
        elements: of each block, the element around it.
    """
    places = [_place(markup, element) for element in elements]
    parts: list[str] = []
    ends: list[int] = []
    length = 0
    previous: _Place | None = None
    i = 0
    while i < len(texts):
        place = places[i]
        stop = i + 1
        while place.row >= 0 and stop < len(texts) and places[stop].row == place.row:
            stop += 1
        line = _row(texts[i:stop], places[i:stop]) if place.row >= 0 else _block(texts[i], place, previous)
        if previous is not None:
            parts.append("\n" if _belongs(previous, place) else "\n\n")
        parts.append("> " * place.quotes + line.replace("\n", "\n" + "> " * place.quotes))
        length += sum(map(len, parts[-2 if previous is not None else -1 :]))
        ends += [length] * (stop - i)
        previous = place
        i = stop
    return "".join(parts), ends


def _place(markup: Markup, element: int) -> _Place:
    """Climb from the element of a block to the root."""
    tag = int(markup.tag[element])
    item = code = cell = row = -1
    depth = quotes = 0
    is_ordered = False
    while True:
        here = int(markup.tag[element])
        if here == ITEM and item < 0:
            item = element
        elif here in (LIST, ORDERED):
            is_ordered = here == ORDERED if depth == 0 else is_ordered
            depth += 1
        elif here == QUOTE:
            quotes += 1
        elif here == CODE:
            code = element
        elif here in CELLS and cell < 0:
            cell = element
        elif here == ROW and row < 0:
            row = element
        above = int(markup.parent[element])
        if above == element:
            return _Place(tag, item, is_ordered, depth, quotes, code, cell, row)
        element = above


def _block(text: str, place: _Place, previous: _Place | None) -> str:
    if place.code >= 0:
        return f"{FENCE}\n{text}\n{FENCE}"
    if place.tag in HEADINGS:
        return "#" * (place.tag - HEADINGS.start + 1) + " " + text.replace("\n", " ")
    if place.item >= 0:
        indent = INDENT * max(0, place.depth - 1)
        is_first = previous is None or previous.item != place.item
        mark = ("1. " if place.is_ordered else "- ") if is_first else INDENT
        return indent + mark + text.replace("\n", "\n" + indent + INDENT)
    return text.replace("\n", "  \n")


def _row(texts: Sequence[str], places: Sequence[_Place]) -> str:
    """Return the blocks of a table row as a line of cells."""
    cells: dict[int, list[str]] = {}
    for text, place in zip(texts, places, strict=True):
        cells.setdefault(place.cell, []).append(text.replace("\n", " ").replace("|", "\\|"))
    return "| " + " | ".join(" ".join(cell) for cell in cells.values()) + " |"


def _belongs(previous: _Place, place: _Place) -> bool:
    """Whether two blocks stand in the same list or table, without an empty line between them."""
    if place.row >= 0 or previous.row >= 0:
        return place.row >= 0 and previous.row >= 0
    return previous.item >= 0 and place.item >= 0 and place.tag not in HEADINGS
