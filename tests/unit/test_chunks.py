import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.chunks import CHUNK_UNITS, chunk_spans
from filters.text import TextBatch
from schemas.errors import RecipeError


def cut(texts: list[str], unit: str, **chosen: int) -> list[str]:
    batch = TextBatch.from_arrow(pa.array(texts, pa.string()))
    return batch.slice_text(chunk_spans(batch, unit=unit, **chosen)).to_pylist()


TEXT = "One. Two.\nThree\n\nFour. Five.\n\n\nSix"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("line", ["One. ", "Two.\n", "Three\n", "\n", "Four. ", "Five.\n", "\n", "\n", "Six"]),
        ("whole_line", ["One. Two.\n", "Three\n", "\n", "Four. Five.\n", "\n", "\n", "Six"]),
        ("sentence", ["One. ", "Two.\n", "Three\n", "\n", "Four. ", "Five.\n", "\n", "\n", "Six"]),
        ("paragraph", ["One. Two.\nThree\n\n", "Four. Five.\n\n\n", "Six"]),
    ],
)
def test_a_text_is_cut_by_its_unit(unit, expected):
    assert cut([TEXT], unit, max_characters=8) == expected


@given(st.lists(st.text(alphabet="ab.。 \n", max_size=30), max_size=5), st.sampled_from(CHUNK_UNITS))
def test_chunks_put_together_are_the_texts(texts, unit):
    assert "".join(cut(texts, unit)) == "".join(texts)
    assert all(cut(texts, unit))


def test_texts_are_cut_one_by_one():
    assert cut(["a\n\n", "\n\nb", ""], "paragraph") == ["a\n\n", "\n\n", "b"]


def test_an_unknown_unit_is_refused():
    with pytest.raises(RecipeError, match="unit: expected one of line"):
        cut(["a"], "page")
