"""HTML to text: one function, `extract`, before every extractor; and `read_page`, from bytes to text."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from pipeline.charset import Decoded, decode_html
from pipeline.html_limits import HtmlLimits, html_fault
from schemas.errors import ExtractionError, MissingDependencyError, ModelError, RecipeError, near_name

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

    from pipeline.extractor.texts import MainText

DEFAULT_EXTRACTOR = "glotmill"
"""Ours. What a published recipe was made with, or comes nearest to it, that recipe names."""
NO_TEXT, UNDECODABLE, OTHER_LANGUAGE = "no_text", "undecodable", "language_ruled_out"
HTML_TOO_COMPLEX, EXTRACT_ERROR, EXTRACT_TIMEOUT = "html_too_complex", "extract_error", "extract_timeout"

REASONS = {
    UNDECODABLE: "a page that is no text in any character set",
    HTML_TOO_COMPLEX: "markup that no parser should get: too long, too deep, too many tags or attributes",
    NO_TEXT: "a page in which the extractor finds no text",
    OTHER_LANGUAGE: "a page whose whole text is in none of the wanted languages, with language first only",
    EXTRACT_ERROR: "a page that the extractor fails on, or that takes too much memory",
    EXTRACT_TIMEOUT: "a page that the extractor does not finish in time",
}
"""Why a page is no document, by name."""

HEAD_CHARACTERS = 262_144
"""Where the end of the head is looked for."""
UNENDED_HEAD_CHARACTERS = 65_536
"""What is read as the head where it has no end."""
TITLE_CHARACTERS = 1_000
ADDRESS_CHARACTERS = 2_000
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8})*")
HEAD_END = re.compile("</head|<body", re.IGNORECASE)
UTF_8 = ("utf-8", "ascii")
NOT_LIKE_ASCII = ("utf-16", "utf-32", "iso2022", "hz")
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How a page becomes text, and what it may cost."""

    extractor: str = DEFAULT_EXTRACTOR
    comments: str = "auto"
    """What our own extractor does with comments of readers: `auto`, `keep` or `drop`."""
    form: str = "text"
    """What our own extractor writes: `text` or `markdown`."""
    images: bool = False
    """Whether our own extractor notes the images in the text."""
    languages: tuple[str, ...] = ()
    """Languages outside of which our own extractor does not read a page; none: it reads all."""
    identifier: str = "lid.176"
    """The model that tells them."""
    html: HtmlLimits = field(default_factory=HtmlLimits)
    cpu_seconds: float = 20.0
    """CPU time of one page. Of 1,969 real pages none took more than 0.2 s, so a hundred times that."""
    wall_seconds: float = 300.0
    """Time in which some page must get done: for what waits without computing."""
    memory_bytes: int = 1 << 30
    """Address space that one page may take beyond what the process has."""
    resident_bytes: int = 512 << 20
    """Resident memory above which the worker is replaced between two pages. A fresh one has 80 MB."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a page, never empty, and what its head says."""

    text: str
    title: str | None
    declared_lang: str | None
    canonical_url: str | None
    cut_tags: int = 0
    """Tags at the end of a giant page that were not read."""
    images: tuple[tuple[str, str, int], ...] = ()
    """Address, alternative text and position in the text of images; only where they are asked for."""


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as text."""

    content: Extracted
    charset: str
    charset_source: str
    replacements: int
    """Undecodable places."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Why a page is no document."""

    reason: str
    detail: str = ""


OPTIONS = {"comments": ("auto", "keep", "drop"), "form": ("text", "markdown"), "images": (False, True)}
"""What a recipe may say under `[extraction]`, of our own extractor."""


