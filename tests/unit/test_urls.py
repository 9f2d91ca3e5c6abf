import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.signals.dedup import url_key
from filters.urls import c4_form, canonical_form, url_form
from schemas.errors import RecipeError

C4 = {
    "https://www.example.org/a/": "example.org/a",
    "http://example.org/a?utm_source=x&b=1": "example.org/a",
    "http://example.org/a?ref=1": "example.org/a",
    "http://example.org/a?feed=rss": "example.org/a",
    "http://example.org/a?b=1&utm_source=x": "example.org/a?b=1&utm_source=x",
    "https://Example.org/A#top": "Example.org/A#top",
    "https://web.archive.org/https://www.example.org//": "web.archive.org/example.org",
}

CANONICAL = {
    "https://www.Example.org:443/a/": "example.org/a",
    "http://user:secret@example.org:80/a": "example.org/a",
    "http://example.org:8080/a": "example.org:8080/a",
    "http://www.com/a": "www.com/a",
    "https://example.org./a/./b/../c//d/": "example.org/a/c/d",
    "https://example.org/?b=2&a=1&utm_source=x&fbclid=y&UTM_Medium=z": "example.org?a=1&b=2",
    "https://example.org/a;jsessionid=1F?PHPSESSID=2": "example.org/a",
    "https://example.org/%7Euser/%e0%a4%95": "example.org/~user/%E0%A4%95",
    "https://example.org/क": "example.org/%E0%A4%95",
    "https://example.org/a?x=&y": "example.org/a?x=&y=",
    "https://example.org/a#top": "example.org/a",
    "https://example.org/#!/page": "example.org#!/page",
    "https://example.org/../../a": "example.org/a",
    "https://[2001:db8::1]/a": "2001:db8::1/a",
    "not an address": "not an address",
    "http://[broken/a": "http://[broken/a",
    "http://example.org:99999/a": "http://example.org:99999/a",
}


@pytest.mark.parametrize(("url", "expected"), C4.items())
def test_addresses_as_c4_compares_them(url: str, expected: str) -> None:
    assert c4_form(pa.array([url])).to_pylist() == [expected]


@pytest.mark.parametrize(("url", "expected"), CANONICAL.items())
def test_addresses_in_canonical_form(url: str, expected: str) -> None:
    assert canonical_form(pa.array([url])).to_pylist() == [expected]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_has_a_canonical_form(path: str) -> None:
    (form,) = canonical_form(pa.array([f"https://example.org/{path}"])).to_pylist()
    assert form


def test_null_stays_null() -> None:
    assert url_form(pa.array([None], pa.string()), "c4").to_pylist() == [None]
    assert url_form(pa.array([None], pa.string()), "canonical").to_pylist() == [None]


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(RecipeError, match="expected one of c4, canonical"):
        url_form(pa.array(["a"]), "c5")


def test_equal_addresses_have_equal_keys() -> None:
    keys = url_key(
        ["https://www.example.org/a/?utm_source=x", "http://example.org/a", "", None, "http://example.org/b"]
    )
    assert keys[0] == keys[1]
    assert keys.is_valid().to_pylist() == [True, True, False, False, True]
    assert keys[0] != keys[4]
    assert url_key(["http://example.org/A"], form="c4") != url_key(["http://example.org/a"], form="c4")
