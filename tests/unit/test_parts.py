import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inputs import Archive
from pipeline.parts import Coverage, Part, check_coverage, list_parts, parts_from_table, parts_to_table
from schemas.errors import InputError
from schemas.part import PARTS

THREE = [Part(0, "a", 0, 100), Part(1, "a", 100, 100), Part(2, "a", 200, 100)]


def test_archives_are_cut_into_numbered_parts_in_order() -> None:
    archives = [Archive("a", 250), Archive("b", None), Archive("c", 100), Archive("d", 0)]
    assert list_parts(archives, 100) == [
        Part(0, "a", 0, 83),
        Part(1, "a", 83, 83),
        Part(2, "a", 166, 84),
        Part(3, "b", 0, None),
        Part(4, "c", 0, 100),
        Part(5, "d", 0, 0),
    ]


def test_a_gigabyte_is_work_for_many_cores() -> None:
    assert len(list_parts([Archive("a", 1 << 30)])) == 16


@given(size=st.integers(0, 10_000), split_bytes=st.integers(1, 12_000))
def test_parts_of_an_archive_join_without_gap(size: int, split_bytes: int) -> None:
    parts = list_parts([Archive("a", size)], split_bytes)
    assert [p.number for p in parts] == list(range(len(parts)))
    assert [p.offset for p in parts] == [0, *(p.end for p in parts[:-1])]
    assert parts[-1].end == size
    assert all(p.length is not None and p.length <= split_bytes for p in parts)


def test_a_split_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="split_bytes: expected at least 1, got 0"):
        list_parts([], 0)


def test_parts_survive_their_table() -> None:
    parts = [Part(0, "s3://a/ü.warc.gz", 0, 5), Part(1, "b", 7 << 40, None)]
    table = parts_to_table(parts)
    assert table.schema.equals(PARTS, check_metadata=True)
    assert parts_from_table(table) == parts
    assert parts_from_table(pa.table(table.to_pydict()).append_column("more", pa.array([1, 2]))) == parts


@pytest.mark.parametrize(
    ("found", "again"),
    [
        ([(0, 105), (105, 203), (203, 300)], []),
        ([(0, 250), (None, None), (250, 300)], []),
        ([(0, 300), (None, None), (None, None)], []),
        ([(0, 105), (103, 203), (203, 300)], [Part(1, "a", 105, 95)]),
        ([(0, 150), (110, 220), (220, 300)], [Part(1, "a", 150, 50)]),
        ([(0, 230), (110, 220), (220, 300)], [Part(1, "a", 230, 0), Part(2, "a", 230, 70)]),
        ([(0, 300), (110, 220), (210, 300)], [Part(1, "a", 300, 0), Part(2, "a", 300, 0)]),
    ],
)
def test_parts_that_do_not_meet_are_read_again_from_where_the_one_before_ended(
    found: list[tuple[int | None, int | None]], again: list[Part]
) -> None:
    results = [Coverage(part, *ends) for part, ends in zip(THREE, found, strict=True)]
    assert check_coverage(reversed(results)) == again


@pytest.mark.parametrize(
    "found",
    [
        [(0, 150), (None, None), (200, 300)],
        [(0, 105), (105, 203), (203, 290)],
        [(None, None), (None, None), (None, None)],
    ],
)
def test_bytes_that_no_part_read_are_an_error(found: list[tuple[int | None, int | None]]) -> None:
    with pytest.raises(InputError, match=r"a: part [012]: expected more to read at byte"):
        check_coverage([Coverage(part, *ends) for part, ends in zip(THREE, found, strict=True)])


def test_an_archive_of_unknown_size_is_covered_by_its_one_part() -> None:
    part = Part(0, "a", 0, None)
    assert check_coverage([Coverage(part, 0, 12345)]) == []
    with pytest.raises(InputError):
        check_coverage([Coverage(part, None, None)])
