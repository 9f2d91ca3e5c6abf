"""Make `filters/data/unicode_tables.npz` from a folder of Unicode Character Database files.

    python deploy/make_unicode_tables.py /usr/share/unicode

The folder is that of https://www.unicode.org/Public/<version>/ucd/ (in Debian: the package `unicode-data`).
The table holds, as runs of equal values, one 32-bit word of properties for each code point (the layout is in
`filters/unicode_tables.py`), the simple case mappings, the script codes and the Unicode version.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from filters import unicode_tables as layout

CODE_POINTS = 0x110000
LINE_BREAKS = (0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029)  # str.splitlines
KANA_MARKS = (0x30FC, 0xFF70, 0xFF9E, 0xFF9F)  # prolonged and voiced sound marks: script Common
ZERO_WIDTH_JOINERS = (0x200C, 0x200D)
MORE_TERMINATORS = (0x2026, 0x22EF, 0x17D4, 0x17D5, 0x0F0D, 0x0F0E)  # ellipses, Khmer khan, Tibetan shad
ASCII_END, LATIN_1_END = 0x80, 0x100
COLON = 0x3A  # joins letters in UAX #29, not in CLDR's root locale, which ICU follows


def rows(path: Path) -> Iterator[tuple[int, int, list[str]]]:
    """Yield first code point, last code point and the other fields of every line of a UCD file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = [field.strip() for field in line.split("#")[0].split(";")]
        if len(fields) > 1:
            first, _, last = fields[0].partition("..")
            yield int(first, 16), int(last or first, 16), fields[1:]


def members(path: Path, *values: str) -> np.ndarray:
    """Return the mask of the code points that a UCD file gives one of the values."""
    mask = np.zeros(CODE_POINTS, dtype=bool)
    for first, last, fields in rows(path):
        if fields[0] in values:
            mask[first : last + 1] = True
    return mask


