"""Floors of our own extractor on pages with reference text: no update may lower them silently.

The shared pages are those that the model was trained on, so these floors only show that nothing broke between
training and text. What the model reaches on sites that it has not seen is in its manifest, and printed by
`deploy/train_extractor.py`.
"""

import json
import re
from collections import Counter, defaultdict
from importlib import resources
from statistics import mean

import pyarrow.parquet as pq
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from pipeline.charset import decode_html
from pipeline.extractor.texts import extract_texts

pytestmark = pytest.mark.slow
FLOORS = {"human": 0.975, "reviewed": 0.87, "tool-fixture": 0.735, "kept": 0.96, "removed": 0.93}
TYPE_FLOORS = {"article": 0.95, "documentation": 0.93, "service": 0.9, "product": 0.81, "collection": 0.86}
LANGUAGE_FLOOR = 0.95
"""Of every language with five pages in the assembled archives, most of which were not trained on."""
UNSEEN_FLOORS = {
    "human": 0.96, "reviewed": 0.835, "kept": 0.955, "removed": 0.89, "tool-fixture": 0.731, "archive": 0.96,
}  # fmt: skip
"""Of the cross-validation in the manifest: pages of sites and templates that were not trained on."""
SOURCE_FLOORS = {"all": 0.96, "source": 0.87, "lang": 0.94}
"""Of archives whose source was not trained on: all pages, each source, each language of five pages."""
UNSPACED = frozenset(("jpn", "zho", "tha", "khm", "dzo", "kor", "cmn", "mya", "lao"))
SPACE = re.compile(r"\s+")


def f1(text, reference, by_character=False):
    split = (lambda t: [c for c in t if c.isalnum()]) if by_character else re.compile(r"\w+").findall
    found, wanted = Counter(split(text)), Counter(split(reference))
    total = found.total() + wanted.total()
    return 2 * (found & wanted).total() / total if total else 1.0


def test_the_model_was_measured_above_the_floors_on_unseen_pages_and_ahead_of_trafilatura():
    folder = resources.files("pipeline.extractor").joinpath("model")
    manifest = json.loads(folder.joinpath("manifest.json").read_text(encoding="utf-8"))
    measured, beside = manifest["cross_validation"], manifest["same_pages"]["trafilatura"]
    assert {name: measured[name] for name, floor in UNSEEN_FLOORS.items() if measured[name] < floor} == {}
    assert {name: measured[name] for name in beside if measured[name] < beside[name]} == {}


def test_the_model_was_measured_above_the_floors_on_unseen_sources():
    folder = resources.files("pipeline.extractor").joinpath("model")
    tables = json.loads(folder.joinpath("manifest.json").read_text(encoding="utf-8"))["unseen_sources"]
    assert len(tables["lang"]) >= 30
    found = {(kind, name): row for kind, rows in tables.items() for name, row in rows.items()}
    assert {key: row for key, row in found.items() if row["glotmill"] < SOURCE_FLOORS[key[0]]} == {}
    behind = {
        key for key, row in found.items() if row["glotmill"] < max(row["trafilatura"], row["resiliparse"])
    }
    assert behind == {("source", "article-extraction-benchmark")}


def test_the_page_in_the_docs_says_what_the_manifest_says():
    folder = resources.files("pipeline.extractor")
    manifest = json.loads(folder.joinpath("model", "manifest.json").read_text(encoding="utf-8"))
    page = folder.joinpath("BENCHMARK.md").read_text(encoding="utf-8")
    cells = [set(line.strip("| ").split(" | ")) for line in page.splitlines() if line.startswith("| ")]
    rows = [row for table in manifest["unseen_sources"].values() for row in table.values()]
    for row in (*rows, *manifest["ablations"].values()):
        told = {f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()}
        assert any(told <= cell for cell in cells), row
    by = {"glotmill": manifest["cross_validation"], **manifest["same_pages"]}
    for kind in manifest["cross_validation"]:
        assert any({f"{scores[kind]:.3f}" for scores in by.values()} <= cell for cell in cells), kind


@pytest.fixture(scope="module")
def rows(shared):
    found = pq.read_table(shared / "data" / "extraction" / "pages_with_gold.parquet").to_pylist()
    texts = extract_texts([decode_html(row["html"], None).text for row in found])
    return [(row, content.text) for row, content in zip(found, texts, strict=True)]


def test_no_kind_of_page_falls_below_its_floor(rows):
    scores = defaultdict(list)
    for row, text in rows:
        if row["gold_text"] is not None:
            scores[row["gold_kind"]].append(f1(text, row["gold_text"]))
            continue
        line = SPACE.sub(" ", text)
        for name, snippets, is_wanted in (("kept", "gold_with", True), ("removed", "gold_without", False)):
            inside = [SPACE.sub(" ", snippet).strip() in line for snippet in row[snippets] or ()]
            scores[name] += [float(found == is_wanted) for found in inside]
    assert {name: mean(scores[name]) for name, floor in FLOORS.items() if mean(scores[name]) < floor} == {}


def test_no_type_of_page_falls_below_its_floor(rows):
    scores = defaultdict(list)
    for row, text in rows:
        if row["page_type"] and row["gold_text"] is not None:
            scores[row["page_type"]].append(f1(text, row["gold_text"]))
    assert {
        name: mean(scores[name]) for name, floor in TYPE_FLOORS.items() if mean(scores[name]) < floor
    } == {}


def test_no_language_falls_below_the_floor(shared):
    folder = shared / "data" / "warc" / "assembled"
    table = pq.read_table(folder / "assembled-truth.parquet").to_pylist()
    truth = {
        row["record_id"].strip("<>"): row for row in table if row["main_text"] and not row["exact_dup_of"]
    }
    pages, wanted = [], []
    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, record_types=WarcRecordType.response, auto_decode="all"):
                row = truth.get(record.record_id.strip("<>"))
                if row and "html" in (row["mime"] or ""):
                    content_type = record.http_headers.get("Content-Type")
                    pages.append(decode_html(record.reader.read(), content_type).text)
                    wanted.append(row)
    scores = defaultdict(list)
    for row, content in zip(wanted, extract_texts(pages), strict=True):
        scores[row["lang"]].append(f1(content.text, row["main_text"], row["lang"] in UNSPACED))
    many = {lang: mean(values) for lang, values in scores.items() if len(values) >= 5}
    assert len(many) >= 30
    assert {lang: score for lang, score in many.items() if score < LANGUAGE_FLOOR} == {}
