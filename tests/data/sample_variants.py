"""Makes captures of pages: other character sets, false declarations, exact and measured near duplicates."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

from sample_sources import CONTENT, DECLARATION_PAGE, Page, content_blocks, parse_page
from sample_tables import LEGACY_CHARSETS

META = re.compile(r"<meta[^>]*charset[^>]*>", re.IGNORECASE)
XML_ENCODING = re.compile(r'^(<\?xml[^>]*encoding=")[^"]*')
PARAGRAPH = re.compile(r"<p\b[^>]*>(?:(?!<p\b|</?table|</?div|</?li).)*?</p>", re.DOTALL)
# A detector that sees a whole page can name these without a declaration; it cannot tell ISO-8859-1 from -15.
DETECTABLE = {"windows-1251", "koi8-r", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr", "gb18030", "big5"}
UNSPACED_SCRIPTS = {"Hans", "Hant", "Jpan", "Thai", "Khmr", "Mymr", "Laoo", "Tibt"}
# Names of the web that Python does not know.
CODECS = {"windows-874": "cp874"}
# Above this share of character references a page is not what its charset could have been used for.
MAX_REFERENCED_RATIO = 0.005
MIN_EDITED_PARAGRAPHS, MIN_EDITED_CHARS = 6, 120

# Weight, header, meta of a UTF-8 page: what it says of itself. None: nothing, `-`: as the charset really is.
UTF8_DECLARATIONS = (
    (47, "-", "-"),
    (22, None, "-"),
    (9, "-", None),
    (5, None, None),
    (6, "iso-8859-1", "-"),
    (2, "iso-8859-1", "iso-8859-1"),
)
LEGACY_DECLARATIONS = ((5, "-", "-"), (5, None, "-"), (4, "-", None), (3, "utf-8", "-"), (2, "-", "utf-8"))


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as one crawl met it: bytes, declarations, and which capture (by URL) it repeats."""

    page: Page
    url: str
    body: bytes
    charset: str
    header_charset: str = ""
    meta_charset: str = ""
    duplicate_of: str = ""
    near_duplicate_of: str = ""
    edit: str = ""
    similarity: float | None = None
    blocks: tuple[str, ...] = ()
    later: bool = False

    @property
    def text(self) -> str:
        """The main text, one block a line."""
        return "\n".join(self.blocks or self.page.blocks)


def set_declaration(text: str, charset: str | None) -> str:
    """Return the page with its meta element (and XML declaration) naming `charset`, or with none."""
    if charset is None:
        return META.sub("", re.sub(r"^<\?xml[^>]*\?>\s*", "", text))
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    text = META.sub(meta, XML_ENCODING.sub(rf"\g<1>{charset}", text), count=1)
    return text if META.search(text) else re.sub("(<head[^>]*>)", rf"\1{meta}", text, count=1)


def encode_page(text: str, charset: str) -> bytes | None:
    """Return the page in `charset`, rare characters as references; None when too many would need that."""
    codec = CODECS.get(charset, charset)
    missing = sum(text.count(character) for character in set(text) if not is_encodable(character, codec))
    return text.encode(codec, "xmlcharrefreplace") if missing <= MAX_REFERENCED_RATIO * len(text) else None


def is_encodable(character: str, charset: str) -> bool:
    """Whether the character has a place of its own in the charset."""
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def declare(
    rng: random.Random, choices: Sequence[tuple[int, str | None, str | None]]
) -> tuple[str | None, str | None]:
    """Return the header's and the meta element's charset, drawn by weight."""
    ((_, header, meta),) = rng.choices(choices, [weight for weight, _, _ in choices])
    return header, meta


def capture_page(page: Page, rng: random.Random) -> Capture:
    """Return a capture of the page as UTF-8 or, for one page in four that can be, in an older charset."""
    text = page.html.decode(page.charset)
    charset = page.charset
    choices: Sequence[tuple[int, str | None, str | None]] = UTF8_DECLARATIONS
    if charset == "utf-8" and rng.random() < 1 / 4:
        fitting = [name for name in LEGACY_CHARSETS.get(page.lang, ()) if encode_page(text, name)]
        charset = rng.choice(fitting) if fitting else charset
    if charset != "utf-8":
        choices = LEGACY_DECLARATIONS + (((4, None, None),) if charset in DETECTABLE else ())
    header, meta = declare(rng, choices)
    header, meta = (charset if header == "-" else header), (charset if meta == "-" else meta)
    body = encode_page(set_declaration(text, meta), charset) or b""
    return Capture(page, page.url, body, charset, header or "", meta or "")


def with_byte_order_mark(capture: Capture, charset: str) -> Capture:
    """Return a UTF-8 capture that says its charset by a byte order mark alone (`utf-8` or `utf-16`)."""
    text = set_declaration(capture.page.html.decode(capture.page.charset), None)
    body = ("\ufeff" + text).encode("utf-16-le" if charset == "utf-16" else charset)
    return replace(capture, body=body, charset=charset, header_charset="", meta_charset="")


