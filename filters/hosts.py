"""Addresses against lists of hosts and of addresses, as hashes: a list of millions is one sorted array."""

from typing import Final, Literal
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.hashing import Hashes, PrefixHashes
from filters.public_suffixes import SuffixRules, ascii_host, found_in

DOT, SLASH, QUESTION, AMPERSAND = (ord(c) for c in "./?&")
WITHOUT_SCHEME: Final = r"^\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@\\]*@)?"
PARTS: Final = r"^(?P<host>\[[^\]]*\]|[^/?#:\\]*)(?P<port>:[0-9]*)?(?P<rest>[^#]*)"

HostMatch = Literal["suffixes", "registered"]


def split_addresses(urls: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the host of each address (lower case, ASCII), and the rest: path and query.

    Null where there is no address; user, port and fragment are left out.
    """
    plain = pc.replace_substring_regex(urls, pattern=WITHOUT_SCHEME, replacement="")
    parts = pc.extract_regex(plain, pattern=PARTS)
    host = pc.ascii_lower(pc.ascii_rtrim(pc.struct_field(parts, "host"), characters="."))
    return _in_ascii(host), pc.struct_field(parts, "rest")


def _in_ascii(host: pa.Array) -> pa.Array:
    odd = np.asarray(pc.fill_null(pc.match_substring_regex(host, pattern=r"[^\x00-\x7F]|%"), False), np.bool_)
    if not odd.any():
        return host
    written = host.to_pylist()
    for row in np.flatnonzero(odd).tolist():
        written[row] = ascii_host(unquote(written[row]))
    return pa.array(written, pa.string())


class _Bytes:
    """The bytes of a column of texts, and the hashes of spans of them."""

    def __init__(self, texts: pa.Array) -> None:
        large = pc.fill_null(texts, "").cast(pa.large_binary())
        _, offsets, content = large.buffers()
        places = np.frombuffer(offsets, np.int64)[large.offset : large.offset + len(large) + 1]
        first = int(places[0]) if len(places) else 0
        whole = np.frombuffer(content, np.uint8) if content is not None else np.empty(0, np.uint8)
        self.letters = whole[first : int(places[-1]) if len(places) else 0]
        self.offsets = places - first
        self._hashes = PrefixHashes(self.letters.astype(np.uint32))

    def spans(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Hashes:
        return self._hashes.spans(starts, ends)

    def rows_of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self.offsets, places, "right") - 1


def hosts_in(
    hosts: pa.Array, table: Hashes, rules: SuffixRules, match: HostMatch = "suffixes"
) -> NDArray[np.bool_]:
    """Return which hosts a list holds, itself or under a name that it holds.

    Names end at label boundaries, down to the one that can be registered: `a.b.co.uk` is looked up as itself
    and as `b.co.uk`, never as `co.uk`. `registered` looks up these two only, as FineWeb does; `suffixes` the
    names between as well.
    """
    text = _Bytes(hosts)
    starts, rows = _label_starts(text)
    ends = text.offsets[rows + 1]
    hashes = text.spans(starts, ends)
    depth = _suffix_depth(hashes, rows, rules)
    label = _label_number(rows)
    labels = np.bincount(rows, minlength=len(hosts))[rows]
    above = labels - label  # labels of the name that starts here
    asked = above > depth[rows]
    if match == "registered":
        asked &= (above == depth[rows] + 1) | (label == 0)
    is_number = pc.fill_null(pc.match_substring_regex(hosts, pattern=r"(^|\.)[0-9]+$"), False)
    asked &= ~np.asarray(is_number, np.bool_)[rows] | (label == 0)  # 3.4 is no name above 1.2.3.4
    result = np.zeros(len(hosts), bool)
    result[rows[asked][found_in(hashes[asked], table)]] = True
    return result


def _label_starts(text: _Bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    filled = np.flatnonzero(np.diff(text.offsets) > 0)
    begins = np.zeros(len(text.letters) + 1, bool)
    begins[text.offsets[filled]] = True
    labels = begins.copy()
    labels[1:] |= text.letters == DOT
    starts = np.flatnonzero(labels[:-1])
    return starts, filled[np.cumsum(begins[starts]) - 1]


def _label_number(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each label in its host."""
    first = np.concatenate([[True], rows[1:] != rows[:-1]]) if len(rows) else np.empty(0, bool)
    places = np.arange(len(rows))
    return places - np.maximum.accumulate(np.where(first, places, 0))


def _suffix_depth(hashes: Hashes, rows: NDArray[np.int64], rules: SuffixRules) -> NDArray[np.int64]:
    """Return how many labels the public suffix of each host has; one where no rule says otherwise."""
    hosts = int(rows[-1]) + 1 if len(rows) else 0
    labels = np.bincount(rows, minlength=hosts)
    above = labels[rows] - _label_number(rows)
    public = found_in(hashes, rules.plain)
    wild = found_in(hashes, rules.wild)
    public[:-1] |= wild[1:] & (rows[:-1] == rows[1:])
    public &= ~found_in(hashes, rules.exceptions)
    depth = np.ones(hosts, np.int64)
    np.maximum.at(depth, rows[public], above[public])
    return depth


def addresses_in(hosts: pa.Array, rest: pa.Array, table: Hashes) -> NDArray[np.bool_]:
    """Return which addresses a list holds, or begin with one that it holds, up to a `/`, `?` or `&`.

    Hosts are compared without `www.`, addresses without the slashes at their ends.
    """
    text = _Bytes(address_form(hosts, rest))
    marks = np.isin(text.letters, (SLASH, QUESTION, AMPERSAND))
    whole = np.flatnonzero(np.diff(text.offsets) > 0)
    cuts = np.flatnonzero(marks)
    rows = np.concatenate([text.rows_of(cuts), whole])
    ends = np.concatenate([cuts, text.offsets[whole + 1]])
    found = found_in(text.spans(text.offsets[rows], ends), table)
    result = np.zeros(len(hosts), bool)
    result[rows[found]] = True
    return result


def address_form(hosts: pa.Array, rest: pa.Array) -> pa.Array:
    """Return the form in which addresses are compared."""
    plain = pc.replace_substring_regex(hosts, pattern=r"^www\.", replacement="")
    return pc.utf8_rtrim(pc.binary_join_element_wise(plain, rest, ""), characters="/")
