"""Places of images in a text that was edited."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.image_places import follow_images
from schemas.document import IMAGES

CUT, ALTERED = "cut", "altered"


def follow(before, after, *positions):
    images = [[{"url": str(i), "alt": "", "position": p} for i, p in enumerate(positions)]]
    moved = follow_images(pa.array(images, IMAGES.type), pa.array([before]), pa.array([after]))
    assert moved.type == IMAGES.type
    return {int(image["url"]): image["position"] for image in moved.to_pylist()[0]}


def ends(text):
    lines = text.split("\n")
    return [len("\n".join(lines[: i + 1])) for i in range(len(lines))]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("one\ntwo\nthree\nfour", [3, 7, 13, 18]),
        ("one\nthree\nfour", [3, 3, 9, 14]),
        ("three", [0, 0, 5, 5]),
        ("", [0, 0, 0, 0]),
        ("one\n2\nthree\nfour", [3, 5, 11, 16]),
        ("1\n22\n333\n4444", [1, 4, 8, 13]),
        ("  one\ntwo  \nthree\nfour", [5, 11, 17, 22]),
        ("one\n\ntwo\nthree\nfour", [3, 8, 14, 19]),
        ("one\n3\nfour", [3, None, None, 10]),
        ("one two three\nfour", [None, None, None, 18]),
    ],
)
def test_an_image_stays_behind_what_is_left_of_the_text_before_it(after, expected):
    before = "one\ntwo\nthree\nfour"
    found = follow(before, after, *ends(before))
    assert [found.get(i) for i in range(4)] == expected


def test_a_place_inside_of_a_line_is_kept_only_with_the_line():
    assert follow("one two\nthree", "three", 5) == {0: 0}
    assert follow("one two\nthree", "zero\none two", 0, 4) == {0: 5, 1: 9}
    assert follow("zero\none two", "one two", 9) == {0: 4}
    assert follow("zero\none two", " one two", 9) == {0: 5}
    assert follow("one two", "one 2", 4, 7) == {1: 5}


def test_images_of_cut_lines_do_not_go_behind_a_blank_one():
    assert follow("one\n\ntwo\n\nthree", "one\n\nthree", 8) == {0: 3}


def test_of_lines_that_are_alike_the_first_stay():
    assert follow("a\nb\na\nc\na", "a\nb\na\nc", *ends("a\nb\na\nc\na")) == {0: 1, 1: 3, 2: 5, 3: 7, 4: 7}


def test_texts_without_images_or_without_a_change_are_left_alone():
    images = pa.array([None, [], [{"url": "a", "alt": None, "position": 1}]], IMAGES.type)
    before = pa.array(["x", "x", "x"])
    assert follow_images(images, before, pa.array(["y", "y", "x"])) is images
    assert follow_images(images[:0], before[:0], before[:0]).to_pylist() == []


def test_a_text_of_many_equal_lines_takes_no_time():
    before = "\n".join(["same"] * 50_000 + [str(i) for i in range(50_000)])
    after = "\n".join(["same"] * 20_000 + [str(i) for i in range(0, 50_000, 2)])
    assert follow(before, after, len(before)) == {0: len(after)}


@given(st.lists(st.sampled_from(["", CUT, ALTERED]), min_size=1, max_size=12))
def test_a_place_that_is_told_is_the_true_one(changes):
    before = "\n".join(f"line {i}" for i in range(len(changes)))
    kinds = {"": "line {}", ALTERED: "another {}"}
    left = [(i, kinds[change].format(i)) for i, change in enumerate(changes) if change != CUT]
    after = "\n".join(line for _, line in left)
    true = [len("\n".join(line for i, line in left if i <= last)) for last in range(len(changes))]
    found = follow(before, after, *ends(before))
    assert found == {i: true[i] for i in found}
    if len(set(changes) - {""}) < 2:
        assert len(found) == len(changes)