def listed(name: str) -> np.ndarray:
    """Return the mask of a list in the package's data: one `U+XXXX` a line."""
    lines = (Path(layout.__file__).parent / "data" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return at(*(int(line[2:], 16) for line in lines if line.startswith("U+")))


def at(*code_points: int) -> np.ndarray:
    """Return the mask of the code points named."""
    mask = np.zeros(CODE_POINTS, dtype=bool)
    mask[list(code_points)] = True
    return mask


def categories(ucd: Path) -> np.ndarray:
    """Return the number of the general category of every code point."""
    result = np.full(CODE_POINTS, layout.CATEGORIES.index("Cn"), dtype=np.uint32)
    for first, last, fields in rows(ucd / "extracted" / "DerivedGeneralCategory.txt"):
        result[first : last + 1] = layout.CATEGORIES.index(fields[0])
    return result


def scripts(ucd: Path) -> tuple[np.ndarray, list[str]]:
    """Return the number of the script of every code point, and the ISO 15924 codes in that order."""
    short = {
        fields[1]: fields[0]
        for line in (ucd / "PropertyValueAliases.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("sc ")
        for fields in [[field.strip() for field in line.split(";")[1:]]]
    }
    ranges = [(first, last, short[fields[0]]) for first, last, fields in rows(ucd / "Scripts.txt")]
    codes = sorted({code for _, _, code in ranges} | {"Zzzz"})
    result = np.full(CODE_POINTS, codes.index("Zzzz"), dtype=np.uint32)
    for first, last, code in ranges:
        result[first : last + 1] = codes.index(code)
    return result, codes


def word_classes(ucd: Path, category: np.ndarray, segmented: np.ndarray) -> np.ndarray:
    """Return the word class of every code point; `filters/words.py` says what the classes are for."""
    breaks = ucd / "auxiliary" / "WordBreakProperty.txt"
    starts = np.array([c[0] for c in layout.CATEGORIES])[category]
    names = np.array(layout.CATEGORIES)[category]
    result = np.zeros(CODE_POINTS, dtype=np.uint32)

    def put(mask: np.ndarray, word_class: int) -> None:
        result[mask] = word_class

    put(members(breaks, "MidLetter") & ~at(COLON), layout.MID_LETTER)
    put(members(breaks, "MidNum"), layout.MID_NUMBER)
    put(members(breaks, "MidNumLet", "Single_Quote"), layout.MID_BOTH)
    put(members(breaks, "ExtendNumLet"), layout.MID_ANY)
    put(members(breaks, "Double_Quote"), layout.MID_HEBREW)
    put(members(breaks, "Format"), layout.FORMAT)
    put(
        members(breaks, "ALetter", "Hebrew_Letter", "Katakana") | (starts == "L") | (names == "Nl"),
        layout.LETTER,
    )
    put(segmented & (starts != "M"), layout.LETTER)
    put((names == "Nd") | (names == "No"), layout.NUMBER)
    put((starts == "M") | at(*ZERO_WIDTH_JOINERS), layout.MARK)
    return result


def properties(ucd: Path) -> tuple[np.ndarray, list[str]]:
    """Return the property word of every code point and the script codes."""
    category = categories(ucd)
    script, codes = scripts(ucd)
    starts = np.array([c[0] for c in layout.CATEGORIES])[category]
    numeric_type = ucd / "extracted" / "DerivedNumericType.txt"
    numeric = members(numeric_type, "Decimal", "Digit", "Numeric")
    bidi = members(ucd / "extracted" / "DerivedBidiClass.txt", "WS", "B", "S")
    derived = ucd / "DerivedCoreProperties.txt"
    emoji = members(ucd / "emoji" / "emoji-data.txt", "Emoji") & (np.arange(CODE_POINTS) >= LATIN_1_END)
    unspaced = np.isin(np.array(codes)[script], layout.SEGMENTED_SCRIPTS)
    segmented = (unspaced & np.isin(starts, list("LMN"))) | at(*KANA_MARKS)
    ascii_range = np.arange(CODE_POINTS) < ASCII_END
    flags = {
        layout.SPACE: bidi | (category == layout.CATEGORIES.index("Zs")),
        layout.ASCII_PUNCT: ascii_range & np.isin(starts, list("PS")),
        layout.UPPER: members(derived, "Uppercase"),
        layout.LOWER: members(derived, "Lowercase"),
        layout.NUMERIC: numeric,
        layout.ALPHA: starts == "L",
        layout.DIGIT: members(numeric_type, "Decimal", "Digit"),
        layout.TITLE: category == layout.CATEGORIES.index("Lt"),
        layout.EMOJI: emoji,
        layout.SENTENCE_END: members(ucd / "PropList.txt", "Sentence_Terminal") | at(*MORE_TERMINATORS),
        layout.SEGMENTED: segmented,
        layout.LINE_BREAK: at(*LINE_BREAKS),
        layout.IGNORABLE: members(derived, "Default_Ignorable_Code_Point"),
        layout.ROOTS_SPECIAL: emoji | listed("roots_special_characters"),
    }
    word_class = word_classes(ucd, category, segmented)
    words = category | script << layout.SCRIPT_SHIFT | word_class << layout.WORD_CLASS_SHIFT
    for flag, mask in flags.items():
        words[mask] |= flag
    return words, codes


def case_maps(ucd: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return simple case folding (status C and S) and simple lower case as code point to code point."""
    fold, lower = np.arange(CODE_POINTS, dtype=np.uint32), np.arange(CODE_POINTS, dtype=np.uint32)
    for first, _, fields in rows(ucd / "CaseFolding.txt"):
        if fields[0] in "CS":
            fold[first] = int(fields[1], 16)
    for first, _, fields in rows(ucd / "UnicodeData.txt"):
        if fields[12]:
            lower[first] = int(fields[12], 16)
    return fold, lower


def main() -> None:
    """Read the folder named on the command line and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ucd", type=Path)
    ucd = parser.parse_args().ucd
    found = re.search(r"DerivedAge-(\d+\.\d+\.\d+)", (ucd / "DerivedAge.txt").read_text(encoding="utf-8"))
    if found is None:
        parser.error(f"{ucd / 'DerivedAge.txt'}: no Unicode version in its first line")
    values, codes = properties(ucd)
    starts = np.flatnonzero(np.diff(values, prepend=values[0] ^ 1)).astype(np.uint32)
    fold, lower = case_maps(ucd)
    own = np.arange(CODE_POINTS, dtype=np.uint32)
    folded, lowered = np.flatnonzero(fold != own), np.flatnonzero(lower != own)
    target = Path(layout.__file__).parent / "data" / "unicode_tables.npz"
    np.savez_compressed(
        target,
        version=np.array(found.group(1)),
        scripts=np.array(codes),
        run_starts=starts,
        run_values=values[starts],
        fold_from=folded.astype(np.uint32),
        fold_to=fold[folded],
        lower_from=lowered.astype(np.uint32),
        lower_to=lower[lowered],
    )
    print(f"{target}: Unicode {found.group(1)}, {len(codes)} scripts, {len(starts)} runs")


if __name__ == "__main__":
    main()
