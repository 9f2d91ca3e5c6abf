"""A batch of text: rows, classes, hashes, spans."""

import hashlib
import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filters.signals  # noqa: F401  (declares the signals)
from filters.registry import Measurement
from filters.sentences import chunk_spans, sentences
from filters.text import TextBatch, cut_by_bytes
from filters.unicode_tables import LOWER, NUMERIC, SPACE, UPPER, script_codes, tables, unicode_version
from schemas.errors import InputError, SchemaError
from tests import slow_text
from tests.strategies import ROWS, TEXTS, known_to_both

TYPES = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]


def batch(rows: list[str | None]) -> TextBatch:
    return TextBatch.from_arrow(pa.array(rows, pa.string()))


def rows_of(text: TextBatch) -> list[str]:
    return ["".join(map(chr, text.codepoints[a:b])) for a, b in pairwise(text.row_offsets)]


@pytest.mark.parametrize("kind", TYPES, ids=str)
@given(rows=ROWS, skip=st.integers(0, 3))
def test_every_string_type_sliced_or_not_gives_the_same_batch(
    kind: pa.DataType, rows: list[str | None], skip: int
) -> None:
    array = pa.array(rows, pa.string()).cast(kind)[skip:]
    text = TextBatch.from_arrow(array)
    assert rows_of(text) == [row or "" for row in rows[skip:]]
    assert text.is_null.tolist() == [row is None for row in rows[skip:]]
    assert text.byte_counts.tolist() == [len((row or "").encode()) for row in rows[skip:]]


def test_a_column_of_nulls_is_a_batch_of_nulls() -> None:
    assert TextBatch.from_arrow(pa.nulls(2)).is_null.tolist() == [True, True]


def test_a_column_of_numbers_is_refused() -> None:
    with pytest.raises(SchemaError, match="expected strings, got int64"):
        TextBatch.from_arrow(pa.array([1]))


def test_bytes_that_are_not_utf8_are_refused() -> None:
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"a\xff")]
    )
    with pytest.raises(InputError, match="byte 1 is not UTF-8"):
        TextBatch.from_arrow(broken)


@pytest.mark.parametrize("end", [0x3000, pytest.param(0x110000, marks=pytest.mark.slow)])
def test_the_table_agrees_with_python_on_every_character_that_both_know(end: int) -> None:
    properties = tables().properties
    characters = [chr(i) for i in range(end) if known_to_both(chr(i))]
    characters = [c for c in characters if unicodedata.category(c) != "Lm"]  # five became lower-case in 15.0
    for flag, method in (
        (SPACE, str.isspace),
        (UPPER, str.isupper),
        (LOWER, str.islower),
        (NUMERIC, str.isnumeric),
    ):
        assert [c for c in characters if bool(properties[ord(c)] & flag) != method(c)] == []
    assert [c for c in characters if chr(tables().fold[ord(c)]) != slow_text.fold(c)] == []


@pytest.mark.slow
def test_the_table_differs_from_python_only_in_what_one_of_them_does_not_assign() -> None:
    assert unicode_version() == "15.0.0"
    differing = [
        c for c in map(chr, range(0x110000)) if not known_to_both(c) and unicodedata.category(c) != "Cn"
    ]
    assert unicodedata.unidata_version > unicode_version() or differing == []


def test_script_codes_are_in_alphabetical_order() -> None:
    assert list(script_codes()) == sorted(script_codes())
    assert {"Latn", "Deva", "Zyyy", "Zinh", "Zzzz"} <= set(script_codes())


@given(ROWS)
def test_lines_equal_those_of_python(rows: list[str | None]) -> None:
    text = batch(rows)
    for kind, expected in (
        ("split", [(row or "").split("\n") for row in rows]),
        ("unicode", [(row or "").splitlines() for row in rows]),
        ("newline", [(row or "").removesuffix("\n").split("\n") if row else [] for row in rows]),
    ):
        spans = text.lines(kind)
        flat = text.slice_text(spans).to_pylist()
        assert [flat[a:b] for a, b in pairwise(spans.offsets)] == expected


