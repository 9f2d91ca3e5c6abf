import sys
from collections import Counter
from io import BytesIO

import pyarrow.parquet as pq
import pytest
from warcio.archiveiterator import ArchiveIterator

from pipeline.charset import decode_html
from pipeline.extractors import (
    EXTRACTORS,
    PageSettings,
    PageText,
    _clean,
    extract,
    option_faults,
    read_page,
)
from schemas.errors import MissingDependencyError, RecipeError

WORDS = "The rain fell on the old stone bridge and two travellers waited under the arch until it stopped. "
PAGE = f"""<!DOCTYPE html>
<html lang="en-GB"><head><title>
  The bridge &amp; the rain </title>
<link rel="stylesheet" href="/style.css"><link href="/bridge?a=1&amp;b=2" rel="canonical">
<script>document.title = "no"</script></head>
<body><nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>The bridge</h1><p>First. {WORDS * 3}</p>\r\n<p>Then. {WORDS * 2}</p></article>
<footer>All rights reserved</footer></body></html>"""


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_every_extractor_finds_the_article_and_the_same_facts(extractor):
    found = extract(PAGE, "https://example.org/news/today", extractor)
    assert found.text.count("old stone bridge") == 5
    assert found.text == found.text.strip()
    assert "\r" not in found.text
    assert (found.title, found.declared_lang) == ("The bridge & the rain", "en-GB")
    assert found.canonical_url == "https://example.org/bridge?a=1&b=2"


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_only_all_text_keeps_navigation(extractor):
    assert ("Home" in extract(PAGE, None, extractor).text) == (extractor == "resiliparse-all")


@pytest.mark.parametrize(
    ("head", "lang"),
    [
        ("<html lang=sw>", "sw"),
        ("<html xml:lang='zh-Hant-TW'>", "zh-Hant-TW"),
        ("<HTML LANG=' pt_BR '>", "pt_BR"),
        ("<html lang=''><meta http-equiv='Content-Language' content='de, en'>", "de"),
        ("<html lang='{{ locale }}'>", None),
        ("<html><body><div lang=fr>", None),
    ],
)
def test_the_declared_language_is_kept_as_written_where_it_is_one(head, lang):
    assert extract(f"{head}<p>text").declared_lang == lang


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("<link rel=canonical href='http://a.org/x'>", "http://a.org/x"),
        ("<link rel='alternate CANONICAL' href=../y>", "https://example.org/y"),
        ("<link rel=canonical href='mailto:a@b.org'>", None),
        ("<link rel=canonical href='http://[broken'>", None),
        ("<link rel=canonical href=''>", None),
        ("<link rel=alternate href='http://a.org/x'>", None),
        ("<body><link rel=canonical href='http://spam.example/'>", None),
    ],
)
def test_the_canonical_address_is_absolute_or_none(link, address):
    assert extract(f"<html><head>{link}<body><p>text", "https://example.org/a/b").canonical_url == address


@pytest.mark.parametrize("title", ["", "<title></title>", "<title> \n </title>"])
def test_an_empty_title_is_none(title):
    assert extract(f"<head>{title}</head><p>text").title is None


@pytest.mark.parametrize("extractor", EXTRACTORS)
@pytest.mark.parametrize("html", ["", " \n\t", "<html></html>", "<!-- -->", "<script>1</script>", "<p>&#0;"])
def test_a_page_without_words_has_no_text(extractor, html):
    assert not extract(html, None, extractor).text.strip("\ufffd")


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_what_entities_smuggle_in_does_not_leave(extractor):
    text = extract(f"<p>{WORDS}&#0;&#xD800;&#xDFFF;{WORDS}</p>" * 3, None, extractor).text
    assert "bridge" in text
    assert "\0" not in text
    assert text.encode("utf-8")


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_a_page_with_an_xml_declaration_is_read(extractor):
    assert "bridge" in extract('<?xml version="1.0" encoding="iso-8859-1"?>' + PAGE, None, extractor).text


def test_a_page_that_is_no_document_says_why():
    settings = PageSettings(extractor="resiliparse")
    reasons = [
        read_page(payload, None, None, settings).reason
        for payload in (b"", b"\x89PNG\r\n\x1a\n", b"<div>" * 2_000, "\ufeff".encode("utf-16"))
    ]
    assert reasons == ["no_text", "undecodable", "html_too_complex", "no_text"]


def test_a_page_in_utf_16_is_looked_at_as_its_text():
    page = ("<div>" * 2_000).encode("utf-16")
    assert read_page(page, None, None, PageSettings()).reason == "html_too_complex"


def test_an_unknown_extractor_is_refused_with_the_nearest_name():
    with pytest.raises(RecipeError, match=r"unknown extractor 'resiliparce'; did you mean resiliparse\?"):
        extract("<p>a", None, "resiliparce")


