"""Burmese in the font encoding Zawgyi, spaces beside a virama."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from filters.script_repair import close_viramas, convert_zawgyi, is_zawgyi, zawgyi_to_unicode
from filters.text import TextBatch

WORDS = {  # Zawgyi: Unicode
    "\u103b\u1019\u1014\u1039\u1019\u102c": "\u1019\u103c\u1014\u103a\u1019\u102c",
    "\u1031\u1000\u103a\u1038\u1007\u1030\u1038": "\u1000\u103b\u1031\u1038\u1007\u1030\u1038",
    "\u1000\u107d\u103c\u1014\u1039\u1031\u1010\u102c\u1039": "ကျွန်တော်",
    "\u103b\u1015\u100a\u1039\u1031\u1011\u102c\u1004\u1039\u1005\u102f": "ပြည်ထောင်စု",
    "\u101e\u1019\u107c\u1010": "\u101e\u1019\u1039\u1019\u1010",
    "\u1021\u1002\u1064\u101c\u102d\u1015\u1039": "\u1021\u1004\u103a\u1039\u1002\u101c\u102d\u1015\u103a",
}


@pytest.mark.parametrize("zawgyi", WORDS)
def test_a_zawgyi_word_becomes_unicode(zawgyi: str) -> None:
    assert zawgyi_to_unicode(zawgyi) == WORDS[zawgyi]


def test_a_text_is_converted_as_a_whole_and_unicode_stays() -> None:
    zawgyi, expected = " ".join(WORDS), " ".join(WORDS.values())
    edited = convert_zawgyi([zawgyi, expected, "plain", None])
    assert edited.text.to_pylist() == [expected, expected, "plain", None]
    assert edited.changes.to_pylist() == [1, 0, 0, None]


def burmese(shared: Path, name: str) -> list[str]:
    table = pq.read_table(shared / f"data/text/{name}.parquet", columns=["lang", "text"])
    table = table.filter(pc.equal(table["lang"], "mya_Mymr"))
    found: list[str] = table["text"].to_pylist()
    return found


def vocabulary(texts: list[str]) -> Counter[str]:
    batch = TextBatch.from_arrow(pa.array(texts))
    words = batch.slice_text(batch.words()).to_pylist()
    return Counter(words)


def test_no_text_in_burmese_letters_is_taken_for_zawgyi(shared: Path) -> None:
    for name in ("udhr_preamble_art01-19", "flores200_sib_train"):
        table = pq.read_table(shared / f"data/text/{name}.parquet", columns=["text"])
        texts = table["text"].filter(pc.match_substring_regex(table["text"], "[\u1000-\u109f]"))
        assert len(texts) >= 60
        assert [text for text in texts.to_pylist() if is_zawgyi(text)] == []


def test_news_in_zawgyi_has_the_words_of_unicode_text_once_converted(shared: Path) -> None:
    news, known = burmese(shared, "ntrex128_docs_even"), vocabulary(burmese(shared, "flores200_sib_train"))
    assert sum(map(is_zawgyi, news)) >= 1000
    shares = []
    for texts in (news, convert_zawgyi(news).text.to_pylist()):
        words = vocabulary(texts)
        shares.append(sum(count for word, count in words.items() if word in known) / words.total())
    assert shares[0] < 0.6
    assert shares[1] > 0.88  # one half of the known text has 0.888 of its words in the other


def test_spaces_before_a_virama_go_with_those_after_it() -> None:
    broken = ["क ् ष", "জ ্ঞান", "जगत् है", "မ ္မ", None]
    assert close_viramas(broken).text.to_pylist() == ["क्ष", "জ্ঞান", "जगत् है", "မ္မ", None]
