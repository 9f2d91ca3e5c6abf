r"""Tokens near to those of spaCy's English tokenizer, which datatrove asks since December 2024.

They are the `tokens` of `filters/words.py` with some borders taken away and some put in. With "touching" for
what no white space separates:

1. Equal symbols that touch are one token (`...`, `--`), but marks, brackets, quotes and the like.
2. At the beginning of what white space separates, `-/\~.@|^`, and `+` before a number, stay with the word
   after them (`-r`, `/etc`, `.com`); at its end `-/\~@|^=`, and `+` but after a number, with the word before.
3. Between two words `:<>=/` and a hyphen part only before a letter, and a hyphen between two numbers; `+*^`
   only between two numbers; `&@~|\` never.
4. A full stop stays with a single capital letter, and with a word that has one inside (`e.g.`, `U.S.`).
5. An address that has `://` or begins with `www.` is one token up to its last letter or number.
6. A unit after a number (`5km`, `64GB`) is a token of its own, and so are
   `'s`, `'m`, `'d`, `'ll`, `'re`, `'ve` and `n't`.

spaCy's lists of abbreviations and exceptions are not here.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from filters import search
from filters.spans import Spans
from filters.unicode_tables import ALNUM, ALPHA, NUMERIC, UPPER
from filters.words import solid_tokens

if TYPE_CHECKING:
    from filters.text import TextBatch

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]


def _codes(characters: str) -> NDArray[np.uint32]:
    return np.frombuffer(characters.encode("utf-32-le"), dtype=np.uint32)


LEADING: Final = _codes("-/\\~.@|^")
TRAILING: Final = _codes("-/\\~@|^=")
REPEATED: Final = _codes("-/\\~.|^+")
BEFORE_LETTERS: Final = _codes(":<>=/-")
BETWEEN_NUMBERS: Final = _codes("+*^")
NEVER: Final = _codes("&@~|\\")
APOSTROPHES: Final = _codes("'’")
HYPHEN, PLUS, STOP = (ord(c) for c in "-+.")
CLITICS: Final = ("s", "m", "d", "ll", "re", "ve")
UNITS: Final = (
    *("km", "m", "cm", "mm", "kg", "g", "mg", "lb", "oz", "ft", "in", "yd", "ha", "nm", "mph", "kmh"),
    *("hPa", "Pa", "mbar", "mb", "MB", "kb", "KB", "gb", "GB", "tb", "TB", "T", "G", "M", "K", "t"),
)


def english_tokens(text: "TextBatch") -> Spans:
    """Return the tokens of a batch."""
    tokens = solid_tokens(text)
    if len(tokens) == 0:
        return tokens
    joined = _joined(text, tokens)
    starts = tokens.starts[~joined]
    ends = tokens.ends[np.append(~joined[1:], True)]
    return _parted(text, text.spans(starts, ends))


def _joined(text: "TextBatch", tokens: Spans) -> Mask:
    """Return which tokens are one with the token before them."""
    code, starts = text.codepoints, tokens.starts
    touches = np.zeros(len(tokens), dtype=np.bool_)
    touches[1:] = (starts[1:] == tokens.ends[:-1]) & ~text.row_starts_flags[starts[1:]]
    symbol = ~text.flag(ALNUM)[starts] & (tokens.lengths == 1)
    first, last = code[starts], code[tokens.ends - 1]
    same = touches.copy()
    same[1:] &= symbol[1:] & symbol[:-1] & (first[1:] == first[:-1])
    same &= np.isin(first, REPEATED)
    opens = _carried(~touches, same)  # a symbol, or a run of equal ones, at the beginning of a chunk
    closes = _carried(~np.append(touches[1:], False), np.append(same[1:], False), backwards=True)
    numeric, letter = text.flag(NUMERIC), text.flag(ALPHA)
    before_number, before_letter = numeric[starts], letter[starts]
    after_number = numeric[tokens.ends - 1]
    joined = same
    word = ~symbol

    leads = symbol & opens & np.isin(first, LEADING)
    leads &= (first != STOP) | ~same
    joined[1:] |= (
        touches[1:] & word[1:] & (leads[:-1] | (symbol & opens & (first == PLUS))[:-1] & before_number[1:])
    )
    trails = symbol & closes & np.isin(first, TRAILING)
    joined[1:] |= (
        touches[1:]
        & word[:-1]
        & (trails[1:] | ((symbol & closes & (first == PLUS))[1:] & ~after_number[:-1]))
    )
    middle = np.flatnonzero(symbol[1:-1] & touches[1:-1] & touches[2:] & word[:-2] & word[2:]) + 1
    kind, left, right = first[middle], middle - 1, middle + 1
    parts = np.isin(kind, BEFORE_LETTERS) & before_letter[right]
    numbers = after_number[left] & before_number[right]
    parts |= (kind == HYPHEN) & numbers
    parts |= np.isin(kind, BETWEEN_NUMBERS) & numbers
    known = np.isin(kind, np.concatenate((BEFORE_LETTERS, BETWEEN_NUMBERS, NEVER)))
    glued = middle[known & ~parts]
    joined[glued] = joined[glued + 1] = True
    _join_abbreviations(text, tokens, touches & (last == STOP) & symbol, joined)
    _join_addresses(text, tokens, touches, joined)
    return joined


def _carried(begins: Mask, same: Mask, backwards: bool = False) -> Mask:
    """Return where a run of `same` tokens has a token that `begins` holds for at its first place."""
    if backwards:
        return _carried(begins[::-1], same[::-1])[::-1]
    run = np.cumsum(~same)
    held = np.zeros(int(run[-1]) + 1, dtype=np.bool_)
    held[run[begins]] = True
    return np.asarray(held[run], dtype=np.bool_)


def _join_abbreviations(text: "TextBatch", tokens: Spans, stops: Mask, joined: Mask) -> None:
    at = np.flatnonzero(stops)
    before = at - 1
    starts, ends = tokens.starts[before], tokens.ends[before]
    dots = np.concatenate(([0], np.cumsum(text.codepoints == STOP)))
    inner = (dots[ends] > dots[starts]) & (ends - starts > 1) & text.flag(ALNUM)[starts]
    capital = (ends - starts == 1) & text.flag(UPPER)[starts]
    joined[at[inner | capital]] = True


def _join_addresses(text: "TextBatch", tokens: Spans, touches: Mask, joined: Mask) -> None:
    chunk = np.cumsum(~touches) - 1
    first = np.flatnonzero(~touches)
    held = np.searchsorted(tokens.starts, search.find(text, "://"), side="right") - 1
    www = np.searchsorted(tokens.starts, search.find(text, "www."), side="right") - 1
    www = www[~touches[www]]
    if len(held) + len(www) == 0:
        return
    is_address = np.zeros(len(first), dtype=np.bool_)
    is_address[chunk[held]] = is_address[chunk[www]] = True
    inside = is_address[chunk]
    word = text.flag(ALNUM)[tokens.ends - 1]
    last_word = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(last_word, chunk[word], np.flatnonzero(word))
    joined |= touches & inside & (np.arange(len(tokens)) <= last_word[chunk])


def _parted(text: "TextBatch", tokens: Spans) -> Spans:
    """Part the clitics from their words."""
    code = text.folded
    apostrophes = np.flatnonzero(np.isin(text.codepoints, APOSTROPHES))
    owner = np.searchsorted(tokens.starts, apostrophes, side="right") - 1
    inside = (owner >= 0) & (apostrophes > tokens.starts[owner]) & (apostrophes < tokens.ends[owner] - 1)
    at, end = apostrophes[inside], tokens.ends[owner[inside]]
    start = tokens.starts[owner[inside]]
    cuts: list[Positions] = []
    for clitic in CLITICS:
        fits = end - at == len(clitic) + 1
        for offset, character in enumerate(clitic, 1):
            fits &= code[np.minimum(at + offset, len(code) - 1)] == ord(character)
        cuts.append(at[fits])
    negated = (end - at == len("'t")) & (code[np.minimum(at + 1, len(code) - 1)] == ord("t"))
    negated &= (at - 1 > start) & (code[at - 1] == ord("n"))
    cuts.append(at[negated] - 1)
    found = np.unique(np.concatenate((*cuts, _unit_cuts(text, tokens))))
    starts = np.sort(np.concatenate((tokens.starts, found)))
    ends = np.sort(np.concatenate((tokens.ends, found)))
    return text.spans(starts, ends)


def _unit_cuts(text: "TextBatch", tokens: Spans) -> Positions:
    """Return where a unit begins that ends a token of a number and nothing else."""
    number = text.flag(NUMERIC)
    held = np.flatnonzero(number[tokens.starts] & ~number[tokens.ends - 1])
    starts, ends = tokens.starts[held], tokens.ends[held]
    found: list[Positions] = []
    for unit in UNITS:
        at = ends - len(unit)
        fits = (at > starts) & number[np.maximum(at - 1, 0)]
        for offset, character in enumerate(unit):
            fits &= text.codepoints[np.minimum(at + offset, len(text.codepoints) - 1)] == ord(character)
        found.append(at[fits])
    return np.concatenate(found)
