"""From a language label such as `swh_Latn` to the keys under which word lists may hold the language."""

import functools
from importlib import resources


@functools.cache
def _two_letter_codes() -> dict[str, str]:
    text = resources.files("filters").joinpath("data/iso639.txt").read_text(encoding="utf-8")
    pairs = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs}


def list_keys(label: str) -> list[str]:
    """Return the label, its language, and its ISO 639-1 code or that of its macrolanguage: best first."""
    language = label.partition("_")[0].partition("-")[0]
    short = _two_letter_codes().get(language)
    return list(dict.fromkeys(key for key in (label, language, short) if key))
