"""Classifiers and importance tables: scores equal what their definitions say, and what is absent is named."""

import itertools
import math
from collections import Counter
from pathlib import Path

import pytest

from filters.classifiers import open_classifier
from filters.importance import count_features, open_table, write_table
from filters.page_edits import drop_scored_sentences
from filters.signals.classified import class_probability
from filters.signals.importance import importance_score
from schemas.errors import ModelError

fasttext = pytest.importorskip("fasttext")

GOOD = "the river runs past the old mill and nobody remembers who built it"
BAD = "buy cheap pills now click here best price casino"
TABLES = {"target": "target.npz", "background": "background.npz"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny classifier of two labels."""
    folder = tmp_path_factory.mktemp("classifier")
    lines = [f"__label__hq {GOOD}", f"__label__cc {BAD}"] * 30
    (folder / "train.txt").write_text("\n".join(lines), encoding="utf-8")
    made = fasttext.train_supervised(
        str(folder / "train.txt"), epoch=25, dim=8, bucket=1000, minCount=1, thread=1, verbose=0
    )
    made.save_model(str(folder / "model.bin"))
    return str(folder / "model.bin")


def test_the_score_is_that_of_all_labels_but_one(model: str) -> None:
    plain = fasttext.load_model(model)
    expected = [dict((s, p) for p, s in plain.f.predict(t + "\n", -1, 0.0, "strict")) for t in (GOOD, BAD)]
    found = class_probability([GOOD, BAD, "", None], model=model).to_pylist()
    assert found == [
        *(pytest.approx(1 - min(e["__label__cc"], 1), abs=1e-6) for e in expected),
        None,
        None,
    ]
    assert found[0] > 0.5 > found[1]
    alone = class_probability([GOOD], model=model, label="__label__hq", other=False)[0].as_py()
    assert alone == pytest.approx(found[0], abs=1e-4)


def test_lines_are_joined_before_scoring(model: str) -> None:
    assert class_probability(["a mill\nby the river"], model=model) == class_probability(
        ["a mill by the river"], model=model
    )


def test_without_a_model_there_is_no_score_and_no_cut() -> None:
    assert class_probability([GOOD, None]).null_count == 2
    assert drop_scored_sentences([GOOD, None]).text.to_pylist() == [GOOD, None]


def test_bad_sentences_are_cut_and_counted(model: str) -> None:
    text = f"{GOOD.capitalize()}. {BAD.capitalize()}. {GOOD.capitalize()}."
    edited = drop_scored_sentences([text, GOOD, None], model=model, label="__label__cc", least=0.5)
    assert edited.text.to_pylist() == [f"{GOOD.capitalize()}. {GOOD.capitalize()}.", GOOD, None]
    assert edited.changes.to_pylist() == [1, 0, None]


def test_an_unknown_label_is_named(model: str) -> None:
    with pytest.raises(ModelError, match="no label '__label__c'; did you mean __label__cc"):
        open_classifier(model).probability("a", "__label__c")


def log_ratio(text: str, target: list[str], background: list[str]) -> float:
    """The importance by words instead of buckets: equal where no two features share a bucket."""

    def grams(text: str) -> list[str]:
        words = text.split()
        return words + [f"{a} {b}" for a, b in itertools.pairwise(words)]

    def share(texts: list[str], gram: str) -> float:
        counts = Counter(g for t in texts for g in grams(t))
        return math.log(counts[gram] / sum(counts.values()) + 1e-8)

    return sum(share(target, gram) - share(background, gram) for gram in grams(text))


def test_importance_is_the_log_ratio_of_shares(tmp_path: Path) -> None:
    paths = {role: str(tmp_path / name) for role, name in TABLES.items()}
    texts = {"target": ["old mill river", "old mill"], "background": ["buy now", "buy mill now"]}
    for role, path in paths.items():
        write_table(count_features(texts[role], buckets=1 << 20), Path(path))
    found = importance_score(["old mill", "buy now buy", "", None], **paths).to_pylist()
    expected = [log_ratio(t, texts["target"], texts["background"]) for t in ("old mill", "buy now buy")]
    assert found == [pytest.approx(expected[0]), pytest.approx(expected[1]), None, None]
    longer = importance_score(["old mill"], **paths, length_correction=True)[0].as_py()

    def poisson(mean: float) -> float:
        return math.log(math.exp(-mean) * mean**8 / math.factorial(8) + 1e-8)

    assert longer == pytest.approx(expected[0] + poisson(11) - poisson(9.5))


def test_without_tables_there_is_no_importance() -> None:
    assert importance_score(["a"]).null_count == 1


def test_a_table_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"x\.npz"):
        open_table(str(tmp_path / "x.npz"))
    with pytest.raises(ModelError, match="found no file"):
        open_table(str(tmp_path / "y.npz"))
