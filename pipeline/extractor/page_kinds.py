"""What kind of page a page is: decided before the rule on comments, from what its head says and its blocks.

The limits were set on the 212 reviewed pages of seven kinds (collections of products count as listings): of
these, 60 % get the kind that a reader gave them; of 23 pages called a forum 22 are one, of 28 forums 22 are
found. Only that answer changes a text; the others are for information.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.extractor.hints import Hints
from pipeline.extractor.view import Blocks
from pipeline.extractor.vocabulary import REGIONS

ARTICLE, FORUM, PRODUCT, LISTING, DOCUMENTATION, SERVICE = KINDS = (
    *("article", "forum", "product", "listing", "documentation", "service"),
)

PROSE: Final = 0.62
"""Share of prose in the characters of a page from which it is an article."""
ARTICLE_PROSE: Final = 0.2
"""Share of the prose that is in one `article` element, likewise."""
LINKED: Final = 0.36
"""Share of the characters in links from which a page is a listing."""
CODE: Final = 0.02
"""Share of preformatted text from which a page is documentation."""


def page_kinds(
    blocks: Blocks, columns: Mapping[str, NDArray[np.generic]], hints: Sequence[Hints]
) -> list[str]:
    """Return the kind of each page, one of `KINDS`; of several that apply the first of the list below."""
    first = blocks.first[:-1]
    has_text = first < blocks.first[1:]

    def of_page(name: str) -> NDArray[np.float64]:
        result = np.zeros(len(first))
        result[has_text] = columns[name][first[has_text]]
        return result

    in_code = blocks.characters * columns[f"region_{REGIONS['pre']}"].astype(np.float64)
    code = np.bincount(blocks.page, in_code, minlength=len(first))
    is_linked = of_page("page_link_ratio") >= LINKED
    prose, in_article = of_page("page_good_ratio") >= PROSE, of_page("article_good_ratio") >= ARTICLE_PROSE
    rules = (
        (blocks.is_forum, FORUM),
        (
            (code >= CODE * np.maximum(of_page("page_characters"), 1)) | _said(hints, "documentation"),
            DOCUMENTATION,
        ),
        (_said(hints, "article") & ~is_linked, ARTICLE),
        (_said(hints, "product") & ~is_linked, PRODUCT),
        (is_linked | _said(hints, "listing"), LISTING),
        (prose | in_article, ARTICLE),
    )
    found = np.select([rule for rule, _ in rules], range(len(rules)), len(rules))
    names = [*(kind for _, kind in rules), SERVICE]
    return [names[i] for i in found.tolist()]


def _said(hints: Sequence[Hints], name: str) -> NDArray[np.bool_]:
    return np.array([getattr(hint, name) for hint in hints], bool)
