"""Texts to train and test the language identifier on: labels, what is held back, examples, noise.

Held back, by whole groups in all languages alike: one FLORES sentence in ten, one NTREX document in ten,
OLDI's lines by twenties, one story in ten, articles 3, 12 and 18 of the Declaration; one page in ten for
noise.
"""

import base64
import hashlib
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from filters.languages import ISO_639_1, SYNONYMS, wikipedia_languages

NOISE: Final = "zxx_Zxxx"
"""ISO 639-3 for no linguistic content."""

HELD_BACK: Final = 10
HELD_ARTICLES: Final = (3, 12, 18)
LEAST_EXAMPLES, MOST_EXAMPLES = 600, 3000
NOISE_EXAMPLES: Final = 6000
SAME_SCRIPT: Final = {"Kore": "Hang", "Hani": "Hans"}
TAGS: Final = r"<[^>]{3,300}>"
SCRIPTS: Final = r"(?s)<(?:script|style)[^>]*>(.*?)</"
ABOVE_ASCII: Final = 0x80
UNITS: Final = ("", "%", "€", "px", " kg", "em")
PIECE = (20, 80)
"""Code points of a cut piece."""

WRONG_ENCODINGS: Final = ("latin-1", "cp1252", "cp1251", "koi8-r", "cp437")
"""Those of East Asia are left out: what they make of other text is words of Chinese and Japanese."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in one language; `held` keeps it for testing."""

    label: str
    text: str
    source: str
    held: bool


def one_label(label: str) -> str:
    """Return the label that the engine uses for the same language (see `filters/languages.py`)."""
    code, _, script = label.partition("_")
    known = {language.code for language in wikipedia_languages().values()}
    members = {
        language.macrolanguage: language.code
        for key, language in wikipedia_languages().items()
        if len(key) == ISO_639_1 and language.macrolanguage
    }
    code = dict(SYNONYMS).get(code, code)
    code = code if code in known else members.get(code, code)
    script = "Jpan" if code == "jpn" else SAME_SCRIPT.get(script, script)
    return f"{code}_{script}"


