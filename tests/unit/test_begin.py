import json
import shutil
from dataclasses import replace

import pytest

import pipeline.begin as begin_module
from pipeline.begin import Begin, begin_run
from pipeline.driver_lock import LOCK_FILE
from pipeline.run import RunSettings, open_run, page_settings
from pipeline.workspace import Workspace
from schemas.errors import InputError, ModelError, RecipeError, WorkspaceError


@pytest.fixture
def archive(root, tmp_path):
    source = root / "tests" / "data" / "sample" / "sample-00000.warc.gz"
    return shutil.copy(source, tmp_path / "one.warc.gz")


def begin(tmp_path, *inputs, recipe="glotmill", **chosen):
    settings = RunSettings(**chosen.pop("settings", {}))
    asked = Begin(str(tmp_path / "out"), recipe, tuple(map(str, inputs)), settings, **chosen)
    with begin_run(asked) as run:
        return run


def test_a_run_can_be_opened_again_as_it_was_begun(archive, tmp_path):
    settings = {"languages": ("swh_Latn", "tha_Thai"), "signals": {"lid": {"model": "lid.176"}}}
    begun = begin(tmp_path, archive, settings=settings)
    assert open_run(Workspace(str(tmp_path / "out"))) == begun
    assert begun.recipe.settings["lid"] == {"model": "lid.176"}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (["missing.warc.gz"], "missing.warc.gz"),
        (["empty.warc.gz"], "empty"),
        (["folder"], "found no file at all"),
        (["text.warc.gz"], "text.warc.gz"),
        ([], "no input"),
    ],
)
def test_an_input_that_is_no_archive_is_refused_before_anything_is_written(tmp_path, inputs, expected):
    (tmp_path / "empty.warc.gz").write_bytes(b"")
    (tmp_path / "text.warc.gz").write_text("no archive at all", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=expected):
        begin(tmp_path, *[tmp_path / name for name in inputs])
    assert not (tmp_path / "out").exists()


def test_a_faulty_recipe_is_refused_before_the_inputs_are_looked_at(tmp_path):
    with pytest.raises(RecipeError, match="did you mean glotmill"):
        begin(tmp_path, "missing.warc.gz", recipe="glotmil")


def test_an_output_folder_with_another_run_is_refused(archive, tmp_path):
    begin(tmp_path, archive)
    with pytest.raises(WorkspaceError, match="--resume goes on with it, --overwrite deletes it first"):
        begin(tmp_path, archive)


