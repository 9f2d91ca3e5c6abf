"""Pages in, main texts out: the one door of the extractor.

html ─► well_formed (lexbor) ─► read_markup ─► measure ─► likelihoods ─► choose ─► text
        a page at a time         a batch of pages, as flat arrays
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from pipeline.extractor.choice import COMMENTS, choose
from pipeline.extractor.class_words import AttributeReader
from pipeline.extractor.features import measure
from pipeline.extractor.hints import read_hints
from pipeline.extractor.images import Image, place_images
from pipeline.extractor.markdown import as_markdown
from pipeline.extractor.markup import read_markup, well_formed
from pipeline.extractor.page_kinds import page_kinds
from pipeline.extractor.trees import likelihoods, model
from schemas.errors import RecipeError, near_name

FORMS = ("text", "markdown")
BATCH_PAGES, BATCH_BYTES = 64, 4 << 20
"""Pages of a batch at most, and bytes of their markup after which a batch ends."""


@dataclass(frozen=True, slots=True)
class MainText:
    """The text of a page."""

    text: str
    """Blocks joined by newlines; empty only where the page has no visible text, or is not wanted."""
    cut_tags: int = 0
    """Tags at the end of a giant page that were not read."""
    kind: str = ""
    """What kind of page it is, one of `page_kinds.KINDS`; empty where it is not wanted."""
    images: tuple[Image, ...] = ()
    is_wanted: bool = True


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How the text of pages is made.

    `comments` is `auto`, `keep` or `drop`, see `choose`; `form` is `text`, a block a line, or `markdown`.
    With `images` those in the text are noted. `wanted` is given all text of a page first, and a page that it
    refuses is not read.
    """

    comments: str = "auto"
    form: str = "text"
    images: bool = False
    wanted: Callable[[str], bool] | None = None


def extract_text(html: str, comments: str = "auto", form: str = "text") -> str:
    """Return the main text of one page."""
    return next(extract_texts([html], TextOptions(comments, form))).text


def extract_texts(
    pages: Iterable[str | bytes],
    options: TextOptions = TextOptions(),
) -> Iterator[MainText]:
    """Yield the main text of each page, in order. A page's text does not depend on the others.

    Args:
        pages: HTML as text or in UTF-8.
        options: how the text is made.

    Raises:
        RecipeError: there is no such way to treat comments, or no such form.
    """
    check_option("comments", options.comments, COMMENTS)
    check_option("form", options.form, FORMS)
    batch: list[_Page] = []
    size = 0
    for page in pages:
        html = page.encode("utf-8", "replace") if isinstance(page, str) else page
        formed = well_formed(html, options.wanted)
        batch.append((html, *(formed or (None, 0))))
        size += len(formed[0]) if formed else 0
        if len(batch) == BATCH_PAGES or size >= BATCH_BYTES:
            yield from _read(batch, options)
            batch, size = [], 0
    if batch:
        yield from _read(batch, options)


_Page = tuple[bytes, bytes | None, int]
"""A page, its markup if it is wanted, and the tags cut off."""


def _read(batch: Sequence[_Page], options: TextOptions) -> Iterator[MainText]:
    """Yield the texts of some pages."""
    wanted = [(html, markup, cut_tags) for html, markup, cut_tags in batch if markup is not None]
    texts = _extract(wanted, options) if wanted else iter(())
    for _, markup, _ in batch:
        yield next(texts) if markup is not None else MainText("", is_wanted=False)


def _extract(batch: Sequence[tuple[bytes, bytes, int]], options: TextOptions) -> Iterator[MainText]:
    markup = read_markup([page for _, page, _ in batch], options.images)
    facts = _reader().read(markup.attributes)
    hints = [read_hints(html) for html, _, _ in batch]
    blocks, columns = measure(markup, hints, facts)
    kinds = page_kinds(blocks, columns, hints)
    likelihood = likelihoods(model().trees, columns, len(blocks.texts))
    chosen = np.flatnonzero(choose(blocks, likelihood, options.comments))
    borders = np.searchsorted(chosen, blocks.first).tolist()
    numbers = chosen.tolist()
    in_markup = np.flatnonzero(blocks.kept)[chosen].tolist() if options.images else []
    for number, (_, _, cut_tags) in enumerate(batch):
        start, stop = borders[number : number + 2]
        kept = numbers[start:stop]
        texts = [blocks.texts[i] for i in kept]
        ends: Sequence[int] = ()
        if options.form == "markdown":
            text, ends = as_markdown(markup, texts, blocks.element[kept].tolist())
        else:
            text = "\n".join(texts)
        images: list[Image] = []
        if options.images and kept:
            ends = ends or [end + i for i, end in enumerate(accumulate(map(len, texts)))]
            found = [(before, tag) for page, before, tag in markup.images if page == number]
            images = place_images(found, in_markup[start:stop], ends)
        yield MainText(text, cut_tags, kinds[number], tuple(images))


def check_option(name: str, value: str, known: Sequence[str]) -> None:
    """Raise a `RecipeError` where `value` is not known."""
    if value not in known:
        raise RecipeError(
            f"{name}: expected one of {', '.join(known)}, got {value!r}{near_name(value, known)}"
        )


@functools.cache
def _reader() -> AttributeReader:
    return AttributeReader(model().words)
