"""Words are what a reader of the language would say, and what the slow reference says of any text."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import example, given

from filters.text import TextBatch
from schemas.errors import RecipeError
from tests import slow_text
from tests.strategies import ROWS

LANGUAGES = {
    "eng_Latn": ("The cat's 3.14 well-known U.S. e-mail.", "The cat's 3.14 well known U.S e mail"),
    "fra_Latn": ("L'homme d’aujourd'hui, n'est-ce pas ?", "L'homme d’aujourd'hui n'est ce pas"),
    "deu_Latn": ("Größe: 1.000,50 Straßen", "Größe 1.000,50 Straßen"),
    "vie_Latn": ("Tiếng Việt không có dấu cách", "Tiếng Việt không có dấu cách"),
    "yor_Latn": ("ọ̀rọ̀ Yorùbá", "ọ̀rọ̀ Yorùbá"),
    "rus_Cyrl": ("Это — короткий текст.", "Это короткий текст"),
    "ell_Grek": ("Ο άνθρωπος, τῆς γῆς·", "Ο άνθρωπος τῆς γῆς"),
    "heb_Hebr": ('צה"ל ארה״ב צ\'ק שָׁלוֹם "עולם"', "צה\"ל ארה״ב צ'ק שָׁלוֹם עולם"),
    "arb_Arab": ("العـــربية لغةٌ جميلة، نعم", "العـــربية لغةٌ جميلة نعم"),
    "pes_Arab": ("می\u200cخواهم بروم", "می\u200cخواهم بروم"),
    "hin_Deva": ("यह हिन्दी का छोटा वाक्य है।", "यह हिन्दी का छोटा वाक्य है"),
    "ben_Beng": ("এটি বাংলা ভাষা।", "এটি বাংলা ভাষা"),
    "tam_Taml": ("தமிழ் மொழி இனிது", "தமிழ் மொழி இனிது"),
    "mal_Mlym": ("മലയാളം ഭാഷ", "മലയാളം ഭാഷ"),
    "sin_Sinh": ("ශ්‍රී ලංකා", "ශ්‍රී ලංකා"),
    "tha_Thai": ("ภาษาไทยเป็นภาษา", "ภาษา ไทย เป็น ภาษา"),
    "lao_Laoo": ("ພາສາລາວ ເປັນພາສາ", "ພາສາ ລາວ ເປັນ ພາສາ"),
    "khm_Khmr": ("ភាសាខ្មែរជាភាសា។", "ភាសាខ្មែរ ជា ភាសា"),
    "mya_Mymr": ("မြန်မာနိုင်ငံသည်", "မြန်မာနိုင်ငံ သည်"),
    "bod_Tibt": ("བོད་ཡིག་གི་སྐད།", "བོད ཡིག གི སྐད"),
    "amh_Ethi": ("ሰላም፡ለዓለም፡ሁሉ።", "ሰላም ለዓለም ሁሉ"),
    "zho_Hans": ("这是一个简短的测试文本。", "这 是 一个 简短 的 测试 文本"),
    "jpn_Jpan": ("私は本を読みます。か\u3099", "私 は 本 を 読み ます か\u3099"),
    "kor_Hang": ("한국어 문장입니다.", "한국어 문장입니다"),
    "mixed": ("iPhone15を買う m² @home #tag ❤️love", "iPhone15 を 買う m² home tag love"),
}


def pieces(rows: list[str | None], kind: str = "unicode") -> list[list[str]]:
    text = TextBatch.from_arrow(pa.array(rows, pa.string()))
    spans = text.words(kind)
    flat = text.slice_text(spans).to_pylist()
    return [flat[a:b] for a, b in pairwise(spans.offsets)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_are_what_a_reader_of_the_language_would_say(lang: str) -> None:
    text, expected = LANGUAGES[lang]
    assert pieces([text]) == [expected.split(" ")]


@given(ROWS)
@example(["\u0e32\u05bc\u00ad0", "\u0e32\u05bc_0", "\u4e2d\u0301_a"])
def test_words_equal_those_of_the_slow_reference(rows: list[str | None]) -> None:
    assert pieces(rows) == [slow_text.words(text or "") for text in rows]


def test_a_word_begins_with_its_letter_where_what_joined_it_is_cut_off() -> None:
    assert pieces(["\u0e32\u05bc\u00ad0"]) == [["\u0e32\u05bc", "0"]]  # Thai, a mark, a soft hyphen
    assert pieces(["\u0e32\u05bc_0"], "tokens") == [["\u0e32\u05bc", "_", "0"]]


@given(ROWS)
def test_whitespace_words_are_those_of_str_split(rows: list[str | None]) -> None:
    assert pieces(rows, "whitespace") == [(text or "").split() for text in rows]


def test_word_characters_cut_at_vowel_signs_as_the_published_patterns_do() -> None:
    assert pieces(["हिन्दी a_b it's"], "word_characters") == [["ह", "न", "द", "a_b", "it", "s"]]


def test_roots_words_are_stripped_of_special_characters() -> None:
    assert pieces(['("Hello", -- 42 😀 it\'s 3rd.'], "roots") == [["Hello", "it's", "rd"]]


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"expected one of unicode, whitespace.*did you mean whitespace"):
        pieces(["a"], "whitspace")


def test_a_narrow_space_inside_a_number_parts_tokens_only_where_white_space_always_does() -> None:
    row = "10\u202f000 €"
    assert pieces([row], "tokens") == [["10\u202f000", "€"]]
    assert pieces([row], "english") == [["10", "000", "€"]]
