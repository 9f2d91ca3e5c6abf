"""Text from an archive, a page or a table of pages, without a run."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.extract_files import extract_file
from pipeline.extractors import PageSettings
from schemas.document import DOCUMENT
from schemas.errors import InputError, RecipeError

STORY = (
    "The rain fell on the old stone bridge, and two travellers waited under the arch until it stopped. " * 3
)
PAGE = f"<title>Bridge</title><nav><a href=/>Home</a></nav><article><p>{STORY}</p></article>"


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_a_table_keeps_its_rows_and_other_columns(tmp_path, kind):
    source, output = tmp_path / "pages.parquet", tmp_path / "texts.parquet"
    pages = [PAGE, None, "<p></p>", "<div>" * 2_000 + "x"]
    pages = [page and page.encode() for page in pages] if "binary" in str(kind) else pages
    table = pa.table(
        {"id": [3, 1, 2, 4], "html": pa.array(pages, kind), "url": ["http://a.org/", None, "", "x"]}
    )
    pq.write_table(table, source)
    outcomes = extract_file(source, output)
    assert outcomes == {"kept": 1, "no_text": 2, "html_too_complex": 1}
    assert pq.read_table(output).to_pylist() == [
        {"id": 3, "url": "http://a.org/", "text": STORY.strip(), "title": "Bridge", "removed_reason": None},
        {"id": 1, "url": None, "text": None, "title": None, "removed_reason": "no_text"},
        {"id": 2, "url": "", "text": None, "title": None, "removed_reason": "no_text"},
        {"id": 4, "url": "x", "text": None, "title": None, "removed_reason": "html_too_complex"},
    ]


def test_an_archive_gives_documents_and_counts_what_is_none(root, tmp_path):
    archive = sorted((root / "tests" / "data" / "sample").glob("*.warc.gz"))[0]
    outcomes = extract_file(archive, tmp_path / "out.parquet")
    documents = pq.read_table(tmp_path / "out.parquet")
    assert documents.schema.names == DOCUMENT.names
    assert outcomes["kept"] == len(documents) > 0
    assert set(documents["extractor"].to_pylist()) == {"glotmill"}


def test_a_page_is_a_table_of_one_row(tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    extract_file(tmp_path / "page.html", tmp_path / "out.parquet", settings=PageSettings("resiliparse"))
    (row,) = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert (row["path"], row["title"]) == (str(tmp_path / "page.html"), "Bridge")
    assert "old stone bridge" in row["text"]


def test_what_cannot_be_read_is_refused(tmp_path):
    table = tmp_path / "pages.parquet"
    pq.write_table(pa.table({"htm": ["x"], "n": [1]}), table)
    with pytest.raises(InputError, match="no column 'html'; did you mean htm"):
        extract_file(table, tmp_path / "out.parquet")
    with pytest.raises(InputError, match="column 'n': expected text or bytes, got int64"):
        extract_file(table, tmp_path / "out.parquet", html_column="n")
    with pytest.raises(InputError, match="expected a name that ends in one of"):
        extract_file(tmp_path / "pages.txt", tmp_path / "out.parquet")
    with pytest.raises(RecipeError, match="unknown extractor 'glotmil'; did you mean glotmill"):
        extract_file(table, tmp_path / "out.parquet", settings=PageSettings("glotmil"))
    with pytest.raises(
        RecipeError, match="comments: expected one of auto, keep, drop, got 'dorp'; did you mean"
    ):
        extract_file(table, tmp_path / "out.parquet", settings=PageSettings("glotmill", comments="dorp"))
    with pytest.raises(
        RecipeError, match="expected extractor = glotmill, got 'resiliparse', which has no opt"
    ):
        extract_file(table, tmp_path / "out.parquet", settings=PageSettings("resiliparse", images=True))


def test_images_and_markdown_come_on_request(tmp_path):
    page = f"<p>{STORY}</p><img src=/rain.jpg alt=Rain><blockquote><p>{STORY.upper()}</p></blockquote>"
    table = pa.table({"html": [page, ""], "url": ["https://example.org/a/", None]})
    pq.write_table(table, tmp_path / "pages.parquet")
    settings = PageSettings("glotmill", form="markdown", images=True)
    extract_file(tmp_path / "pages.parquet", tmp_path / "out.parquet", settings=settings)
    first, second = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert first["text"] == f"{STORY.strip()}\n\n> {STORY.strip().upper()}"
    (image,) = first["images"]
    assert image == {"url": "https://example.org/rain.jpg", "alt": "Rain", "position": len(STORY.strip())}
    assert second["images"] is None


def test_pages_in_other_languages_are_ruled_out_on_request(tmp_path):
    pages = [
        f"<p>{STORY * 3}</p>",
        f"<p>{'Der Regen fiel auf die alte Brücke aus Stein, und niemand ging. ' * 5}",
    ]
    pq.write_table(pa.table({"html": pages}), tmp_path / "pages.parquet")
    settings = PageSettings("glotmill", languages=("deu_Latn",))
    outcomes = extract_file(tmp_path / "pages.parquet", tmp_path / "out.parquet", settings=settings)
    assert outcomes == {"kept": 1, "language_ruled_out": 1}
    assert pq.read_table(tmp_path / "out.parquet")["removed_reason"].to_pylist() == [
        "language_ruled_out",
        None,
    ]
