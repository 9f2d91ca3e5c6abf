"""Slow, obvious references of the signals, each written from its definition, one text at a time.

`REFERENCES` has, for a signal's name, the parameters and the function that must give the same value. More
than 400 lines in one file, since the references share slow words and lines and are looked up in one table.
"""

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import regex

from filters.hashing import row_hashes
from filters.phrases import CURSED_LITERALS, POLICY_PHRASES
from filters.unicode_tables import listed
from filters.wordlists import WordLists
from tests import slow_text
from tests.slow_text import fold

Value = Any
SPECIAL = frozenset(
    chr(c) for c in listed("roots_special_characters").nonzero()[0]
)  # the emoji part is added by a pattern
EMOJI = regex.compile(r"\p{Emoji}")
TERMINAL = frozenset(chr(c) for c in listed("datatrove_terminal_punctuation").nonzero()[0])
DATATROVE = frozenset(chr(c) for c in listed("datatrove_punctuation").nonzero()[0])
CCNET = frozenset(chr(c) for c in listed("ccnet_punctuation").nonzero()[0])


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def is_emoji(c: str) -> bool:
    return ord(c) >= 0x100 and bool(EMOJI.match(c))


def is_special(c: str) -> bool:
    return c in SPECIAL or is_emoji(c)


def roots_words(text: str) -> list[str]:
    special = "".join(sorted({c for c in text if is_special(c)}))
    return [w for p in re.split(r"[ \n\t]", text) if (w := p.strip(special))]


def tokens(text: str) -> list[str]:
    spans = slow_text.word_spans(text)
    inside = {i for a, b in spans for i in range(a, b)}
    spans += [(i, i + 1) for i, c in enumerate(text) if i not in inside and not c.isspace()]
    return [text[a:b] for a, b in sorted(spans)]


WORDS: dict[str, Callable[[str], list[str]]] = {
    "unicode": slow_text.words,
    "whitespace": str.split,
    "word_characters": lambda text: re.findall(r"\w+", text),
    "word_punct": lambda text: re.findall(r"\w+|[^\w\s]+", text),
    "tokens": tokens,
    "blanks": lambda text: text.split(" "),
    "roots": roots_words,
}
LINES: dict[str, Callable[[str], list[str]]] = {
    "newline": lambda text: text.removesuffix("\n").split("\n") if text else [],
    "unicode": str.splitlines,
    "split": lambda text: text.split("\n"),
    "runs": lambda text: re.split(r"\n+", text),
    "paragraphs": lambda text: re.split(r"\n{2,}", text.strip()),
}


def ngrams(items: Sequence[Any], n: int) -> list[Any]:
    return [tuple(items[i : i + n]) for i in range(len(items) - n + 1)]


def char_rep(text: str, n: int) -> float | None:
    counts = Counter(text[i : i + n] for i in range(len(text) - n + 1))
    k = min(math.isqrt(len(counts)), sum(c > 1 for c in counts.values()))
    return share(sum(sorted(counts.values(), reverse=True)[:k]), sum(counts.values()))


def word_rep(text: str, n: int, kind: str = "roots") -> float | None:
    counts = Counter(ngrams([fold(w) for w in WORDS[kind](text)], n))
    return share(sum(c for c in counts.values() if c > 1), sum(counts.values()))


def normalised(text: str) -> str:
    return unicodedata.normalize("NFD", "".join(c for c in text if c not in string.punctuation))


def spaced_digits(text: str) -> str:
    return "".join(" " * (i > 0 and text[i - 1].isdigit() != c.isdigit()) + c for i, c in enumerate(text))


def top_ngram(text: str, n: int, variant: str) -> float | None:
    words, whole, spaces, lone, longest = counted(text, variant)
    grams = ngrams(words, n)
    if not grams:
        return None
    counts = Counter(grams)
    size = lambda gram: sum(map(len, gram)) + spaces * (n - 1)  # noqa: E731
    best = max(counts, key=lambda gram: (counts[gram], size(gram) if longest else 0))
    if counts[best] == 1:
        best = grams[0]
    return share(size(best) * counts[best] if lone or counts[best] > 1 else 0, whole)


