"""Public suffixes: the ends of host names under which anyone may register a name (`com`, `co.uk`).

The list is that of publicsuffix.org (MPL-2.0) as the package `tld` carries it; of its two sections the one of
ICANN, so that `blogspot.com` is a name under `com` as any other.
"""

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.hashing import Hashes
from filters.quantiles import string_hashes
from schemas.errors import MissingDependencyError

FILE: Final = "res/effective_tld_names_public_only.dat.txt"
SECTION_END: Final = "// ===END ICANN DOMAINS==="


@dataclass(frozen=True, slots=True)
class SuffixRules:
    """Sorted hashes: of suffixes, of suffixes any label before which is one too, of exceptions from those."""

    plain: Hashes
    wild: Hashes
    exceptions: Hashes


@functools.cache
def suffix_rules() -> SuffixRules:
    """Return the rules of the public suffix list.

    Raises:
        MissingDependencyError: the package that carries the list is absent.
    """
    try:
        text = resources.files("tld").joinpath(FILE).read_text("utf-8")
    except ModuleNotFoundError as error:
        raise MissingDependencyError("public suffixes: the package tld is absent: pip install tld") from error
    lines = [line.split()[0] for line in text.partition(SECTION_END)[0].splitlines() if line.strip()]
    rules = [ascii_host(line) for line in lines if not line.startswith("//")]
    return SuffixRules(
        _hashed([rule for rule in rules if rule[0] not in "*!"]),
        _hashed([rule.removeprefix("*.") for rule in rules if rule.startswith("*.")]),
        _hashed([rule.removeprefix("!") for rule in rules if rule.startswith("!")]),
    )


def _hashed(names: list[str]) -> Hashes:
    return np.unique(string_hashes(pa.array(names, pa.string())))


def found_in(hashes: Hashes, table: Hashes) -> NDArray[np.bool_]:
    """Return which hashes a sorted table holds."""
    if len(table) == 0:
        return np.zeros(len(hashes), bool)
    places = np.minimum(np.searchsorted(table, hashes), len(table) - 1)
    found: NDArray[np.bool_] = table[places] == hashes
    return found


def ascii_host(host: str) -> str:
    """Return a host name in lower case and in ASCII: labels in other scripts as `xn--` (Punycode, RFC 3492).

    Letters are folded as browsers do (UTS 46 without transition: NFKC, lower case, `ß` stays). A label
    that cannot be written so stays as it is.
    """
    import unicodedata

    if host.isascii():
        return host.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host).lower())
    labels = folded.replace("\u3002", ".").split(".")
    return ".".join(x if x.isascii() else "xn--" + x.encode("punycode").decode("ascii") for x in labels)
