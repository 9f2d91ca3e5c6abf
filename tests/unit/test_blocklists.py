import tarfile

import numpy as np
import pyarrow as pa
import pytest

from pipeline.blocklists import blocked, compact_file, lists_fingerprint, open_list, open_lists
from pipeline.steps import UrlStep
from schemas.errors import InputError, RecipeError

pytest.importorskip("tld")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTMILL_MODELS", str(tmp_path / "cache" / "models"))


@pytest.fixture
def ut1(tmp_path):
    """A folder as UT1 publishes it."""
    folder = tmp_path / "blacklists"
    for category, domains, urls in (
        ("adult", ["bad.com", "WORSE.example.org", "плохо.рф", "", "# no entry"], ["free.fr/bad"]),
        ("games", ["play.net"], []),
    ):
        (folder / category).mkdir(parents=True)
        (folder / category / "domains").write_text("\r\n".join(domains), encoding="utf-8")
        (folder / category / "urls").write_text("".join(f"{url}\n" for url in urls))
        (folder / category / "usage").write_text("black")
    return folder


URLS = [
    "http://www.bad.com/a",
    "https://xn--k1agab6a.xn--p1ai/",
    "http://play.net",
    "http://free.fr/bad/page",
    "http://free.fr/good",
    "http://x.worse.example.org",
    None,
]


def test_a_list_in_the_format_of_ut1_is_read_by_category(ut1):
    every = open_list("blocked", str(ut1), {})
    adult = open_list("adult", str(ut1), {"categories": ["adult"]})
    assert blocked([every], pa.array(URLS)).is_valid().to_pylist() == [
        True,
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    assert blocked([adult], pa.array(URLS)).is_valid().to_pylist() == [
        True,
        True,
        False,
        False,
        False,
        True,
        False,
    ]


def test_the_reason_is_the_first_list_that_has_the_address(ut1):
    steps = (
        UrlStep("blocked_url", str(ut1), {"kind": "urls"}),
        UrlStep("games", str(ut1), {"categories": ["games"]}),
        UrlStep("blocked_host", str(ut1)),
    )
    expected = ["blocked_host", "blocked_host", "games", "blocked_url", None, "blocked_host", None]
    assert blocked(open_lists(steps), pa.array(URLS)).to_pylist() == expected
    assert blocked([], pa.array(URLS)).null_count == len(URLS)


def test_an_archive_of_lists_reads_as_the_folder_does(ut1, tmp_path):
    archive = tmp_path / "blacklists.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(ut1, "blacklists")
    assert (
        np.load(compact_file(str(archive), "domains")).tolist()
        == np.load(compact_file(str(ut1), "domains")).tolist()
    )


def test_a_list_is_built_once_and_again_when_it_has_changed(ut1):
    first = compact_file(str(ut1), "domains")
    made = first.stat().st_mtime_ns
    assert compact_file(str(ut1), "domains").stat().st_mtime_ns == made
    (ut1 / "games" / "domains").write_text("play.net\nmore.net\n")
    second = compact_file(str(ut1), "domains")
    assert (len(np.load(first)), len(np.load(second))) == (4, 5)


def test_words_are_read_from_a_file(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("#Poof\nbad\nVERY-bad\n\n")
    found = open_list("hard_word", str(words), {"kind": "words"})
    assert found.words == {"bad", "verybad"}
    assert blocked([found], pa.array(["http://x.com/bad", "http://badly.com"])).to_pylist() == [
        "hard_word",
        None,
    ]


def test_a_list_is_found_by_name_in_the_folder_of_lists(ut1, monkeypatch):
    monkeypatch.setenv("GLOTMILL_LISTS", str(ut1.parent))
    assert len(open_list("x", "blacklists", {}).hashes) == 4


def test_a_list_that_is_not_there_is_an_error_with_what_can_be_named():
    with pytest.raises(InputError, match=r"list ut1-datatrov: expected a path.*did you mean ut1-datatrove"):
        open_list("x", "ut1-datatrov", {})


def test_a_list_without_entries_is_an_error(tmp_path):
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(InputError, match="expected a file 'domains' with an entry a line"):
        open_list("x", str(tmp_path / "empty.txt"), {})
    with pytest.raises(InputError, match="expected a word a line"):
        open_list("x", str(tmp_path / "empty.txt"), {"kind": "words"})


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"kin": "urls"}, "no parameter 'kin'; did you mean kind"),
        ({"kind": "hosts"}, "kind: expected one of domains, urls, words, substrings, got 'hosts'"),
        ({"match": "all"}, "match: expected one of suffixes, registered"),
    ],
)
def test_a_wrong_parameter_is_refused(parameters, said):
    with pytest.raises(RecipeError, match=said):
        open_list("x", "anything", parameters)


def test_the_fingerprint_of_lists_follows_their_entries(ut1, tmp_path):
    copy = tmp_path / "copy.txt"
    copy.write_text("play.net\n")
    steps = [
        UrlStep("a", str(ut1), {"categories": ["games"]}),
        UrlStep("a", str(copy), {"categories": ["games"]}),
    ]
    assert lists_fingerprint(steps[:1]) == lists_fingerprint(steps[1:])
    copy.write_text("play.net\nmore.net\n")
    assert lists_fingerprint([UrlStep("a", str(copy), {})]) != lists_fingerprint(steps[:1])


def test_the_sample_of_ut1_blocks_every_one_of_its_hosts(shared):
    source = shared / "data" / "lists" / "ut1_domains_sample.txt"
    urls = pa.array([f"https://{line}/page" for line in source.read_text().split()])
    found = open_list("ut1", str(source), {})
    missed = [
        url
        for url, reason in zip(urls.to_pylist(), blocked([found], urls).to_pylist(), strict=True)
        if not reason
    ]
    assert missed == []
