"""What is known of a language besides its text: its relatives and its scripts.

Both tables hold codes and numbers alone: `language_families.tsv` is the tree of Glottolog as in lang2vec,
`language_scripts.tsv` the scripts of CLDR 48. A code that they do not know is looked up once more by its
macrolanguage.
"""

import functools
import importlib.resources
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from filters.languages import macrolanguages, same_language

CLOSE_GROUP: Final = 200
"""Languages in a group whose members are close relatives: Germanic, Romance or Semitic, not Indo-European."""

PARTS_OF_SCRIPTS: Final = {
    "Jpan": ("Hani", "Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
    "Hang": ("Hang", "Hani"),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
    "Hanb": ("Hani", "Bopo"),
}
"""Unicode scripts that a code of ISO 15924 stands for, where it is not one itself."""

RELATIVES: Final = {"cnr": "srp", "ltg": "lav", "nqo": "bam", "zgh": "tzm"}
"""Codes that are younger than the table or that it places nowhere, and a close relative."""


MORE_SCRIPTS: Final = {
    "ace": "Arab",
    "anu": "Latn",
    "arb": "Latn",
    "bax": "Latn",
    "bjn": "Arab",
    "crh": "Latn",
    "hnj": "Latn",
    "kas": "Deva",
    "knc": "Arab",
    "lad": "Latn",
    "min": "Arab",
    "taq": "Tfng",
    "tgl": "Tglg",
    "zdj": "Latn",
}
"""Scripts that CLDR does not name and that FLORES-200 or the translations of the UDHR are written in."""


class Relation(StrEnum):
    """How two languages are related."""

    SAME = "same"
    """One language, or it and its macrolanguage."""
    CLOSE = "close"
    """In one group of at most CLOSE_GROUP languages."""
    FAMILY = "family"
    """In one family, not closely."""
    OTHER = "other"
    """In different families, or one of them is an isolate."""
    UNKNOWN = "unknown"
    """The table does not know one of them."""


@dataclass(frozen=True, slots=True)
class Group:
    """Languages of one origin."""

    parent: int
    """The group that holds it; 0 where it is a family itself."""
    name: str
    size: int
    """Languages, dialects with a code of their own included."""


@dataclass(frozen=True, slots=True)
class _Table:
    groups: Mapping[int, Group]
    smallest: Mapping[str, int]


@functools.cache
def _families() -> _Table:
    groups, smallest = dict[int, Group](), dict[str, int]()
    for fields in _lines("language_families.tsv"):
        if len(fields) == 2:  # noqa: PLR2004 - a language has two fields, a group three
            smallest[fields[0]] = int(fields[1])
            continue
        found = re.fullmatch(r"(.+) \((\d+)\)", fields[2])
        assert found is not None, "the table is ours"
        groups[int(fields[0])] = Group(int(fields[1]), found[1], int(found[2]))
    return _Table(groups, smallest)


@functools.cache
def _scripts() -> Mapping[str, tuple[str, ...]]:
    return {code: tuple(scripts.split()) for code, scripts in _lines("language_scripts.tsv")}


def _lines(name: str) -> Iterator[list[str]]:
    text = importlib.resources.files("filters").joinpath(f"data/{name}").read_text("utf-8")
    return (line.split("\t") for line in text.splitlines() if not line.startswith("#"))


def groups_of(label: str) -> tuple[Group, ...] | None:
    """Return the groups that a language belongs to, the smallest first; none for an isolate.

    Nothing where the table does not know the language.
    """
    table, code = _families(), label.partition("_")[0]
    names = (code, macrolanguages().get(code, ""), RELATIVES.get(code, ""))
    codes = [c for c in names if c in table.smallest]
    if not codes:
        return None
    number = max(table.smallest[c] for c in codes)
    found = []
    while number:
        found.append(table.groups[number])
        number = found[-1].parent
    return tuple(found)


@functools.cache
def relation(one: str, other: str) -> Relation:
    """Return how the languages of two labels are related; scripts are not compared."""
    if same_language(one, other):
        return Relation.SAME
    first, second = groups_of(one), groups_of(other)
    if first is None or second is None:
        return Relation.UNKNOWN
    shared = [group for group in first if group in second]
    if not shared:
        return Relation.OTHER
    return Relation.CLOSE if shared[0].size <= CLOSE_GROUP else Relation.FAMILY


@functools.cache
def unicode_scripts(label: str) -> frozenset[str]:
    """Return the Unicode scripts that the label's script code stands for."""
    script = label.partition("_")[2]
    return frozenset(PARTS_OF_SCRIPTS.get(script, (script,))) if script else frozenset()


@functools.cache
def known_scripts(label: str) -> frozenset[str]:
    """Return the Unicode scripts that the language is known to be written in; none for an unknown one."""
    code = label.partition("_")[0]
    codes = (code, macrolanguages().get(code, ""))
    named = [script for c in codes for script in _scripts().get(c, ())]
    if named and code in MORE_SCRIPTS:
        named.append(MORE_SCRIPTS[code])
    return frozenset(part for script in named for part in PARTS_OF_SCRIPTS.get(script, (script,)))
