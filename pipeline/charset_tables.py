"""What is known about character sets on the web: labels, supersets, marks, letters. Data of `charset.py`."""

import codecs
import re

import regex

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Beginnings of files that are no text but come with a text/html header all the same.
MAGIC = (
    b"%PDF-", b"\x89PNG", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"OggS",
    b"ID3", b"wOF2", b"wOFF", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\x28\xb5\x2f\xfd",
    b"\x7fELF", b"\x00\x00\x01\x00", b"FWS", b"CWS", b"\x1aE\xdf\xa3", b"\xfd7zXZ",
)  # fmt: skip

# Labels that Python does not know or reads otherwise than browsers do (WHATWG Encoding Standard, section 4.2;
# the last row is not in it but on the web). Keys in lower case, `-` for `_` and blanks; values: Python's.
LABELS = {
    "x-sjis": "cp932", "windows-31j": "cp932", "x-euc-jp": "euc_jp", "cseucpkdfmtjapanese": "euc_jp",
    "ks-c-5601-1987": "cp949", "ks-c-5601-1989": "cp949", "ksc5601": "cp949", "ksc-5601": "cp949",
    "korean": "cp949", "windows-949": "cp949", "cseuckr": "cp949", "csksc56011987": "cp949",
    "x-gbk": "gb18030", "gb-2312": "gb18030", "gb-2312-80": "gb18030", "csgb2312": "gb18030",
    "iso-ir-58": "gb18030", "cn-big5": "big5hkscs", "x-x-big5": "big5hkscs", "csbig5": "big5hkscs",
    "windows-874": "cp874", "dos-874": "cp874", "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic", "x-mac-roman": "mac-roman", "mac": "mac-roman", "koi": "koi8-r",
    "koi8": "koi8-r", "koi8-ru": "koi8-u", "cskoi8r": "koi8-r", "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8", "logical": "iso8859-8", "visual": "iso8859-8", "sun-eu-greek": "iso8859-7",
    "unicode-1-1-utf-8": "utf-8", "unicode11utf8": "utf-8", "x-unicode20utf8": "utf-8",
    "x-user-defined": "cp1252", "ansi-x3.4-1968": "cp1252", "unicode": "utf-16-le", "ucs-2": "utf-16-le",
    "utf8mb4": "utf-8", "ansi": "cp1252", "win-1251": "cp1251", "win1251": "cp1251", "cp-1251": "cp1251",
}  # fmt: skip

# The superset that browsers decode with (same standard). Keys and values are Python's names.
SUPERSETS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949",
    "shift_jis": "cp932", "big5": "big5hkscs", "cp950": "big5hkscs", "euc_jisx0213": "euc_jp",
    "utf-16": "utf-16-le", "utf-32": "utf-32-le",
    "euc_jis_2004": "euc_jp", "shift_jis_2004": "cp932", "utf-8-sig": "utf-8", "iso2022_jp_1": "iso2022_jp",
    "iso2022_jp_2": "iso2022_jp_ext",
}  # fmt: skip

# Python knows these as text encodings; a page never is in one of them.
NOT_ON_THE_WEB = {
    "idna",
    "punycode",
    "unicode-escape",
    "raw-unicode-escape",
    "utf-7",
    "undefined",
    "mbcs",
    "oem",
}

# Other readings of the same declared set, tried when the first leaves bytes over.
RELATIVES = {
    "big5hkscs": ("cp950",),
    "euc_jp": ("euc_jis_2004",),
    "cp932": ("shift_jis_2004",),
    "koi8-r": ("koi8-u",),
}

# What the detector may answer: sets seen on the web. EBCDIC, DOS and desktop sets would only take votes away.
DETECTABLE = (
    "ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "big5hkscs",
    "gb18030", "hz", "cp932", "shift_jis_2004", "euc_jis_2004", "iso2022_jp_2", "iso2022_jp_2004",
    "iso2022_jp_ext", "cp949", "euc_kr", "johab", "iso2022_kr", "cp1250", "cp1251", "cp1252", "cp1253",
    "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp855", "cp866", "cp874", "tis-620", "iso8859-1",
    "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9",
    "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "koi8-r", "koi8-u", "koi8-t",
    "kz1048", "mac-cyrillic", "mac-roman",
)  # fmt: skip