def dup_ngram(text: str, n: int, variant: str) -> float | None:
    words, whole, _, _, _ = counted(text, variant)
    grams = ngrams(words, n)
    if not grams:
        return None
    counts = Counter(grams)
    if variant == "dolma":
        sizes = [sum(map(len, gram)) for gram in grams]
        return share(sum(s for s, g in zip(sizes, grams, strict=True) if counts[g] > 1), sum(sizes))
    if variant in ("gopher", "dclm", "rpv2"):
        covered = {i + k for i, gram in enumerate(grams) if counts[gram] > 1 for k in range(n)}
        return share(sum(len(words[i]) for i in covered), whole)
    seen: set[Any] = set()
    part, i = 0, 0
    while i < len(grams):
        if grams[i] in seen:
            part += sum(map(len, grams[i]))
            i += n
        else:
            seen.add(grams[i])
            i += 1
    return share(part, whole)


def counted(text: str, variant: str) -> tuple[list[str], int, bool, bool, bool]:
    """Words, denominator, spaces between words, lone n-grams, longest of equals."""
    if variant in ("gopher", "dclm"):
        words = slow_text.words(text)
        return [fold(w) if variant == "gopher" else w for w in words], len("".join(words)), False, False, True
    if variant == "dolma":
        return text.split(), len("".join(text.split())), False, True, False
    if variant == "rpv2":
        words = normalised(text).split()
        return [fold(w) for w in words], len("".join(words)), False, False, False
    if variant == "glotcc":
        text = spaced_digits(text)
    kind = {"glotcc": "blanks", "datatrove": "tokens"}.get(variant, "whitespace")
    return WORDS[kind](text), len(text), True, True, False


def copies(lines: list[str], first: bool) -> list[str]:
    counts, seen, found = Counter(lines), set(), []
    for line in lines:
        if counts[line] > 1 and (first or line in seen):
            found.append(line)
        seen.add(line)
    return found


def line_choice(text: str, kind: str, blank: bool) -> list[str]:
    return [line for line in LINES[kind](text) if blank or line.strip()]


def dup_lines(text: str, lines: str = "runs", first: bool = False, blank: bool = True) -> float | None:
    chosen = line_choice(text, lines, blank)
    return share(len(copies(chosen, first)), len(chosen) if text else 0)


def dup_line_chars(
    text: str, lines: str = "runs", first: bool = False, blank: bool = True, of: str = "text"
) -> float | None:
    whole = {"text": text, "words": "".join(text.split()), "lines": text.replace("\n", "")}[of]
    return share(len("".join(copies(line_choice(text, lines, blank), first))), len(whole))


def edge_lines(text: str, lines: str, stripped: bool, test: Callable[[str], bool]) -> float | None:
    chosen = LINES[lines](text)
    return share(sum(test(line.strip() if stripped else line) for line in chosen), len(chosen))


def scripts(text: str) -> Counter[str]:
    left = [c for c in text if not c.isspace() and c not in string.punctuation + string.digits]
    return Counter(script_of(c) for c in left)


def script_of(c: str) -> str:
    if unicodedata.category(c) in ("Cn", "Co"):
        return "Zzzz"
    for code in ("Zyyy", "Zinh", "Latn", "Hani", "Hira", "Kana", "Hang"):
        if regex.match(rf"\p{{sc={code}}}", c):
            return code
    from filters.unicode_tables import script_codes

    return next(s for s in script_codes() if s != "Zzzz" and regex.match(rf"\p{{sc={s}}}", c))


def glot_script(text: str) -> str | None:
    found = scripts(text)
    return min(found, key=lambda s: (-found[s], s)) if found else None


def in_list_case(token: str) -> bool:
    return token[0].isupper() or all(c.isdigit() or c in string.punctuation for c in token)


def capital_tokens(text: str) -> float | None:
    found = text.split()
    return share(sum(map(in_list_case, found)), len(found)) if len(found) >= 12 else None


def entropy(words: list[str]) -> float | None:
    counts = Counter(map(fold, words))
    return -sum(c / len(words) * math.log(c / len(words)) for c in counts.values()) if words else None


