"""SentencePiece models: CCNet's settings, a size that follows the corpus, the same bytes each time."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.models import open_pieces
from filters.sentence_pieces import LONGEST_LINE, cut_line, train_pieces
from schemas.errors import InputError

LINES = [f"the cat number {i} sat on the mat of the dog {i % 7}" for i in range(200)]


def test_the_same_lines_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        train_pieces(iter(LINES), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_the_number_of_pieces_follows_the_text(tmp_path: Path) -> None:
    report = train_pieces(LINES, tmp_path / "model")
    assert report.lines == 200
    assert report.pieces <= report.characters // 25
    assert open_pieces(tmp_path / "model").get_piece_size() == report.pieces
    assert train_pieces(LINES, tmp_path / "model", most_pieces=60).pieces <= 60


def test_a_script_of_many_characters_gets_a_piece_for_each(tmp_path: Path) -> None:
    lines = ["".join(chr(0x4E00 + (15 * i + j) % 900) for j in range(30)) for i in range(60)]
    assert train_pieces(lines, tmp_path / "model").pieces >= 900


def test_a_long_line_is_learned_from_and_not_left_out(tmp_path: Path) -> None:
    report = train_pieces([" ".join(LINES)], tmp_path / "model")
    assert report.lines > 5
    assert "▁number" in open_pieces(tmp_path / "model").encode("the number", out_type=str)


@given(st.text(st.sampled_from("ab "), max_size=3500))
def test_a_line_is_cut_without_loss(line: str) -> None:
    pieces = list(cut_line(line))
    assert all(0 < len(piece) <= LONGEST_LINE for piece in pieces)
    assert "".join(pieces).replace(" ", "") == line.replace(" ", "")


@pytest.mark.parametrize("lines", [["a"], ["。"], ["a" * 5000], ["<s> </s> <unk>"], ["🙂"]])
def test_the_smallest_texts_give_models(lines: list[str], tmp_path: Path) -> None:
    assert train_pieces(lines, tmp_path / "model").pieces > 2


@pytest.mark.parametrize("lines", [[], [""], [" "], ["\u200b"], ["▁"]])
def test_no_text_is_an_error(lines: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="SentencePiece model: nothing to learn"):
        train_pieces(lines, tmp_path / "model")
