"""Families of languages, from the smallest group to the largest: `swh_Latn` is bnt (Bantu), alv, nic.

Groups are those of CLDR, which names them by ISO 639-5; `filters/data/language_families.tsv` holds them.
"""

import functools
import importlib.resources
from collections.abc import Mapping
from typing import Final

from filters.language_keys import list_keys
from filters.languages import ISO_639_1, wikipedia_languages

ROOT: Final = "mul"
"""The group that holds the families."""

NO_FAMILIES: Final = frozenset({"und", "art", "crp", "cpe", "cpf", "cpp", "mis", "sgn"})
"""Groups whose languages are not related: artificial ones, creoles, sign languages, languages without one."""


@functools.cache
def _groups() -> Mapping[str, str]:
    """Return the group of each language and of each group; of two groups the smaller one."""
    table = importlib.resources.files("filters").joinpath("data/language_families.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    sizes = {group: len(members.split()) for group, members in rows}
    found: dict[str, str] = {}
    for group, members in sorted(rows, key=lambda row: (-sizes[row[0]], row[0])):
        found |= dict.fromkeys(members.split(), group)
    return found


@functools.cache
def _short_codes() -> Mapping[str, str]:
    known = wikipedia_languages().items()
    return {language.code: key for key, language in known if len(key) == ISO_639_1}


@functools.cache
def families(label: str) -> tuple[str, ...]:
    """Return the groups that the language of a label belongs to, smallest first; none where it is unknown."""
    groups = _groups()
    code = label.partition("_")[0]
    keys = [*list_keys(label), _short_codes().get(code, code)]
    key = next((key for key in keys if key in groups), None)
    found: list[str] = []
    while key is not None:
        key = groups.get(key)
        if key is None or key == ROOT or key in NO_FAMILIES or key in found:
            break
        found.append(key)
    return tuple(found)