def short_edge(text: str, first: bool) -> float | None:
    lines = LINES["newline"](text)
    size = int(len(lines) * 0.2)
    edge = lines[:size] if first else lines[len(lines) - size :]
    return share(sum(len(line.encode()) < 100 for line in edge), size)


def line_chars(text: str, test: Callable[[int], bool]) -> float | None:
    lengths = [len(line) for line in LINES["newline"](text)]
    return share(sum(n for n in lengths if test(n)), sum(lengths))


def is_category(prefix: str) -> Callable[[str], bool]:
    return lambda c: unicodedata.category(c).startswith(prefix)


def char_share(test: Callable[[str], bool]) -> Callable[[str], float | None]:
    return lambda text: share(sum(map(test, text)), len(text))


def word_share(kind: str, test: Callable[[str], bool]) -> Callable[[str], float | None]:
    return lambda text: share(sum(map(test, WORDS[kind](text))), len(WORDS[kind](text)))


def lines_of(values: Callable[[str], float]) -> Callable[[str], list[float]]:
    return lambda text: [values(m) for m in re.findall(r"[^\n]*\n|[^\n]+$", text)]


SUBSTRINGS = WordLists.of("substrings", {"*": ["a", "aa", "a b", "the", "本", "#"]})


def nth_longest(text: str, n: int) -> int:
    lengths = sorted(map(len, text.split("\n")), reverse=True)
    return lengths[n - 1] if len(lengths) >= n else 0


def substrings(text: str, flanked: bool) -> int:
    """Places where an entry begins in the case-folded text, flanked as the original characters say."""
    folded = fold(text)

    def word(i: int) -> bool:
        return 0 <= i < len(text) and bool(re.match(r"\w", text[i]))

    return sum(
        folded.startswith(entry, i) and not (flanked and (word(i - 1) or word(i + len(entry))))
        for entry in SUBSTRINGS.entries["*"]
        for i in range(len(text))
    )


def plain_words(text: str, kind: str = "tokens") -> list[str]:
    words = text.split(" ") if kind == "blanks" else tokens(text)
    return [w for w in words if not set(w) <= DATATROVE]


def line_top(text: str, n: int) -> float | None:
    lines = [line for line in text.split("\n") if len(line.split(" ")) > 20]
    return max((top_ngram(line, n, "glotcc") or 0 for line in lines), default=None)


def is_questionable(sentence: str) -> bool:
    found = sentence.split()
    return (
        not 20 <= len(sentence) <= 500
        or (len(found) >= 12 and sum(map(in_list_case, found)) > 0.5 * len(found))
        or sum(c in "0123456789{}+/()>" for c in sentence) > 0.2 * len(sentence)
        or any(pattern in sentence for pattern in CURSED_LITERALS)
    )


def is_mixed(word: str) -> bool:
    found = {script_of(c) for c in word if c.isalpha()}
    return len(found & {"Latn", "Cyrl", "Grek", "Armn", "Cher", "Copt"}) > 1


def mojibake(text: str) -> float | None:
    return share(
        len(re.findall("(?<=[ÂÃÄÅÐÑØÙÎÏàáâãä])[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]", text)), len(text)
    )


def hash_of_line(line: str) -> int | None:
    """The hash that the signal gives to the normalised line."""
    plain = "".join(c for c in fold(line.strip()) if c not in CCNET and unicodedata.category(c) != "Cc")
    plain = "".join("0" if unicodedata.category(c) == "Nd" else c for c in plain)
    codepoints = np.array([ord(c) for c in plain], dtype=np.uint64)
    return int(row_hashes(codepoints, np.array([0, len(plain)])).view(np.int64)[0]) if plain else None


def listed_share(text: str, words: list[str]) -> float | None:
    found = [fold(w) for w in roots_words(text)]
    return share(sum(w in words for w in found), len(found))


