"""The ends of giant pages, which are not read: counted from the page to the card."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.card import Manifest, card, stats
from pipeline.extract_files import extract_file
from pipeline.ledger import check_conservation, receipt_rows
from pipeline.parts import Part
from pipeline.recipe import load_recipe
from pipeline.report import summary
from pipeline.run import RunSettings, part_fingerprints, start_run
from pipeline.tasks import extract_task
from pipeline.workspace import Workspace
from tests.archives import http, member, warc

WORDS = "The rain fell on the old stone bridge. "
GIANT = f"<p>{WORDS}</p>".encode() * 35_000
TAGS = 10_004
"""Of the giant page beyond those that are read."""
CUT = [
    ("cut pages", 0, "", "records_in", 2),
    ("cut pages", 0, "", "tail_cut", 2),
    ("cut tags", 0, "", "records_in", 2 * TAGS),
    ("cut tags", 0, "", "tail_cut", 2 * TAGS),
]
SENTENCE = "Giant pages of which the end was not read: 2, with 20,008 tags in it."


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    folder = tmp_path_factory.mktemp("giant")
    pages = [GIANT, f"<p>{WORDS}</p>".encode(), GIANT]
    records = (member(warc(http(page), number)) for number, page in enumerate(pages))
    (folder / "a.warc.gz").write_bytes(b"".join(records))
    parts = (Part(0, str(folder / "a.warc.gz"), 0, None),)
    run = start_run(Workspace(str(folder / "run")), "glotmill", RunSettings(), parts)
    extract_task(run, part_fingerprints(run, "extract"), "0")
    return list(receipt_rows(run.workspace.receipts("extract").values()))


def test_pages_that_were_cut_and_the_tags_cut_off_are_in_the_ledger_of_their_part(ledger):
    assert [row for row in ledger if row[0].startswith("cut ")] == CUT
    assert [row[2:] for row in ledger if row[0] == "extract"] == [("", "records_in", 3), ("", "kept", 3)]
    check_conservation(ledger, [])


def test_statistics_card_and_report_sum_them_up(ledger):
    manifest = Manifest(load_recipe("glotmill"), ("a",), "0" * 64, {"glotmill": "1"}, {})
    second = [(stage, 1, *rest) for stage, _, *rest in ledger]
    found = stats([*ledger, *second], manifest)
    assert found["cut"] == {"pages": 4, "tags": 4 * TAGS}
    assert list(found["stages"]) == ["extract"]
    assert SENTENCE in card(ledger, manifest)
    assert SENTENCE in summary(stats(ledger, manifest))


def test_a_run_without_giant_pages_does_not_mention_them(ledger):
    manifest = Manifest(load_recipe("glotmill"), ("a",), "0" * 64, {"glotmill": "1"}, {})
    whole = [row for row in ledger if not row[0].startswith("cut ")]
    assert stats(whole, manifest)["cut"] == {"pages": 0, "tags": 0}
    assert "iant pages" not in card(whole, manifest) + summary(stats(whole, manifest))


def test_extracting_a_table_counts_them_too(tmp_path):
    pq.write_table(pa.table({"html": [WORDS, GIANT]}), tmp_path / "pages.parquet")
    outcomes = extract_file(tmp_path / "pages.parquet", tmp_path / "texts.parquet")
    assert outcomes == {"kept": 2, "cut pages": 1, "cut tags": TAGS}
