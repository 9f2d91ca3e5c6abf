"""Edits that repair Indic and Burmese text: spaces beside a virama, the font encoding Zawgyi.

MADLAD-400 did both (its appendix, recalled; it used the library Myanmar Tools). The tables are written from
the code charts: which Unicode characters each Zawgyi glyph stands for, and the order that Unicode keeps.
"""

import re
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.registry import Edited, edit
from filters.text import TextBatch, encode

MADLAD: Final = "MADLAD-400, Kudugunta et al. 2023, appendix"
VIRAMAS: Final = (
    "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u103a"
    "\u1714\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\ua806\ua8c4\ua953\ua9c0\uaaf6\uabed"
)
"""Code points of canonical combining class 9 that people write with."""

MYANMAR: Final = (0x1000, 0x109F)
"""First and last code point of the block."""

KINZI: Final = "\u1004\u103a\u1039"
GLYPHS: Final = {
    "\u1033": "\u102f",
    "\u1034": "\u1030",
    "\u1039": "\u103a",
    "\u103a": "\u103b",
    "\u103b": "\u103c",
    "\u103c": "\u103d",
    "\u103d": "\u103e",
    "\u105a": "\u102b\u103a",
    "\u1060": "\u1039\u1000",
    "\u1061": "\u1039\u1001",
    "\u1062": "\u1039\u1002",
    "\u1063": "\u1039\u1003",
    "\u1064": KINZI,
    "\u1065": "\u1039\u1005",
    "\u1066": "\u1039\u1006",
    "\u1067": "\u1039\u1006",
    "\u1068": "\u1039\u1007",
    "\u1069": "\u1039\u1008",
    "\u106a": "\u1009",
    "\u106b": "\u100a",
    "\u106c": "\u1039\u100b",
    "\u106d": "\u1039\u100c",
    "\u106e": "\u100d\u1039\u100d",
    "\u106f": "\u100d\u1039\u100e",
    "\u1070": "\u1039\u100f",
    "\u1071": "\u1039\u1010",
    "\u1072": "\u1039\u1010",
    "\u1073": "\u1039\u1011",
    "\u1074": "\u1039\u1011",
    "\u1075": "\u1039\u1012",
    "\u1076": "\u1039\u1013",
    "\u1077": "\u1039\u1014",
    "\u1078": "\u1039\u1015",
    "\u1079": "\u1039\u1016",
    "\u107a": "\u1039\u1017",
    "\u107b": "\u1039\u1018",
    "\u107c": "\u1039\u1019",
    "\u107d": "\u103b",
    **dict.fromkeys("\u107e\u107f\u1080\u1081\u1082\u1083\u1084", "\u103c"),
    "\u1085": "\u1039\u101c",
    "\u1086": "\u103f",
    "\u1087": "\u103e",
    "\u1088": "\u103e\u102f",
    "\u1089": "\u103e\u1030",
    "\u108a": "\u103d\u103e",
    "\u108b": KINZI + "\u102d",
    "\u108c": KINZI + "\u102e",
    "\u108d": KINZI + "\u1036",
    "\u108e": "\u102d\u1036",
    "\u108f": "\u1014",
    "\u1090": "\u101b",
    "\u1091": "\u100f\u1039\u100d",
    "\u1092": "\u100b\u1039\u100c",
    "\u1093": "\u1039\u1018",
    "\u1094": "\u1037",
    "\u1095": "\u1037",
    "\u1096": "\u1039\u1010\u103d",
    "\u1097": "\u100b\u1039\u100b",
}
"""What a code point stands for in the font Zawgyi-One, where it is not what Unicode says."""

