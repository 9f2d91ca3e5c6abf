"""Pages in, texts out: every page with text gives some, whatever its markup, alone or among others."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extractor.texts import MainText, TextOptions, extract_text, extract_texts
from pipeline.extractors import PageSettings, PageText, read_page
from schemas.errors import RecipeError
from tests.strategies import examples

STORY = "The rain fell on the old stone bridge, and two travellers waited under the arch until it stopped. "
MENU = "<nav><ul>" + "".join(f"<li><a href=/{i}>Section {i}</a></li>" for i in range(9)) + "</ul></nav>"
COMMENTS = f"<div class=comments><h3>Comments</h3><p>I liked it. {STORY}</p></div>"
ARTICLE = f"<title>The bridge</title>{MENU}"
ARTICLE += f"<article><h1>The bridge</h1><p>{STORY * 4}</p><p>{STORY * 2}</p></article>"
FOOTER = "<footer><p>© Example. All rights reserved.</p></footer>"


def test_an_article_is_kept_and_navigation_is_not():
    text = extract_text(ARTICLE + FOOTER)
    assert text.count("old stone bridge") == 6
    assert "Section" not in text
    assert "rights" not in text


@pytest.mark.parametrize(
    "page", ["x", "<p>x", "<nav><a href=/>x</a></nav>", "<footer>x</footer>", "<div hidden>x</div>", "<td>x"]
)
def test_a_page_with_text_always_gives_some(page):
    assert extract_text(page) == "x"


@pytest.mark.parametrize("page", ["", " ", "<p>", "<script>x</script>", "<img alt=x>", "<!-- x -->"])
def test_a_page_without_text_gives_none(page):
    assert extract_text(page) == ""


def test_a_long_paragraph_that_stands_twice_is_kept_once():
    assert extract_text(f"<p>{STORY}</p><div><p>{STORY}</p></div>") == STORY.strip()


@pytest.mark.parametrize(("comments", "liked"), [("auto", 0), ("drop", 0), ("keep", 1)])
def test_comments_of_readers_are_kept_on_request(comments, liked):
    assert extract_text(ARTICLE + COMMENTS + FOOTER, comments).count("I liked it") == liked


def test_an_unknown_way_with_comments_is_refused():
    with pytest.raises(RecipeError, match="expected one of auto, keep, drop, got 'dorp'; did you mean drop"):
        extract_text("x", "dorp")


def test_an_unknown_form_is_refused():
    with pytest.raises(RecipeError, match="form: expected one of text, markdown, got 'html'"):
        extract_text("x", form="html")


SCRIPTS = {
    "Arabic": "سقط المطر على الجسر الحجري القديم، وانتظر مسافران تحت القوس حتى توقف المطر. ",
    "Devanagari": "पुराने पत्थर के पुल पर बारिश हुई, और दो यात्री मेहराब के नीचे रुके रहे। ",
    "Thai": "ฝนตกลงบนสะพานหินเก่า นักเดินทางสองคนรออยู่ใต้ซุ้มประตูจนกระทั่งฝนหยุด ",
    "Chinese": "雨落在古老的石桥上，两个旅人在桥拱下等待，直到雨停。",
    "Amharic": "ዝናቡ በአሮጌው የድንጋይ ድልድይ ላይ ወረደ፣ ሁለት መንገደኞችም እስኪቆም ጠበቁ። ",
    "Hebrew": "הגשם ירד על גשר האבן הישן, ושני נוסעים חיכו מתחת לקשת עד שפסק. ",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_article_is_found_in_every_script(script):
    story = SCRIPTS[script]
    menu = "".join(f"<li><a href=/{i}>{word}</a></li>" for i, word in enumerate(story.split()[:6]))
    text = extract_text(
        f"<ul>{menu}</ul><div><h1>{story[:12]}</h1><p>{story * 5}</p><p>{story * 3}</p></div>"
    )
    assert text.count(story.strip()) == 8
    assert len(text.splitlines()) <= 3


PIECES = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<p>",
        "<b>",
        "</a>",
        "<a href=x>",
        "<table>",
        "<tr>",
        "<td>",
        "word ",
        STORY,
        "&amp;",
        "<h1>",
        "é",
    ]
)


@examples(60)
@given(st.lists(st.lists(PIECES, max_size=20).map("".join), min_size=1, max_size=5))
def test_a_page_gives_the_same_text_alone_and_among_others(pages):
    assert [found.text for found in extract_texts(pages)] == [extract_text(page) for page in pages]


def test_pages_of_many_batches_come_in_order():
    pages = [f"<p>page {i}" for i in range(100)]
    assert [found.text for found in extract_texts(pages)] == [f"page {i}" for i in range(100)]


def test_text_and_bytes_give_the_same():
    first, second = extract_texts([ARTICLE, ARTICLE.encode()])
    assert first == second


HOSTILE = {
    "100,000 attributes": "<p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">x",
    "50,000 nested elements": "<div>" * 50_000 + "x",
    "20 MB of tags": "<b>" * (20 << 20 >> 2),
    "options of a select": "<p>x<select>" + "<option>y" * 90_000,
    "options in capitals": "<p>x<SELECT>" + "<OptGroup><OPTION>y</option>" * 9_000,
    "many tags of many attributes": ("<p " + " ".join(f"attribute{i}=1" for i in range(1_100)) + ">x</p>")
    * 40,
    "20 MB of text": "x " * (10 << 20),
    "unclosed everything": "".join(
        f"<{name}>x" for name in ["div", "p", "a", "b", "table", "tr", "td", "ul", "li", "h1", "pre"]
    )
    * 3_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_removed_at_once_and_counted(name):
    start = time.process_time()
    found = read_page(HOSTILE[name].encode(), "text/html; charset=utf-8", None, PageSettings("glotmill"))
    assert time.process_time() - start < 1
    assert not isinstance(found, PageText)
    assert found.reason == "html_too_complex"


AWKWARD = {
    "as deep as may be": "<div>" * 990 + "x",
    "as many attributes as may be": ("<p " + " ".join(f"attribute{i}=1" for i in range(990)) + ">x</p>") * 40,
    "as many tags as may be": "<p>x" * 190_000,
    "as many different class names as may be": "".join(f"<p class='a{i} b{i}'>x" for i in range(60_000)),
    "one long word": "x" * (7 << 20),
    "one long class name": f"<p class='{'aB' * (3 << 20)}'>x",
    "one long title": f"<title>{'<title' * 5_000}</title>x",
    "only links": "<a href=x>x</a> " * 60_000,
    "only line breaks": "x<br>" * 150_000,
    "options of a select": "<p>x<select>" + "<option>y" * 7_900,
    "tables in tables": "<table><tr><td>" * 300 + "x",
    "formatting that is never closed": "<p><b><i><u><font>x" * 150,
    "a name of three megabytes": f"<{'x' * (3 << 20)}>x",
}


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_page_gives_its_text_within_two_seconds(name):
    start = time.process_time()
    assert "x" in extract_text(AWKWARD[name])
    assert time.process_time() - start < 2


IMAGES = f"""<title>The bridge</title><img src=/logo.png alt=Logo>{MENU}<article><h1>The bridge</h1>
<p>{STORY * 4}</p><figure><img src="/rain.jpg?a=1&amp;b=2" alt=" Rain &amp; bridge "></figure><p>{STORY * 2}
<img data-src=late.jpg src="data:image/gif;base64,R0"></p><img alt="no address"><p>{STORY * 3}</p></article>
<img src=/ad.png>{FOOTER}"""


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_images_in_the_text_have_their_place_in_it(form):
    (found,) = extract_texts([IMAGES], TextOptions(form=form, images=True))
    assert [(image.url, image.alt) for image in found.images][:2] == [
        ("/rain.jpg?a=1&b=2", "Rain & bridge"),
        ("late.jpg", ""),
    ]
    before, after = (found.text[: image.position] for image in found.images[:2])
    assert before.count("old stone bridge") == 4
    assert after.count("old stone bridge") == 6
    assert not before.endswith("\n")
    assert "/logo.png" not in {image.url for image in found.images}
    assert next(extract_texts([IMAGES])).images == ()


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (ARTICLE, "article"),
        (f'<meta name=generator content="phpBB">{STORY}', "forum"),
        (f'<meta name="generator" content="Sphinx 7"><h1>API</h1><p>{STORY}', "documentation"),
        (f"<h1>API</h1><p>{STORY}<pre>import this\nthis.that()</pre>", "documentation"),
        (f"{MENU}<h2><a href=/1>One thing</a></h2><h2><a href=/2>Another thing</a></h2>", "listing"),
        ("<h1>Garden work</h1><p>Hedges<p>Lawns<p>Call us", "service"),
        ("", "service"),
    ],
)
def test_a_page_has_a_kind(page, kind):
    assert next(extract_texts([page])).kind == kind


def test_a_page_that_is_not_wanted_is_not_read():
    options = TextOptions(wanted=lambda text: "bridge" in text)
    pages = [ARTICLE, "<p>nothing", "", ARTICLE]
    found = list(extract_texts(pages, options))
    assert [page.is_wanted for page in found] == [True, False, False, True]
    assert found[3] == next(extract_texts([ARTICLE]))
    assert found[1] == MainText("", is_wanted=False)
