"""Bytes of a page to text: which character set a page is in, whatever it says about itself.

The order is byte order mark, HTTP header, `meta` or XML declaration, detector. A declaration is believed as
long as the text that it gives is plausible: bytes that are valid UTF-8 are UTF-8, and a declared set that
leaves symbols inside words, letters of two scripts in one word or undecodable bytes loses against one that
does not.

The detector is chardet 7. Measured on 686 texts in 44 sets (259 real files and 427 news texts of 48 languages
in the sets of their countries), nothing declared, texts right: chardet 672, resiliparse (uchardet) 637,
chardetng 604, charset-normalizer 565; this module, which checks chardet's answer, 676.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.charset_tables import (
    ALPHABETS,
    BEYOND_ASCII,
    BOMS,
    BORDERS,
    CAPITAL,
    COMMENT,
    CONTROLS,
    DETECTABLE,
    HEADER,
    JUNK,
    LABELS,
    LATIN,
    LATIN_SETS,
    MAGIC,
    META,
    NOT_ON_THE_WEB,
    ODD,
    RELATIVES,
    SUPERSETS,
    WESTERN,
    WESTERN_RELATIVES,
    XML,
)
from schemas.errors import ExtractionError, MissingDependencyError

HEAD_BYTES = 16_384
"""Where a declaration is looked for. Browsers read 1,024 bytes; many pages put it later."""
SAMPLE_BYTES = 16_384
"""How much text beyond ASCII the detector reads and plausibility is judged on."""
MOST_BYTES = 65_536
"""Where that sample is cut when a single stretch is longer."""
ODD_LIMIT = 0.05
"""Share of odd characters among the non-ASCII ones up to which a declaration is believed; also the lead that
the detector needs over one. Of 627 true readings of texts in 30 legacy sets, five short ones exceed it."""
SHOUTING_SHARE = 0.6
"""Share of capitals among the non-ASCII characters from which a reading is suspicious."""
MARKED_DAMAGE = 0.01
"""Share of undecodable characters up to which a byte order mark is believed."""
VALID_PER_INVALID = 10
"""Multi-byte characters for each invalid byte from which damaged UTF-8 is still UTF-8."""
CONTROL_LIMIT = 0.05
"""Share of control characters above which the payload is no text. Random bytes have 0.09."""
JUNK_LIMIT = 0.1
"""Share of control and replacement characters above which the decoded payload is no text."""

# When the detector may overrule windows-1252, which servers and editors claim unasked. Set so that of 1,268
# texts of the Declaration of Human Rights, in languages of windows-1252, whole or cut down to 200 characters,
# two are lost; the detector alone loses 29 of the 149 whole ones.
SURE = 0.15
"""Confidence of the detector."""
KNOWN_SHARE = 0.95
"""Share of the accented letters that must belong to the detected language."""
MOVED_SHARE = 0.03
"""Share of the accented letters that must read otherwise than in windows-1252. In Hungarian it is 0.15."""
FEW_LETTERS = 12
"""Accented letters below which two different ones are enough to tell a language, else three."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a page: no NUL, no lone surrogate, no byte order mark."""

    text: str
    charset: str
    """Python's name of the codec."""
    source: str
    """Who named it: `bom`, `header`, `meta`, `xml`, `content` (the bytes themselves) or `detector`."""
    replacements: int
    """How many undecodable places became U+FFFD."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a sample of a page."""

    codec: str
    source: str
    text: str
    faults: float
    """Share of odd characters, see `oddness`."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the detector says."""

    codec: str
    confidence: float
    language: str
    """ISO 639-1, or empty."""


