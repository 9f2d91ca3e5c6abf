"""Language labels: `swh_Latn`, an ISO 639-3 code and an ISO 15924 script code.

Models name languages in two ways. Most (GlotLID, OpenLID, NLLB) use such labels, which stay as they are.
`lid.176` uses the codes of Wikipedias, mostly ISO 639-1, which `filters/data/wikipedia_languages.tsv` turns
into ISO 639-3; the script is then measured from the text. Choices of the table:

- `als` is the Alemannic Wikipedia (ISO `gsw`), while ISO `als` is Tosk Albanian (here from `sq`).
- A macrolanguage becomes the individual language that its Wikipedia is written in, as GlotLID and FineWeb-2
  name it: `ar` arb, `az` azj, `et` ekk, `gn` gug, `ku` kmr, `kv` kpv, `lv` lvs, `mg` plt, `mn` khk, `ms` zsm,
  `ne` npi, `no` nob, `om` gaz, `or` ory, `ps` pbt, `sq` als, `sw` swh, `uz` uzn, `yi` ydd; likewise `bh` bho
  and `tl` fil.
- Macrolanguages stay where the Wikipedia mixes varieties or everyone uses that code: `zh` zho, `fa` fas, `qu`
  que, `sc` srd, `sh` hbs; so do the collective code `nah` and the retired `eml`.

`same_language` compares codes across these choices.
"""

import functools
import importlib.resources
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from schemas.errors import ModelError

PREFIX: Final = "__label__"
LABEL: Final = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3}\w*)?", re.ASCII)

JOINED_SCRIPTS: Final = {"jpn": "Jpan", "kor": "Hang"}
"""Languages written in several scripts at once, and the code that labels give to these together."""

MORE_MEMBERS: Final = {"cmn": "zho", "pes": "fas", "prs": "fas", "quy": "que", "quz": "que"}
"""Macrolanguages of codes that other models use and the table does not hold."""

SYNONYMS: Final = frozenset({("cmn", "zho"), ("pes", "fas"), ("fil", "tgl")})
"""Codes that different models give to one language, besides a macrolanguage and its Wikipedia's language."""

OWN_CODE: Final = frozenset({"bs", "hr", "id", "nn", "sr", "tw"})
"""Members of macrolanguages that have a code of two letters themselves."""

SAME_SCRIPTS: Final = (("Hani", "Hans", "Hant"), ("Hang", "Kore"))

ISO_639_1: Final = 2
"""Letters of a code."""


class Language(NamedTuple):
    """A row of the table of Wikipedia codes."""

    code: str
    """ISO 639-3."""
    macrolanguage: str
    """ISO 639-3; the code itself for a macrolanguage, empty where there is none."""
    in_lid176: bool


@functools.cache
def wikipedia_languages() -> Mapping[str, Language]:
    """Return the language of each code of a Wikipedia or of ISO 639-1."""
    table = importlib.resources.files("filters").joinpath("data/wikipedia_languages.tsv").read_text("utf-8")
    lines = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {label: Language(code, broad, known == "yes") for label, known, code, broad in lines[1:]}


@functools.cache
def macrolanguages() -> Mapping[str, str]:
    """Return the macrolanguage of each ISO 639-3 code of the table that has one."""
    known = {language.code: language.macrolanguage for language in wikipedia_languages().values()}
    return {code: broad for code, broad in known.items() if broad} | MORE_MEMBERS


def same_language(one: str, other: str) -> bool:
    """Return whether two codes or labels name one language, or one is the macrolanguage of the other.

    Scripts are not compared. Codes that the table does not know are the same language only when equal; two
    members of a macrolanguage (`arb`, `arz`) are not.
    """
    a, b = one.partition("_")[0], other.partition("_")[0]
    broader = macrolanguages()
    return a == b or broader.get(a) == b or broader.get(b) == a or bool(SYNONYMS & {(a, b), (b, a)})


@functools.cache
def other_labels(label: str) -> tuple[str, ...]:
    """Return the labels under which others keep the same language in the same script.

    `est_Latn` for `ekk_Latn`, `cmn_Hani`, `zho_Hans` and `zho_Hant` for `zho_Hani`, and the other way round.
    """
    code, _, script = label.partition("_")
    short = [
        known for key, known in wikipedia_languages().items() if len(key) == ISO_639_1 and key not in OWN_CODE
    ]
    pairs = SYNONYMS | {(known.code, known.macrolanguage) for known in short if known.macrolanguage}
    codes = [code, *sorted({b if a == code else a for a, b in pairs if code in (a, b)} - {code})]
    scripts = [script, *(s for same in SAME_SCRIPTS if script in same for s in same if s != script)]
    return tuple(f"{c}_{s}" for c in codes for s in scripts if (c, s) != (code, script))


def read_labels(labels: Iterable[str]) -> dict[str, str]:
    """Return, for the labels of a model (`__label__sw`), the languages that they name (`swh`, `swh_Latn`).

    A model with any label of two letters uses the codes of Wikipedias: its `als` is `gsw`.

    Raises:
        ModelError: a label is no language code.
    """
    codes = {label: label.removeprefix(PREFIX) for label in labels}
    wrong = [code for code in codes.values() if not LABEL.fullmatch(code)]
    if wrong or not codes:
        raise ModelError(
            f"language identification model: labels: expected codes such as swh_Latn or sw, got {wrong[:3]}"
        )
    if not any(len(code) == ISO_639_1 for code in codes.values()):
        return codes
    table = wikipedia_languages()
    return {label: table[code].code if code in table else code for label, code in codes.items()}


def with_script(language: str, script: str | None) -> str | None:
    """Return the label of a language in a script; one that has its script stays. Null without a script."""
    if "_" in language:
        return language
    return None if script is None else f"{language}_{script}"
