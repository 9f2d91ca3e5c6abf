"""What class names, ids, roles and microdata say of an element: words with a weight each, and regions."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.vocabulary import BODY_REGION, COMMENT_REGION, HIDDEN_REGION, STYLED_REGION

FORUM_BIT = 1 << 30
"""Says that the page is a forum; not inherited."""
MOST_NAMES, MOST_WORDS = 6, 5
"""Class names of an element, words of a name."""
LONGEST_NAME = 40
LONGEST_VALUE = 300
"""Bytes of an attribute that are read: what is longer is data, and would fill the caches."""
CACHED_NAMES = 1 << 15

ROLE, PROPERTY, TYPE = MARKS = ("role=", "ip=", "it=")
"""Before what roles and microdata say."""
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
INVISIBLE = re.compile(rb"display:\s*none|visibility:\s*hidden")
COMMENT_HINTS = ("comment", "respond", "disqus", "replies", "kommentar", "comentario")
COMMENT = re.compile(
    r"(?<![a-z])(comments?|disqus|respond|commentlist|comment-?area|kommentare?|comentarios?"
    r"|commentaires?|replies)(?![a-z])"
)
NOT_COMMENT = re.compile(
    r"no-?comment|comments?-(open|closed|on|off|enabled)|(has|with|hide|show|single|post-template)[-_]|wp-"
)
"""What the element of a whole page says when the page could have comments."""
FORUM_NAMES = frozenset(
    (
        *("phpbb", "XF", "postbody", "threadtitle", "topic-body", "post-body", "js-post", "message-body"),
        *("p-body-main", "question-page", "viewtopic", "showthread", "forum-post"),
    )
)

Score = tuple[int, int, int]
"""Sum, largest and smallest weight of words."""
NO_SCORE: Score = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    """Of each attribute text, what it says."""

    total: NDArray[np.float64]
    largest: NDArray[np.float64]
    smallest: NDArray[np.float64]
    regions: NDArray[np.int64]


def names_and_regions(text: bytes) -> tuple[tuple[str, ...], int]:
    """Return the names in the text of a start tag, in order, and the bits of the regions that it opens."""
    names: tuple[str, ...] = ()
    regions = 0
    spoken = _unmarked(value(text, b' class="'))
    if spoken:
        names = tuple(spoken.split()[:MOST_NAMES])
    if own := _unmarked(value(text, b' id="')):
        names += (own,)
        spoken += " " + own
    if spoken:
        regions = _said_regions(spoken.lower())
        if not FORUM_NAMES.isdisjoint(names):
            regions |= FORUM_BIT
    if b" role=" in text:
        names += (ROLE + value(text, b' role="')[:20].lower(),)
    if b" item" in text:
        if kind := value(text, b' itemprop="'):
            names += (PROPERTY + kind[:24].lower(),)
            regions |= (kind == "articleBody") << BODY_REGION | (kind.lower() == "comment") << COMMENT_REGION
        if kind := value(text, b' itemtype="'):
            names += (TYPE + kind.rsplit("/", 1)[-1][:24].lower(),)
    if b"hidden" in text and (b" hidden=" in text or b'aria-hidden="true"' in text):
        regions |= 1 << HIDDEN_REGION
    if b" style=" in text and INVISIBLE.search(text):
        regions |= 1 << STYLED_REGION
    if regions and text.startswith((b"<body", b"<html")):
        regions = 0
    return names, regions


def _unmarked(spoken: str) -> str:
    """Return class names or an id so that none is taken for a role or microdata: as `class="role=main"`."""
    return spoken.replace("=", "/")


def _said_regions(spoken: str) -> int:
    for hint in COMMENT_HINTS:
        if hint in spoken and COMMENT.search(spoken) and not NOT_COMMENT.search(spoken):
            return 1 << COMMENT_REGION
    return 0


def value(text: bytes, key: bytes) -> str:
    """Return what stands between `key` and the next quotation mark, or an empty string."""
    start = text.find(key)
    if start < 0:
        return ""
    start += len(key)
    end = text.find(b'"', start, start + LONGEST_VALUE)
    return text[start : end if end >= 0 else start + LONGEST_VALUE].decode("utf-8", "replace")


@functools.lru_cache(maxsize=CACHED_NAMES)
def words(name: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case, and, where there are several, all of them joined."""
    if name.startswith(MARKS):
        return (name,)
    found = [word.lower() for word in WORD.findall(name)[:MOST_WORDS]]
    return tuple(found) if len(found) < 2 else (*found, "-".join(found)[:LONGEST_NAME])  # noqa: PLR2004


def weigh(weights: Mapping[str, int], names: tuple[str, ...]) -> Score:
    """Return the sum, largest and smallest weight of the words of `names`; others do not count."""
    found = [weights[word] for name in names for word in words(name) if word in weights]
    return (sum(found), max(found), min(found)) if found else NO_SCORE
