"""Pages to flat arrays: elements, blocks, links; the same for a page alone and in a batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extractor.markup import GROUP_BYTES, MOST_TAGS, Markup, read_markup, well_formed
from pipeline.extractor.vocabulary import NUMBERS, tag_numbers
from tests.strategies import examples

NAMES = {number: name for name, number in NUMBERS.items()}


def read(*pages: str) -> Markup:
    return read_markup([well_formed(page.encode())[0] for page in pages])


@pytest.mark.parametrize(
    ("page", "blocks"),
    [
        ("<p>one</p><p>two</p>", ["one", "two"]),
        ("one<div>two</div>three", ["one", "two", "three"]),
        ("<p> a \n\t b <b> c</b> </p>", ["a b c"]),
        ("<p>a<br>b<br/>  c</p>", ["a\nb\nc"]),
        ("<p>a<hr>b", ["a", "b"]),
        ("<pre>a\n  b</pre>", ["a\nb"]),
        ("<p>1 &lt; 2 &amp;amp; 3&nbsp;&gt; 2", ["1 < 2 &amp; 3 > 2"]),
        ("<p title='a > b < c'>x</p>", ["x"]),
        ("<!-- <p>no</p> --><p>yes<!-- > -->!</p>", ["yes!"]),
        ("<script>if (a < b) {}</script><style>p {}</style><p>x</p><svg><text>no</text></svg>", ["x"]),
        ("<head><title>no</title></head><body>x", ["x"]),
        ("<noscript><p>x</p></noscript>", ["x"]),
        ("<ul><li>a<li>b</ul>", ["a", "b"]),
        ("<table><tr><td>a<td>b</table>", ["a", "b"]),
        ("<my-tag>a</my-tag><blockquote>b</blockquote>", ["a", "b"]),
        ("<p>नमस्ते</p><p>你好</p><p>שלום</p>", ["नमस्ते", "你好", "שלום"]),
        ("<p>\u0001\u0000a\u0002</p>", ["a"]),
        ("", []),
        ("<div></div><p> &nbsp; </p>", []),
        ("</p></div>", []),
        ("<div><p>a", ["a"]),
        ("<a<b>x</a<b><i'\"=>y<p c<d=e>z", ["x", "y", "z"]),
        ("<basefontx>x</basefontx><basefont>y", ["x", "y"]),
    ],
)
def test_a_page_is_cut_into_its_blocks(page: str, blocks: list[str]) -> None:
    assert read(page).texts == blocks


def test_elements_form_the_tree_of_the_page() -> None:
    markup = read("<div class=a><p>x</p><p id=b>y</p></div><p>z</p>")
    assert [NAMES[tag] for tag in markup.tag.tolist()] == ["html", "body", "div", "p", "p", "p"]
    assert markup.parent.tolist() == [0, 0, 1, 2, 2, 1]
    assert markup.end.tolist() == [6, 6, 5, 4, 5, 6]
    assert markup.depth.tolist() == [1, 2, 3, 4, 4, 3]
    assert markup.element.tolist() == [3, 4, 5]
    texts = [markup.attributes[number] for number in markup.attribute.tolist()]
    assert texts == [b"", b"", b'<div class="a"', b"", b'<p id="b"', b""]


def test_a_block_after_an_element_belongs_to_the_element_around_it() -> None:
    assert read("<div><p>a</p>b</div>c").element.tolist() == [3, 2, 1]


def test_links_and_bold_text_are_shares_of_the_letters() -> None:
    markup = read("<p>ab <a href=x>cd <b>e f</b></a><a>gh</a></p><p>none</p>")
    assert markup.links.tolist() == [2, 0]
    assert markup.link_ratio.tolist() == [0.75, 0.0]
    assert markup.bold_ratio.tolist() == [0.25, 0.0]


def test_a_giant_page_loses_its_tail_and_says_how_much() -> None:
    page = "<p>x</p>" * MOST_TAGS
    markup, cut_tags = well_formed(page.encode())
    assert len(read_markup([markup]).texts) == MOST_TAGS // 2 - 1
    assert cut_tags == MOST_TAGS + len(["html", "/html", "body", "/body"])


@pytest.mark.parametrize(
    "page",
    [
        *(b"<html><p>a</html>", b"<html>a</p></p></html>", b"</p><p>a", b"<html><p>a<br</html>"),
        *(b"<html><p>a</p><select></html>", b"<html></select><p>a</p></html>"),
    ],
)
def test_markup_that_is_not_well_formed_still_gives_its_text(page):
    fine = b"<html><p>x</p></html>"
    assert read_markup([fine, page, fine]).texts == ["x", "a", "x"]


TAG = st.sampled_from(
    ["p", "div", "a", "b", "ul", "li", "br", "hr", "table", "tr", "td", "span", "pre", "h1", "my-x", "video"]
)
PIECE = st.one_of(
    TAG.map(lambda name: f"<{name}>"),
    TAG.map(lambda name: f"</{name}>"),
    st.text("a é你 \n&<>\"'=/!-", max_size=5),
)


@examples(150)
@given(st.lists(st.lists(PIECE, max_size=25).map("".join), min_size=1, max_size=4))
def test_any_page_reads_the_same_alone_and_in_a_batch(pages: list[str]) -> None:
    together = read(*pages)
    alone = [read(page) for page in pages]
    assert together.texts == [text for markup in alone for text in markup.texts]
    firsts = np.cumsum([0, *(len(markup.page) for markup in alone)])
    parents = [markup.parent + first for markup, first in zip(alone, firsts.tolist(), strict=False)]
    assert together.parent.tolist() == np.concatenate(parents).tolist()
    assert together.links.tolist() == [n for markup in alone for n in markup.links.tolist()]
    assert together.link_ratio.tolist() == [n for markup in alone for n in markup.link_ratio.tolist()]


@examples(150)
@given(st.lists(PIECE, max_size=30).map("".join))
def test_no_letter_is_lost_or_made_up(page: str) -> None:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(page)
    tree.strip_tags(["video"])
    body = tree.body
    expected = "".join((body.text() if body else "").split())
    assert "".join("".join(read(page).texts).split()) == expected


def test_what_is_in_hidden_elements_is_no_text() -> None:
    page = "<p>a<select><option>x<option>y</select>b<p>c<video>x<b>y</b></video><object>x</object>d"
    assert read(page).texts == ["ab", "cd"]


def test_every_known_name_has_a_slot_of_its_own() -> None:
    for name, number in NUMBERS.items():
        codes = np.frombuffer(f"{name}>".encode() + b"\0" * 8, np.uint8)
        assert tag_numbers(codes, np.zeros(1, np.int64))[0].tolist() == [number]


@pytest.mark.parametrize(
    ("page", "blocks"),
    [
        ("<!doctype html><!--[if lt IE 9]><p>no</p><![endif]--><p>a <!-- b > c --> d", ["a d"]),
        ("<p>a<!-- x --><!---->b<!-- <p> --><p>c", ["ab", "c"]),
        ("<select><!-- </select> --><option>no</select><p>a", ["a"]),
        ("<div <!-- x>a</div><!-- y --><p>b", ["b"]),
    ],
)
def test_declarations_are_no_text_and_no_border(page: str, blocks: list[str]) -> None:
    fine = "<p>x</p>"
    assert read(fine, page, fine).texts == ["x", *blocks, "x"]


def test_pages_of_several_groups_read_as_each_alone() -> None:
    pages = [
        well_formed(f"<div class=c{i % 3}><p>{'word ' * 40_000}</p></div>".encode())[0] for i in range(9)
    ]
    together, alone = read_markup(pages), [read_markup([page]) for page in pages]
    assert sum(map(len, pages)) > 2 * GROUP_BYTES
    assert together.texts == [text for markup in alone for text in markup.texts]
    assert together.page.tolist() == [i for i, markup in enumerate(alone) for _ in markup.page]
    assert [together.attributes[i] for i in together.attribute] == [
        markup.attributes[i] for markup in alone for i in markup.attribute
    ]
    assert together.codes.tolist() == [code for markup in alone for code in markup.codes[:-1]] + [0]
