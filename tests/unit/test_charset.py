import re
import sys
from collections import Counter

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.charset import (
    ODD_LIMIT,
    SHOUTING_SHARE,
    Decoded,
    codec_name,
    declarations,
    decode_html,
    oddness,
)
from pipeline.charset_tables import CAPITAL, ODD
from schemas.errors import ExtractionError, MissingDependencyError
from tests.strategies import examples

RUSSIAN = "<p>Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом.</p>"
JAPANESE = "<p>すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。</p>"
THAI = "<p>มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ</p>"
HUNGARIAN = "<p>Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az emberek</p>"
FRENCH = "<p>Tous les êtres humains naissent libres et égaux en dignité et en droits.</p>"
ALBANIAN = "<p>Të gjithë njerëzit lindin të lirë dhe të barabartë në dinjitet dhe në të drejta.</p>"
LATIN_1 = "text/html; charset=ISO-8859-1"

# Charset in truth tables -> the superset that browsers, and this engine, read it with.
READ_AS = {
    "iso-8859-1": "cp1252", "ascii": "cp1252", "iso-8859-9": "cp1254", "gb2312": "gb18030", "euc-kr": "cp949",
    "shift_jis": "cp932", "tis-620": "cp874", "big5": "big5hkscs",
}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("iso-8859-1", "cp1252"), ("latin1", "cp1252"), ("US-ASCII", "cp1252"), ("gb2312", "gb18030"),
        ("GBK", "gb18030"), ("ks_c_5601-1987", "cp949"), ("euc-kr", "cp949"), ("Shift_JIS", "cp932"),
        ("x-sjis", "cp932"), ("TIS-620", "cp874"), ("windows-874", "cp874"), ("iso-8859-9", "cp1254"),
        ("big5", "big5hkscs"), ("x-mac-cyrillic", "mac-cyrillic"), ("MacCyrillic", "mac-cyrillic"),
        ("IBM866", "cp866"), ("ibm855", "cp855"), ("koi8-u", "koi8-u"), ("utf8", "utf-8"),
        (" 'UTF-8' ", "utf-8"),
        ("iso 8859-2", "iso8859-2"), ("win-1251", "cp1251"), ("rot13", None), ("utf-7", None), ("", None),
        ("no-such-set", None), ("unicode_escape", None), ("\0", None),
    ],
)  # fmt: skip
def test_labels_mean_what_browsers_take_them_for(label, codec):
    assert codec_name(label) == codec


def test_declarations_are_found_in_header_meta_and_xml():
    page = (
        b'<?xml version="1.0" encoding="koi8-r"?><!-- <meta charset="big5"> -->'
        b'<META CONTENT="text/html; charset=sjis">'
    )
    assert list(declarations(page, LATIN_1)) == [("cp1252", "header"), ("cp932", "meta"), ("koi8-r", "xml")]


@pytest.mark.parametrize(
    ("payload", "content_type", "codec", "source"),
    [
        (b"plain", None, "ascii", "content"),
        ("été".encode(), None, "utf-8", "content"),
        ("été".encode(), "text/html; charset=utf-8", "utf-8", "header"),
        ("été".encode(), LATIN_1, "utf-8", "content"),
        ("\ufeffété".encode(), LATIN_1, "utf-8", "bom"),
        (RUSSIAN.encode("utf-16"), None, "utf-16-le", "bom"),
        (b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), None, "utf-16-be", "bom"),
        (RUSSIAN.encode("utf-32"), None, "utf-32-le", "bom"),
        (RUSSIAN.encode("utf-16-be"), None, "utf-16-be", "detector"),
        (RUSSIAN.encode("koi8-r"), "text/html; charset=KOI8-R", "koi8-r", "header"),
        (b'<meta charset="windows-1251">' + RUSSIAN.encode("cp1251"), LATIN_1, "cp1251", "meta"),
        (RUSSIAN.encode("cp1251"), LATIN_1, "cp1251", "detector"),
        (RUSSIAN.encode("koi8-r"), "text/html; charset=windows-1251", "koi8-r", "detector"),
        (RUSSIAN.encode("cp866"), "text/html; charset=utf-8", "cp866", "detector"),
        (RUSSIAN.encode("cp855"), None, "cp855", "detector"),
        (RUSSIAN.encode("mac-cyrillic"), None, "mac-cyrillic", "detector"),
        (JAPANESE.encode("euc_jp"), "text/html; charset=Shift_JIS", "euc_jp", "detector"),
        (JAPANESE.encode("iso2022_jp"), "text/html; charset=utf-8", "iso2022_jp_ext", "detector"),
        (THAI.encode("tis-620"), None, "cp874", "detector"),
        (HUNGARIAN.encode("cp1250"), LATIN_1, "cp1250", "detector"),
        (FRENCH.encode("cp1252"), LATIN_1, "cp1252", "header"),
        (FRENCH.encode("cp1252"), None, "cp1252", "detector"),
        (FRENCH.encode("cp1252"), "text/html; charset=utf-8", "cp1252", "detector"),
        (ALBANIAN.encode("cp1252"), LATIN_1, "cp1252", "header"),
        (ALBANIAN.encode("cp1252"), None, "cp1252", "detector"),
    ],
)  # fmt: skip
def test_a_page_is_read_by_what_its_bytes_bear_out(payload, content_type, codec, source):
    decoded = decode_html(payload, content_type)
    assert (decoded.charset, decoded.source, decoded.replacements) == (codec, source, 0)
    assert payload.endswith(decoded.text.encode(codec)) or codec.startswith(("iso2022", "utf-32"))


