"""NLLB's edits of sentences."""

import pytest

from filters.sentence_edits import (
    blank_unprintable,
    compose_compatible,
    drop_link_tokens,
    normalise_punctuation,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("„Ja“, said he … (twice )!", '"Ja," said he ... (twice)!'),
        ("50 % of l’eau – «ici»", '50% of l\'eau - "ici"'),
        ("a — b", "a - b"),
        ("यह पाठ है।", "यह पाठ है।"),
    ],
)
def test_punctuation_is_written_as_moses_does(text: str, expected: str) -> None:
    assert normalise_punctuation([text]).text.to_pylist() == [expected]


def test_compatibility_forms_are_composed() -> None:
    edited = compose_compatible(["ﬁｎ①", "के", None])
    assert edited.text.to_pylist() == ["fin1", "के", None]
    assert edited.changes.to_pylist() == [1, 0, None]


def test_controls_become_spaces_but_line_feeds_stay() -> None:
    edited = blank_unprintable(["a\u200bb\x00c\nd", None])
    assert edited.text.to_pylist() == ["a b c\nd", None]
    assert edited.changes.to_pylist() == [2, None]


def test_links_hashtags_and_mentions_go() -> None:
    text = "see https://a.org/x?y #tag and @me or a@b.org, www.c.org"
    assert drop_link_tokens([text]).text.to_pylist() == ["see   and  or a@b.org, "]