def test_an_extractor_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(MissingDependencyError, match="no package trafilatura; install it with `pip install"):
        extract("<p>a", None, "trafilatura")


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def assembled(shared):
    """(truth, content type, payload) of each response of the assembled archive."""
    folder = shared / "data" / "warc" / "assembled"
    truth = {row["record_id"]: row for row in pq.read_table(folder / "assembled-truth.parquet").to_pylist()}
    pages = []
    for path in sorted(folder.glob("*.warc.gz")):
        for record in ArchiveIterator(BytesIO(path.read_bytes())):
            if record.rec_type == "response":
                row = truth[record.rec_headers.get_header("WARC-Record-ID")]
                content_type = record.http_headers.get_header("Content-Type")
                pages.append((row, content_type, record.content_stream().read()))
    return pages


def is_decoded_right(row, payload, text):
    """Whether every line of `main_text`, blanks aside, stands in the visible text.

    Where the truth table has none: whether the letters are those of the bytes in the set that it names.
    Three pages that it calls UTF-8 are not, see below.
    """
    if row["main_text"]:
        visible = squeezed(extract(text, None, "resiliparse-all").text)
        lines = list(map(squeezed, row["main_text"].split("\n")))
        return all(line in visible for line in lines)
    expected = payload.decode(row["body_charset"], "replace")
    return "\ufffd" in expected or Counter(filter(str.isalpha, text)) == Counter(
        filter(str.isalpha, expected)
    )


@pytest.mark.slow
def test_the_assembled_pages_are_decoded_right(assembled):
    by_charset, wrong = Counter(), Counter()
    false_header, transcoded = [], []
    for row, content_type, payload in assembled:
        is_right = is_decoded_right(row, payload, decode_html(payload, content_type).text)
        by_charset[row["body_charset"]] += 1
        wrong[row["body_charset"]] += not is_right
        if row["header_charset"] == "iso-8859-1" and row["body_charset"] == "utf-8":
            false_header.append(is_right)
        if row["transcoded"]:
            transcoded.append(is_right)
    assert by_charset.total() == 1385
    assert +wrong == {}
    assert (len(false_header), all(false_header)) == (35, True)
    assert (len(transcoded), all(transcoded)) == (38, True)


@pytest.mark.slow
def test_the_pages_that_the_truth_table_calls_utf_8_by_mistake_follow_their_own_declaration(assembled):
    found = {}
    for row, content_type, payload in assembled:
        decoded = decode_html(payload, content_type)
        if row["body_charset"] == "utf-8" and decoded.charset not in ("utf-8", "ascii"):
            found[decoded.charset] = decoded.source, decoded.replacements
    assert found == {"iso8859-2": ("meta", 0), "cp1252": ("meta", 0), "gb18030": ("meta", 0)}


@pytest.mark.slow
def test_most_assembled_pages_become_documents_by_the_fast_extractor(assembled):
    settings = PageSettings(extractor="resiliparse")
    read = [read_page(payload, header, row["url"], settings) for row, header, payload in assembled]
    reasons = Counter(page.reason for page in read if not isinstance(page, PageText))
    assert set(reasons) <= {"no_text"}
    assert reasons.total() < 0.05 * len(read)


@pytest.mark.parametrize(
    ("extractor", "options", "faults"),
    [
        ("trafilatura", {}, []),
        ("glotmill", {"comments": "keep", "form": "markdown", "images": True}, []),
        ("glotmill", {"comment": "keep"}, ["unknown field 'comment'; did you mean comments?"]),
        ("glotmill", {"images": "yes"}, ["images: expected one of false, true, got 'yes'"]),
        (
            "trafilatura",
            {"form": "text"},
            ["expected extractor = glotmill, got 'trafilatura', which has no options"],
        ),
    ],
)
def test_options_are_those_of_our_own_extractor(extractor, options, faults):
    assert option_faults(extractor, options) == faults


def test_options_reach_the_text():
    settings = PageSettings("glotmill", form="markdown", images=True)
    page = f"<pre>{WORDS * 3}</pre><img src=a.png>".encode()
    found = read_page(page, None, "http://example.org/b/", settings)
    assert found.content.text.startswith("```\n")
    assert found.content.images == (("http://example.org/b/a.png", "", len(found.content.text)),)


def test_a_giant_page_counts_what_was_cut_off():
    page = f"<p>{WORDS}</p>".encode() * 35_000
    assert read_page(page, None, None, PageSettings("glotmill")).content.cut_tags == 10_004


def test_a_lone_surrogate_is_replaced_and_line_ends_are_newlines():
    assert _clean(" a\ud800b\r\nc\rd\0 ") == "a\ufffdb\nc\nd"
