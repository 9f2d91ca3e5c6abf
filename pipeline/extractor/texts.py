"""Pages in, main texts out: the one door of the extractor.

html ─► well_formed (lexbor) ─► read_markup ─► measure ─► likelihoods ─► choose ─► text
        a page at a time         a batch of pages, as flat arrays
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.extractor.choice import COMMENTS, choose
from pipeline.extractor.class_words import AttributeReader
from pipeline.extractor.features import measure
from pipeline.extractor.hints import read_hints
from pipeline.extractor.markdown import as_markdown
from pipeline.extractor.markup import read_markup, well_formed
from pipeline.extractor.trees import likelihoods, model
from schemas.errors import RecipeError, near_name

FORMS = ("text", "markdown")
BATCH_PAGES, BATCH_BYTES = 64, 4 << 20
"""Pages of a batch at most, and bytes of their markup after which a batch ends."""


@dataclass(frozen=True, slots=True)
class MainText:
    """The text of a page."""

    text: str
    """Blocks joined by newlines; empty only where the page has no visible text."""
    cut_tags: int = 0
    """Tags at the end of a giant page that were not read."""


def extract_text(html: str, comments: str = "auto", form: str = "text") -> str:
    """Return the main text of one page."""
    return next(extract_texts([html], comments, form)).text


def extract_texts(
    pages: Iterable[str | bytes], comments: str = "auto", form: str = "text"
) -> Iterator[MainText]:
    """Yield the main text of each page, in order. A page's text does not depend on the others.

    Args:
        pages: HTML as text or in UTF-8.
        comments: `auto`, `keep` or `drop`, see `choose`.
        form: `text`, a block a line, or `markdown`.

    Raises:
        RecipeError: `comments` or `form` is none of these.
    """
    _check("comments", comments, COMMENTS)
    _check("form", form, FORMS)
    batch: list[tuple[bytes, bytes, int]] = []
    size = 0
    for page in pages:
        html = page.encode("utf-8", "replace") if isinstance(page, str) else page
        markup, cut_tags = well_formed(html)
        batch.append((html, markup, cut_tags))
        size += len(markup)
        if len(batch) == BATCH_PAGES or size >= BATCH_BYTES:
            yield from _read(batch, comments, form)
            batch, size = [], 0
    if batch:
        yield from _read(batch, comments, form)


def _read(batch: Sequence[tuple[bytes, bytes, int]], comments: str, form: str) -> Iterator[MainText]:
    markup = read_markup([page for _, page, _ in batch])
    facts = _reader().read(markup.attributes)
    blocks, columns = measure(markup, [read_hints(html) for html, _, _ in batch], facts)
    likelihood = likelihoods(model().trees, columns, len(blocks.texts))
    chosen = np.flatnonzero(choose(blocks, likelihood, comments))
    borders = np.searchsorted(chosen, blocks.first).tolist()
    numbers = chosen.tolist()
    for number, (_, _, cut_tags) in enumerate(batch):
        kept = numbers[borders[number] : borders[number + 1]]
        texts = [blocks.texts[i] for i in kept]
        if form == "markdown":
            yield MainText(as_markdown(markup, texts, blocks.element[kept].tolist()), cut_tags)
        else:
            yield MainText("\n".join(texts), cut_tags)


def _check(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise RecipeError(
            f"{name}: expected one of {', '.join(known)}, got {value!r}{near_name(value, known)}"
        )


@functools.cache
def _reader() -> AttributeReader:
    return AttributeReader(model().words)
