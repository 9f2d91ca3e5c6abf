import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.contaminated_table import Against, Contaminated, find_contaminated
from schemas.errors import InputError

QUESTION = "Which of the following rivers flows past the old mill near the village of Arnhem today"
OTHER = "What is the name of the tallest building that was ever made of wood alone"
TEXTS = [f"Quiz night. {QUESTION.upper()}? The Rhine.", "Nothing of it.", None, f"So: {OTHER}!"]


@pytest.fixture
def texts(tmp_path: Path) -> str:
    pq.write_table(pa.table({"doc_id": [7, 8, 9, 10], "text": pa.array(TEXTS)}), tmp_path / "a.parquet")
    return str(tmp_path / "a.parquet")


def questions(tmp_path: Path) -> list[str]:
    (tmp_path / "q.txt").write_text(f"{QUESTION}\n\nshort one\n")
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": 1, "question": OTHER, "answer": "none"}) + "\n")
    pq.write_table(pa.table({"question": [QUESTION], "other": [OTHER]}), tmp_path / "q.parquet")
    return [str(tmp_path / name) for name in ("q.txt", "q.jsonl", "q.parquet")]


def test_rows_that_hold_a_question_are_listed_and_left_out(texts: str, tmp_path: Path) -> None:
    found = find_contaminated([texts], str(tmp_path / "out"), Against(questions(tmp_path)), write=True)
    assert found == Contaminated(rows=4, found=2, grams=7)
    table = pq.read_table(tmp_path / "out" / "contaminated.parquet")
    assert table.to_pydict() == {"id": [7, 10], "shared_gram_count": [4, 3]}
    (kept,) = (tmp_path / "out" / "kept").iterdir()
    assert pq.read_table(kept).column("doc_id").to_pylist() == [8, 9]


def test_columns_of_questions_may_be_chosen(texts: str, tmp_path: Path) -> None:
    against = Against(questions(tmp_path)[2:], columns=["other"])
    find_contaminated([texts], str(tmp_path / "out"), against)
    assert pq.read_table(tmp_path / "out" / "contaminated.parquet").column("id").to_pylist() == [10]
    with pytest.raises(InputError, match="no column of texts 'questoin'"):
        find_contaminated(
            [texts], str(tmp_path / "no"), Against(questions(tmp_path)[2:], columns=["questoin"])
        )


def test_questions_that_are_all_short_are_refused(texts: str, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("What is this?\n")
    with pytest.raises(InputError, match="expected questions of 8 words and more, got none"):
        find_contaminated([texts], str(tmp_path / "out"), Against([str(tmp_path / "q.txt")]))
