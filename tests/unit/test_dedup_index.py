"""Documents that are added one file at a time end in the clusters of all files at once."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import buckets, candidates
from pipeline.dedup_index import Added, add_to_index
from pipeline.dedup_table import Choice, dedup_files
from schemas.errors import WorkspaceError

COLUMNS = ("id", "keeper", "cluster", "cluster_size", "similarity")


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Families of near-copies, spread over four files; a row without text, ids in no order."""
    random = np.random.default_rng(5)
    families = [[f"w{n}" for n in random.integers(0, 9_999, 80)] for _ in range(25)]
    written = []
    for number in range(4):
        texts: list[str | None] = [None]
        for family in random.integers(0, 25, 40).tolist():
            words = [*families[family]]
            for place in random.integers(0, 80, int(random.integers(0, 3))).tolist():
                words[place] = f"x{random.integers(99)}"
            texts.append(" ".join(words))
        ids = [f"{random.integers(10**9)}" for _ in texts]
        scores = random.random(len(texts))
        written.append(str(tmp_path / f"{number}.parquet"))
        pq.write_table(pa.table({"doc_id": ids, "text": pa.array(texts), "score": scores}), written[-1])
    return written


def decisions(*tables: pa.Table) -> dict[str, tuple[str, ...]]:
    found = {}
    for table in tables:
        for row in table.to_pylist():
            found[row["id"]] = tuple(row[name] for name in COLUMNS[1:])
    return found


@pytest.mark.parametrize("keep", ["smallest_key", "longest", "best:score"])
@pytest.mark.parametrize("piece", [None, 16])
def test_files_added_one_at_a_time_give_the_clusters_of_all_at_once(
    paths: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str, piece: int | None
) -> None:
    if piece is not None:  # buckets of more than a few members take the ways of large ones
        monkeypatch.setattr(candidates, "PIECE", piece)
        monkeypatch.setattr(candidates, "LEADERS", 4)
        monkeypatch.setattr(buckets, "SALTED", 2 * piece)
        monkeypatch.setattr(buckets, "HUBS", 4)
    choice = Choice(keep=keep)
    dedup_files(paths, str(tmp_path / "once"), choice)
    once = decisions(pq.read_table(tmp_path / "once" / "duplicates.parquet"))
    before: dict[str, tuple[str, ...]] = {}
    for number, path in enumerate(paths):
        found = add_to_index([path], str(tmp_path / "index"), choice)
        changes = pq.read_table(tmp_path / "index" / "changes" / f"{number:05d}.parquet")
        changed = decisions(changes)
        assert len(changed) == changes.num_rows == found.changed
        assert all(before.get(name) != row for name, row in changed.items())
        before |= changed
    assert before == once
    assert found.total == 4 * 41
    assert found.clusters == len({row[1] for row in once.values()})


def test_all_files_may_be_added_at_once(paths: list[str], tmp_path: Path) -> None:
    dedup_files(paths, str(tmp_path / "once"), Choice())
    found = add_to_index(paths, str(tmp_path / "index"), Choice())
    changes = pq.read_table(tmp_path / "index" / "changes" / "00000.parquet")
    assert changes.equals(pq.read_table(tmp_path / "once" / "duplicates.parquet"))
    assert found == Added(164, 164, changes.num_rows, found.clusters)


def test_a_run_that_changes_nothing_says_so(paths: list[str], tmp_path: Path) -> None:
    add_to_index(paths[:1], str(tmp_path / "index"), Choice())
    text = "Words that stand nowhere else, in no file of those that were added before this one came."
    pq.write_table(pa.table({"doc_id": ["new"], "text": [text]}), tmp_path / "new.parquet")
    found = add_to_index([str(tmp_path / "new.parquet")], str(tmp_path / "index"), Choice())
    assert (found.rows, found.total, found.changed) == (1, 42, 0)


def test_a_run_that_was_cut_off_is_done_again(
    paths: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("whole", "broken"):
        add_to_index(paths[:2], str(tmp_path / name), Choice())
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.dedup_index._state", None)
        with pytest.raises(TypeError):
            add_to_index(paths[2:3], str(tmp_path / "broken"), Choice())
    for name in ("whole", "broken"):
        add_to_index(paths[3:], str(tmp_path / name), Choice())
    files = [
        sorted(p.relative_to(tmp_path / n) for p in (tmp_path / n).rglob("*.*")) for n in ("whole", "broken")
    ]
    assert files[0] == files[1]
    assert all(
        (tmp_path / "whole" / f).read_bytes() == (tmp_path / "broken" / f).read_bytes() for f in files[0]
    )


def test_other_settings_are_refused(paths: list[str], tmp_path: Path) -> None:
    add_to_index(paths[:1], str(tmp_path / "index"), Choice())
    with pytest.raises(WorkspaceError, match=r"least = 0.8, was 0.7"):
        add_to_index(paths[1:2], str(tmp_path / "index"), Choice(least=0.8))