CONSONANT: Final = "\u1000-\u102a\u103f"
SYLLABLE: Final = re.compile(
    f"(?P<before>[\u1031\u103c]*)(?P<base>[{CONSONANT}])"
    f"(?P<signs>(?:\u1039[\u1000-\u1021]|{KINZI}|[\u102b-\u102d\u102e-\u1030\u1032\u1036-\u1038\u103a\u103b\u103d\u103e])*)"
)
PIECE: Final = re.compile(f"{KINZI}|\u1039[\u1000-\u1021]|.")
MEDIALS: Final = "\u103b\u103c\u103d\u103e"
ORDER: Final = MEDIALS + "\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u1036\u1037\u103a\u1038"
"""The order of signs after a consonant (Unicode Technical Note 11; the dot below before asat, as in NFC)."""

EARLY_E: Final = re.compile("(?<![\u1000-\u102a\u1039\u103b-\u103f\u1050-\u108f])\u1031[\u1000-\u1021\u103b]")
"""A vowel E that no consonant stands before, as Zawgyi writes it and Unicode never does."""

ZERO_FOR_WA: Final = re.compile(
    "(?<=\u1031)\u1040|\u1040(?=[\u102b-\u1030\u1032\u1036-\u103d])"
    "|(?<![\u1040-\u1049])\u1040(?=[\u1000-\u1021]\u1039)"
)
"""The digit zero where only the letter wa can stand; the two look alike."""

ASAT, ZAWGYI_ASAT = "\u103a", "\u1039"


@edit(source=f"{MADLAD}: virama correction")
def close_viramas(text: TextBatch) -> Edited:
    """Cut the spaces before a virama, and those after it where there were some before.

    No word begins with a virama, while many end in one: a space that only follows stays.
    """
    before = encode(text.codepoints, text.lengths)
    after = pc.replace_substring_regex(before, f" +([{VIRAMAS}]) *", "\\1")
    return _edited(text, before, after)


@edit(source=f"{MADLAD}: Myanmar font compatibility; Unicode Technical Note 11 (order of signs)")
def convert_zawgyi(text: TextBatch) -> Edited:
    """Turn Burmese written for the font Zawgyi-One into Unicode; other texts stay.

    A text is Zawgyi when its asat, the commonest sign, is more often U+1039 than U+103A, each vowel E before
    its consonant counting two.
    """
    before = encode(text.codepoints, text.lengths)
    burmese = text.row_sums((text.codepoints >= MYANMAR[0]) & (text.codepoints <= MYANMAR[1])) > 0
    if not burmese.any():
        return _edited(text, before, before)
    texts: list[str] = before.to_pylist()
    for row in np.flatnonzero(burmese).tolist():
        if is_zawgyi(texts[row]):
            texts[row] = zawgyi_to_unicode(texts[row])
    return _edited(text, before, pa.array(texts, pa.string()))


def is_zawgyi(text: str) -> bool:
    """Return whether a text has more signs of Zawgyi than of Unicode."""
    return text.count(ZAWGYI_ASAT) + 2 * len(EARLY_E.findall(text)) > text.count(ASAT)


def zawgyi_to_unicode(text: str) -> str:
    """Return a text written for Zawgyi-One as Unicode text."""
    text = ZERO_FOR_WA.sub("\u101d", text.replace("\u1025\u1039", "\u1009\u1039"))
    text = "".join(GLYPHS.get(character, character) for character in text)
    return SYLLABLE.sub(_in_order, text)


def _in_order(match: re.Match[str]) -> str:
    """Return a syllable with kinzi before its consonant and all signs after it in Unicode's order."""
    pieces = PIECE.findall(match["before"] + match["signs"])
    kinzi = KINZI if KINZI in pieces else ""
    stacked = [piece for piece in pieces if len(piece) > 1 and piece != KINZI]
    signs = {piece for piece in pieces if len(piece) == 1}
    ordered = sorted(signs, key=ORDER.index)
    return kinzi + match["base"] + "".join(stacked) + "".join(ordered)


def _edited(text: TextBatch, before: pa.Array, after: pa.Array) -> Edited:
    changed = np.asarray(pc.not_equal(before, after), np.bool_).astype(np.int32)
    kept = pc.if_else(pa.array(text.is_null), pa.scalar(None, pa.string()), after)
    return Edited(kept, pa.array(changed, mask=text.is_null))
