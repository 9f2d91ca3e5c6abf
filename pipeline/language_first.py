"""Which pages may be in a wanted language, by a quick look at all their text before it is extracted.

A page is ruled out where no letter of its whole text is in a wanted script, or none of the likeliest
languages of this text, menus included, is wanted. It is the same model that later tells the language of the
main text; a few candidates are looked at, since a menu in another language weighs more on a short page.
Measured on the assembled archives: see `tests/bench/bench_language_first.py`.
"""

from collections.abc import Callable, Sequence
from typing import Final

import regex

from filters.models import open_identifier
from filters.signals.scripts import label_scripts

SAMPLE: Final = 1_500
"""Characters that are looked at: a third each at the beginning, in the middle and at the end."""
SHORT: Final = 100
"""Characters below which a text says too little to rule a page out."""
CANDIDATES: Final = 5
LEAST_PROBABILITY: Final = 0.01
"""Of a candidate."""


def wanted_languages(languages: Sequence[str], model: str) -> Callable[[str], bool]:
    """Return a function that says whether a text may be in one of some languages (`swh_Latn`).

    Raises:
        ModelError: there is no such model.
    """
    identifier = open_identifier(model)
    wanted = {name for code in languages for name in (code, code.partition("_")[0])}
    labels = frozenset(label for label, code in identifier.labels.items() if code in wanted)
    predict = identifier.model.f.predict
    has_script = _script_pattern(languages)

    def may_be(text: str) -> bool:
        line = " ".join(_sample(text).split())
        if len(line) < SHORT:
            return True
        if has_script and not has_script.search(line):
            return False
        found = predict(line + "\n", CANDIDATES, LEAST_PROBABILITY, "strict")
        return not found or any(label in labels for _, label in found)

    return may_be


def _script_pattern(languages: Sequence[str]) -> "regex.Pattern[str] | None":
    """Return a pattern of a letter in the scripts of languages; None where one has no script."""
    if not all("_" in code for code in languages):
        return None
    scripts = sorted({script for code in languages for script in label_scripts(code)})
    return regex.compile("[" + "".join(rf"\p{{Script={script}}}" for script in scripts) + "]")


def _sample(text: str) -> str:
    """Return pieces of a text: more than are looked at, for many of its characters are blanks."""
    length, third = len(text), SAMPLE
    if length <= 3 * third:
        return text[: 3 * third]
    middle = (length - third) // 2
    return f"{text[:third]} {text[middle : middle + third]} {text[length - third :]}"