def repeat_exactly(capture: Capture, number: int) -> Capture:
    """Return the same bytes under an address with tracking parameters."""
    sources = ("newsletter", "twitter", "rss", "facebook")
    url = f"{capture.url}?utm_source={sources[number % len(sources)]}&utm_medium=social"
    return replace(capture, url=url, duplicate_of=capture.url)


def recrawl(capture: Capture) -> Capture:
    """Return the same bytes under the same address, fetched a day later."""
    return replace(capture, duplicate_of=capture.url, later=True)


def edit_page(capture: Capture, kind: str, other: Page) -> Capture | None:
    """Return a near-duplicate made by one edit of the text; None when the page is not fit for it.

    `kind` is `paragraph_dropped`, `paragraphs_swapped`, `paragraph_added` (one of `other`'s), `words_dropped`
    (each 60th word) or `new_template` (all text in another site's page).
    """
    page = capture.page
    text = page.html.decode(page.charset)
    spans = [match.span() for match in PARAGRAPH.finditer(text) if len(match.group(0)) > MIN_EDITED_CHARS]
    if len(spans) < MIN_EDITED_PARAGRAPHS or (kind == "words_dropped" and page.lang[4:] in UNSPACED_SCRIPTS):
        return None
    if kind == "new_template":
        edited = replace_template(page)
    elif kind == "words_dropped":
        edited = drop_words(text, spans)
    else:
        edited = edit_paragraphs(text, spans, kind, other)
    data = edited.encode()
    content = "//article" if kind == "new_template" else CONTENT[page.source.partition(" ")[0]]
    blocks = content_blocks(parse_page(data, "utf-8"), content)
    if blocks == page.blocks and kind != "new_template":
        return None
    url = capture.url.replace(".example/", f"-{kind.replace('_', '-')}.example/", 1)
    return Capture(page, url, data, "utf-8", "utf-8", "", "", capture.url, kind, None, blocks)


def edit_paragraphs(text: str, spans: Sequence[tuple[int, int]], kind: str, other: Page) -> str:
    """Return the page with its middle paragraph dropped, swapped with the next, or another put before it."""
    (start, end), (next_start, next_end) = spans[len(spans) // 2 :][:2]
    if kind == "paragraph_dropped":
        return text[:start] + text[end:]
    if kind == "paragraph_added":
        return f"{text[:start]}<p>{escape(max(other.blocks, key=len)[:600])}</p>{text[start:]}"
    pieces = (text[:start], text[next_start:next_end], text[end:next_start], text[start:end], text[next_end:])
    return "".join(pieces)


def drop_words(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return the page without each 60th word of its paragraphs."""
    for first, last in reversed(spans):
        paragraph = re.sub(r"(?<=\w )\w+ (?=\w)", drop_every(60, first), text[first:last])
        text = text[:first] + paragraph + text[last:]
    return text


def replace_template(page: Page) -> str:
    """Return the page's text as another site shows it."""
    body = "".join(f"<p>{escape(block)}</p>\n" for block in page.blocks)
    return DECLARATION_PAGE.format(
        lang=page.lang[:3],
        direction="ltr",
        heading=escape(page.blocks[0]),
        title="Mirror",
        body=body,
        links="",
    )


def drop_every(step: int, seed: int) -> Callable[[re.Match[str]], str]:
    """Return a replacement that deletes each `step`-th match, counted from `seed`."""
    counter = iter(range(seed, seed + 10**9))
    return lambda match: "" if next(counter) % step == 0 else match.group(0)


def grams(text: str, script: str) -> frozenset[object]:
    """Return the 5-grams of lower-cased words; of characters for a script without spaces."""
    if script in UNSPACED_SCRIPTS:
        joined = re.sub(r"\s+", "", text.lower())
        return frozenset(joined[i : i + 5] for i in range(max(1, len(joined) - 4)))
    words = re.findall(r"\w+", text.lower())
    return frozenset(tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4)))


def jaccard(left: frozenset[object], right: frozenset[object]) -> float:
    """Return the size of the intersection over that of the union."""
    return len(left & right) / len(left | right)


def measure_similarity(captures: Sequence[Capture], limit: float = 0.8) -> list[Capture]:
    """Return the captures with `similarity`, a natural near-duplicate naming the likest earlier page."""
    sets = [grams(capture.text, capture.page.lang[4:]) for capture in captures]
    position = {capture.url: index for index, capture in reversed(list(enumerate(captures)))}
    measured = []
    for index, capture in enumerate(captures):
        found = capture
        if capture.near_duplicate_of:
            found = replace(
                capture, similarity=jaccard(sets[index], sets[position[capture.near_duplicate_of]])
            )
        elif not capture.duplicate_of:
            earlier = [
                i
                for i in range(index)
                if is_original(captures[i]) and captures[i].page.lang == capture.page.lang
            ]
            best = max(((jaccard(sets[index], sets[i]), -i) for i in earlier), default=(0.0, 0))
            if best[0] >= limit:
                found = replace(capture, near_duplicate_of=captures[-best[1]].url, similarity=best[0])
        measured.append(found)
    return measured


def is_original(capture: Capture) -> bool:
    """Whether the capture was not made from another one."""
    return not capture.duplicate_of and not capture.edit