WESTERN = "cp1252"
WESTERN_RELATIVES = {"cp1252", "iso8859-15", "mac-roman"}
"""Sets that differ from windows-1252 in so few letters that the detector guesses."""
LATIN_SETS = {
    "cp1250", "cp1254", "cp1257", "cp1258", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-10", "iso8859-13",
    "iso8859-14", "iso8859-16",
}  # fmt: skip

# Letters beyond ASCII of the languages that the detector knows in those sets. ISO 639-1.
ALPHABETS = {
    "br": "âêîôûùñ", "cs": "áčďéěíňóřšťúůýž", "cy": "âêîôûŵŷáéíóúẁẃäëïöü", "eo": "ĉĝĥĵŝŭ", "et": "äöõüšž",
    "fi": "äöåšž", "ga": "áéíóúḃċḋḟġṁṗṡṫ", "gd": "àèìòùáéó", "hr": "čćđšž", "hu": "áéíóöőúüű",
    "is": "áðéíóúýþæö", "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūžōŗ", "mt": "ċġħżàèìòù", "pl": "ąćęłńóśźż",
    "ro": "ăâîşţșț", "sk": "áäčďéíĺľňóôŕšťúýž", "sl": "čšžćđ", "sr": "čćđšž", "tr": "çğıöşüâîûi̇",
    "vi": "ăâđêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵ\u0300\u0301\u0303\u0309\u0323",
}  # fmt: skip

HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]{1,40})", re.IGNORECASE)
META = re.compile(rb"<meta[^>]{0,1000}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]{1,40})", re.IGNORECASE)
XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([^\s\"'>]{1,40})", re.IGNORECASE)
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
BORDERS = bytes.maketrans(b"<>", b"\n\n")

# Bytes that text does not have: C0 controls but tab, line ends, form feed, and what ISO 2022 shifts with.
CONTROLS = bytes({*range(1, 32), 127} - {9, 10, 12, 13, 14, 15, 27})
JUNK = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffd]")
# All that `CAPITAL` and `ODD` can find, with the characters that `ODD` looks at around it: what they find is
# beyond ASCII, or follows what is. The rest of a page in Latin letters need not be searched.
BEYOND_ASCII = re.compile("(?:[\x00-\x7f]?[\x80-\U0010ffff]++)++[\x00-\x7f]?")
LATIN = re.compile("[\u00c0-\u024f\u0300-\u0323\u1e00-\u1eff]")
CAPITAL = regex.compile(r"[\p{Lu}--[A-Z]]", regex.V1)
# What a wrong reading leaves, one character each: C1 controls, replacements, private use, half-width katakana
# (EUC-JP read as Shift_JIS is full of them); a symbol between letters; a letter of another script within a
# word; a capital after a small letter; a third accented Latin letter in a row.
SYMBOLS = r"\u00a1-\u00a9\u00ab\u00ac\u00ae-\u00b4\u00b6\u00b8\u00b9\u00bb-\u00bf\u00d7\u00f7"
MORE_SYMBOLS = r"\u2020-\u2022\u2030\u2190-\u25ff"
OTHER_SCRIPTS = r"\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}\p{Thai}"
ODD = regex.compile(
    "|".join(
        (
            r"[\x80-\x9f\ufffd\ue000-\uf8ff\uff61-\uff9f]",
            rf"(?<=\p{{L}})[{SYMBOLS}{MORE_SYMBOLS}](?=\p{{L}})",
            rf"(?<=\p{{Latin}})[{OTHER_SCRIPTS}]",
            rf"(?<=[{OTHER_SCRIPTS}])[A-Za-z\u00c0-\u024f]",
            r"(?<=[a-z])[\p{Han}\p{Hangul}](?=[a-z])",
            r"(?<=\p{Ll})[\p{Lu}--[A-Z]]",
            r"(?<=[\u00c0-\u024f]{2})[\u00c0-\u024f]",
        )
    ),
    regex.V1,
)
