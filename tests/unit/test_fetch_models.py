"""Fetching models from a server that behaves badly: a clear error and an intact cache, or the right file."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from filters.kneser_ney import train_arpa
from filters.model_registry import CACHE_VARIABLE, REGISTRY_VARIABLE, fetched_path, find_entry, read_registry
from filters.models import LID176, find_language_model, find_model, fingerprint
from pipeline.fetch_models import FETCH_VARIABLE, fetch_model, verify_model
from pipeline.https import Retry
from pipeline.recipe import load_recipe
from pipeline.resources import check_resources, fetch_resources
from schemas.errors import ModelError
from tests.range_server import Site, serving

FAST = Retry(tries=4, first_pause_seconds=0.001, longest_pause_seconds=0.01, timeout_seconds=5)
LISTS = json.dumps({"sw": ["na", "ya"], "am": ["ነው"] * 9000}, ensure_ascii=False).encode()
LISTS += b" " * (3 << 20)
"""Three reads long, so that it can be cut in between."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(REGISTRY_VARIABLE, str(tmp_path / "own.toml"))
    return tmp_path / "cache"


@pytest.fixture
def site() -> Iterator[Site]:
    lid = find_model(LID176).read_bytes()
    with serving(Site({"/lists.json": LISTS, "/lid.ftz": lid, "/page": b"<html>Log in</html>"})) as site:
        yield site


def register(cache: Path, site: Site, name: str, *, kind: str = "word-lists", **stated: object) -> None:
    table = ", ".join(
        f"{key} = {json.dumps(value)}" for key, value in {"url": f"{site.url}/{name}", **stated}.items()
    )
    own = cache.parent / "own.toml"
    own.write_text(f'[m]\nkind = "{kind}"\ntitle = "t"\nlicence = "CC0-1.0"\nfiles = [{{ {table} }}]\n')


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_fetched_model_is_found_by_its_name(cache: Path, site: Site) -> None:
    register(cache, site, "lid.ftz", kind="fasttext")
    assert fetch_model("m", retry=FAST) == [cache / "m" / "lid.ftz"]
    assert find_model("m") == cache / "m" / "lid.ftz"
    assert fingerprint("m") == fingerprint(LID176)
    assert [file.problem for file in verify_model("m")] == [""]
    assert names(cache / "m") == ["lid.ftz", "lid.ftz.fetched.json"]


