"""The kinds of step that a recipe may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from filters.rule import Rule

Scope = Literal["document", "chunk"]
Parameters = Mapping[str, object]


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
    """Keep the documents or the chunks for which a rule holds; `name` is the column and the reason."""

    name: str
    rule: Rule
    parameters: Parameters = field(default_factory=dict)
    scope: Scope = "document"

    def __str__(self) -> str:
        return f"keep {self.rule}" + (" (chunks)" if self.scope == "chunk" else "")


@dataclass(frozen=True, slots=True)
class DedupStep:
    """Keep one of the documents, or of the chunks, that are alike; `name` is the reason."""

    name: str
    kind: str
    parameters: Parameters = field(default_factory=dict)
    scope: Scope = "document"

    def __str__(self) -> str:
        return f"dedup {self.kind}" + (" (chunks)" if self.scope == "chunk" else "")


Step = EditStep | KeepStep | DedupStep


@dataclass(frozen=True, slots=True)
class DedupKind:
    """A way to find what is alike: the signal that gives the key, and the parameters with their defaults."""

    key: str
    reason: str
    parameters: Parameters
    meaning: str


_WHICH = {"keep": "smallest_key", "within": "corpus"}

DEDUP_KINDS: Mapping[str, DedupKind] = {
    "exact": DedupKind(
        "content_hash", "exact_duplicate", {"key": "content_hash", **_WHICH}, "the same text once normalised"
    ),
    "url": DedupKind("url_key", "url_duplicate", {"key": "url_key", **_WHICH}, "the same address"),
    "minhash": DedupKind(
        "minhash",
        "near_duplicate",
        {"bands": 25, "rows": 5, "min_similarity": 0.7, **_WHICH},
        "texts that share most of their shingles",
    ),
}
"""Document kinds; `exact` also relates chunks. `within` is `corpus` or `language`."""

CHUNK_REASON = "chunk_duplicate"