def test_an_output_folder_with_other_files_is_never_touched(archive, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("x", encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"expected a new or empty folder, got one with 'thesis.tex'"):
        begin(tmp_path, archive, overwrite=True)
    assert (tmp_path / "out" / "thesis.tex").exists()


def test_resuming_with_other_archives_is_refused(archive, tmp_path):
    begin(tmp_path, archive)
    other = shutil.copy(archive, tmp_path / "two.warc.gz")
    with pytest.raises(WorkspaceError, match="other archives"):
        begin(tmp_path, other, resume=True)


def test_resuming_takes_the_recipe_and_the_settings_that_are_given_now(archive, tmp_path):
    begin(tmp_path, archive)
    begun = begin(tmp_path, archive, recipe="glot500c", settings={"languages": ("swh_Latn",)}, resume=True)
    assert (begun.recipe.name, begun.settings.languages) == ("glot500c", ("swh_Latn",))


def test_overwriting_deletes_the_run_and_nothing_else(archive, tmp_path):
    begin(tmp_path, archive)
    (tmp_path / "out" / "data").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    begin(tmp_path, archive, overwrite=True)
    assert not (tmp_path / "out" / "data").exists()
    assert (tmp_path / "out" / "notes.txt").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_another_driver_takes_meanwhile_is_not_written_to(
    archive, tmp_path, monkeypatch, overwrite
):
    if overwrite:
        begin(tmp_path, archive, recipe="glot500c")
    workspace = Workspace(str(tmp_path / "out"))
    only_driver = begin_module.only_driver

    def take_as_another(workspace):
        workspace.put_text(LOCK_FILE, json.dumps({"host": "elsewhere", "pid": 1, "since": "now"}))
        return only_driver(workspace)

    monkeypatch.setattr(begin_module, "only_driver", take_as_another)
    with pytest.raises(WorkspaceError, match="process 1 on elsewhere, since now, works on this run"):
        begin(tmp_path, archive, overwrite=overwrite)
    assert workspace.exists("run.json") == overwrite
    assert workspace.exists(LOCK_FILE)


def test_a_run_that_began_and_ended_meanwhile_is_not_written_over(archive, tmp_path, monkeypatch):
    only_driver = begin_module.only_driver

    def begin_as_another(workspace):
        workspace.put_text("run.json", "another")
        return only_driver(workspace)

    monkeypatch.setattr(begin_module, "only_driver", begin_as_another)
    with pytest.raises(WorkspaceError, match="holds another run"):
        begin(tmp_path, archive)
    assert (tmp_path / "out" / "run.json").read_text(encoding="utf-8") == "another"


def test_the_folder_is_held_from_the_begin_of_a_run_to_its_end(archive, tmp_path):
    workspace = Workspace(str(tmp_path / "out"))
    asked = Begin(workspace.root, "glotmill", (str(archive),), RunSettings())
    with begin_run(asked):
        assert workspace.exists(LOCK_FILE)
        assert workspace.exists("run.json")
    assert not workspace.exists(LOCK_FILE)
    with begin_run(replace(asked, overwrite=True)):
        assert workspace.entries("_work") == ["driver.json", "parts.parquet"]


def test_resume_and_overwrite_exclude_each_other(archive, tmp_path):
    with pytest.raises(WorkspaceError, match="exclude each other"):
        begin(tmp_path, archive, resume=True, overwrite=True)


def test_a_finished_run_without_its_workspace_cannot_be_resumed(archive, tmp_path):
    begin(tmp_path, archive)
    Workspace(str(tmp_path / "out")).delete("_work")
    with pytest.raises(WorkspaceError, match="its workspace was not kept"):
        begin(tmp_path, archive, resume=True)


def test_what_a_run_was_asked_for_is_written_down(archive, tmp_path):
    begin(tmp_path, archive, settings={"languages": ("swh_Latn",)})
    written = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert written["recipe"] == "glotmill"
    assert written["settings"]["languages"] == ["swh_Latn"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("sw", "'sw': expected an ISO 639-3 code and an ISO 15924 script, such as swh_Latn"),
        ("swh_Latin", "such as swh_Latn; did you mean Latn?"),
        ("swq_Latn", "not among the 538 languages of glotlid-mini; did you mean swh_Latn?"),
    ],
)
def test_an_unknown_language_is_refused(archive, tmp_path, code, expected):
    with pytest.raises(InputError, match=expected):
        begin(tmp_path, archive, settings={"languages": (code,)})


def test_a_model_that_is_absent_is_said_to_be_absent(archive, tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        begin(tmp_path, archive, settings={"signals": {"lid": {"model": "none.bin"}}})


def test_files_that_are_passed_over_are_named(archive, tmp_path, capsys):
    (tmp_path / "crawl").mkdir()
    shutil.move(archive, tmp_path / "crawl" / "a.warc.gz")
    (tmp_path / "crawl" / "notes.txt.gz").write_bytes(b"x")
    begin(tmp_path, tmp_path / "crawl")
    assert "passed over: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"language_first": True}, "got no languages"),
        (
            {"language_first": True, "languages": ("swh_Latn",), "extractor": "trafilatura"},
            "got the extractor trafilatura",
        ),
    ],
)
def test_language_first_needs_languages_and_our_own_extractor(archive, tmp_path, settings, expected):
    with pytest.raises(InputError, match=f"--language-first: expected --languages and .*{expected}"):
        begin(tmp_path, archive, settings=settings)


def test_language_first_is_how_pages_are_read(archive, tmp_path):
    chosen = {"languages": ("swh_Latn",)}
    plain = begin(tmp_path, archive, settings=chosen)
    assert page_settings(plain).languages == ()
    first = begin(tmp_path, archive, settings={**chosen, "language_first": True}, overwrite=True)
    assert page_settings(first).languages == ("swh_Latn",)
    assert page_settings(first).identifier == first.recipe.settings["lid"]["model"]