def decode_html(payload: bytes, content_type: str | None = None) -> Decoded:
    """Decode the payload of a page.

    Args:
        payload: the body, without transfer and content encodings.
        content_type: the HTTP header of that name.

    Raises:
        ExtractionError: the payload is no text.
    """
    for mark, codec in BOMS:
        if payload.startswith(mark):
            decoded = _decoded(payload[len(mark) :], codec, "bom")
            if decoded.replacements <= MARKED_DAMAGE * len(decoded.text):
                return decoded
    if payload.startswith(MAGIC):
        raise ExtractionError(f"expected text, got the beginning of a binary file: {payload[:8]!r}")
    if b"\0" in payload:
        wide = _detect(payload[:SAMPLE_BYTES])
        if wide and wide.codec.startswith(("utf-16", "utf-32")):
            return _checked(_decoded(payload, wide.codec, "detector"))
        payload = payload.replace(b"\0", b"")
    sample = payload[:SAMPLE_BYTES]
    controls = len(sample) - len(sample.translate(None, CONTROLS))
    if controls > CONTROL_LIMIT * len(sample):
        raise ExtractionError(f"expected text, got {controls} control characters in {len(sample)} bytes")
    if payload.isascii():
        return _ascii(payload, content_type)
    return _unicode(payload, content_type) or _checked(_legacy(payload, content_type))


def codec_name(label: str) -> str | None:
    """Return Python's name of the codec that browsers use for `label`; None where it means nothing."""
    key = re.sub(r"[\s_]+", "-", label.strip(" \t\r\n\"'").lower())
    try:
        found = codecs.lookup(LABELS.get(key, key.removeprefix("x-")))
    except (LookupError, ValueError):
        return None
    if not found._is_text_encoding or found.name in NOT_ON_THE_WEB:
        return None
    return SUPERSETS.get(found.name, found.name)


def declarations(payload: bytes, content_type: str | None) -> Iterator[tuple[str, str]]:
    """Yield (codec, source) of each understood declaration: header, `meta`, XML."""
    if content_type and (header := HEADER.search(content_type)) and (codec := codec_name(header.group(1))):
        yield codec, "header"
    head = payload[:HEAD_BYTES]
    if b"<!--" in head:
        head = COMMENT.sub(b"", head)
    for pattern, source in ((META, "meta"), (XML, "xml")):
        if (found := pattern.search(head)) and (codec := codec_name(found.group(1).decode("latin-1"))):
            yield codec, source


def oddness(text: str) -> float:
    """Share of odd characters among the non-ASCII ones, from 0 to 1; 0 where there is none of those.

    A text nearly all in capitals is a little odd: so looks KOI8 read as windows-1251, and the reverse.
    """
    total = count_beyond_ascii(text)
    if not total:
        return 0.0
    text = "\n".join(BEYOND_ASCII.findall(text))
    shouting = len(CAPITAL.findall(text)) > SHOUTING_SHARE * total
    return min(1.0, len(ODD.findall(text)) / total + 1.2 * ODD_LIMIT * shouting)


def count_beyond_ascii(text: str) -> int:
    """Count the characters beyond ASCII, without no-break spaces."""
    return len(text) - len(text.encode("ascii", "ignore")) - text.count("\xa0")


def _ascii(payload: bytes, content_type: str | None) -> Decoded:
    """Decode ASCII; every set that a page may declare agrees on it, except HZ and ISO 2022, which shift."""
    if b"~{" in payload:
        for codec, source in declarations(payload, content_type):
            if codec == "hz":
                return _decoded(payload, codec, source)
    if b"\x1b" in payload and (found := _detect(payload)) and found.codec.startswith("iso2022"):
        return _decoded(payload, found.codec, "detector")
    return _decoded(payload, "ascii", "content")


def _unicode(payload: bytes, content_type: str | None) -> Decoded | None:
    """Decode UTF-8, whole or slightly damaged; None for everything else."""
    header = HEADER.search(content_type) if content_type else None
    source = "header" if header and codec_name(header.group(1)) == "utf-8" else "content"
    try:
        return Decoded(payload.decode("utf-8"), "utf-8", source, 0)
    except UnicodeDecodeError:
        decoded = _decoded(payload, "utf-8", source)
        valid = count_beyond_ascii(decoded.text) - decoded.replacements
        return decoded if valid >= VALID_PER_INVALID * decoded.replacements else None


def _legacy(payload: bytes, content_type: str | None) -> Decoded:
    """Decode a set older than UTF-8: by the declarations while they are plausible, else by the detector."""
    sample = _stretches(payload)
    claims = [_read(sample, codec, source) for codec, source in _claims(payload, content_type)]
    for claim in claims:
        if claim.codec != WESTERN and claim.faults <= ODD_LIMIT:
            return _closest(payload, claim.codec, claim.source)
    best = min(claims, key=lambda reading: reading.faults)
    if found := _detect(sample):
        detected = _read(sample, found.codec, "detector")
        lead = best.faults - detected.faults
        unasked = best.codec == WESTERN and lead > -ODD_LIMIT and _is_sure(found, detected.text, best.text)
        if lead > ODD_LIMIT or unasked:
            best = detected
    return _closest(payload, best.codec, best.source)


