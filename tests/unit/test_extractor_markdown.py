"""Blocks as Markdown: the form of headings, lists, quotations, code and tables."""

import pytest

from pipeline.extractor.markdown import as_markdown
from pipeline.extractor.markup import read_markup, well_formed
from pipeline.extractor.texts import extract_text


def markdown(page):
    markup = read_markup([well_formed(page.encode())[0]])
    return as_markdown(markup, markup.texts, markup.element.tolist())[0]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<h1>A</h1><p>b<p>c<h3>D</h3>", "# A\n\nb\n\nc\n\n### D"),
        ("<p>a<br>b", "a  \nb"),
        ("<p>x<ul><li>a<li>b</ul><p>y", "x\n\n- a\n- b\n\ny"),
        ("<ol><li>a<li>b</ol>", "1. a\n1. b"),
        ("<ul><li>a<ol><li>b<li>c</ol><li>d</ul>", "- a\n  1. b\n  1. c\n- d"),
        ("<ul><li><p>a</p><p>b</p></ul>", "- a\n  b"),
        ("<blockquote><p>a<br>b</blockquote>c", "> a  \n> b\n\nc"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n\n> > b"),
        ("<pre>a\n b</pre>", "```\na\nb\n```"),
        ("<table><tr><th>a<th>b<tr><td>1<td>x|y</table>z", "| a | b |\n| 1 | x\\|y |\n\nz"),
        ("<table><tr><td><p>a<p>b<td>c</table>", "| a b | c |"),
        ("", ""),
    ],
)
def test_blocks_keep_their_form(page, text):
    assert markdown(page) == text


def test_markdown_has_the_blocks_of_the_text():
    story = "The rain fell on the old stone bridge, and two travellers waited under the arch. " * 3
    page = f"<nav><a href=/>Home</a></nav><article><p>{story}</p></article>"
    assert extract_text(page, form="markdown") == extract_text(page) == story.strip()