@given(ROWS, st.integers(0, 30))
def test_chunks_put_together_are_the_text(rows: list[str | None], size: int) -> None:
    text = batch(rows)
    spans = chunk_spans(text, size)
    flat = text.slice_text(spans).to_pylist()
    assert ["".join(flat[a:b]) for a, b in pairwise(spans.offsets)] == [row or "" for row in rows]
    assert all(flat)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One. ", "Two! ", "Three?"]),
        ('He said "No." Then left.', ['He said "No." ', "Then left."]),
        ("See x.y e.g. this 3.5", ["See x.y e.g. this 3.5"]),
        ("Wait… what? Really?!  Yes.", ["Wait… what? ", "Really?!  ", "Yes."]),
        ("你好。“再见！”好吗？是", ["你好。", "“再见！”", "好吗？", "是"]),
        ("यह है। वह है॥ अंत", ["यह है। ", "वह है॥ ", "अंत"]),
        ("نعم؟ لا۔ حسنا", ["نعم؟ ", "لا۔ ", "حسنا"]),
        ("ሰላም። ለዓለም", ["ሰላም። ", "ለዓለም"]),
        ("ខ្មែរ។ ភាសា៕ ទៀត", ["ខ្មែរ។ ", "ភាសា៕ ", "ទៀត"]),
        ("First.\n  Second", ["First.\n", "  Second"]),
    ],
)
def test_sentences_end_at_the_terminators_of_every_script(text: str, expected: list[str]) -> None:
    rows = batch([text, "x"])
    assert rows.slice_text(sentences(rows)).to_pylist() == [*expected, "x"]


def test_only_long_lines_are_cut_into_sentences() -> None:
    rows = batch(["One. Two.\nThree. Four. Five."])
    assert rows.slice_text(chunk_spans(rows, 12)).to_pylist() == ["One. Two.\n", "Three. ", "Four. ", "Five."]


@given(st.lists(TEXTS, max_size=6))
def test_equal_words_have_equal_hashes_and_others_do_not(rows: list[str]) -> None:
    text = batch(rows)
    words = text.slice_text(text.words()).to_pylist()
    for fold in (False, True):
        forms = [slow_text.fold(word) if fold else word for word in words]
        assert len(set(zip(forms, text.word_hashes(fold=fold).tolist(), strict=True))) == len(set(forms))


def test_a_hash_does_not_depend_on_where_its_words_lie() -> None:
    long = "x " * 40_000 + "straße Ünicode"
    hashes = batch(["straße Ünicode", long, "STRASSE"]).word_hashes()
    assert hashes[:2].tolist() == hashes[-3:-1].tolist()
    assert batch(["straße"]).word_hashes().tolist() == hashes[:1].tolist()
    assert batch(["ÜNICODE"]).word_hashes().tolist() == hashes[1:2].tolist()


def test_released_word_hashes_do_not_change() -> None:
    hashes = batch(["The quick brown fox, हिन्दी 漢字 ภาษาไทย"]).word_hashes()
    assert hashlib.sha256(hashes.tobytes()).hexdigest()[:16] == "d1fe5af4c4c6ba8e"


@given(ROWS)
def test_stripped_spans_are_those_of_str_strip(rows: list[str | None]) -> None:
    text = batch(rows)
    stripped = text.slice_text(text.stripped(text.lines("split"))).to_pylist()
    assert stripped == [s for row in rows for line in (row or "").split("\n") if (s := line.strip())]


@pytest.mark.parametrize("row", [" " * 20, "a" + " " * 20, " " * 20 + "a", " " * 9 + "a b" + "\t" * 9])
def test_long_white_space_is_stripped_as_short_white_space_is(row: str) -> None:
    text = batch([row, row])
    assert text.slice_text(text.stripped(text.lines("split"))).to_pylist() == [
        s for s in [row.strip()] * 2 if s
    ]


@given(ROWS, st.integers(1, 50))
def test_pieces_cut_by_bytes_hold_every_row_once(rows: list[str | None], size: int) -> None:
    pieces = list(cut_by_bytes(pa.array(rows, pa.string()), size))
    assert [row for a, b in pieces for row in range(a, b)] == list(range(len(rows)))
    assert all(b - a == 1 or sum(len((r or "").encode()) for r in rows[a:b]) <= size for a, b in pieces)


def test_a_huge_text_is_measured_anew_for_each_signal_with_the_same_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("word_count", "top_ngram_char_ratio", "dup_line_ratio", "plain_word_count", "stripped_hash")
    columns = {"text": pa.array(["The same line.\n" * 20, "他说，好的。 \u0301a", None])}
    kept = [Measurement(columns).get(name) for name in names]
    monkeypatch.setattr("filters.text.KEPT_CODE_POINTS", 3)
    measured = Measurement(columns)
    assert [measured.get(name) for name in names] == kept
    assert measured.text._memo == {}
