"""Audits: evidence by hand, verdicts, samples that do not depend on order, the report."""

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.audit_evidence import TypeToken, is_religious, measure_documents, near_duplicate_ratio
from filters.audit_verdicts import Judged, ScriptLimits, act, audit_row
from filters.confusion import Confusion
from filters.families import Relation
from filters.wordlists import WordLists
from jobs.commands.audit_corpora import audit
from pipeline.audit_report import report_html, write_report
from pipeline.audits import AuditSettings, Pool, audit_corpora, audit_pools, pool_batch, pool_sources
from pipeline.training_text import find_sources
from schemas.audit import AUDIT
from schemas.errors import InputError

SWAHILI = "habari ya asubuhi watu wote wa nchi yetu wanapenda amani na chakula kizuri sana kila siku"
ENGLISH = "good morning all the people of our country love peace and very nice food every single day"


def sentences(words: str, count: int, seed: int) -> list[str]:
    random_ = random.Random(seed)
    return [" ".join(random_.choices(words.split(), k=12)) + "." for _ in range(count)]


def test_documents_are_measured() -> None:
    lists = WordLists.of("own", {"swh_Latn": ["na", "ya"]})
    texts = ["Home\nhabari ya leo", "Home\nwatu na amani", "Home\nпривет мир 12", "Home\n!!!"]
    hosts = ["www.jw.org", "a.example", "a.example", None]
    found = measure_documents("swh_Latn", texts, hosts, lists)
    letters = 4 * 4 + 11 + 11 + 9
    assert (found.documents, found.main_script) == (4, "Latn")
    assert found.foreign_script_ratio == pytest.approx(9 / letters)
    assert found.letter_ratio == pytest.approx(letters / (letters + 2 + 3))
    assert found.boilerplate_line_ratio == 4 / 8
    assert found.religious_document_ratio == pytest.approx(1 / 3)
    assert (found.top_site, found.top_site_ratio) == ("a.example", pytest.approx(2 / 3))
    assert found.no_common_word_ratio == 2 / 4
    assert found.frequent_lines == (("Home", 4),)


def test_a_corpus_without_text_or_sites_has_nulls() -> None:
    found = measure_documents("swh_Latn", ["  "], [None])
    assert (found.main_script, found.letter_ratio, found.top_site_ratio) == (None, None, None)
    assert (found.near_duplicate_ratio, found.no_common_word_ratio) == (None, None)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("jw.org", True),
        ("wol.jw.org", True),
        ("notjw.org", False),
        ("mybible.example", True),
        ("bible", False),
    ],
)
def test_hosts_of_religious_publishers_are_known(host: str, expected: bool) -> None:
    assert is_religious(host) is expected


def test_expected_types_are_those_of_random_draws() -> None:
    types = TypeToken(np.array([50, 30, 15, 5]))
    assert types.expected_types(100) == pytest.approx(4)
    assert types.expected_types(1) == pytest.approx(1)
    assert types.expected_types(101) is None


def test_near_duplicates_share_a_band() -> None:
    bands = np.array([[1, 2], [1, 3], [4, 5], [6, 7]], dtype=np.uint64)
    assert near_duplicate_ratio(bands) == 0.5


def judged(lang: str, texts: list[str], **confusion: Any) -> Judged:
    evidence = measure_documents(lang, texts, [None] * len(texts))
    plain: dict[str, Any] = {
        "own_bits": 2.0,
        "nearest": "nya_Latn",
        "nearest_bits": 3.5,
        "excess": 1.5,
        "relation": Relation.FAMILY,
        "foreign_document_ratio": 0.0,
        "foreign_lang": None,
    }
    own = Confusion(lang, **plain | confusion) if confusion.pop("judged", True) else None
    return Judged(lang, 10, 1000, evidence, own)


@pytest.mark.parametrize(
    ("lang", "text", "confusion", "finding", "verdict"),
    [
        ("swh_Latn", "habari", {}, "fine", "keep"),
        ("swh_Latn", "привет", {}, "script", "remove"),
        ("swh_Latn", "1 2 3 4 5 a", {}, "few_letters", "remove"),
        (
            "swh_Latn",
            "good",
            {"wrong": "other_language", "relabel_to": "eng_Latn"},
            "other_language",
            "remove",
        ),
        ("swh_Latn", "good", {"wrong": "foreign_documents"}, "foreign_documents", "remove"),
        ("srp_Cyrl", "здраво", {}, "fine", "keep"),
        ("swh_Thai", "สวัสดี", {}, "script", "remove"),
        ("ace_Arab", "سلام", {}, "fine", "keep"),
        ("qqq_Thai", "สวัสดี", {}, "fine", "keep"),
        ("swh_Latn", "habari", {"excess": 0.1}, "same_family", "keep"),
        ("swh_Latn", "habari", {"excess": 0.01, "alike": ("nya_Latn",)}, "alike", "keep"),
        ("swh_Latn", "habari", {"excess": 0.1, "relation": Relation.OTHER}, "fine", "keep"),
    ],
)
def test_the_gravest_finding_counts(
    lang: str, text: str, confusion: dict[str, Any], finding: str, verdict: str
) -> None:
    row = audit_row(judged(lang, [text], **confusion), ScriptLimits(), ("script", "confusion"), "remove")
    assert (row["finding"], row["verdict"]) == (finding, verdict)


