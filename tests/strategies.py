"""Texts for hypothesis: every plane, and what breaks segmentation."""

import unicodedata
from functools import cache

from hypothesis import settings
from hypothesis import strategies as st

from filters.unicode_tables import CATEGORIES, CATEGORY_MASK, tables


def examples(most: int) -> settings:
    """Try so many examples in the whole run, and no more than its profile says in the fast one."""
    return settings(max_examples=min(most, settings.default.max_examples))


@cache
def known_to_both(c: str) -> bool:
    """Say whether Python's Unicode and the table's agree on a character."""
    return CATEGORIES[int(tables().properties[ord(c)]) & CATEGORY_MASK] == unicodedata.category(c)


TRICKY = (
    " \t\n\r\x0b\x1c\x85\u2028\u00a0\u3000.,;:!?'\"’״_-…。！？।॥؟۔።៕"
    "「」()[]{}#*•0123456789٣۴४"
    "aAbBzZßẞıİΣσςſKéйЯאבגשּׁ\u0301\u0300\u0345\u200b\u200c\u200d\u00ad\u200e\u202f\ufeff\ufe0f"
    "नमस्ते्िาำกขคงเแโๆฯກຂເခြ်ာမနကុំខ្មែརཀ་ཁའ漢字这是一个测试𠀀かキがー゛ﾞ\u3099한국어한አማ፡ማ"
    "❤👩💻🏽🇫🇷©²½Ⅷ〇々ـ"
)
CHARACTERS = st.one_of(
    st.sampled_from(TRICKY),
    st.sampled_from("ab .,\n"),
    st.characters(exclude_categories=["Cs"]).filter(known_to_both),
)
RUNS = st.lists(st.tuples(CHARACTERS, st.integers(1, 30)), max_size=6).map(
    lambda runs: "".join(character * count for character, count in runs)
)
SCRIPTS = st.text(st.sampled_from("aя漢字かカ한ก١\u0301\u3099\ue0001. "), max_size=4)
"""Short texts, of which each script may be the most."""

TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=60), st.text(st.sampled_from("ab \n."), max_size=60), RUNS, SCRIPTS
)
ROWS = st.lists(st.one_of(st.none(), TEXTS), max_size=6)
