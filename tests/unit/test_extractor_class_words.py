"""The words of many start tags at once weigh what they weigh one by one."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.extractor.attributes import names_and_regions, weigh
from pipeline.extractor.class_words import AttributeReader
from tests.strategies import examples

WEIGHTS = {
    "entry": 700, "content": 900, "entry-content": 2000, "nav": -1500, "html": -5, "parser": 3, "x": 1,
    "sidebar": -800, "main": 40, "role=main": 500, "ip=articlebody": 10, "comments": -300,
    "abcdefghijklmnopqrstuvwxyz-abcdefghijklm": 77,
}  # fmt: skip
ATTRIBUTES = ["class", "id", "role", "itemprop", "style", "hidden", "aria-hidden", "data-class", "title"]
NAMES = st.sampled_from(
    [
        *(
            "entry-content",
            "entryContent",
            "ENTRY_content",
            "HTMLParser",
            "nav",
            "X",
            "x1x",
            "css-1x2y",
            "12",
            "",
        ),
        *(
            "post-comments",
            "no-comments",
            "phpbb",
            "XF",
            "topic-body",
            "data-[a=b]:x",
            "role=main",
            "mainNav é",
        ),
        *(
            "abcdefghijklmnopqrstuvwxyz-abcdefghijklmno",
            "a-b-c-d-e-nav",
            "Nav" * 120,
            "lf_a`b-c-d-comments-x",
        ),
    ]
)
VALUES = st.lists(NAMES, max_size=9).map(" ".join)
TAGS = st.builds(
    lambda tag, pairs: "<" + tag + "".join(f' {name}="{value}"' for name, value in pairs),
    st.sampled_from(["div", "body", "my-element"]),
    st.lists(
        st.tuples(
            st.sampled_from(ATTRIBUTES),
            VALUES | st.sampled_from(["true", "display: none", "articleBody", "a\n\tmain"]),
        ),
        max_size=5,
    ),
)


@examples(150)
@given(st.lists(TAGS, max_size=6))
def test_tags_say_the_same_together_and_one_by_one(tags):
    texts = [tag.encode() for tag in ["", *tags]]
    facts = AttributeReader(WEIGHTS).read(texts)
    together = list(
        zip(
            *(column.tolist() for column in (facts.total, facts.largest, facts.smallest, facts.regions)),
            strict=True,
        )
    )
    said = [names_and_regions(text) for text in texts]
    assert together == [(*weigh(WEIGHTS, names), regions) for names, regions in said]


def test_a_class_that_is_spelled_like_a_role_is_none():
    tags = [b"", b'<div class="role=main"', b'<div id="ip=articlebody"', b'<div role="main"']
    facts = AttributeReader(WEIGHTS).read(tags)
    assert facts.total.tolist() == [0, 40, 0, 500]
    assert [weigh(WEIGHTS, names_and_regions(tag)[0])[0] for tag in tags] == [0, 40, 0, 500]


def test_a_name_of_several_words_counts_as_a_whole_too():
    facts = AttributeReader(WEIGHTS).read([b"", b'<div class="entry-content"', b'<div id="Entry content'])
    assert facts.total.tolist() == [0, 3600, 3600]
    assert facts.largest.tolist() == [0, 2000, 2000]
    assert facts.smallest.tolist() == [0, 700, 700]
