"""Training by language: corpora of all forms, nothing silent, the same bytes, put in place whole."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import train_language_models as training
from pipeline.train_language_models import Trained, TrainingSettings, report_lines, train_language_models
from pipeline.training_text import Limits, count_text, find_sources, read_chosen, read_texts, split_text
from schemas.errors import GlotmillError, InputError, MissingDependencyError, WorkspaceError

SMALL = TrainingSettings(order=3, least_documents=10, least_characters=200)
ENGLISH = [f"The {w} number {i} stands in the house of {w}s." for i in range(15) for w in ("cat", "dog")]
SWAHILI = [f"Paka {i} anakaa katika nyumba ya {w}." for i in range(12) for w in ("mbwa", "mtu")]


def write_parquet(path: Path, texts: list[str | None], langs: list[str | None] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {"text": pa.array(texts, pa.string())}
    if langs is not None:
        columns["lang"] = pa.array(langs, pa.string())
    pq.write_table(pa.table(columns), path)
    return path


def write_lines(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def both(folder: Path) -> Path:
    labels = ["eng_Latn"] * len(ENGLISH) + ["swh_Latn"] * len(SWAHILI)
    return write_parquet(folder / "both.parquet", [*ENGLISH, *SWAHILI], labels)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_each_language_gets_a_folder_and_the_list_names_them(tmp_path: Path) -> None:
    found = train_language_models([str(both(tmp_path))], str(tmp_path / "models"), SMALL)
    assert [(t.lang, t.skipped) for t in found] == [("eng_Latn", None), ("swh_Latn", None)]
    files = {"kenlm.arpa", "manifest.json", "sentencepiece.model"}
    assert {p.name for p in (tmp_path / "models/eng_Latn").iterdir()} == files
    assert sorted(p.name for p in (tmp_path / "models").iterdir()) == ["eng_Latn", "models.json", "swh_Latn"]
    listed = json.loads((tmp_path / "models/models.json").read_text())
    assert [model["lang"] for model in listed["models"]] == ["eng_Latn", "swh_Latn"]


def test_the_manifest_says_what_the_model_is_made_of(tmp_path: Path) -> None:
    train_language_models([str(both(tmp_path))], str(tmp_path / "models"), SMALL)
    manifest = json.loads((tmp_path / "models/eng_Latn/manifest.json").read_text())
    held_out = manifest["held_out"]
    assert manifest["documents"] + held_out["documents"] == len(ENGLISH)
    assert len(held_out["percentiles"]) == 99
    assert held_out["percentiles"] == sorted(held_out["percentiles"])
    assert (manifest["normalisation"], manifest["units"], manifest["order"]) == ("ccnet", "pieces", 3)
    assert len(manifest["sha256"]["kenlm.arpa"]) == 64
    assert manifest["sources"] == ["both.parquet"]
    assert str(tmp_path) not in json.dumps(manifest)


def test_the_same_text_and_settings_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        train_language_models([str(both(tmp_path))], str(tmp_path / name), SMALL, memory=1)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_a_model_that_stands_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, models = str(both(tmp_path)), str(tmp_path / "models")
    before = train_language_models([corpus], models, SMALL)
    with monkeypatch.context() as patch:
        patch.setattr(training, "train_arpa", None)
        again = train_language_models([corpus], models, SMALL)
    assert again == [replace(t, kept=True) for t in before]
    other = train_language_models([corpus], models, replace(SMALL, order=2))
    assert [t.kept for t in other] == [False, False]


def test_a_manifest_cut_short_is_no_model(tmp_path: Path) -> None:
    corpus, models = str(both(tmp_path)), tmp_path / "models"
    train_language_models([corpus], str(models), SMALL)
    whole = contents(models)
    (models / "eng_Latn/manifest.json").write_text('{"lang": ')
    assert [t.kept for t in train_language_models([corpus], str(models), SMALL)] == [False, True]
    assert contents(models) == whole


def test_a_training_that_fails_leaves_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, models = str(both(tmp_path)), tmp_path / "models"
    train_language_models([corpus], str(models), SMALL)
    before = contents(models)

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(training, "train_arpa", fail)
    with pytest.raises(OSError, match="no space"):
        train_language_models([corpus], str(models), replace(SMALL, order=2))
    assert contents(models) == before
    assert sorted(p.name for p in models.iterdir()) == ["eng_Latn", "models.json", "swh_Latn"]


def test_what_gets_no_model_is_reported_with_the_reason(tmp_path: Path) -> None:
    texts: list[str | None] = [*ENGLISH, "Habari", "x" * 50, "bonjour", None, " "]
    langs: list[str | None] = ["eng_Latn"] * len(ENGLISH) + [
        "swh_Latn",
        None,
        "french",
        "eng_Latn",
        "eng_Latn",
    ]
    corpus = write_parquet(tmp_path / "web.parquet", texts, langs)
    found = train_language_models([str(corpus)], str(tmp_path / "models"), SMALL)
    assert {t.lang: t.skipped for t in found} == {
        "": "no language",
        "eng_Latn": None,
        "french": "expected a label such as swh_Latn",
        "swh_Latn": "1 documents; at least 10 are needed",
    }
    listed = json.loads((tmp_path / "models/models.json").read_text())
    assert [skipped["lang"] for skipped in listed["skipped"]] == ["", "french", "swh_Latn"]
    lines = report_lines(found)
    assert lines[0].startswith("(none)")
    assert "left out: 1 documents" in lines[3]
    assert "perplexity" in lines[1]


def test_other_reasons_are_too_few_characters_and_not_being_asked_for(tmp_path: Path) -> None:
    corpus = str(both(tmp_path))
    chosen = replace(SMALL, languages=("eng_Latn",))
    found = train_language_models([corpus], str(tmp_path / "models"), chosen)
    assert [t.skipped for t in found] == [None, "not asked for"]
    with pytest.raises(InputError, match=r"no language to train on: eng_Latn: .* characters; at least 9999"):
        train_language_models([corpus], str(tmp_path / "models"), replace(SMALL, least_characters=9999))


def test_a_language_that_holds_nothing_to_learn_is_left_out(tmp_path: Path) -> None:
    blanks = ["\u200b" * (i + 1) for i in range(40)]
    corpus = write_parquet(
        tmp_path / "web.parquet", [*ENGLISH, *blanks], ["eng_Latn"] * len(ENGLISH) + ["und_Zyyy"] * 40
    )
    found = train_language_models([str(corpus)], str(tmp_path / "models"), SMALL)
    assert [(t.lang, (t.skipped or "")[:36]) for t in found] == [
        ("eng_Latn", ""),
        ("und_Zyyy", "SentencePiece model: nothing to lear"),
    ]


def corpus_of_each_form(folder: Path, form: str) -> Path:
    if form == "published":
        write_parquet(folder / "corpus/removed/removed-00000.parquet", ["removed"] * 50, ["eng_Latn"] * 50)
        write_lines(folder / "corpus/README.md", ["card"])
        return write_parquet(
            folder / "corpus/data/eng_Latn/train-00000-of-00001.parquet", list(ENGLISH)
        ).parents[2]
    if form == "folders of text":
        write_lines(folder / "corpus/eng_Latn/a.txt", ENGLISH[:10])
        return write_lines(folder / "corpus/eng_Latn/b.txt", ["", *ENGLISH[10:], " "]).parents[1]
    if form == "files named by language":
        write_lines(folder / "corpus/notes.md", ["not read"])
        return write_lines(folder / "corpus/eng_Latn.txt", ENGLISH).parent
    if form == "one text file":
        return write_lines(folder / "eng_Latn.train.txt", ENGLISH)
    if form == "one table without a column":
        return write_parquet(folder / "eng_Latn.parquet", list(ENGLISH))
    return write_parquet(folder / "web.parquet", list(ENGLISH), ["eng_Latn"] * len(ENGLISH))


@pytest.mark.parametrize(
    "form",
    [
        "published",
        "folders of text",
        "files named by language",
        "one text file",
        "one table without a column",
        "one table",
    ],
)
def test_a_corpus_of_any_form_gives_its_documents(form: str, tmp_path: Path) -> None:
    amounts, nameless = count_text(find_sources([str(corpus_of_each_form(tmp_path, form))]))
    assert (list(amounts), nameless) == (["eng_Latn"], 0)
    amount = amounts["eng_Latn"]
    assert (amount.documents, amount.characters) == (len(ENGLISH), sum(map(len, ENGLISH)))
    assert [text for texts in read_texts("eng_Latn", amount.sources) for text in texts] == ENGLISH


def test_a_corpus_has_an_address(tmp_path: Path) -> None:
    corpus = write_parquet(tmp_path / "web.parquet", list(ENGLISH), ["eng_Latn"] * len(ENGLISH))
    amounts, _ = count_text(find_sources([corpus.as_uri()]))
    assert amounts["eng_Latn"].documents == len(ENGLISH)


def broken(folder: Path, name: str) -> Path:
    path = folder / name
    if name == "empty-folder":
        path.mkdir()
    if name == "eng_Latn.parquet":
        path.write_bytes(b"PAR1 no table")
    if name == "columns.parquet":
        pq.write_table(pa.table({"content": ["a"]}), path)
    if name == "numbers.parquet":
        pq.write_table(pa.table({"text": pa.array([[1]]), "lang": ["eng_Latn"]}), path)
    if name == "lines.txt":
        path.write_text("a\n")
    if name == "eng_Latn.txt":
        path.write_bytes(b"\xff\xfe\x00")
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", "no such file or folder"),
        ("empty-folder", "expected <lang>/"),
        ("eng_Latn.parquet", "cannot be read"),
        ("columns.parquet", "expected the columns text and lang, or text in a file named by its language"),
        ("numbers.parquet", "cannot be read"),
        ("lines.txt", "expected a text file named by its language"),
        ("eng_Latn.txt", "cannot be read"),
    ],
)
def test_a_corpus_that_cannot_be_read_is_an_error(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        train_language_models([str(broken(tmp_path, name))], str(tmp_path / "models"), SMALL)


@pytest.mark.parametrize(("output", "kind"), [("s3://bucket/models", "address"), ("file", "file")])
def test_models_go_to_a_local_folder(output: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    target = output if kind == "address" else str(tmp_path / output)
    with pytest.raises(WorkspaceError, match="expected a local folder"):
        train_language_models([str(both(tmp_path))], target, SMALL)


def test_wrong_settings_stop_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(GlotmillError, match="unknown normalisation"):
        train_language_models(["none"], str(tmp_path), TrainingSettings(normalisation="x"))
    with pytest.raises(GlotmillError, match="order: expected 2 to 6"):
        train_language_models([str(both(tmp_path))], str(tmp_path / "models"), replace(SMALL, order=1))


def test_lmplz_that_is_asked_for_must_be_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="lmplz and build_binary: not on PATH; build them"):
        train_language_models([str(both(tmp_path))], str(tmp_path / "models"), replace(SMALL, use_lmplz=True))


def test_a_model_by_lmplz_scores_alike_and_is_one_binary(tmp_path: Path) -> None:
    if shutil.which("lmplz") is None or shutil.which("build_binary") is None:
        pytest.skip(
            "lmplz and build_binary are not on PATH; build them from the source distribution of kenlm"
        )
    corpus = str(both(tmp_path))
    own = train_language_models([corpus], str(tmp_path / "own"), SMALL)
    other = train_language_models([corpus], str(tmp_path / "lmplz"), replace(SMALL, use_lmplz=True))
    assert (tmp_path / "lmplz/eng_Latn/kenlm.bin").is_file()
    for a, b in zip(own, other, strict=True):
        assert b.perplexity == pytest.approx(a.perplexity, rel=0.02)  # 8 bits a number


def test_copies_stay_on_one_side_of_the_split(tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "eng_Latn.txt", ENGLISH * 3)
    amount = count_text(find_sources([str(corpus)]))[0]["eng_Latn"]
    split = split_text("eng_Latn", amount, Limits(0.2, 10**9, 10**9))
    held_out = [text for texts in read_chosen("eng_Latn", amount, split.held_out) for text in texts]
    training_texts = [text for texts in read_chosen("eng_Latn", amount, split.training) for text in texts]
    assert len(set(held_out)) == round(0.2 * len(ENGLISH))
    assert set(held_out).isdisjoint(training_texts)
    assert len(held_out) + len(training_texts) == len(ENGLISH) * 3


def test_of_too_much_text_the_smallest_hashes_are_taken_whatever_the_order(tmp_path: Path) -> None:
    taken = []
    for name, lines in (("one", ENGLISH), ("other", ENGLISH[::-1])):
        corpus = write_lines(tmp_path / name / "eng_Latn.txt", lines)
        amount = count_text(find_sources([str(corpus)]))[0]["eng_Latn"]
        split = split_text("eng_Latn", amount, Limits(0.1, 400, 100))
        taken.append({t for ts in read_chosen("eng_Latn", amount, split.training) for t in ts})
        assert sum(map(len, taken[-1])) <= 400
        assert split.pieces.sum() < split.training.sum()
    assert taken[0] == taken[1]


def test_a_runner_hands_out_the_languages(tmp_path: Path) -> None:
    asked = []

    def run(labels: list[str], work: training.Work) -> list[Trained]:
        asked.extend(labels)
        return [work(label) for label in reversed(labels)]

    found = train_language_models([str(both(tmp_path))], str(tmp_path / "models"), SMALL, run=run)
    assert asked == ["eng_Latn", "swh_Latn"]
    assert [t.lang for t in found] == asked
