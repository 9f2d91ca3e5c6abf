"""Features of blocks: exact, and the same for a page alone and in a batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extractor.attributes import names_and_regions, weigh, words
from pipeline.extractor.class_words import AttributeReader
from pipeline.extractor.features import measure
from pipeline.extractor.hints import Hints, read_hints
from pipeline.extractor.markup import read_markup, well_formed
from pipeline.extractor.vocabulary import COMMENT_REGION, HIDDEN_REGION, STYLED_REGION
from tests.strategies import examples

SENTENCE = "The rain fell on the old stone bridge, and two travellers waited under the arch. "
WEIGHTS = {"content": 1_000, "nav": -2_000, "main": 300}


def features(*pages):
    markup = read_markup([well_formed(page.encode())[0] for page in pages])
    facts = AttributeReader(WEIGHTS).read(markup.attributes)
    return measure(markup, [read_hints(page.encode()) for page in pages], facts)


def feature(name, page):
    return features(page)[1][name].tolist()


@pytest.mark.parametrize(
    ("name", "page", "values"),
    [
        ("characters", "<p>abc<p>é你😀", [3, 3]),
        ("words", "<p>two words<p>雨落石桥", [2, 3]),
        ("links", "<p><a>a</a> <a>b</a>", [2]),
        ("link_ratio", "<p><a>ab</a> cd", [0.5]),
        ("upper_ratio", "<p>AbCd", [0.5]),
        ("digit_ratio", "<p>12ab<p>١٢אב", [0.5, 0.5]),
        ("endings", "<p>a. b! c<p>a。<p>अ।<p>ආ", [2, 1, 1, 0]),
        ("index", "<p>a<p>b<p>c", [0, 1, 2]),
        ("characters_before", "<p>ab<p>c<p>d", [0, 2, 3]),
        ("characters_after", "<p>ab<p>c<p>d", [4, 2, 1]),
        ("blocks_from_h1", "<p>a<h1>b</h1><p>c", [-1, 0, 1]),
        ("blocks_from_title", "<title>A long title | x</title><p>a<h1>A long title</h1><p>b", [-1, 0, 1]),
        ("same_text", "<p>a<p>b<p>a", [2, 1, 2]),
        ("region_0", "<nav><p>a</nav><p>b", [1, 0]),
        ("weight_total", "<div class=main-content><p id=nav>a</p>b</div>c", [-700, 1_300, 0]),
        ("weight_smallest", "<div class=content><p id=nav>a</p></div>b", [-2_000, 0]),
        ("around1_blocks", "<div><p>a<p>b</div><p>c", [2, 2, 3]),
        ("alike", "<p>a<p>b<div>c</div>", [2, 2, 1]),
        ("headings_before", "<h2>a</h2><p>b<h3>c</h3><p>d", [0, 1, 1, 2]),
        ("heading_tag", "<p>a<h2>b</h2><p>c", [-1, 5, 5]),
        ("characters+1", "<p>a<p>bcd", [3, 0]),
        ("window3_characters", "<p>a<p>b<p>c<p>d<p>e", [4, 5, 5, 5, 4]),
        ("blocks_since_good", f"<p>a<p>{SENTENCE}<p>b<p>c", [-1, -1, 1, 2]),
        ("half_side", f"<p>a<div><p>{SENTENCE}</div><p>b", [-1, 0, 1]),
        ("in_biggest_article", f"<article>a</article><article>{SENTENCE}</article>b", [0, 1, 0]),
        ("in_first_article", "<article>a</article><article>b</article>c", [1, 0, 0]),
        ("in_first_article", "a", [-1]),
        ("page_items", "<li>a<li>b", [2, 2]),
    ],
)
def test_a_feature_is_what_its_name_says(name, page, values):
    assert feature(name, page) == values


PIECES = st.sampled_from(
    (
        *(
            "<div class='main content'>",
            "</div>",
            "<p>",
            "<li id=nav>",
            "<a href=x>",
            "</a>",
            "<h2>",
            "<article>",
        ),
        *(
            "<h1>",
            "</article>",
            "word ",
            SENTENCE,
            "雨落在石桥上。",
            "A long title",
            "<div class=comments>",
            "<nav>",
        ),
    )
)


@examples(100)
@given(st.lists(st.lists(PIECES, max_size=20).map("".join), min_size=2, max_size=4))
def test_a_page_has_the_same_features_alone_and_in_a_batch(pages):
    _, together = features(*pages)
    alone = [features(page)[1] for page in pages]
    for name, column in together.items():
        expected = np.concatenate([columns[name] for columns in alone])
        assert column.tolist() == expected.tolist(), name
        assert np.isfinite(column).all(), name


@pytest.mark.parametrize(
    ("tag", "names", "bits"),
    [
        ('<div class="a b" id="c"', ("a", "b", "c"), ()),
        ('<div role="Main"', ("role=main",), ()),
        ('<div itemprop="comment"', ("ip=comment",), (COMMENT_REGION,)),
        ('<ol class="commentlist"', ("commentlist",), (COMMENT_REGION,)),
        ('<div class="comments-open"', ("comments-open",), ()),
        ('<div aria-hidden="true"', (), (HIDDEN_REGION,)),
        ('<p style="color:red; display: none"', (), (STYLED_REGION,)),
        ('<body class="comments"', ("comments",), ()),
        ("<p", (), ()),
    ],
)
def test_a_start_tag_gives_names_and_regions(tag, names, bits):
    assert names_and_regions(tag.encode()) == (names, sum(1 << bit for bit in bits))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("content", ("content",)),
        ("entry-content", ("entry", "content", "entry-content")),
        ("postBody2", ("post", "body", "post-body")),
        ("role=main", ("role=main",)),
        ("123", ()),
    ],
)
def test_a_name_is_its_words_and_all_of_them(name, found):
    assert words(name) == found


def test_words_without_a_weight_do_not_count():
    assert weigh(WEIGHTS, ("content-x", "nav", "y")) == (-1_000, 1_000, -2_000)
    assert weigh(WEIGHTS, ("y",)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("head", "hints"),
    [
        ("<title> A &amp; B</title>", Hints(" A & B", False, False, False, False)),
        ("<TITLE>A</TITLE>", Hints("A", False, False, False, False)),
        ('<meta name="generator" content="phpBB">', Hints("", True, False, False, False)),
        ('<meta property="og:type" content="article">', Hints("", False, True, False, False)),
        ('{"@context": "https://schema.org", "@type": "Product"}', Hints("", False, False, True, False)),
        ('{"@type": "Product"}', Hints("", False, False, False, False)),
    ],
)
def test_the_head_of_a_page_gives_hints(head, hints):
    assert read_hints(head.encode()) == hints
