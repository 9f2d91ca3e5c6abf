"""What the head of a page says about its kind, by plain searches in its first bytes."""

import html
import re
from dataclasses import dataclass

HEAD_BYTES = 32_768
AROUND_NAME = 120
"""Bytes before and after a name in which its value is looked for."""
TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,2000})", re.IGNORECASE)
TITLE_START, TITLE_BYTES = b"<title", 4_096

FORUM_TYPES = (b"DiscussionForumPosting", b"QAPage", b"schema.org/Question")
FORUM_SOFTWARE = (b"Discourse", b"phpBB", b"vBulletin", b"XenForo", b"Flarum", b"vanilla")
ARTICLE_TYPES = (b"NewsArticle", b"BlogPosting", b'"Article"', b"/Article")
PRODUCT_TYPES = (b'"Product"', b"schema.org/Product")
LIST_TYPES = (b'"ItemList"', b"CollectionPage")

DOCUMENTATION_SOFTWARE = (
    b"Sphinx",
    b"mkdocs",
    b"Docusaurus",
    b"GitBook",
    b"Doxygen",
    b"Hugo Docs",
    b"DocBook",
)

HINTS = ("forum", "article", "product", "listing")
"""What the model knows of."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What the head of a page says."""

    title: str
    forum: bool
    article: bool
    product: bool
    listing: bool
    documentation: bool = False


def read_hints(page: bytes) -> Hints:
    """Return what the head of `page` says."""
    head = page[:HEAD_BYTES]
    start = max(0, head.find(TITLE_START))
    title = TITLE.search(head, start, start + TITLE_BYTES) or TITLE.search(head)
    software = _around(head, b"generator")
    kind = _around(head, b"og:type")
    is_typed = b"schema.org" in head
    return Hints(
        title=html.unescape(title[1].decode("utf-8", "replace")) if title else "",
        forum=_has(software, FORUM_SOFTWARE) or (is_typed and _has(head, FORUM_TYPES)),
        article=b"article" in kind or (is_typed and _has(head, ARTICLE_TYPES)),
        product=b"product" in kind or (is_typed and _has(head, PRODUCT_TYPES)),
        listing=is_typed and _has(head, LIST_TYPES),
        documentation=_has(software, DOCUMENTATION_SOFTWARE),
    )


def _around(head: bytes, name: bytes) -> bytes:
    at = head.find(name)
    return head[max(0, at - AROUND_NAME) : at + AROUND_NAME] if at >= 0 else b""


def _has(text: bytes, words: tuple[bytes, ...]) -> bool:
    return any(word in text for word in words)