def option_faults(extractor: str, options: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the options of an extractor."""
    if options and extractor not in BATCHED:
        return [f"expected extractor = {' or '.join(BATCHED)}, got {extractor!r}, which has no options"]
    faults = []
    for name, value in options.items():
        if name not in OPTIONS:
            faults.append(f"unknown field {name!r}{near_name(name, list(OPTIONS))}")
        elif not any(
            value is known or (isinstance(value, str) and value == known) for known in OPTIONS[name]
        ):
            known = ", ".join(map(str, OPTIONS[name])).lower()
            faults.append(
                f"{name}: expected one of {known}, got {value!r}{near_name(str(value), known.split(', '))}"
            )
    return faults


RawPage = tuple[bytes, str | None, str | None]
"""Payload, HTTP header `Content-Type`, address."""


def read_page(
    payload: bytes, content_type: str | None, url: str | None, settings: PageSettings
) -> PageText | Removal:
    """Decode a page and extract its text, in this process and without limits on time and memory."""
    try:
        if settings.extractor in BATCHED:
            return read_together([(payload, content_type, url)], settings)[0]
        page = _decode(payload, content_type, settings)
        if isinstance(page, Removal):
            return page
        return _outcome(extract(page.text, url, settings.extractor), page)
    except (RecipeError, MissingDependencyError, ModelError):
        raise
    except Exception as error:  # whatever a parser does with one page must not end the part
        return Removal(EXTRACT_ERROR, f"{type(error).__name__}: {str(error)[:200]}".rstrip(": "))


def read_together(pages: Sequence[RawPage], settings: PageSettings) -> list[PageText | Removal]:
    """Return what `read_page` returns of each page, sooner, by an extractor of `BATCHED`.

    An exception is that of some page, and says nothing of the others: read them one by one then.
    """
    outcomes: list[PageText | Removal | Decoded] = [
        _decode(payload, content_type, settings) for payload, content_type, _ in pages
    ]
    decoded = [(i, page) for i, page in enumerate(outcomes) if isinstance(page, Decoded)]
    texts = BATCHED[settings.extractor]([_markup(page, pages[i][0]) for i, page in decoded], settings)
    for (i, page), found in zip(decoded, texts, strict=True):
        if not found.is_wanted:
            outcomes[i] = Removal(OTHER_LANGUAGE)
            continue
        content = _described(page.text, pages[i][2], found.text)
        images = _absolute(found, content.text, pages[i][2]) if found.images else ()
        outcomes[i] = _outcome(replace(content, cut_tags=found.cut_tags, images=images), page)
    return [outcome for outcome in outcomes if not isinstance(outcome, Decoded)]


def _markup(page: Decoded, payload: bytes) -> str | bytes:
    """Return the page in UTF-8 where its bytes are that as they came, else its text."""
    is_same = page.charset in UTF_8 and page.source == "content" and not page.replacements
    return payload if is_same and b"\0" not in payload else page.text


def _absolute(found: "MainText", text: str, url: str | None) -> tuple[tuple[str, str, int], ...]:
    """Return the images of a text with whole addresses; `text` is without blanks at the ends."""
    before = len(found.text) - len(found.text.lstrip())
    placed = ((_address(image.url, url), image) for image in found.images)
    return tuple(
        (address, image.alt, min(max(0, image.position - before), len(text)))
        for address, image in placed
        if address
    )


def _decode(payload: bytes, content_type: str | None, settings: PageSettings) -> Decoded | Removal:
    """Decode a page that is worth parsing."""
    try:
        decoded = decode_html(payload, content_type)
    except ExtractionError as error:
        return Removal(UNDECODABLE, str(error))
    html = decoded.text.encode() if decoded.charset.startswith(NOT_LIKE_ASCII) else payload
    if fault := html_fault(html, settings.html):
        return Removal(HTML_TOO_COMPLEX, fault)
    return decoded


def _outcome(content: Extracted, page: Decoded) -> PageText | Removal:
    if not content.text:
        return Removal(NO_TEXT)
    return PageText(content, page.charset, page.source, page.replacements)


def extract(html: str, url: str | None = None, extractor: str = DEFAULT_EXTRACTOR) -> Extracted:
    """Extract the text of a page, and the title, language and address that its head declares.

    The text is what the extractor makes of the page, with a newline for every kind of line end and no blanks
    at its ends; empty where it finds none. Title, language and address do not depend on the extractor.

    Args:
        html: the page, as `decode_html` returns it.
        url: its address, which a relative canonical address is completed with.
        extractor: a key of `EXTRACTORS`.

    Raises:
        RecipeError: there is no such extractor.
        MissingDependencyError: its package is not installed.
    """
    if extractor not in EXTRACTORS:
        raise RecipeError(
            f"unknown extractor {extractor!r}{near_name(extractor, list(EXTRACTORS))}; "
            f"extractors: {', '.join(EXTRACTORS)}"
        )
    try:
        return _described(html, url, EXTRACTORS[extractor](html))
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"extractor {extractor}: no package {error.name}; "
            f"install it with `pip install 'glotmill[extract]'`"
        ) from error


def _described(html: str, url: str | None, text: str | None) -> Extracted:
    """Return a text with what the head of its page says."""
    return Extracted(_clean(text or ""), *_head_facts(html, url))


def reset_caches() -> None:
    """Forget what the extractors remember of earlier pages; they grow otherwise."""
    from trafilatura.meta import reset_caches as reset

    reset()


def _trafilatura(html: str) -> str | None:
    """Main text by trafilatura's rules, without its slow second opinions and without comments."""
    from trafilatura import extract as extract_main

    text: str | None = extract_main(html, fast=True, include_comments=False)
    return text


def _trafilatura_precision(html: str) -> str | None:
    """Like `trafilatura`, rather losing text than keeping boilerplate."""
    from trafilatura import extract as extract_main

    text: str | None = extract_main(html, fast=True, include_comments=False, favor_precision=True)
    return text


def _resiliparse(html: str) -> str:
    """Main text by Resiliparse's rules: ten times faster, less exact."""
    from resiliparse.extract.html2text import extract_plain_text

    text: str = extract_plain_text(html, main_content=True, comments=False, alt_texts=False)
    return text


def _resiliparse_all(html: str) -> str:
    """All visible text."""
    from resiliparse.extract.html2text import extract_plain_text

    text: str = extract_plain_text(html, main_content=False, alt_texts=False)
    return text


def _glotmill(html: str) -> str:
    """Main text by our own model over the blocks of the page."""
    return next(_glotmill_together([html], PageSettings())).text


def _glotmill_together(pages: Iterable[str | bytes], settings: PageSettings) -> "Iterator[MainText]":
    from pipeline.extractor.texts import TextOptions, extract_texts

    wanted = None
    if settings.languages:
        from pipeline.language_first import wanted_languages

        wanted = wanted_languages(settings.languages, settings.identifier)
    return extract_texts(pages, TextOptions(settings.comments, settings.form, settings.images, wanted))


EXTRACTORS: dict[str, Callable[[str], str | None]] = {
    "glotmill": _glotmill,
    "trafilatura": _trafilatura,
    "trafilatura-precision": _trafilatura_precision,
    "resiliparse": _resiliparse,
    "resiliparse-all": _resiliparse_all,
}
BATCHED: dict[str, Callable[[Iterable[str | bytes], PageSettings], "Iterator[MainText]"]] = {
    "glotmill": _glotmill_together
}
"""Extractors that read many pages sooner than one by one, with the same texts."""


def _head_facts(html: str, url: str | None) -> tuple[str | None, str | None, str | None]:
    """Title, declared language and canonical address, from the head alone."""
    from resiliparse.parse.html import HTMLTree

    end = HEAD_END.search(html, 0, HEAD_CHARACTERS)
    tree = HTMLTree.parse(html[: end.start() if end else UNENDED_HEAD_CHARACTERS])
    title = " ".join(_clean(tree.title or "").split())[:TITLE_CHARACTERS].rstrip()
    lang = _attribute(tree, "html[lang]", "lang") or _attribute(tree, "html[xml\\:lang]", "xml:lang")
    lang = lang or _attribute(tree, 'meta[http-equiv="content-language" i]', "content").partition(",")[0]
    is_lang = LANGUAGE.fullmatch(lang.strip())
    address = _address(_attribute(tree, 'link[rel~="canonical" i][href]', "href"), url)
    return title or None, lang.strip() if is_lang else None, address


def _attribute(tree: "HTMLTree", selector: str, name: str) -> str:
    """The attribute of the first element that `selector` finds, or an empty string."""
    found = tree.document.query_selector(selector) if tree.document else None
    return (found.getattr(name) or "") if found else ""


def _address(href: str, base: str | None) -> str | None:
    """The absolute http address that `href` names; None where it is none."""
    if not href:
        return None
    try:
        address = urljoin(base or "", _clean(href))
    except ValueError:
        return None
    is_address = address.lower().startswith(("http://", "https://")) and len(address) <= ADDRESS_CHARACTERS
    return address if is_address else None


def _clean(text: str) -> str:
    """Make every line end a newline, drop NULs, replace lone surrogates, strip."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    try:
        text.encode()  # quicker than a search, and fails on surrogates alone
    except UnicodeEncodeError:
        text = SURROGATE.sub("\ufffd", text)
    return text.strip()
