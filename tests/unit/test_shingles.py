import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from filters.shingle_words import shingle_word_hashes, shingle_words
from filters.shingles import (
    Shingles,
    character_shingles,
    distinct,
    hash_ngrams,
    hash_sequences,
    jaccard,
    mix64,
    word_shingles,
)
from filters.text import TextBatch
from tests.strategies import examples

ROWS = st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=6)


def flat(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    units = mix64(np.array([u for row in rows for u in row], np.uint64) + np.uint64(7))
    return units, np.cumsum([0, *(len(row) for row in rows)])


def texts(*values: str | None) -> TextBatch:
    return TextBatch.from_arrow(pa.array(values, pa.string()))


WRITTEN = st.lists(
    st.one_of(st.none(), st.text("aB9.,'_-\u0301\u0915\u093e\u00ad\u200d \n\u05e6\"\u4e2d\u0e01\U0001f600")),
    max_size=5,
)


def row(shingles: Shingles, i: int) -> list[int]:
    return shingles.hashes[shingles.offsets[i] : shingles.offsets[i + 1]].tolist()


@given(ROWS, st.integers(1, 6))
def test_two_shingles_are_equal_only_where_their_units_are(rows: list[list[int]], n: int) -> None:
    shingles = hash_ngrams(*flat(rows), n)
    grams = [
        [tuple(row[i : i + n]) for i in range(len(row) - n + 1)] or ([tuple(row)] if row else [])
        for row in rows
    ]
    assert shingles.counts.tolist() == [len(of_row) for of_row in grams]
    names = [gram for of_row in grams for gram in of_row]
    assert len(set(shingles.hashes.tolist())) == len(set(names))
    assert len(set(zip(shingles.hashes.tolist(), names, strict=True))) == len(set(names))


@given(ROWS, st.integers(1, 6))
def test_the_shingles_of_a_row_do_not_depend_on_its_batch(rows: list[list[int]], n: int) -> None:
    whole = hash_ngrams(*flat(rows), n)
    assert [row(whole, i) for i in range(len(rows))] == [row(hash_ngrams(*flat([r]), n), 0) for r in rows]


def test_a_row_without_units_has_no_shingle() -> None:
    assert hash_ngrams(*flat([[], []]), 5).counts.tolist() == [0, 0]


def test_short_rows_share_a_shingle_only_where_they_are_equal() -> None:
    shingles = hash_ngrams(*flat([[1, 2], [1, 2], [2, 1], [1], [1, 2, 3], [1, 2, 3, 0, 0]]), 5)
    assert shingles.counts.tolist() == [1] * 6
    assert len(set(shingles.hashes.tolist())) == 5


@given(ROWS)
def test_sequence_hashes_are_equal_only_for_equal_rows(rows: list[list[int]]) -> None:
    hashes = hash_sequences(*flat(rows)).tolist()
    assert len(set(hashes)) == len({tuple(r) for r in rows})


def test_sequence_hashes_do_not_depend_on_the_batch() -> None:
    rows = [[1, 2, 3], [], [4], [1, 2, 3]]
    assert hash_sequences(*flat(rows)).tolist() == [int(hash_sequences(*flat([r]))[0]) for r in rows]


def test_distinct_shingles_are_a_sorted_set() -> None:
    shingles = distinct(hash_ngrams(*flat([[1, 1, 1, 1], [], [1, 2, 1, 2]]), 2))
    assert shingles.counts.tolist() == [1, 0, 2]
    assert row(shingles, 2) == sorted(row(shingles, 2))


def test_jaccard_is_the_share_of_common_values() -> None:
    sets = [np.array(values, np.uint64) for values in ([1, 2, 3], [2, 3, 4], [])]
    assert jaccard(sets[0], sets[1]) == 0.5
    assert jaccard(sets[0], sets[2]) == 0.0
    assert jaccard(sets[2], sets[2]) == 0.0


def test_word_shingles_ignore_case_and_punctuation() -> None:
    shingles = word_shingles(texts("One two, three FOUR five.", "one Two three four (five)"))
    assert row(shingles, 0) == row(shingles, 1)


def test_a_vowel_sign_is_part_of_the_shingle() -> None:
    shingles = word_shingles(texts("की की की की की", "का का का का का"))
    assert row(shingles, 0) != row(shingles, 1)


def test_text_without_spaces_has_many_word_shingles() -> None:
    thai = "นี่คือข้อความทดสอบสั้นๆ สำหรับตรวจสอบระบบ นี่คือข้อความทดสอบสั้นๆ"
    chinese = "这是一个简短的测试文本。这是一个简短的测试文本,用来检查系统。"
    assert (word_shingles(texts(thai, chinese)).counts >= 5).all()


def test_character_shingles_skip_what_lies_between_words() -> None:
    shingles = character_shingles(texts("ab, cdef", "abcdef", None, "abc"), 5)
    assert shingles.counts.tolist() == [2, 2, 0, 1]
    assert row(shingles, 0) == row(shingles, 1)


def test_a_lost_space_and_punctuation_inside_words_change_no_shingle() -> None:
    shingles = word_shingles(texts("It ends here. Next comes l'homme.", "It ends here.Next comes l homme"))
    assert row(shingles, 0) == row(shingles, 1)


def test_a_soft_hyphen_cuts_no_word() -> None:
    assert word_shingles(texts("a b c d hy\u00adphen", "a b c d hy phen"), 5).counts.tolist() == [1, 2]


def test_shingles_of_scripts_without_spaces_take_twice_as_many_words() -> None:
    chinese = "这是一个简短的测试文本"
    words = len(TextBatch.from_arrow(pa.array([chinese])).words())
    mixed = texts("one two three four five six", chinese, None, f"{chinese} one two")
    assert word_shingles(mixed, 2).counts.tolist() == [5, words - 3, 0, words - 1]


@examples(500)
@given(WRITTEN)
@example(["9_\u093e", "_\u093e", "a.\u0301b"])
def test_hashes_by_one_look_up_are_those_of_the_words(values: list[str | None]) -> None:
    text = texts(*values)
    hashes, offsets, _ = shingle_word_hashes(text)
    words = shingle_words(text)
    assert offsets.tolist() == words.offsets.tolist()
    assert hashes.tolist() == text.span_hashes(words, fold=True).tolist()
    text.word_hashes()
    again = shingle_word_hashes(text)  # from the words that there are
    assert (again.hashes.tolist(), again.offsets.tolist()) == (hashes.tolist(), offsets.tolist())


def test_words_of_rows_that_touch_are_apart() -> None:
    assert shingle_word_hashes(texts("ab", "", None, "cd", "ef")).offsets.tolist() == [0, 1, 1, 1, 2, 3]


def test_long_rows_and_many_blocks_are_hashed_alike() -> None:
    text = texts("ab cd " * 60_000, *["ef gh"] * 3, "x" * 100, *["ij e\u0301 " * 9_000] * 9)
    hashes, offsets, _ = shingle_word_hashes(text)
    words = shingle_words(text)
    assert offsets.tolist() == words.offsets.tolist()
    assert (hashes == text.span_hashes(words, fold=True)).all()
    blocks = texts(*["ij kl\u0301 mn" * 3_000] * 12)
    assert (shingle_word_hashes(blocks).hashes == blocks.span_hashes(shingle_words(blocks), fold=True)).all()
