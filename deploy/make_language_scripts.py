"""Write filters/data/language_scripts.tsv: the scripts that each language is written in, by CLDR.

    python deploy/make_language_scripts.py PACKAGE/supplemental

The folder is that of the package cldr-core 48.2.0 (`npm pack cldr-core@48.2.0`, then untar), from which
come `languageData.json` (scripts in use, secondary ones too) and `likelySubtags.json` (the script taken for
granted). Written are codes alone: ISO 639-3 and ISO 15924.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from filters.languages import wikipedia_languages

DATA = Path(__file__).resolve().parents[1] / "filters/data"
OUTPUT = DATA / "language_scripts.tsv"
HEADER = """\
# The scripts of languages, by CLDR 48 (languageData and likelySubtags; deploy/make_language_scripts.py):
# ISO 639-3 code, then ISO 15924 codes.
"""
SECONDARY = "-alt-secondary"
FILES = ("languageData", "likelySubtags")
LETTERS = 3  # of a code of ISO 639-3
SCRIPT_LETTERS = 4


def three_letters() -> dict[str, list[str]]:
    """Return the ISO 639-3 codes of each ISO 639-1 code: the language and the members of a macrolanguage."""
    codes = defaultdict(list, {code: [known.code] for code, known in wikipedia_languages().items()})
    for line in (DATA / "iso639.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, short = line.split()[:2]
            if code not in codes[short]:
                codes[short].append(code)
    return codes


def main() -> None:
    """Read both files and write the table."""
    folder = Path(sys.argv[1])
    content = {
        name: json.loads((folder / f"{name}.json").read_text("utf-8"))["supplemental"] for name in FILES
    }
    scripts: dict[str, set[str]] = defaultdict(set)
    for tag, entry in content["languageData"]["languageData"].items():
        scripts[tag.removesuffix(SECONDARY)].update(entry.get("_scripts", []))
    for tag, likely in content["likelySubtags"]["likelySubtags"].items():
        language, given = tag.split("-")[0], [p for p in tag.split("-")[1:] if len(p) == SCRIPT_LETTERS]
        scripts[language].update(given or [p for p in likely.split("-") if len(p) == SCRIPT_LETTERS])
    codes = three_letters()
    found: dict[str, set[str]] = defaultdict(set)
    for language, used in scripts.items():
        for code in codes.get(language, [language]):
            found[code] |= used
    lines = [
        f"{code}\t{' '.join(sorted(used))}"
        for code, used in sorted(found.items())
        if len(code) == LETTERS and used
    ]
    OUTPUT.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
