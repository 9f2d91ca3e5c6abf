"""The training of the extractor's model: labels, splits, trees; LightGBM itself is not needed."""

import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.extractor.trees import LEAF_UNIT, LIKELIHOOD_UNIT, likelihoods, model

STORY = "The rain fell on the old stone bridge, and two travellers waited under the arch until it stopped."
PAGE = (
    "<title>Bridge</title><nav class='menu'><a href=/>Home</a> <a href=/b>About us</a></nav>"
    f"<article class='story'><h1>The bridge</h1><p>{STORY}</p><p>Then they went on.</p></article>"
)
KINDS = ("human", "reviewed", "archive")


@pytest.fixture(autouse=True)
def _scripts(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "deploy"))


def script(name):
    return importlib.import_module(name)


def gold(kind="human", site="a.org", source="x", text=f"The bridge\n{STORY}\nThen they went on.", **given):
    made = {"html": PAGE, "lang": "eng", "page_type": "", "wanted": (), "unwanted": (), **given}
    return script("extraction_pages").GoldPage(kind=kind, site=site, source=source, text=text, **made)


@pytest.mark.parametrize(
    ("blocks", "reference", "expected"),
    [
        (["Home", STORY, "Home"], STORY, [0, 1, 0]),
        (["One two three four five", "x", "six seven eight nine"], "one two three four five", [1, 0, 0]),
        (["ฝนตกบนสะพานหินเก่า", "หน้าแรก"], "ฝนตกบนสะพานหินเก่า", [1, 0]),
        (["a b c d e f g h", "a b c d x y z w"], "a b c d x y z w", [0, 1]),
        ([], "words", []),
    ],
)
def test_blocks_are_wanted_where_the_reference_has_them_in_order(blocks, reference, expected):
    labels = script("extraction_labels").label_blocks(blocks, reference)
    assert (labels > 0.5).tolist() == [bool(wanted) for wanted in expected]


def test_a_page_is_labelled_and_measured_with_every_feature_of_the_model():
    training = script("extraction_training")
    example = training.make_example(gold(), True)
    assert [t for t, label in zip(example.markup.texts, example.labels, strict=True) if label > 0.5] == [
        "The bridge",
        STORY,
        "Then they went on.",
    ]
    page = training.measure_example(example, model().words)
    assert set(model().trees.features) <= set(page.names)
    assert page.features.shape == (len(page.names), len(page.blocks.texts))
    assert page.weights.sum() == pytest.approx(training.KIND_WEIGHT["human"])
    assert training.extract(example, model().trees, model().words).endswith("Then they went on.")


def test_snippets_label_the_blocks_that_hold_them(monkeypatch):
    monkeypatch.setattr("trafilatura.extract", lambda *_, **__: None)
    page = gold(kind="human-segments", text=None, wanted=("two travellers",), unwanted=("About us",))
    example = script("extraction_training").make_example(page, True)
    found = {t: (label, trust) for t, label, trust in zip(
        example.markup.texts, example.labels.tolist(), example.trust.tolist(), strict=True
    )}  # fmt: skip
    assert found[STORY] == (1.0, 1.0)
    assert [pair for text, pair in found.items() if "About us" in text] == [(0.0, 1.0)]
    assert found["Then they went on."] == (0.0, 0.0)


def test_trees_of_lightgbm_give_the_same_scores_as_sets_of_comparisons():
    def leaf(value):
        return {"leaf_value": value}

    def node(feature, threshold, left, right):
        return {"split_feature": feature, "threshold": threshold, "left_child": left, "right_child": right}

    first = node(0, 1.0, node(2, 0.1, leaf(-1.0), leaf(0.5)), node(2, 7.5, leaf(1.0), leaf(2.0)))
    second = node(2, 3.0, leaf(0.25), leaf(-0.25))
    trees = script("extraction_training").as_trees(
        [{"tree_structure": first}, {"tree_structure": second}], ["x", "unused", "y"]
    )
    assert trees.features == ("x", "y")

    def walk(tree, row):
        while "leaf_value" not in tree:
            is_left = float(np.float32(row[tree["split_feature"]])) <= tree["threshold"]
            tree = tree["left_child" if is_left else "right_child"]
        return tree["leaf_value"]

    rows = [(x, 0, y) for x in (0, 1, 2) for y in (0, 0.1, 0.2, 3, 5, 8)]
    columns = {"x": np.array([r[0] for r in rows]), "y": np.array([r[2] for r in rows])}
    scores = np.array([walk(first, row) + walk(second, row) for row in rows])
    found = likelihoods(trees, columns, len(rows))
    assert np.abs(found - 1 / (1 + np.exp(-scores))).max() < 64 / LEAF_UNIT + 1 / LIKELIHOOD_UNIT


@pytest.fixture
def sources():
    """Examples of sites in pages of people and in archives, and of archives made with two tools."""
    pages = [
        *(gold(site=f"{i}.org", source="human-set", kind=KINDS[i % 2]) for i in range(9)),
        *(gold("archive", "docbook", name) for name in ("debian-faq", "maint-guide", "aptitude-doc")),
        *(gold("archive", "udhr-html", "udhr-html", lang=lang) for lang in ("swh", "tha", "und")),
        gold("archive", "3.org", "human-set"),
        gold("archive", "4.org", "htmldate"),
    ]
    return [SimpleNamespace(gold=page, is_trained=True) for page in pages]


def record_training(monkeypatch, measures):
    seen = []
    monkeypatch.setattr(measures, "train", lambda chosen, _: (seen.append(chosen) or len(seen), {}))
    monkeypatch.setattr(measures, "extract", lambda example, number, _: (number, example.gold))
    return seen


def test_no_model_reads_a_source_that_it_was_trained_on(monkeypatch, sources):
    measures, template = script("extraction_measures"), script("extraction_pages").template
    seen = record_training(monkeypatch, measures)
    pages, texts = measures.leave_out(sources, 1)
    assert len(pages) == len([e for e in sources if e.gold.kind == "archive"])
    for page, (number, read) in zip(pages, texts, strict=True):
        trained = [example.gold for example in seen[number - 1]]
        assert page is read
        assert trained
        assert template(page.source) not in {template(other.source) for other in trained}
        assert page.site not in {other.site for other in trained}


def test_no_model_reads_a_site_or_a_template_that_it_was_trained_on(monkeypatch, sources):
    measures = script("extraction_measures")
    seen = record_training(monkeypatch, measures)
    pages, texts = measures.read_unseen(sources, 1)
    assert sorted(map(id, pages)) == sorted(id(example.gold) for example in sources)
    for page, (number, _) in zip(pages, texts, strict=True):
        assert page.site not in {example.gold.site for example in seen[number - 1]}


def test_a_source_is_sampled_by_language():
    pages = [gold(source=source, lang=lang) for source in "ab" for lang in ("eng", "tha") for _ in range(9)]
    found = script("extraction_pages").sample(pages, 2, {"b": 3})
    assert len(found) == 2 * 2 + 3
    assert len([page for page in found if (page.source, page.lang) == ("a", "tha")]) == 2
