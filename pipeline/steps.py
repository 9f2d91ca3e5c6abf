"""The kinds of step that a recipe may hold, and what each kind takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from filters.rule import Rule

Scope = Literal["document", "chunk"]
Then = Literal["drop", "count"]
Verdict = Literal["flag", "remove", "relabel"]
Parameters = Mapping[str, object]

SCOPES = ("document", "chunk")
CHUNK_OUTCOMES = ("drop", "count")
AUDIT_OUTCOMES = ("flag", "remove", "relabel")
SAMPLED_BY = ("doc_id", "url", "host")
FAILED_CHUNK_RATIO = "failed_chunk_ratio"
"""Measured by the chunk rules just before: the share of the document's chunks that failed one of them."""


@dataclass(frozen=True, slots=True)
class EditStep:
    """Change the text."""

    name: str
    edit: str
    parameters: Parameters = field(default_factory=dict)

    def __str__(self) -> str:
        return f"edit {self.edit}"


@dataclass(frozen=True, slots=True)
class KeepStep:
    """Keep the documents or the chunks for which a rule holds; `name` is the column and the reason.

    A chunk that fails is dropped, or with `then="count"` stays and counts in `failed_chunk_ratio`.
    """

    name: str
    rule: Rule
    parameters: Parameters = field(default_factory=dict)
    scope: Scope = "document"
    then: Then = "drop"

    def __str__(self) -> str:
        chunks = {"drop": " (chunks)", "count": " (chunks, counted)"}[self.then]
        return f"keep {self.rule}" + (chunks if self.scope == "chunk" else "")


@dataclass(frozen=True, slots=True)
class DedupStep:
    """Keep one of the documents, or of the chunks, that are alike; `name` is the reason."""

    name: str
    kind: str
    parameters: Parameters = field(default_factory=dict)
    scope: Scope = "document"

    def __str__(self) -> str:
        return f"dedup {self.kind}" + (" (chunks)" if self.scope == "chunk" else "")


@dataclass(frozen=True, slots=True)
class ThresholdStep:
    """Learn one limit for each language from the documents that reach the step; rules call it `$name`.

    `column` holds the values: that of a rule on the same measurement, or one of the step's own. `parameters`
    are those of the procedure `rule` and what all procedures take; `measured_with` are the signal's.
    """

    name: str
    signal: str
    rule: str
    parameters: Parameters = field(default_factory=dict)
    measured_with: Parameters = field(default_factory=dict)
    column: str = ""

    def __str__(self) -> str:
        return f"threshold ${self.name}: {self.rule} of {self.signal}"


@dataclass(frozen=True, slots=True)
class AuditStep:
    """Judge whole languages by all of their documents; `name` is the reason of those that are removed."""

    name: str
    kind: str
    parameters: Parameters = field(default_factory=dict)
    then: Verdict = "flag"

    def __str__(self) -> str:
        return f"audit {self.kind}, then {self.then}"


@dataclass(frozen=True, slots=True)
class SampleStep:
    """Keep a share of the documents, and at most so many of each language, by the hash of a column.

    The same documents in every run: smaller shares are part of larger ones.
    """

    name: str
    share: float
    by: str = "doc_id"
    max_documents: int | None = None

    def __str__(self) -> str:
        most = f", at most {self.max_documents:,} of each language" if self.max_documents is not None else ""
        return f"sample {self.share:g} by {self.by}{most}"


Step = EditStep | KeepStep | DedupStep | ThresholdStep | AuditStep | SampleStep


@dataclass(frozen=True, slots=True)
class DedupKind:
    """A way to find what is alike: the signal that gives the key, and the parameters with their defaults.

    `scopes` are those that the kind can have, the first one by default; `unit` cuts the chunks where that is
    part of the kind, else `[chunks]` of the recipe does.
    """

    key: str
    reason: str
    parameters: Parameters
    meaning: str
    scopes: tuple[Scope, ...] = ("document",)
    unit: str | None = None


_WHICH = {"keep": "smallest_key", "within": "corpus"}

DEDUP_KINDS: Mapping[str, DedupKind] = {
    "exact": DedupKind(
        "content_hash",
        "exact_duplicate",
        {"key": "content_hash", **_WHICH},
        "the same text once normalised",
        ("document", "chunk"),
    ),
    "url": DedupKind("url_key", "url_duplicate", {"key": "url_key", **_WHICH}, "the same address"),
    "minhash": DedupKind(
        "minhash",
        "near_duplicate",
        {
            "key": "minhash",
            "bands": 25,
            "rows": 5,
            "min_similarity": 0.7,
            "verify": "signature",
            "split_above": 0,
            **_WHICH,
        },
        "texts that share most of their shingles",
    ),
    "simhash": DedupKind(
        "simhash",
        "similar_hash",
        {"key": "simhash", "distance": 4, "blocks": 6, **_WHICH},
        "SimHashes that differ in few bits",
    ),
    "line": DedupKind(
        "content_hash",
        "line_duplicate",
        {"key": "content_hash", **_WHICH},
        "the same line once normalised",
        ("chunk",),
        "whole_line",
    ),
    "paragraph": DedupKind(
        "stripped_hash",
        "paragraph_duplicate",
        {"key": "stripped_hash", "keep": "none", "within": "corpus"},
        "the same paragraph (a line of text); all copies go unless `keep` says otherwise",
        ("chunk",),
        "whole_line",
    ),
    "spans": DedupKind(
        "content_hash",
        "span_duplicate",
        {"key": "content_hash", "lines": 3, "within": "corpus"},
        "runs of sentences that occur before",
        ("chunk",),
        "sentence",
    ),
    "overlap": DedupKind(
        "ngram_hashes",
        "overlapping_paragraph",
        {"key": "ngram_hashes", "share": 0.8, "within": "corpus"},
        "paragraphs most of whose n-grams occur before, in the order of keys and lines",
        ("chunk",),
        "whole_line",
    ),
    "substring": DedupKind(
        "content_hash",
        "repeated_substring",
        {"unit": "word", "size": 50, "keep": "smallest_key", "within": "language"},
        "spans of `size` words (or bytes) and more that occur before",
        ("chunk",),
    ),
}
"""`within` is `corpus` or `language`."""

CHUNK_REASON = "chunk_duplicate"

_SAMPLED = {"sample_bytes": 1_000_000, "least_bytes": 20_000, "reference": None}

AUDIT_KINDS: Mapping[str, Parameters] = {
    "script": {"foreign_script": 0.5, "letters": 0.5, "words": None, **_SAMPLED},
    "confusion": {
        "other_family": 0.7,
        "distant_kin": 0.3,
        "alike": 0.05,
        "document_margin": 0.1,
        "foreign_documents": 0.15,
        "reference_margin": 0.15,
        "order": 3,
        **_SAMPLED,
    },
}
"""Each audit with its parameters: fields of `AuditSettings` (`pipeline/audits.py`), and `reference`, text
that is known to be in the language of its label."""


@dataclass(frozen=True, slots=True)
class UrlStep:
    """Leave out pages by their address alone, before their text is extracted; `name` is the reason.

    `block` is the list: an installed package, a folder, a file, or a name in the folder of `--lists`.
    """

    name: str
    block: str
    parameters: Parameters = field(default_factory=dict)

    def __str__(self) -> str:
        return f"block {self.block}"
