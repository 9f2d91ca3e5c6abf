"""Which pages may be in a wanted language, by a quick look at all their text before it is extracted.

A page is ruled out where no letter of its whole text is in a wanted script, or none of the likeliest
languages of this text, menus included, is wanted. It is the same model that later tells the language of the
main text; what it calls no language passes, and a few candidates are looked at, since a menu in another
language weighs more on a short page. Measured on the assembled archives: see
`tests/bench/bench_language_first.py`.
"""

from collections.abc import Callable, Sequence
from typing import Final

import regex

from filters.languages import same_language
from filters.models import open_identifier
from filters.signals.language import NO_LANGUAGE
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
    labels = frozenset(
        label
        for label, code in identifier.labels.items()
        if any(same_language(code, wanted) for wanted in languages)  # in whatever script
    )
    unsure = {label for label, code in identifier.labels.items() if code.partition("_")[0] in NO_LANGUAGE}
    predict = identifier.model.f.predict
    has_script = _script_pattern(languages)

    def may_be(text: str) -> bool:
        line = _sample(text)
        if len(line) < SHORT:
            return True
        if has_script and not has_script.search(line):
            return False
        found = predict(line + "\n", CANDIDATES, LEAST_PROBABILITY, "strict")
        return not found or found[0][1] in unsure or any(label in labels for _, label in found)

    return may_be


def _script_pattern(languages: Sequence[str]) -> "regex.Pattern[str] | None":
    """Return a pattern of a letter in the scripts of languages; None where one has no script."""
    if not all("_" in code for code in languages):
        return None
    scripts = sorted({script for code in languages for script in label_scripts(code)})
    return regex.compile("[" + "".join(rf"\p{{Script={script}}}" for script in scripts) + "]")


def _sample(text: str) -> str:
    """Return pieces of a text as one line; of the text around each, for many characters are blanks."""
    third = SAMPLE // 3
    wide = 4 * third
    middle = max(0, (len(text) - wide) // 2)
    pieces = (text[:wide], text[middle : middle + wide], text[-wide:]) if len(text) > 3 * wide else (text,)
    most = third if len(pieces) > 1 else SAMPLE
    return " ".join(" ".join(piece.split())[:most] for piece in pieces)