def read_texts(folder: Path) -> Iterator[Text]:
    """Yield all texts of a folder of the five published sets; those of no known language are left out."""
    for row in _rows(folder, "flores200_sib_train"):
        yield _text(row, "flores", _held("flores", row["index_id"]))
    for row in _rows(folder, "ntrex128_docs_even"):
        yield _text(row, "ntrex", _held("ntrex", row["doc_id"]))
    for row in _rows(folder, "oldi_seed_lines0000-2799"):
        yield _text(row, "oldi", _held("oldi", row["line"] // 20))
    for row in _rows(folder, "udhr_preamble_art01-19"):
        if not row["lang"].startswith("und") and row["text"]:
            yield _text(row, "udhr", row["part"] == "article" and row["number"] in HELD_ARTICLES)
    for row in _rows(folder, "african_storybook_even"):
        held = _held("story", row["story"])
        for line in filter(str.strip, row["text"].splitlines()):
            yield _text(row | {"text": line}, "stories", held)


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return found


def _text(row: dict[str, Any], source: str, held: bool) -> Text:
    return Text(one_label(row["lang"]), " ".join(row["text"].split()), source, held)


def _held(*group: object) -> bool:
    digest = hashlib.blake2b("|".join(map(str, group)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % HELD_BACK == 0


def examples(texts: dict[str, list[str]], seed: int = 1) -> list[str]:
    """Return training lines: all texts of a language, and pieces and paragraphs of them.

    A third more of a script other than Latin is mixed with English words, numbers and code, as web pages
    are, a tenth more of Latin script with numbers and code.
    """
    dice = random.Random(seed)
    english = [word for text in texts["eng_Latn"] for word in text.split()]
    code = [word for text in texts[NOISE] for word in text.split()]
    lines = []
    for label, own in sorted(texts.items()):
        made = list(own)
        dice.shuffle(made)
        made = made[:MOST_EXAMPLES]
        more = max(LEAST_EXAMPLES - len(made), len(made) // 5)
        made += [_variant(dice, own) for _ in range(more if label != NOISE else 0)]
        if not label.endswith("_Latn"):
            made += [_mixed(dice, text, (english, code)) for text in dice.choices(made, k=len(made) // 3)]
        elif label != NOISE:
            made += [_mixed(dice, text, (code,)) for text in dice.choices(made, k=len(made) // 10)]
            made += [text.upper() for text in dice.choices(made, k=len(made) // 25)]
        lines += [f"__label__{label} {text}" for text in made]
    dice.shuffle(lines)
    return lines


def _variant(dice: random.Random, texts: list[str]) -> str:
    text, kind = dice.choice(texts), dice.random()
    if kind < 1 / 2 and len(text) > PIECE[1]:
        length = dice.randint(*PIECE)
        start = text.rfind(" ", 0, dice.randrange(len(text) - length)) + 1
        return text[start : start + length]
    return " ".join(dice.choices(texts, k=3)) if kind < 4 / 5 else text


def _mixed(dice: random.Random, text: str, strangers: tuple[list[str], ...]) -> str:
    words = text.split() if " " in text else [text[i : i + 12] for i in range(0, len(text), 12)]
    for _ in range(dice.randint(1, max(2, len(words)))):
        strange = dice.choice(dice.choice(strangers)) if dice.random() < 2 / 3 else _token(dice)
        words.insert(dice.randint(0, len(words)), strange)
    return " ".join(words)


def noise(pages: Path, charsets: Path, texts: list[str], seed: int = 2) -> Iterator[Text]:
    """Yield what is no language: tags, scripts and styles, numbers and tokens, text in a wrong encoding."""
    dice = random.Random(seed)
    html = [
        row["html"].decode("utf-8", "replace") for row in pq.read_table(pages, columns=["html"]).to_pylist()
    ]
    foreign = [row["data"] for row in pq.read_table(charsets, columns=["data"]).to_pylist()]
    kinds = (
        lambda i: _window(dice, " ".join(re.findall(TAGS, html[i % len(html)]))),
        lambda i: _window(
            dice, " ".join(re.findall(r"(?s)<(?:script|style)[^>]*>(.*?)</", html[i % len(html)]))
        ),
        lambda _: " ".join(_token(dice) for _ in range(dice.randint(4, 30))),
        lambda _: _garbled(dice, dice.choice(texts).encode()),
        lambda i: _garbled(dice, _bytes(dice, foreign[i % len(foreign)])),
    )
    for number in range(NOISE_EXAMPLES):
        text = " ".join(kinds[number % len(kinds)](number // len(kinds)).split())
        if len(text) > PIECE[0]:
            yield Text(NOISE, text, "noise", _held("noise", number // len(kinds)))


def _window(dice: random.Random, text: str) -> str:
    start = dice.randrange(max(1, len(text) - 300))
    return text[start : start + dice.randint(60, 300)]


def _bytes(dice: random.Random, data: bytes) -> bytes:
    high = bytes(byte for byte in data if byte >= ABOVE_ASCII or byte == ord(" "))
    start = dice.randrange(max(1, len(high) - 200))
    return high[start : start + 200]


def _garbled(dice: random.Random, data: bytes) -> str:
    """Bytes above ASCII read in a wrong encoding; nothing where there are few: that is still readable."""
    if sum(byte >= ABOVE_ASCII for byte in data) < len(data) / 3:
        return ""
    return data.decode(dice.choice(WRONG_ENCODINGS), "ignore")[:300]


def _token(dice: random.Random) -> str:
    mark = dice.choice("./-")
    return dice.choice(
        (
            f"{dice.randint(0, 10 ** dice.randint(1, 8)):,}",
            f"{dice.uniform(0, 1000):.{dice.randint(1, 4)}f}{dice.choice(UNITS)}",
            f"{dice.randint(1, 31):02}{mark}{dice.randint(1, 12):02}{mark}{dice.randint(1990, 2026)}",
            base64.b64encode(dice.randbytes(dice.randint(4, 24))).decode(),
            "".join(dice.choices(string.ascii_lowercase + string.digits + "-_/.#", k=dice.randint(3, 16))),
        )
    )
