"""What is measured on the sampled documents of one language, besides what language models say.

A site is religious when its host is, or is below, one of RELIGIOUS_HOSTS, or when a label of the host holds
one of RELIGIOUS_WORDS: publishers of scripture in very many languages, from which small languages often have
most of their text.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import gammaln

from filters.families import known_scripts, unicode_scripts
from filters.lsh import band_hashes
from filters.registry import Measurement
from filters.signals.scripts import script_counts
from filters.text import BATCH_BYTES, TextBatch, cut_by_bytes

__all__ = ["Evidence", "TypeToken", "measure_documents"]

NO_SCRIPT: Final = ("Zinh", "Zyyy", "Zzzz")
RELIGIOUS_HOSTS: Final = (
    "bible.com",
    "bible.is",
    "biblegateway.com",
    "biblehub.com",
    "ebible.org",
    "churchofjesuschrist.org",
    "faithcomesbyhearing.com",
    "globalrecordings.net",
    "jw.org",
    "quran.com",
    "scriptureearth.org",
    "vatican.va",
    "wol.jw.org",
)
RELIGIOUS_WORDS: Final = ("bible", "biblia", "church", "gospel", "islam", "jesus", "quran", "scripture")

FREQUENT_LINES: Final = 100
LEAST_REPEATS: Final = 3
"""A line is boilerplate when it is one of the FREQUENT_LINES most frequent and comes at least so often."""

BANDS, ROWS = 14, 8
"""FineWeb's: documents that share 0.75 of their shingles are found in 77 of 100 cases."""

CURVE_WORDS: Final = 10_000

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class TypeToken:
    """How often each different word comes, most frequent first."""

    counts: NDArray[np.int64]

    def expected_types(self, words: int) -> float | None:
        """Return the different words expected among `words` random ones; nothing where there are fewer."""
        total = int(self.counts.sum())
        if total < words:
            return None
        rest = total - self.counts
        missed = gammaln(rest + 1) - gammaln(np.maximum(rest - words, 0) + 1)
        missed += gammaln(total - words + 1) - gammaln(total + 1)
        return float((1 - np.where(rest >= words, np.exp(missed), 0)).sum())


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measurements of one language; null where there is nothing to measure."""

    documents: int
    text_bytes: int
    main_script: str | None
    main_script_ratio: float | None
    foreign_script_ratio: float | None
    letter_ratio: float | None
    boilerplate_line_ratio: float | None
    religious_document_ratio: float | None
    top_site: str | None
    top_site_ratio: float | None
    near_duplicate_ratio: float | None
    no_common_word_ratio: float | None
    types: TypeToken
    frequent_lines: tuple[tuple[str, int], ...]


def measure_documents(
    lang: str, texts: Sequence[str], hosts: Sequence[str | None], common_words: object = None
) -> Evidence:
    """Measure documents of one language; `common_words` is a list as `stopword_ratio` takes it."""
    column = pa.array(texts, pa.large_string())
    settings = {"stopword_ratio": {"words": common_words, "kind": "unicode"}} if common_words else {}
    scripts: Counter[str] = Counter()
    letters = visible = without = listed = 0
    words, bands = [np.empty(0, np.uint64)], [np.empty((0, BANDS), np.uint64)]
    for first, last in cut_by_bytes(column, BATCH_BYTES):
        piece = column.slice(first, last - first)
        labels = pa.array([lang] * len(piece), pa.string())
        measured = Measurement({"text": piece, "lang": labels}, settings)
        text = measured.text
        _count_scripts(text, scripts)
        letters += int((text.in_categories("L") | text.in_categories("M")).sum())
        visible += int(len(text.codepoints) - text.in_categories("Z").sum() - len(text.line_feeds))
        words.append(text.span_hashes(text.words(), fold=True))
        bands.append(_bands(measured))
        if common_words:
            ratios = measured.get("stopword_ratio").drop_null().to_numpy()
            without, listed = without + int((ratios == 0).sum()), listed + len(ratios)
    lines = _lines(texts)
    main = max(scripts, key=lambda code: (scripts[code], code), default=None)
    total = sum(scripts.values())
    known = known_scripts(lang) or unicode_scripts(lang)
    frequent = [(line, n) for line, n in lines.most_common(FREQUENT_LINES) if n >= LEAST_REPEATS]
    sites = Counter(host for host in hosts if host)
    site = max(sites, key=lambda host: (sites[host], host), default=None)
    return Evidence(
        len(texts),
        sum(len(text.encode()) for text in texts),
        main,
        _ratio(scripts[main] if main else 0, total),
        _ratio(sum(n for code, n in scripts.items() if code not in known), total),
        _ratio(letters, visible),
        _ratio(sum(n for _, n in frequent), lines.total()),
        _ratio(sum(n for host, n in sites.items() if is_religious(host)), sites.total()),
        site,
        _ratio(sites[site] if site else 0, sites.total()),
        near_duplicate_ratio(np.concatenate(bands)),
        _ratio(without, listed),
        count_types(np.concatenate(words)),
        tuple(frequent[:10]),
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _count_scripts(text: TextBatch, scripts: Counter[str]) -> None:
    found = script_counts(text, merge=False)
    totals = found.counts.sum(axis=0).tolist()
    scripts.update({code: n for code, n in zip(found.codes, totals, strict=True) if code not in NO_SCRIPT})


def _bands(measured: Measurement) -> Hashes:
    signatures = measured.get("minhash", permutations=BANDS * ROWS).drop_null()
    rows = [np.frombuffer(one, dtype="<u4") for one in signatures.to_pylist()]
    return band_hashes(np.stack(rows), BANDS, ROWS) if rows else np.empty((0, BANDS), np.uint64)


def near_duplicate_ratio(bands: Hashes) -> float | None:
    """Return the share of documents that have one of their bands in common with another document."""
    if not len(bands):
        return None
    _, places, counts = np.unique(bands, return_inverse=True, return_counts=True)
    return float((counts[places].reshape(bands.shape) > 1).any(axis=1).mean())


def count_types(hashes: Hashes) -> TypeToken:
    """Return how often each different word comes."""
    return TypeToken(np.sort(np.unique(hashes, return_counts=True)[1])[::-1].astype(np.int64))


def _lines(texts: Sequence[str]) -> Counter[str]:
    lines = itertools.chain.from_iterable(text.split("\n") for text in texts)
    return Counter(stripped for line in lines if (stripped := line.strip()))


def is_religious(host: str) -> bool:
    """Return whether a host is a religious publisher's."""
    if any(host == known or host.endswith(f".{known}") for known in RELIGIOUS_HOSTS):
        return True
    return any(word in label for label in host.split(".")[:-1] for word in RELIGIOUS_WORDS)


def as_row(evidence: Evidence) -> dict[str, Any]:
    """Return the measurements that are columns of AUDIT."""
    return {
        "sampled_documents": evidence.documents,
        "sampled_bytes": evidence.text_bytes,
        "main_script": evidence.main_script,
        "main_script_ratio": evidence.main_script_ratio,
        "foreign_script_ratio": evidence.foreign_script_ratio,
        "letter_ratio": evidence.letter_ratio,
        "boilerplate_line_ratio": evidence.boilerplate_line_ratio,
        "religious_document_ratio": evidence.religious_document_ratio,
        "top_site": evidence.top_site,
        "top_site_ratio": evidence.top_site_ratio,
        "near_duplicate_ratio": evidence.near_duplicate_ratio,
        "types_in_10000": evidence.types.expected_types(CURVE_WORDS),
        "no_common_word_ratio": evidence.no_common_word_ratio,
    }