def test_a_finding_of_a_kind_that_is_not_asked_for_does_not_count() -> None:
    wrong = judged("swh_Latn", ["привет"], wrong="other_language", relabel_to="rus_Cyrl")
    assert audit_row(wrong, ScriptLimits(), ("script",), "remove")["finding"] == "script"
    row = audit_row(wrong, ScriptLimits(), ("confusion",), "relabel")
    assert (row["finding"], row["verdict"], row["relabel_to"]) == ("other_language", "relabel", "rus_Cyrl")
    assert act("script", None, "relabel") == "flag"


def test_a_sample_does_not_depend_on_the_order_of_documents() -> None:
    texts = sentences(SWAHILI, 400, 1)
    one, other = Pool(3000), Pool(3000)
    for text in texts:
        one.add(text, None)
    for text in reversed(texts):
        other.add(text, None)
    assert [d.text for d in one.sampled()] == [d.text for d in other.sampled()]
    assert (one.documents, one.text_bytes) == (400, sum(map(len, texts)))
    assert 3000 <= sum(d.size for d in one.sampled()) < 3200


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Swahili, English, English as Yoruba, and too little Zulu."""
    folder = tmp_path_factory.mktemp("audit")
    parts = {
        "swh_Latn": sentences(SWAHILI, 400, 1),
        "eng_Latn": sentences(ENGLISH, 700, 2),
        "yor_Latn": sentences(ENGLISH, 500, 3),
        "zul_Latn": ["sawubona <b>umhlaba</b>"],
    }
    texts = [text for found in parts.values() for text in found]
    labels = [lang for lang, found in parts.items() for _ in found]
    urls = [f"https://{lang[:3]}.Example:80/{i}" for i, lang in enumerate(labels)]
    pq.write_table(pa.table({"text": texts, "lang": labels, "url": urls}), folder / "corpus.parquet")
    return folder / "corpus.parquet"


def test_a_corpus_of_another_family_under_a_label_is_found(corpus: Path) -> None:
    audit = audit_corpora([str(corpus)], AuditSettings(least_bytes=5000))
    assert audit.table().schema == AUDIT
    found = {row["lang"]: (row["finding"], row["verdict"], row["relabel_to"]) for row in audit.rows}
    assert found == {
        "eng_Latn": ("fine", "keep", None),
        "swh_Latn": ("fine", "keep", None),
        "yor_Latn": ("other_language", "flag", "eng_Latn"),
        "zul_Latn": ("too_small", "keep", None),
    }
    assert audit.rows[0]["top_site"] == "eng.example"


def test_a_reference_says_which_label_a_text_should_have(corpus: Path, tmp_path: Path) -> None:
    for lang, words in (("swh_Latn", SWAHILI), ("eng_Latn", ENGLISH), ("yor_Latn", SWAHILI[::-1])):
        (tmp_path / f"{lang}.txt").write_text("\n".join(sentences(words, 300, 9)))
    audit = audit_corpora([str(corpus)], AuditSettings(least_bytes=5000), reference=str(tmp_path))
    rows = {row["lang"]: row for row in audit.rows}
    assert (rows["yor_Latn"]["finding"], rows["yor_Latn"]["relabel_to"]) == ("reference", "eng_Latn")
    assert rows["eng_Latn"]["verdict"] == "keep"
    assert rows["yor_Latn"]["no_common_word_ratio"] == 1
    assert rows["eng_Latn"]["no_common_word_ratio"] == 0


def test_no_labelled_document_is_an_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "lang": ["english"]}), tmp_path / "corpus.parquet")
    with pytest.raises(InputError, match="no document has a label"):
        pool_sources(find_sources([str(tmp_path / "corpus.parquet")]), 1000)


def test_the_report_has_a_page_a_language_and_needs_nothing_else(tmp_path: Path) -> None:
    pools: dict[str, Pool] = {}
    pool_batch(pools, "pes_Arab", ["سلام دنیا"] * 12, ["a.example"] * 12, 1000)
    pool_batch(pools, "zul_Latn", ["sawubona <b>umhlaba</b>"], [None], 1000)
    audit = audit_pools(pools, AuditSettings())
    text = report_html(audit, "a & b")
    assert "<title>Audit of a &amp; b</title>" in text
    assert re.findall(r'<section id="(\w+)">', text) == ["pes_Arab", "zul_Latn"]
    assert text.count('<div class="text" lang="pes-Arab" dir="rtl">') == 10
    assert '<div class="text" lang="zul-Latn" dir="auto">sawubona &lt;b&gt;umhlaba&lt;/b&gt;</div>' in text
    assert not re.search(r"<script|https?://|@import", text)
    write_report(audit, "a", tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_command_writes_a_table_and_a_report(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit([str(corpus)], output=str(tmp_path / "found"), sample_kb=30, words="")
    said = capsys.readouterr().out.splitlines()
    assert " ".join(said[0].split()) == "yor_Latn 500 documents other_language, the text is in eng_Latn"
    assert said[1] == f"4 languages, 1 suspicious: {tmp_path}/found/report.html"
    assert pq.read_schema(tmp_path / "found/audit.parquet").names == AUDIT.names
    assert (tmp_path / "found/report.html").stat().st_size > 5000


@pytest.mark.parametrize(("copies", "expected"), [(9, []), (10, ["near_duplicate_ratio"])])
def test_what_is_unusual_is_noted_of_ten_documents_or_more(copies: int, expected: list[str]) -> None:
    texts = [f"{' '.join(SWAHILI.split())} {i}" for i in range(copies)]
    row = audit_row(judged("swh_Latn", texts), ScriptLimits(), ("script",), "flag")
    assert row["notes"] == expected
