"""Strings that published rules look for in every text; `filters/search.py` finds many of them in one pass."""

import string
from typing import Final

POLICY_PHRASES: Final = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
"""C4's, tensorflow/datasets c4_utils.py."""

LOREM_IPSUM: Final = "lorem ipsum"
JAVASCRIPT: Final = "javascript"
JAVASCRIPT_CAPITALS: Final = ("Javascript", "JavaScript")

INTERFACE_SIGNS: Final = ("items in cart", "read more", "sign-in")
"""What a text must have, case-folded, for RefinedWeb's phrases of an interface to be in it."""

AROUND_P: Final = ("i" + string.punctuation, "p", "s" + string.punctuation)
"""What stands before, at and after the `p` of `ipsum` with ASCII punctuation inside."""

CURSED_LITERALS: Final = (
    " №",
    "\ufffd\ufffd\ufffd",
    r"\|\s*$",
    r" nr\.$",
    "aute irure dolor ",
    " sunt in culpa qui ",
    "orem ipsum ",
    " quis nostrud ",
    " adipisicing ",
    " dolore eu ",
    " cupidatat ",
    "autem vel eum",
    "wisi enim ad",
    " sex ",
    " porn ",
    "黄色电影",
    "mp3",
    "ownload",
    r"Vol\.",
    r" Ep\.",
    "Episode",
    r" г\.\s*$",
    r" кг\.\s*$",
    r" шт\.",
    "Develop",
    "Facebook",
    " crusher ",
    " xxx ",
    " ..." * 9,
    " ...." * 9,
    " [^ ]" * 9,
    ", ..,,? ..,,? ..,,? ..,,?",
)
"""MADLAD-400's patterns as GlotCC compares them: all as plain strings, the regular expressions too."""

SHORTEST: Final = 5
"""Characters that a string needs to be looked for with others."""


def _is_words(phrase: str) -> bool:
    return len(phrase) >= SHORTEST and phrase.replace(" ", "").isalpha()


TOGETHER: Final = (
    *((phrase, True) for phrase in (*POLICY_PHRASES, LOREM_IPSUM, JAVASCRIPT)),
    *((phrase, True) for phrase in INTERFACE_SIGNS if _is_words(phrase)),
    *((phrase, False) for phrase in JAVASCRIPT_CAPITALS),
    *((phrase, False) for phrase in CURSED_LITERALS if _is_words(phrase)),
)
"""The phrases of letters and blanks, and whether they are looked for in the case-folded text.

A phrase with a symbol or a digit has few places to look at, and is soonest found by itself.
"""
