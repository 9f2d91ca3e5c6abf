import numpy as np
import pyarrow as pa
import pytest

from filters.hosts import addresses_in, hosts_in, split_addresses
from filters.public_suffixes import ascii_host, suffix_rules
from filters.quantiles import string_hashes
from filters.url_words import folded_word, substrings_in, words_in

pytest.importorskip("tld")


def hashed(*names):
    return np.unique(string_hashes(pa.array([ascii_host(name) for name in names], pa.string())))


@pytest.mark.parametrize(
    ("url", "host", "rest"),
    [
        ("https://user:pw@Sub.Example.CO.UK:8080/a/b?q#f", "sub.example.co.uk", "/a/b?q"),
        ("http://пример.рф/x", "xn--e1afmkfd.xn--p1ai", "/x"),
        ("http://%70orn.example/", "porn.example", "/"),
        ("ftp://EXAMPLE.com.", "example.com", ""),
        ("//a.b/c", "a.b", "/c"),
        ("a.b/c", "a.b", "/c"),
        ("http://[::1]:80/x", "[::1]", "/x"),
        ("http://faß.de", "xn--fa-hia.de", ""),
        ("http://例え。テスト/", "xn--r8jz45g.xn--zckzah", "/"),
        ("", "", ""),
        (None, None, None),
    ],
)
def test_an_address_is_split_into_host_and_rest(url, host, rest):
    hosts, rests = split_addresses(pa.array([url], pa.string()))
    assert (hosts.to_pylist(), rests.to_pylist()) == ([host], [rest])


@pytest.mark.parametrize(
    ("host", "entry", "found"),
    [
        ("bad.com", "bad.com", True),
        ("a.b.bad.com", "bad.com", True),
        ("a.b.bad.com", "b.bad.com", True),
        ("notbad.com", "bad.com", False),
        ("bad.com.org", "bad.com", False),
        ("x.example.co.uk", "co.uk", False),
        ("example.com", "com", False),
        ("x.example.co.uk", "example.co.uk", True),
        ("me.blogspot.com", "blogspot.com", True),
        ("a.b.c.ck", "c.ck", False),
        ("a.b.c.ck", "b.c.ck", True),
        ("x.www.ck", "www.ck", True),
        ("1.2.3.4", "1.2.3.4", True),
        ("1.2.3.4", "3.4", False),
        ("xn--e1afmkfd.xn--p1ai", "пример.рф", True),
        ("localhost", "bad.com", False),
        ("", "bad.com", False),
        (None, "bad.com", False),
    ],
)
def test_a_host_is_found_under_names_that_can_be_registered(host, entry, found):
    hosts = pa.array(["other.net", host, "x.y.z"], pa.string())
    assert hosts_in(hosts, hashed(entry), suffix_rules()).tolist() == [False, found, False]


def test_fineweb_looks_up_the_host_and_the_registered_name_only():
    hosts = pa.array(["a.b.bad.com"])
    tables = [hashed(name) for name in ("a.b.bad.com", "b.bad.com", "bad.com")]
    assert [hosts_in(hosts, t, suffix_rules(), "registered")[0] for t in tables] == [True, False, True]


def test_hosts_without_any_label_are_in_no_list():
    assert (
        hosts_in(pa.array([None, ""], pa.string()), hashed("a.com"), suffix_rules()).tolist() == [False] * 2
    )
    assert hosts_in(pa.array([], pa.string()), hashed("a.com"), suffix_rules()).tolist() == []


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://site.org/bad/page", True),
        ("https://www.site.org/bad/page/", True),
        ("http://site.org/bad/page/deeper?x=1", True),
        ("http://site.org/bad/page?x=1", True),
        ("http://site.org/bad/pages", False),
        ("http://site.org/bad", False),
        ("http://other.org/bad/page", False),
        (None, False),
    ],
)
def test_an_address_is_found_under_an_address_of_the_list(url, found):
    hosts, rest = split_addresses(pa.array([url, "http://b.c/"], pa.string()))
    assert addresses_in(hosts, rest, hashed("site.org/bad/page")).tolist() == [found, False]


def test_words_are_whole_and_substrings_are_not():
    urls = pa.array(["http://x.com/Bad-thing", "http://xbad.com", "http://x.com/b-a-d", None])
    assert words_in(urls, {"bad"}).tolist() == [True, False, False, False]
    assert substrings_in(urls, {"bad"}).tolist() == [True, True, True, False]


def test_different_soft_words_are_counted():
    urls = pa.array(["http://x.com/soft/soft", "http://x.com/soft_mild", "http://x.com/"])
    assert words_in(urls, {"soft", "mild"}, at_least=2).tolist() == [False, True, False]


def test_words_of_any_script_are_found_in_coded_addresses():
    urls = pa.array(
        ["http://x.com/%D0%BF%D0%BB%D0%BE%D1%85%D0%BE-1", "http://xn--e1afmkfd.xn--p1ai/", "http://x.com/%ff"]
    )
    assert words_in(urls, {"плохо"}).tolist() == [True, False, False]
    assert words_in(urls, {"пример"}).tolist() == [False, True, False]
    assert substrings_in(urls, {"плох"}).tolist() == [True, False, False]


def test_no_words_are_found_nowhere():
    urls = pa.array(["http://x.com/"])
    assert words_in(urls, set()).tolist() == substrings_in(urls, set()).tolist() == [False]


def test_words_of_a_list_are_read_as_addresses_are():
    assert folded_word("Two-Words!") == "twowords"
