"""Images of pages, from a real archive through every stage to the published rows."""

from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import publish_corpus, select_documents
from pipeline.measure import measure_table, measured_names
from pipeline.parts import Part
from pipeline.run import RunSettings, part_fingerprints, start_run
from pipeline.tasks import annotate_task, extract_task
from pipeline.workspace import WORK, Workspace
from schemas.document import IMAGES

pytestmark = pytest.mark.slow

RECIPE = """
name = "with_images"
source = "a test"
extractor = "glotmill"

[extraction]
images = true
form = "markdown"

[[steps]]
keep = "word_count >= 3"
scope = "chunk"
as = "short_chunks"

[[steps]]
edit = "drop_citations"

[[steps]]
edit = "drop_long_words"
with = { characters = 30 }

[[steps]]
keep = "lang_score >= 0.0"
"""


@pytest.fixture(scope="module")
def finished(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    (folder / "with_images.toml").write_text(RECIPE)
    archive = root / "tests" / "data" / "sample" / "sample-00004.warc.gz"
    workspace = Workspace(str(folder / "run"))
    run = start_run(
        workspace, str(folder / "with_images.toml"), RunSettings(), (Part(0, str(archive), 0, None),)
    )
    extract_task(run, part_fingerprints(run, "extract"), "0")
    (planned,) = run.plan.passes
    annotate_task(run, planned, part_fingerprints(run, planned.name), "0")
    select_documents.run(None, run)
    publish_corpus.run(None, run)
    return run


def rows(run, folder):
    paths = [run.workspace.path(name) for name in run.workspace.names(folder)]
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def documents(finished):
    return {row["doc_id"]: row for row in rows(finished, f"{WORK}/documents")}


def lines_before(row):
    """Of each image, by address and number: the line that ends at its place, None where none ends there."""
    found, seen = {}, Counter()
    for image in row["images"]:
        before, after = row["text"][: image["position"]], row["text"][image["position"] :]
        is_end = not before or after[:1] in ("", "\n")
        found[image["url"], seen[image["url"]]] = before.rpartition("\n")[2] if is_end else None
        seen[image["url"]] += 1
    return found


def test_published_rows_carry_the_images_of_their_pages(finished, documents):
    published = rows(finished, "data")
    (name, *_) = finished.workspace.names("data")
    assert pq.read_schema(finished.workspace.path(name)).field("images").equals(IMAGES)
    assert sum(len(row["images"]) for row in published) >= 100
    for row in published:
        known = iter([(image["url"], image["alt"]) for image in documents[row["doc_id"]]["images"]])
        assert all((image["url"], image["alt"]) in known for image in row["images"])


def test_an_image_stands_behind_the_line_that_it_stood_behind(finished, documents):
    is_same = Counter()
    for row in rows(finished, "data"):
        before, after = lines_before(documents[row["doc_id"]]), lines_before(row)
        assert None not in after.values()
        if len(after) < len(before):
            continue  # images of which several have one address: which of them went, no one can tell
        cut = {line for line in before.values() if line not in row["text"].split("\n")}
        for image, line in before.items():
            is_same[after[image] == line] += 1
            assert after[image] == line or line in cut
    assert is_same[True] > is_same[False] > 0


def test_every_image_of_a_document_is_in_the_ledger(finished, documents):
    stage, counted = "annotate_images", Counter()
    for row in pq.read_table(finished.workspace.path("ledger.parquet")).to_pylist():
        if row["stage"] == stage:
            counted[row["outcome"]] += row["records"]
    total = sum(len(row["images"]) for row in documents.values())
    assert counted["records_in"] == counted["kept"] + counted["image_place_unknown"] == total


def test_the_card_says_that_there_are_images(finished):
    assert "`images`" in finished.workspace.read_text("README.md")


def test_measuring_texts_that_were_never_pages_adds_no_images(finished):
    assert "images" not in measured_names(finished.recipe)
    made, verdict = measure_table(finished.recipe, pa.table({"text": ["moja mbili tatu"]}))
    assert made["images"].to_pylist() == [None]
    assert verdict.kept.tolist() == [True]
