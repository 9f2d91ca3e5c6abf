"""Repeated spans: the hashed search finds what a slow look at every window finds, and cuts no more."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.shingle_words import shingle_words
from filters.substrings import Substrings, anchors, cut_ranges, text_units, windows
from filters.text import TextBatch
from pipeline.repeats import find_copies, join_runs, shared_values
from pipeline.substring_table import Cut, SubstringChoice, cut_substrings
from schemas.errors import RecipeError, WorkspaceError
from tests.strategies import examples

SIZE = 8


def slow_places(text: str, unit: str) -> list[tuple[int, int]]:
    """Begin and end of each unit, in code points or bytes."""
    if unit == "byte":
        return [(i, i + 1) for i in range(len(text.encode()))]
    words = shingle_words(TextBatch.from_arrow(pa.array([text])))
    return list(zip(words.starts.tolist(), words.ends.tolist(), strict=True))


def slow_cut(texts: list[str], unit: str, size: int, *, keep_first: bool = True) -> list[str]:
    """Look at every window of every text, in order."""
    seen: dict[object, tuple[int, int]] = {}
    gone: list[set[int]] = [set() for _ in texts]
    for row, text in enumerate(texts):
        places = slow_places(text, unit)
        held = text.encode() if unit == "byte" else text
        for i in range(len(places) - size + 1):
            begin, end = places[i][0], places[i + size - 1][1]
            window = held[begin:end]
            if window in seen:
                gone[row] |= set(range(begin, end))
                if not keep_first:
                    first, at = seen[window]
                    gone[first] |= set(range(at, at + len(window)))
            else:
                seen[window] = (row, begin)
    if unit == "word":
        return ["".join(c for i, c in enumerate(t) if i not in g) for t, g in zip(texts, gone, strict=True)]
    cut = []
    for text, of_text in zip(texts, gone, strict=True):
        at, left = 0, ""
        for character in text:
            width = len(character.encode())
            if not set(range(at, at + width)) <= of_text:
                left += character
            at += width
        cut.append(left)
    return cut


def fast_cut(texts: list[str], unit: str, size: int, *, keep_first: bool = True) -> list[str]:
    batch = TextBatch.from_arrow(pa.array(texts, pa.string()))
    units = text_units(batch, unit)
    shared = shared_values([anchors(units, size).hashes])
    found = windows(units, size, shared)
    runs = join_runs(find_copies(found.hashes, found.rows, found.units, keep_first=keep_first))
    begins = units.starts[units.offsets[runs.keys] + runs.units] - units.row_starts[runs.keys]
    lasts = units.offsets[runs.keys] + runs.units + runs.counts + size - 2
    return cut_ranges(
        batch, runs.keys, begins, units.ends[lasts] - units.row_starts[runs.keys], unit
    ).to_pylist()


# Few letters and few words, so that long repeats are likely; characters of one to four bytes.
WORDS = st.lists(st.sampled_from(["a", "b", "ab", "é", "ที่", "字", "😀x", "\n"]), max_size=60)
LETTERS = st.text(alphabet="aé字😀 ", max_size=40)


@examples(150)
@given(st.lists(WORDS, min_size=1, max_size=5), st.booleans())
def test_repeated_words_are_those_of_a_slow_search(rows: list[list[str]], keep_first: bool) -> None:
    texts = [" ".join(words) for words in rows]
    assert fast_cut(texts, "word", SIZE, keep_first=keep_first) == slow_cut(
        texts, "word", SIZE, keep_first=keep_first
    )


@examples(150)
@given(st.lists(LETTERS, min_size=1, max_size=5), st.booleans())
def test_repeated_bytes_are_those_of_a_slow_search(texts: list[str], keep_first: bool) -> None:
    assert fast_cut(texts, "byte", SIZE, keep_first=keep_first) == slow_cut(
        texts, "byte", SIZE, keep_first=keep_first
    )


@pytest.mark.parametrize("size", [8, 9, 13, 50])
def test_a_span_is_found_wherever_it_stands(size: int) -> None:
    random = np.random.default_rng(size)
    words = [f"w{n}" for n in random.integers(0, 10**6, 400)]
    span = words[100 : 100 + size]
    texts = [
        " ".join(words),
        " ".join(["front", *span, "back"]),
        " ".join(["front", *span[1:], "rear"]),
    ]
    assert fast_cut(texts, "word", size) == [texts[0], "front  back", texts[2]]


def test_anchors_are_few() -> None:
    random = np.random.default_rng(1)
    text = TextBatch.from_arrow(pa.array([" ".join(f"w{n}" for n in random.integers(0, 10**6, 20_000))]))
    found = anchors(text_units(text, "word"), 50)
    assert len(found.hashes) < 20_000 / 12
    assert np.array_equal(np.unique(found.units), found.units)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(RecipeError, match="expected unit word or byte, got 'line'"):
        Substrings("line")
    with pytest.raises(RecipeError, match="at least 8 units, got 3"):
        Substrings("word", 3)


BOILER = " ".join(f"word{n}" for n in range(60))


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    rows = [
        [("a", f"One {BOILER} end.", "x"), ("b", None, "x")],
        [("c", f"{BOILER} tail", "x"), ("d", f"Other {BOILER}", "y"), ("e", f"é {BOILER} 字", "y")],
    ]
    for number, of_file in enumerate(rows):
        ids, texts, langs = zip(*of_file, strict=True)
        columns = {"doc_id": ids, "text": pa.array(texts, pa.large_string()), "lang": langs}
        pq.write_table(pa.table(columns), tmp_path / f"{number}.parquet")
    return [str(tmp_path / f"{number}.parquet") for number in range(2)]


def test_repeats_of_files_are_listed_and_cut(files: list[str], tmp_path: Path) -> None:
    found = cut_substrings(files, str(tmp_path / "out"), SubstringChoice(), write=True)
    assert found == Cut(rows=5, changed=3, spans=3)
    length = len(BOILER)
    assert [
        tuple(row.values()) for row in pq.read_table(tmp_path / "out" / "substrings.parquet").to_pylist()
    ] == [
        ("c", 0, length, "a", 4),
        ("d", 6, 6 + length, "a", 4),
        ("e", 2, 2 + length, "a", 4),
    ]
    kept = [pq.read_table(path) for path in sorted((tmp_path / "out" / "kept").iterdir())]
    assert [table.column("text").to_pylist() for table in kept] == [
        [f"One {BOILER} end.", None],
        [" tail", "Other ", "é  字"],
    ]
    assert kept[0].schema == pq.read_schema(files[0])
    with pytest.raises(WorkspaceError, match="name another folder"):
        cut_substrings(files, str(tmp_path / "out"), SubstringChoice())


def test_repeats_are_related_within_a_group_on_request(files: list[str], tmp_path: Path) -> None:
    choice = SubstringChoice(group_column="lang", spans=Substrings("byte", 100))
    cut_substrings(files, str(tmp_path / "out"), choice)
    table = pq.read_table(tmp_path / "out" / "substrings.parquet")
    assert list(zip(*(table.column(n).to_pylist() for n in ("id", "keeper")), strict=True)) == [
        ("c", "a"),
        ("e", "d"),
    ]


def test_all_copies_may_go(files: list[str], tmp_path: Path) -> None:
    cut_substrings(files, str(tmp_path / "out"), SubstringChoice(keep_first=False), write=True)
    texts = [
        pq.read_table(path).column("text").to_pylist()
        for path in sorted((tmp_path / "out" / "kept").iterdir())
    ]
    assert texts == [["One  end.", None], [" tail", "Other ", "é  字"]]
