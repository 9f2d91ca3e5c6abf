"""The language of a text by its lines (OSCAR) and by its sentences (MADLAD-400)."""

import pyarrow as pa
import pytest

import filters.signals  # noqa: F401  (declares the signals)
from filters.registry import Measurement
from filters.signals.unit_language import identified_line_count, is_multilingual, lang_agrees, lang_line_ratio
from schemas.errors import RecipeError

ENGLISH = "The quick brown fox jumps over the lazy dog every single morning."
GERMAN = "Der schnelle braune Fuchs springt jeden Morgen über den faulen Hund."
HINDI = "यह पाठ केवल जाँच के लिए लिखा गया है और बहुत छोटा है।"
NOISE = "12 34 x"


def lid(text: str, **settings: object) -> dict[str, object] | None:
    row = Measurement({"text": pa.array([text])}, {"lid": settings})
    found: dict[str, object] | None = row.get("lid")[0].as_py()
    return found


def test_the_language_of_most_bytes_is_that_of_the_text() -> None:
    found = lid(f"{ENGLISH}\n{GERMAN}\n{ENGLISH}", unit="line", least=0.8)
    assert found is not None
    assert (found["label"], found["second"]) == ("eng", "deu")
    assert 0.5 < found["score"] < 0.67


def test_hindi_lines_weigh_by_their_bytes() -> None:
    found = lid(f"{ENGLISH}\n{HINDI}", unit="line", least=0.8)
    assert found is not None
    assert found["label"] == "hin"
    by_sentences = lid(f"{ENGLISH}\n{HINDI}\n{ENGLISH}", unit="sentence")
    assert by_sentences is not None
    assert by_sentences["label"] == "eng"


@pytest.mark.parametrize("text", ["", " \n ", None])
def test_a_text_without_lines_has_no_language(text: str | None) -> None:
    assert lid(text, unit="line") is None
    assert is_multilingual([text]).to_pylist() == [None]


def test_lines_of_which_no_language_is_sure_leave_the_text_without_a_label() -> None:
    found = lid(NOISE, unit="line", least=0.99)
    assert found is None or found["label"] is None


def test_ten_lines_shared_evenly_are_multilingual() -> None:
    even, uneven = "\n".join([ENGLISH, GERMAN] * 5), "\n".join([ENGLISH] * 9 + [GERMAN])
    few = "\n".join([ENGLISH, GERMAN] * 4)
    assert is_multilingual([even, uneven, few]).to_pylist() == [True, False, False]


def test_lines_are_counted_by_their_language() -> None:
    text = [f"{ENGLISH}\n{GERMAN}\n{ENGLISH}\n\n", ENGLISH]
    assert identified_line_count(text).to_pylist() == [3, 1]
    assert lang_line_ratio(text, ["eng_Latn", None]).to_pylist() == pytest.approx([2 / 3, 0.0])


def test_macrolanguages_agree_with_their_members() -> None:
    labels = [{"label": "cmn"}, {"label": "deu"}, None]
    assert lang_agrees(labels, ["zho_Hani", "eng_Latn", "eng_Latn"]).to_pylist() == [True, False, None]


def test_an_unknown_unit_is_an_error() -> None:
    with pytest.raises(RecipeError, match="line or sentence"):
        lid(ENGLISH, unit="word")