GOPHER_WORDS = ["the", "be", "to", "of", "and", "that", "have", "with"]
REFERENCES: list[tuple[str, dict[str, Any], Callable[[str], Value]]] = [
    ("char_count", {}, len),
    ("byte_count", {}, lambda t: len(t.encode())),
    *[("word_count", {"kind": k}, lambda t, k=k: len(WORDS[k](t))) for k in WORDS],
    *[("line_count", {"kind": k}, lambda t, k=k: len(LINES[k](t))) for k in LINES],
    *[
        ("mean_word_length", {"kind": k}, lambda t, k=k: share(len("".join(WORDS[k](t))), len(WORDS[k](t))))
        for k in ("unicode", "whitespace", "tokens")
    ],
    ("median_word_length", {}, lambda t: median(map(len, t.split())) if t.split() else None),
    ("max_word_length", {}, lambda t: max(map(len, t.split()), default=None)),
    ("digit_ratio", {}, char_share(is_category("Nd"))),
    ("letter_ratio", {}, char_share(lambda c: unicodedata.category(c)[0] in "LM")),
    ("whitespace_ratio", {}, char_share(str.isspace)),
    ("punctuation_ratio", {}, char_share(is_category("P"))),
    ("uppercase_ratio", {}, char_share(str.isupper)),
    ("special_char_ratio", {}, char_share(is_special)),
    ("emoji_ratio", {}, char_share(is_emoji)),
    ("ascii_digit_ratio", {}, char_share(lambda c: c in string.digits)),
    ("ascii_punctuation_ratio", {}, char_share(lambda c: c in string.punctuation + "—–")),
    ("technical_char_ratio", {}, char_share(lambda c: c in "0123456789{}+/()>")),
    ("curly_bracket_ratio", {}, char_share(lambda c: c in "{}")),
    ("private_use_ratio", {}, char_share(lambda c: unicodedata.category(c) in ("Co", "Cn"))),
    (
        "control_char_ratio",
        {},
        char_share(lambda c: unicodedata.category(c) == "Cc" and c not in "\t\n\x0b\x0c\r"),
    ),
    (
        "invisible_char_ratio",
        {},
        char_share(lambda c: bool(regex.match(r"\p{Default_Ignorable_Code_Point}", c))),
    ),
    ("replacement_char_count", {}, lambda t: t.count("\ufffd")),
    ("max_char_run", {}, lambda t: max((len(list(g)) for _, g in groupby(t)), default=None)),
    (
        "compression_ratio",
        {},
        lambda t: share(len(pa.Codec("lz4_raw").compress(t.encode())), len(t.encode())),
    ),
    *[("char_rep_ratio", {"n": n}, lambda t, n=n: char_rep(t, n)) for n in (1, 2, 3, 10)],
    *[("word_rep_ratio", {"n": n}, lambda t, n=n: word_rep(t, n)) for n in (1, 2, 5)],
    ("word_rep_ratio", {"n": 2, "kind": "unicode"}, lambda t: word_rep(t, 2, "unicode")),
    *[
        (name, {"n": n, "variant": v}, lambda t, f=f, n=n, v=v: f(t, n, v))
        for name, f in (("top_ngram_char_ratio", top_ngram), ("dup_ngram_char_ratio", dup_ngram))
        for v in ("gopher", "dclm", "dolma", "rpv2", "datatrove", "datatrove-whitespace", "glotcc")
        for n in (1, 2, 3)
    ],
    *[
        ("dup_line_ratio", p, lambda t, p=p: dup_lines(t, **p))
        for p in (
            {},
            {"lines": "split", "first": True},
            {"lines": "split", "blank": False},
            {"lines": "unicode"},
        )
    ],
    *[
        ("dup_line_char_ratio", p, lambda t, p=p: dup_line_chars(t, **p))
        for p in (
            {},
            {"lines": "split", "first": True, "of": "words"},
            {"lines": "split", "blank": False, "of": "lines"},
        )
    ],
    *[
        ("dup_paragraph_ratio", {"first": f}, lambda t, f=f: dup_lines(t, "paragraphs", f))
        for f in (True, False)
    ],
    *[
        ("dup_paragraph_char_ratio", {"first": f}, lambda t, f=f: dup_line_chars(t, "paragraphs", f))
        for f in (True, False)
    ],
    (
        "bullet_line_ratio",
        {},
        lambda t: edge_lines(t, "unicode", True, lambda s: s.startswith(tuple("•-*●"))),
    ),
    (
        "bullet_line_ratio",
        {"bullets": "*-", "lines": "split", "stripped": False},
        lambda t: edge_lines(t, "split", False, lambda s: s.startswith(("*", "-"))),
    ),
    ("ellipsis_line_ratio", {}, lambda t: edge_lines(t, "unicode", True, lambda s: s.endswith(("...", "…")))),
    (
        "ellipsis_line_ratio",
        {"dots": False, "lines": "split", "stripped": False},
        lambda t: edge_lines(t, "split", False, lambda s: s.endswith("…")),
    ),
    (
        "line_punct_ratio",
        {},
        lambda t: share(
            sum(s.endswith(tuple(TERMINAL)) for s in line_choice(t, "split", False)),
            len(line_choice(t, "split", False)),
        ),
    ),
    (
        "line_punct_ratio",
        {"marks": ".'\"!?", "blank": True},
        lambda t: share(sum(s.endswith(tuple(".'\"!?")) for s in t.split("\n")), len(t.split("\n"))),
    ),
    (
        "short_line_ratio",
        {"characters": 3},
        lambda t: share(
            sum(len(s) <= 3 for s in line_choice(t, "split", False)), len(line_choice(t, "split", False))
        ),
    ),
    ("newline_word_ratio", {}, lambda t: share(t.count("\n"), len(slow_text.words(t)))),
    ("hash_word_ratio", {}, lambda t: share(t.count("#"), len(slow_text.words(t)))),
    ("ellipsis_word_ratio", {}, lambda t: share(t.count("...") + t.count("…"), len(slow_text.words(t)))),
    (
        "symbol_word_ratio",
        {},
        lambda t: share(t.count("#") + t.count("...") + t.count("…"), len(WORDS["word_punct"](t))),
    ),
    (
        "symbol_word_ratio",
        {"spaced": True},
        lambda t: share(
            t.count("#") + t.count("...") + t.count("…") + t.count(". . ."), len(WORDS["word_punct"](t))
        ),
    ),
    ("words_with_symbol_ratio", {}, word_share("whitespace", lambda w: "#" in w or "…" in w)),
    *[
        ("alphabetic_word_ratio", {"kind": k}, word_share(k, lambda w: any(c.isalpha() for c in w)))
        for k in ("unicode", "whitespace", "tokens")
    ],
    ("all_caps_word_ratio", {}, word_share("word_punct", str.isupper)),
    ("word_without_latin_ratio", {}, word_share("word_punct", lambda w: not re.search("[a-zA-Z]", w))),
    (
        "stop_word_count",
        {"fold": False, "kind": "whitespace"},
        lambda t: sum(w in GOPHER_WORDS for w in t.split()),
    ),
    (
        "stop_word_count",
        {"distinct": True},
        lambda t: len({fold(w) for w in slow_text.words(t)} & set(GOPHER_WORDS)),
    ),
    (
        "unique_word_ratio",
        {},
        lambda t: share(len(set(map(fold, slow_text.words(t)))), len(slow_text.words(t))),
    ),
    (
        "unique_word_ratio",
        {"variant": "rpv2"},
        lambda t: share(len({fold(w) for w in normalised(t).split()}), len(normalised(t).split())),
    ),
    ("unigram_entropy", {}, lambda t: entropy(slow_text.words(t))),
    ("unigram_entropy", {"variant": "rpv2"}, lambda t: entropy(normalised(t).split())),
    ("normalised_word_count", {}, lambda t: len(normalised(t).split())),
    (
        "normalised_mean_word_length",
        {},
        lambda t: share(len("".join(normalised(t).split())), len(normalised(t).split())),
    ),
    ("pattern_sentence_count", {}, lambda t: len(re.findall(r"\b[^.!?]+[.!?]*", t))),
    ("lines_with_end_mark", {}, lines_of(lambda s: float(s.rstrip().endswith((".", "!", "?", "”"))))),
    ("lines_with_bullet", {}, lines_of(lambda s: float(s.lstrip().startswith(tuple("•‣▶◀◦■□▪▫–"))))),
    ("lines_uppercase_ratio", {}, lines_of(lambda s: sum(map(str.isupper, s)) / len(s))),
    ("lines_word_count", {}, lines_of(lambda s: float(len(normalised(s).split())))),
    (
        "lines_javascript_count",
        {},
        lines_of(lambda s: float(list(map(fold, normalised(s).split())).count("javascript"))),
    ),
    ("lines_numeric_ratio", {}, lines_of(lambda s: sum(map(str.isnumeric, normalised(s))) / len(s))),
    ("policy_phrase_count", {}, lambda t: sum(fold(t).count(p) for p in POLICY_PHRASES)),
    ("lorem_ipsum_count", {}, lambda t: fold(t).count("lorem ipsum")),
    (
        "lorem_ipsum_ratio",
        {},
        lambda t: share(
            fold(" ".join(normalised(t).split())).count("lorem ipsum"), len(" ".join(normalised(t).split()))
        ),
    ),
    ("javascript_count", {}, lambda t: fold(t).count("javascript")),
    ("javascript_count", {"lower": False}, lambda t: t.count("Javascript") + t.count("JavaScript")),
    ("curly_bracket_count", {}, lambda t: t.count("{")),
    ("cursed_string_count", {}, lambda t: sum(t.count(p) for p in CURSED_LITERALS)),
    (
        "phrase_count",
        {"phrases": ("aa", "a b", ". .", "B")},
        lambda t: sum(fold(t).count(p) for p in ("aa", "a b", ". .", "B")),
    ),
    ("phrase_count", {"phrases": ("aa", "B"), "fold": False}, lambda t: t.count("aa") + t.count("B")),
    ("url_count", {}, lambda t: sum(fold(t).count(p) for p in ("http://", "https://", "www."))),
    ("capital_token_ratio", {}, capital_tokens),
    ("plain_word_count", {}, lambda t: len(plain_words(t))),
    ("plain_word_count", {"kind": "blanks"}, lambda t: len(plain_words(t, "blanks"))),
    (
        "alphabetic_word_ratio",
        {"kind": "blanks"},
        lambda t: share(sum(any(c.isalpha() for c in w) for w in t.split(" ")), len(t.split(" "))),
    ),
    ("mean_plain_word_length", {}, lambda t: share(len("".join(plain_words(t))), len(plain_words(t)))),
    *[("nth_longest_line_length", {"n": n}, lambda t, n=n: nth_longest(t, n)) for n in (1, 3)],
    ("flagged_substring_count", {"words": SUBSTRINGS}, lambda t: substrings(t, True)),
    ("flagged_substring_count", {"words": SUBSTRINGS, "flanked": False}, lambda t: substrings(t, False)),
    *[("max_line_top_ngram_char_ratio", {"n": n}, lambda t, n=n: line_top(t, n)) for n in (1, 2)],
    ("sentence_count", {}, lambda t: len(slow_text.sentences(t))),
    (
        "questionable_sentence_ratio",
        {},
        lambda t: share(sum(map(is_questionable, slow_text.sentences(t))), len(slow_text.sentences(t))),
    ),
    ("mixed_script_word_ratio", {}, word_share("unicode", is_mixed)),
    ("mojibake_ratio", {}, mojibake),
    (
        "stopword_ratio",
        {"words": WordLists.of("any", {"*": ["the", "a", "ab"]})},
        lambda t: listed_share(t, ["the", "a", "ab"]),
    ),
    ("line_hashes", {}, lambda t: [hash_of_line(m) for m in re.findall(r"[^\n]*\n|[^\n]+$", t)]),
    ("script", {}, glot_script),
    ("script_ratio", {}, lambda t: share(max(scripts(t).values(), default=0), sum(scripts(t).values()))),
    ("header_short_line_ratio", {}, lambda t: short_edge(t, True)),
    ("footer_short_line_ratio", {}, lambda t: short_edge(t, False)),
    ("long_line_char_ratio", {"characters": 4}, lambda t: line_chars(t, lambda n: n >= 4)),
    ("short_line_char_ratio", {"characters": 4}, lambda t: line_chars(t, lambda n: n <= 4)),
]
"""The phrases of a case-folded search are matched as given: an upper-case one never occurs."""