def _stretches(payload: bytes) -> bytes:
    """The stretches of text that hold bytes beyond ASCII."""
    taken, size = [], 0
    for stretch in payload.translate(BORDERS).split(b"\n"):
        if not stretch.isascii():
            taken.append(stretch)
            size += len(stretch)
            if size > SAMPLE_BYTES:
                break
    return b"\n".join(taken)[:MOST_BYTES]


def _claims(payload: bytes, content_type: str | None) -> list[tuple[str, str]]:
    """Codec and source of each set to try: the declared ones, windows-1252 last, or it where none is."""
    claims: dict[str, str] = {}
    for codec, source in declarations(payload, content_type):
        if not codec.startswith(("utf-16", "utf-32")):
            claims.setdefault(codec, source)
    if not claims.keys() - {"utf-8"}:
        claims[WESTERN] = "detector"
    return sorted(claims.items(), key=lambda claim: claim[0] == WESTERN)


def _read(sample: bytes, codec: str, source: str) -> Reading:
    """Read a sample with `codec` and judge the result."""
    text = sample.decode(codec, "replace")
    return Reading(codec, source, text, oddness(text))


def _closest(payload: bytes, codec: str, source: str) -> Decoded:
    """Decode with `codec`, or with the relative of it that leaves fewest bytes over."""
    decoded = _decoded(payload, codec, source)
    for relative in RELATIVES.get(codec, ()) if decoded.replacements else ():
        other = _decoded(payload, relative, source)
        if other.replacements < decoded.replacements:
            decoded = other
    return decoded


def _detect(sample: bytes) -> Found | None:
    """Ask the detector; None where it sees no text."""
    try:
        import chardet
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "charset detector: no package chardet; install it with `pip install 'glotmill[extract]'`"
        ) from error

    found = chardet.detect(sample, include_encodings=DETECTABLE, compat_names=False, prefer_superset=False)
    codec = codec_name(found["encoding"]) if found["encoding"] else None
    return Found(codec, found["confidence"], found["language"] or "") if codec else None


def _is_sure(found: Found, text: str, western: str) -> bool:
    """Whether the detector may overrule windows-1252: it is confident, and its language is written like this.

    The detector knows few of the languages that are written in accented Latin letters, and takes the others
    for one of those it knows. The letters tell: they must be of that language's alphabet, more than one of it
    must occur, and the two readings must differ in some.
    """
    if found.confidence < SURE or found.codec in WESTERN_RELATIVES:
        return False
    if found.codec not in LATIN_SETS:
        return True
    alphabet = ALPHABETS.get(found.language, "")
    letters = Counter(LATIN.findall(text.lower()))
    total = letters.total()
    known = {letter: count for letter, count in letters.items() if letter in alphabet}
    moved = sum(a != b for a, b in zip(text, western, strict=False))
    return (
        len(known) >= (2 if total < FEW_LETTERS else 3)
        and sum(known.values()) >= KNOWN_SHARE * total
        and moved >= MOVED_SHARE * total
    )


def _decoded(payload: bytes, codec: str, source: str) -> Decoded:
    """Decode with `codec`; what it does not know becomes U+FFFD. NULs and byte order marks are dropped."""
    text = payload.decode(codec, "replace").replace("\0", "").removeprefix("\ufeff")
    return Decoded(text, codec, source, text.count("\ufffd"))


def _checked(decoded: Decoded) -> Decoded:
    """Return `decoded` where it is text.

    Raises:
        ExtractionError: more control and replacement characters than a text has.
    """
    sample = decoded.text[:SAMPLE_BYTES]
    junk = len(JUNK.findall(sample))
    if junk > JUNK_LIMIT * len(sample):
        raise ExtractionError(
            f"expected text, got {junk} undecodable or control characters in {len(sample)}, "
            f"read as {decoded.charset}"
        )
    return decoded
