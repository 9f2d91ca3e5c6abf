from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.dedup_table import Choice, Deduped, dedup_files
from schemas.errors import InputError, WorkspaceError

TEXT = (
    "The small river runs past the old mill and nobody in the village remembers who built it long ago. " * 3
)
LONGER = TEXT + "Visitors ask."
OTHER = "Other words altogether stand here, none of them about rivers or about mills."


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    rows = (
        [("a", TEXT, 1.0), ("b", None, 9.0), ("c", OTHER, 2.0)],
        [("d", LONGER, None), ("e", TEXT.upper(), 3.0)],
    )
    written = []
    for number, of_file in enumerate(rows):
        ids, texts, scores = zip(*of_file, strict=True)
        table = pa.table(
            {"doc_id": ids, "text": pa.array(texts, pa.string()), "score": pa.array(scores, pa.float64())}
        )
        written.append(str(tmp_path / f"{number}.parquet"))
        pq.write_table(table, written[-1])
    return written


@pytest.mark.parametrize(("keep", "keeper"), [("smallest_key", "a"), ("longest", "d"), ("best:score", "e")])
def test_rows_that_are_alike_leave_one(paths: list[str], tmp_path: Path, keep: str, keeper: str) -> None:
    found = dedup_files(paths, str(tmp_path / "out"), Choice(keep=keep), write=True)
    assert found == Deduped(5, 2, 1, largest=3, lowest_similarity=found.lowest_similarity)
    assert 0.7 < found.lowest_similarity < 1
    duplicates = pq.read_table(tmp_path / "out" / "duplicates.parquet").to_pylist()
    assert [(row["id"], row["keeper"], row["cluster"], row["cluster_size"]) for row in duplicates] == [
        (name, keeper, "a", 3) for name in "ade"
    ]
    assert {row["similarity"] for row in duplicates if row["id"] == keeper} == {1.0}
    files = sorted((tmp_path / "out" / "kept").iterdir())
    assert [file.name for file in files] == ["00000-0.parquet", "00001-1.parquet"]
    assert [pq.read_table(file).column("doc_id").to_pylist() for file in files] == [
        [name for name in names if name not in "ade" or name == keeper] for names in ("abc", "de")
    ]
    assert pq.read_schema(files[0]) == pq.read_schema(paths[0])


def test_files_without_duplicates_give_an_empty_table(tmp_path: Path) -> None:
    pq.write_table(pa.table({"doc_id": [1, 2], "text": [TEXT, OTHER]}), tmp_path / "a.parquet")
    found = dedup_files([str(tmp_path / "a.parquet")], str(tmp_path / "out"), Choice())
    assert found == Deduped(rows=2, removed=0, clusters=0)
    assert pq.read_table(tmp_path / "out" / "duplicates.parquet").num_rows == 0


def test_results_are_not_overwritten(paths: list[str], tmp_path: Path) -> None:
    dedup_files(paths, str(tmp_path / "out"), Choice())
    with pytest.raises(WorkspaceError, match="name another folder"):
        dedup_files(paths, str(tmp_path / "out"), Choice())


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Choice(text_column="txet"), "no column 'txet'; did you mean text"),
        (Choice(id_column="id"), "no column 'id'"),
        (Choice(keep="best:quality"), "no column 'quality'"),
    ],
)
def test_a_missing_column_is_named(paths: list[str], tmp_path: Path, choice: Choice, message: str) -> None:
    with pytest.raises(InputError, match=message):
        dedup_files(paths, str(tmp_path / "out"), choice)


def test_what_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("no")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        dedup_files([str(tmp_path / "a.parquet")], str(tmp_path / "out"), Choice())
    with pytest.raises(InputError, match="expected rows, got none"):
        dedup_files([], str(tmp_path / "out"), Choice())


def test_rows_are_related_within_a_column_on_request(paths: list[str], tmp_path: Path) -> None:
    found = dedup_files(paths, str(tmp_path / "out"), Choice(within="doc_id"))
    assert found == Deduped(rows=5, removed=0, clusters=0)


def test_a_chained_cluster_is_split_on_request(tmp_path: Path) -> None:
    words = [f"w{n}" for n in range(400)]
    texts = [" ".join(words[first : first + 200]) for first in range(0, 180, 20)]
    pq.write_table(pa.table({"doc_id": range(len(texts)), "text": texts}), tmp_path / "a.parquet")
    whole = dedup_files([str(tmp_path / "a.parquet")], str(tmp_path / "whole"), Choice())
    assert (whole.clusters, whole.largest) == (1, len(texts))
    assert whole.lowest_similarity < 0.2
    split = dedup_files([str(tmp_path / "a.parquet")], str(tmp_path / "split"), Choice(split_above=3))
    assert split.clusters > 1
    assert split.lowest_similarity >= 0.7
    same = dedup_files([str(tmp_path / "a.parquet")], str(tmp_path / "same"), Choice(split_above=9))
    assert same == whole


def test_shingles_themselves_may_be_compared(paths: list[str], tmp_path: Path) -> None:
    found = dedup_files(paths, str(tmp_path / "out"), Choice(true_similarity=True))
    assert (found.removed, found.clusters) == (2, 1)
    rows = pq.read_table(tmp_path / "out" / "duplicates.parquet").to_pylist()
    # TEXT has 19 distinct shingles, LONGER two more.
    assert {row["id"]: round(row["similarity"], 4) for row in rows} == {"a": 1.0, "d": 0.9048, "e": 1.0}
