import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.contamination import benchmark_grams, shared_gram_count
from filters.text import TextBatch

ROWS = st.lists(st.lists(st.sampled_from("abc"), max_size=14).map(" ".join), max_size=4)
QUESTION = "Which of the following rivers flows past the old mill near the village of Arnhem?"


def batch(*texts: str | None) -> TextBatch:
    return TextBatch.from_arrow(pa.array(texts, pa.string()))


def windows(text: str, size: int) -> list[tuple[str, ...]]:
    words = text.split()
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


@given(ROWS, ROWS)
def test_every_place_where_a_gram_of_the_benchmark_begins_counts(
    documents: list[str], questions: list[str]
) -> None:
    n, shortest = 5, 3
    grams = set()
    for question in questions:
        size = min(n, len(question.split()))
        grams |= set(windows(question, size)) if size >= shortest else set()
    expected = [sum(w in grams for size in (3, 4, 5) for w in windows(text, size)) for text in documents]
    found = shared_gram_count(batch(*documents), benchmark_grams(batch(*questions), n, shortest))
    assert found.to_pylist() == expected


def test_case_and_punctuation_hide_nothing() -> None:
    grams = benchmark_grams(batch(QUESTION))
    quiz = f"Quiz: {QUESTION.upper().replace('?', '!')} The Rhine."
    assert shared_gram_count(batch(quiz, "Nothing of it.", "", None), grams).to_pylist() == [3, 0, 0, None]


def test_texts_without_spaces_are_compared() -> None:
    chinese = "这是一个简短的测试文本用来检查系统是否能够发现重复的内容"
    assert shared_gram_count(batch(f"你好。{chinese}。再见"), benchmark_grams(batch(chinese)))[0].as_py() > 0


def test_short_questions_are_left_out() -> None:
    assert benchmark_grams(batch("What is this?", None)) == {}
    assert shared_gram_count(batch("What is this?"), {}).to_pylist() == [0]
