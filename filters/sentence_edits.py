"""Edits of NLLB's monolingual data: punctuation as Moses writes it, NFKC, no controls, links or hashtags."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.registry import Edited, edit
from filters.text import TextBatch, encode
from filters.unicode_tables import LINE_FEED

STOPES: Final = "NLLB, stopes/pipelines/monolingual (a4e75e8)"
MOSES: Final = (
    ("[`´‘‚’]", "'"),
    ("[„“”«»]|''", '"'),
    ("–", "-"),
    (" ?— ?", " - "),
    ("…", "..."),
    ("\u00a0([%:;!?»])", "$1"),
    ("(\\d)\u00a0(\\d)", "$1.$2"),
    (r"\(", " ("),
    (r"\)", ") "),
    (r"\) ([.!:?;,])", ")$1"),
    (r"\( +", "("),
    (r" +\)", ")"),
    (r"(\d) %", "$1%"),
    (" ([:;])", "$1"),
    (r'"([,.]+)', '$1"'),
    (" {2,}", " "),
)
"""Replacements in order, after what the published script does for English (recalled, not compared)."""

LINKS: Final = r"(?i)(https?://|www\.)\S+"
TAGS: Final = r"(^|\s)[#@][^\s#@]+"


@edit(source=f"{STOPES}; Moses normalize-punctuation.perl, English")
def normalise_punctuation(text: TextBatch) -> Edited:
    """Bring quotes, dashes, ellipses and the spaces beside brackets and marks into the form of Moses."""
    return _replaced(text, MOSES)


@edit(source="Unicode Standard Annex 15, form NFKC; NLLB")
def compose_compatible(text: TextBatch) -> Edited:
    """Bring each text into Unicode form NFKC; a text that was in another form counts as one change."""
    before = _strings(text)
    return _compared(text, before, pc.utf8_normalize(before, "NFKC"))


@edit(source=f"{STOPES}, non-printing characters")
def blank_unprintable(text: TextBatch) -> Edited:
    """Make each code point of category C, but the line feed, a space; each one counts."""
    other = text.in_categories("C") & (text.codepoints != LINE_FEED)
    codepoints = np.where(other, np.uint32(ord(" ")), text.codepoints)
    changes = pa.array(text.row_sums(other).astype(np.int32), mask=text.is_null)
    return Edited(_nulled(text, encode(codepoints, text.lengths)), changes)


@edit(source=f"{STOPES}, URLs, hashtags and mentions")
def drop_link_tokens(text: TextBatch) -> Edited:
    """Cut addresses (`http…`, `www.…`), hashtags and mentions, and the white space before the latter two."""
    return _replaced(text, ((LINKS, ""), (TAGS, "$1")))


def _replaced(text: TextBatch, rules: tuple[tuple[str, str], ...]) -> Edited:
    before = after = _strings(text)
    for pattern, replacement in rules:
        after = pc.replace_substring_regex(after, pattern, replacement.replace("$", "\\"))
    return _compared(text, before, after)


def _strings(text: TextBatch) -> pa.Array:
    return encode(text.codepoints, text.lengths)


def _compared(text: TextBatch, before: pa.Array, after: pa.Array) -> Edited:
    changed = np.asarray(pc.not_equal(before, after), np.bool_).astype(np.int32)
    return Edited(_nulled(text, after), pa.array(changed, mask=text.is_null))


def _nulled(text: TextBatch, after: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(text.is_null), pa.scalar(None, pa.string()), after)
