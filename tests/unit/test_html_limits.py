import pyarrow.parquet as pq
import pytest

from pipeline.html_limits import HtmlLimits, html_fault, most_attributes, nesting, without_raw_text

LIMITS = HtmlLimits(size=1 << 20, tags=5_000, depth=100, options=40, attributes=50)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        (b"", None),
        (b"no markup", None),
        (b"<", None),
        (b"</", None),
        (b"<p>" * 4_000, None),
        (b"<li>item<br>" * 2_400, None),
        (b"<div>" * 90 + b"</div>" * 90, None),
        (b"</div>" * 500 + b"<div>" * 90, None),
        (b"<path/>" * 200 + b"<input />" * 200, None),
        (b"<img src='data:image/png;base64," + b"A" * 100_000 + b"'>", None),
        (b"<path d='" + b"M 1 2 " * 5_000 + b"'>", None),
        (b'<div data-x="' + b"{&quot;a b&quot;: 1} " * 5_000 + b'">', None),
        (b"<script>" + b'if (a<b) x = "<div>"; ' * 500 + b"</script>", None),
        (b"<!--" + b"<div>" * 500 + b"-->", None),
        (b"x" * ((1 << 20) + 1), "1048577 bytes, limit 1048576"),
        (b"<p>" * 5_001, "5001 tags, limit 5000"),
        (b"<DIV>" * 101, "101 nested elements, limit 100"),
        (b"<div><b><i>" * 100 + b"</p>", "300 nested elements, limit 100"),
        (b"<x-y>" * 120, "120 nested elements, limit 100"),
        (b"<p " + b" ".join(b"a%d='a v'" % i for i in range(2_000)), "2000 attributes in one tag, limit 50"),
        (b"<select>" + b"<option>" * 41 + b"<OptGroup></optgroup>", "42 options, limit 40"),
        (b"<select>" + b"<option></option>" * 40 + b"<opera>", None),
        (b"<div " + b" ".join(b"a%d" % i for i in range(3_000)), "3000 attributes in one tag, limit 50"),
    ],
)  # fmt: skip
def test_what_exceeds_a_limit_is_said(html, fault):
    assert html_fault(html, LIMITS) == fault


def test_scripts_styles_and_comments_are_cut_out_and_their_tags_stay():
    html = b"<P>a<SCRIPT src=x>1<2</script>b<!-- <i> -->c<style>d</style>e<script>never ended"
    assert without_raw_text(html) == b"<p>a</script>b-->c</style>e"


def test_the_deepest_place_counts_and_not_the_balance():
    assert nesting(b"<div><p><ul><li>" + b"<ul><li></ul>" * 9 + b"</ul></div><table>") == 3


def test_a_tag_that_never_ends_has_its_attributes_counted():
    assert most_attributes(b"<p>text</p><div " + b"a " * 5_000) == 5_000


SLOW = (b"<" * 200_000, b"<!--" * 199_000, b"<script>" * 199_000, b"<a " + b'="' * 4_000_000)


@pytest.mark.parametrize("html", SLOW)
@pytest.mark.timeout(20)
def test_no_markup_makes_the_look_itself_slow(html):
    html_fault(html, HtmlLimits())


@pytest.mark.slow
def test_no_real_page_is_refused(shared):
    pages = pq.read_table(shared / "data" / "extraction" / "pages_with_gold.parquet", columns=["html"])
    faults = [html_fault(page.as_py(), HtmlLimits()) for page in pages.column("html")]
    assert len(faults) == 584
    assert [fault for fault in faults if fault] == []
