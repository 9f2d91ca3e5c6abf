"""Pages whose address is on a list are written down, and their text is never extracted."""

from pathlib import Path

import pytest

from pipeline import extract
from pipeline.blocklists import open_lists
from pipeline.extract import PartExtraction
from pipeline.extractors import PageSettings
from pipeline.parts import Part
from pipeline.steps import UrlStep
from tests.archives import http, members, warc

PAGES = 70


@pytest.fixture
def part(tmp_path: Path) -> Part:
    html = b"<html><body><p>Maneno mengi ya Kiswahili yako hapa kwa ajili ya kipimo.</p></body></html>"
    records = [warc(http(html), n).replace(b"site", (b"good", b"bad")[n % 2]) for n in range(PAGES)]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(members(records))
    return Part(0, str(path), 0, path.stat().st_size)


def test_a_page_on_a_list_is_removed_by_the_name_of_the_list(part, tmp_path, monkeypatch):
    (tmp_path / "list.txt").write_text("bad.example\n", encoding="utf-8")
    monkeypatch.setenv("GLOTMILL_MODELS", str(tmp_path / "cache" / "models"))
    read: list[str] = []
    pages = extract.read_pages

    def counted(records, settings):
        def noted():
            for record in records:
                read.append(record.url)
                yield record

        return pages(noted(), settings)

    monkeypatch.setattr(extract, "read_pages", counted)
    blocks = open_lists([UrlStep("blocked_host", str(tmp_path / "list.txt"))])
    found = PartExtraction(part, PageSettings("resiliparse"), blocks=blocks)
    urls = [url for batch in found.documents() for url in batch.column("url").to_pylist()]
    removed = [row for batch in found.removed() for row in batch.to_pylist()]
    assert urls == read == [f"https://good.example/{n}" for n in range(0, PAGES, 2)]
    assert [row["url"] for row in removed] == [f"https://bad.example/{n}" for n in range(1, PAGES, 2)]
    assert {tuple(row["reasons"]) for row in removed} == {("blocked_host",)}
    assert found.records_in == PAGES