def test_damaged_utf_8_stays_utf_8_and_its_damage_is_counted():
    text = "é" * 20
    decoded = decode_html(text.encode() + b"\xe9" + text.encode(), LATIN_1)
    assert decoded == Decoded(f"{text}\ufffd{text}", "utf-8", "content", 1)


@pytest.mark.parametrize(
    "payload",
    [
        b"\x89PNG\r\n\x1a\n", b"%PDF-1.7 text", b"\x1f\x8b\x08 a page still compressed",
        bytes(range(256)) * 8, bytes(range(1, 256)) * 8, bytes(255 - i for i in range(256)) * 8,
    ],
)  # fmt: skip
def test_a_binary_file_is_no_text(payload):
    with pytest.raises(ExtractionError, match="expected text, got"):
        decode_html(payload, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"a\0b", b"\xed\xa0\x80 surrogate in UTF-8",
        b"\xff\xfe\x00\xd8a\x00b\x00c\x00", "é\0".encode() * 9, "\ufeff\ufeffa".encode("utf-16"),
        b"\x80", b"\x1b", b"~{",
    ],
)  # fmt: skip
def test_no_nul_and_no_lone_surrogate_leaves(payload):
    text = decode_html(payload).text
    assert "\0" not in text
    assert text.encode("utf-8").decode("utf-8") == text


def test_a_right_reading_is_not_odd_and_a_wrong_one_is():
    assert oddness(RUSSIAN) == oddness(JAPANESE) == oddness(FRENCH) == oddness("ascii") == 0
    assert oddness(RUSSIAN.encode("cp1251").decode("cp1252", "replace")) > 0.5
    assert oddness(FRENCH.encode().decode("cp1252", "replace")) > 0.3
    assert oddness(RUSSIAN.encode("cp1251").decode("koi8-r")) > 0.05


def test_without_the_detector_a_page_that_needs_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "chardet", None)
    assert decode_html("été".encode()).charset == "utf-8"
    with pytest.raises(MissingDependencyError, match=r"pip install 'glotmill\[extract\]'"):
        decode_html(FRENCH.encode("cp1252"))


def superset(charset: str) -> str:
    return READ_AS.get(charset.lower(), charset)


def same(text: str, payload: bytes, charset: str) -> bool:
    """Whether `text` is `payload` in `charset`, up to NULs, byte order marks and one character in a thousand.

    The latter are characters that two tables of one set map differently, such as Japanese dashes.
    """
    expected = payload.decode(superset(charset), "replace").replace("\0", "").removeprefix("\ufeff")
    if len(text) != len(expected):
        return False
    return sum(a != b for a, b in zip(text, expected, strict=True)) <= len(text) / 1000


@pytest.mark.slow
def test_files_in_known_sets_are_read_right_by_declaration_and_by_detector(shared):
    declared = re.compile(rb"(charset|encoding)\s*=\s*[\"']?[\w-]+", re.IGNORECASE)
    wrong = Counter()
    rows = pq.read_table(shared / "data" / "charset" / "charset_truth.parquet").to_pylist()
    for row in rows:
        if row["charset"] == "EUC-TW":
            continue  # Python has no such codec
        for payload in (row["data"], declared.sub(b"", row["data"])):
            if not same(decode_html(payload).text, payload, row["charset"]):
                wrong[row["charset"]] += 1
    assert len(rows) == 194
    assert wrong == {}


@pytest.mark.slow
def test_no_language_of_windows_1252_is_lost_to_the_few_that_the_detector_knows(shared):
    path = shared / "data" / "text" / "udhr_preamble_art01-19.parquet"
    table = pq.read_table(path, columns=["udhr_key", "text"])
    texts: dict[str, str] = {}
    for key, text in zip(*table.to_pydict().values(), strict=True):
        texts[key] = texts.get(key, "") + text.replace("’", "'") + "\n"
    western = []
    for text in texts.values():
        try:
            western.append(text.encode("cp1252"))
        except UnicodeEncodeError:
            continue
    wrong = [payload[:60] for payload in western if decode_html(payload).text != payload.decode("cp1252")]
    assert len(western) > 140
    assert wrong == []


@examples(300)
@given(st.text("abzAZ 1.\n\xa0\x85©éÀÉñ\u0416\u0436\u03a9\u05d0ก漢가½†─\ufffd\ue000\uff71", max_size=14))
def test_odd_characters_are_counted_as_in_the_whole_text(text: str) -> None:
    total = sum(character >= "\x80" and character != "\xa0" for character in text)
    capitals, odd = len(CAPITAL.findall(text)), len(ODD.findall(text))
    shouting = 1.2 * ODD_LIMIT * (capitals > SHOUTING_SHARE * total)
    assert oddness(text) == (min(1.0, odd / total + shouting) if total else 0.0)