def test_what_is_there_is_not_fetched_again(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json")
    fetch_model("m", retry=FAST)
    asked = len(site.requests)
    fetch_model("m", retry=FAST)
    assert len(site.requests) == asked


def test_a_model_that_is_not_fetched_says_how_to_get_it(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json")
    with pytest.raises(ModelError, match=r"run: glotmill models fetch m$"):
        find_model("m")
    assert [file.problem for file in verify_model("m")] == ["not fetched"]


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_refusal_that_passes_is_waited_out(cache: Path, site: Site, status: int) -> None:
    register(cache, site, "lists.json")
    site.answers = [(status, {}), (0, {}), (status, {"Retry-After": "0"})]
    assert fetch_model("m", retry=FAST)[0].read_bytes() == LISTS


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_refusal_that_stays_is_an_error_that_names_it(cache: Path, site: Site, status: int) -> None:
    register(cache, site, "lists.json")
    site.answers = [(status, {})] * 9
    with pytest.raises(ModelError, match=rf"model m: .*/lists.json: cannot be read.*last: {status}"):
        fetch_model("m", retry=FAST)
    assert names(cache / "m") == []


def test_an_address_that_leads_nowhere_is_an_error_at_once(cache: Path, site: Site) -> None:
    register(cache, site, "gone")
    with pytest.raises(ModelError, match="expected a file, got 404"):
        fetch_model("m", retry=FAST)
    assert names(cache / "m") == []


def test_a_server_that_drops_connections_is_read_to_the_end(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json")
    site.drop_after = 700_000
    assert fetch_model("m", retry=FAST)[0].read_bytes() == LISTS


def test_an_interrupted_fetch_goes_on_where_it_stopped(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json")
    site.etags = ["one"] * 20

    def stop(_name: str, done: int, _total: int | None) -> None:
        if done > 2 << 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_model("m", stop, retry=FAST)
    held = (cache / "m" / "lists.json.part").stat().st_size
    assert 2 << 20 <= held < len(LISTS)
    with pytest.raises(ModelError, match="not fetched yet"):
        find_model("m")
    site.requests.clear()
    assert fetch_model("m", retry=FAST)[0].read_bytes() == LISTS
    assert site.requests == [f"bytes={held}-"]
    assert names(cache / "m") == ["lists.json", "lists.json.fetched.json"]


def test_a_file_replaced_since_an_interrupted_fetch_is_fetched_from_the_start(
    cache: Path, site: Site
) -> None:
    register(cache, site, "lists.json")
    site.etags = ["one", "two", "two"]

    def stop(_name: str, _done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_model("m", stop, retry=FAST)
    assert fetch_model("m", retry=FAST)[0].read_bytes() == LISTS


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("page", "fasttext", "expected a fastText model"),
        ("page", "kenlm", "expected a KenLM model"),
        ("page", "word-lists", "expected a JSON object from language to array of words"),
        ("lists.json", "fasttext", "expected a fastText model"),
    ],
)
def test_another_file_than_it_should_be_is_refused(
    cache: Path, site: Site, name: str, kind: str, found: str
) -> None:
    register(cache, site, name, kind=kind)
    with pytest.raises(ModelError, match=rf"{found}.*it begins with b'"):
        fetch_model("m", retry=FAST)
    assert names(cache / "m") == []


def test_a_wrong_hash_is_refused_and_both_are_named(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json", sha256="0" * 64)
    with pytest.raises(
        ModelError, match=f"expected SHA-256 {'0' * 64} as the registry says, got [0-9a-f]{{64}}"
    ):
        fetch_model("m", retry=FAST)
    assert names(cache / "m") == []


def test_a_wrong_size_is_refused(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json", size=17)
    with pytest.raises(ModelError, match="expected 17 bytes as the registry says"):
        fetch_model("m", retry=FAST)
    assert names(cache / "m") == []


@pytest.mark.parametrize("lie", [-1_000_000, 1_000_000])
def test_a_server_that_lies_about_the_length_gives_the_file_or_an_error(
    cache: Path, site: Site, lie: int
) -> None:
    register(cache, site, "lists.json", size=len(LISTS))
    site.said_lengths = [lie] * 9
    try:
        assert fetch_model("m", retry=FAST)[0].read_bytes() == LISTS
    except ModelError:
        assert "lists.json" not in names(cache / "m")


def test_what_was_fetched_first_is_pinned(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json")
    path = fetch_model("m", retry=FAST)[0]
    path.unlink()
    site.files["/lists.json"] = b'{"sw": ["other"]}'
    with pytest.raises(ModelError, match="as the first fetch says, got"):
        fetch_model("m", retry=FAST)
    assert names(cache / "m") == ["lists.json.fetched.json"]


def test_a_file_changed_in_the_cache_is_found(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json")
    path = fetch_model("m", retry=FAST)[0]
    path.write_bytes(LISTS[:-1])
    (problem,) = (file.problem for file in verify_model("m"))
    assert problem.startswith("expected SHA-256 ")


@pytest.mark.slow
def test_processes_that_ask_together_fetch_a_file_once(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json")
    program = "from pipeline.fetch_models import fetch_model; print(fetch_model('m')[0])"
    started = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(3)]
    said = {process.communicate()[0] for process in started}
    assert said == {f"{cache / 'm' / 'lists.json'}\n".encode()}
    assert site.requests == ["bytes=0-"]


def test_models_of_languages_lie_in_one_folder_that_has_the_models_name(cache: Path, tmp_path: Path) -> None:
    arpa = tmp_path / "a.arpa"
    train_arpa([["na", "ya"]] * 5, arpa, order=2)
    with serving(Site({"/sw.arpa.bin": arpa.read_bytes()})) as site:
        register(cache, site, "{lang}.arpa.bin", kind="kenlm-folder")
        assert fetch_model("m:sw", retry=FAST) == [cache / "m" / "sw.arpa.bin"]
    found = find_language_model("m", "swh_Latn")
    assert found is not None
    assert found.kenlm == cache / "m" / "sw.arpa.bin"
    with pytest.raises(ModelError, match="expected a language: m:sw, got none"):
        fetch_model("m")


def test_a_folder_that_cannot_be_written_is_an_error(cache: Path, site: Site) -> None:
    register(cache, site, "lists.json")
    cache.write_text("a file")
    with pytest.raises(ModelError, match=r"cannot be written.*GLOTMILL_MODELS names another folder"):
        fetch_model("m", retry=FAST)


def test_every_shipped_entry_says_what_one_needs_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REGISTRY_VARIABLE, raising=False)
    registry = read_registry()
    assert {"lid.176.bin", "glotlid-v3", "openlid-v2", "nllb-lid218e", "ccnet-lm"} <= set(registry)
    assert len(registry["ccnet-lm"].languages) == 48
    for model in registry.values():
        assert "not stated" not in (model.title, model.source, model.address)
        assert all(file.url.startswith("https://") for file in model.files)
    shipped = find_entry("lid.176.ftz").files[0]
    assert (fingerprint(LID176), find_model(LID176).stat().st_size) == (shipped.sha256, shipped.size)


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(ModelError, match="did you mean glotlid-v3"):
        find_entry("glotlid-3")
    assert fetched_path("no-such-model") is None


def test_noise_is_no_registry(cache: Path) -> None:
    (cache.parent / "own.toml").write_text(random.Random(3).randbytes(50).hex() + "=")
    with pytest.raises(ModelError, match=r"own.toml: not valid TOML"):
        read_registry()


def test_a_run_fetches_what_its_recipe_needs_only_when_allowed(
    cache: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(cache, site, "lid.ftz", kind="fasttext")
    recipe = replace(load_recipe("glot500c"), settings={"lid": {"model": "m"}})
    monkeypatch.delenv(FETCH_VARIABLE, raising=False)
    fetch_resources(recipe, None)
    assert site.requests == []
    with pytest.raises(ModelError, match="glotmill models fetch m"):
        check_resources(recipe)
    monkeypatch.setenv(FETCH_VARIABLE, "1")
    fetch_resources(recipe, None)
    check_resources(recipe)
    assert find_model("m") == cache / "m" / "lid.ftz"


def test_language_models_are_fetched_for_the_languages_that_are_wanted(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arpa = tmp_path / "a.arpa"
    train_arpa([["na", "ya"]] * 5, arpa, order=2)
    recipe = replace(load_recipe("glot500c"), settings={"perplexity": {"models": "m"}})
    monkeypatch.setenv(FETCH_VARIABLE, "1")
    with serving(Site({"/sw.arpa.bin": arpa.read_bytes()})) as site:
        register(cache, site, "{lang}.arpa.bin", kind="kenlm-folder")
        with pytest.raises(ModelError, match="expected the languages to fetch, got none"):
            fetch_resources(recipe, None)
        fetch_resources(recipe, ["swh_Latn"])
    assert names(cache / "m") == ["sw.arpa.bin", "sw.arpa.bin.fetched.json"]
