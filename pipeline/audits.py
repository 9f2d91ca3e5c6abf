"""Judge the corpora of all languages by samples of their documents.

Of each language, the documents with the smallest hashes are looked at, up to a megabyte of text, so that
languages compare and the sample does not depend on order or parts. A tenth of the sample is held out from the
language models. With a reference (text that is known to be in the language of its label), the text also says
which label it should have, vocabularies compare with the reference's, and its most frequent words are the
common words.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from filters.audit_evidence import CURVE_WORDS, Evidence, TypeToken, count_types, measure_documents
from filters.audit_verdicts import ALL_KINDS, Judged, ScriptLimits, audit_row
from filters.confusion import Confusion, Limits, Sample, find_confusions
from filters.model_text import find_normalisation
from filters.ngram_tables import CharacterModel, count_windows, train_characters
from filters.text import TextBatch
from filters.wordlists import WordLists
from pipeline.training_text import LABEL, Source, find_sources, read_source
from schemas.audit import AUDIT
from schemas.errors import InputError

SHOWN_DOCUMENTS: Final = 10
COMMON_WORDS: Final = 50
"""Most frequent words of a reference that count as common."""

SCORED_CHARACTERS: Final = 2000
"""Code points of a document that are scored one by one against other languages."""

LEAST_DOCUMENTS: Final = 5
"""Below, nothing can be held out."""


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """What is looked at, and where findings begin."""

    kinds: tuple[str, ...] = ALL_KINDS
    then: str = "flag"
    order: int = 3
    sample_bytes: int = 1_000_000
    least_bytes: int = 20_000
    """Sampled text below which language models do not judge."""
    held_out_ratio: float = 0.1
    scored_documents: int = 100
    confusion: Limits = field(default_factory=Limits)
    script: ScriptLimits = field(default_factory=ScriptLimits)
    words: str | None = None
    """Word lists of common words; a reference gives its own."""


@dataclass(frozen=True, slots=True)
class Document:
    """A sampled document."""

    hash: int
    text: str
    host: str | None
    size: int
    """Bytes of UTF-8."""


class Pool:
    """The documents of one language with the smallest hashes, up to so many bytes of text."""

    def __init__(self, most_bytes: int) -> None:
        self.documents = 0
        self.text_bytes = 0
        self._most = most_bytes
        self._kept: list[Document] = []
        self._size = 0
        self._below = 1 << 64

    def add(self, text: str, host: str | None) -> None:
        """Take a document into account."""
        raw = text.encode("utf-8", "replace")
        self.documents += 1
        self.text_bytes += len(raw)
        hashed = int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "big")
        if hashed < self._below:
            self._kept.append(Document(hashed, text, host, len(raw)))
            self._size += len(raw)
            if self._size > 2 * self._most:
                self._cut()

    def count(self, documents: int, text_bytes: int) -> None:
        """Count documents that were looked at elsewhere and not taken."""
        self.documents += documents
        self.text_bytes += text_bytes

    def _cut(self) -> None:
        self._kept.sort(key=lambda document: (document.hash, document.host or ""))
        size, last = 0, 0
        while last < len(self._kept) and (size < self._most or last <= LEAST_DOCUMENTS):
            size += self._kept[last].size
            last += 1
        self._below = self._kept[last].hash if last < len(self._kept) else self._below
        self._kept, self._size = self._kept[:last], size

    def sampled(self) -> list[Document]:
        """Return the documents of the sample by their hashes."""
        self._cut()
        return list(self._kept)


Pools = dict[str, Pool]


def pool_batch(pools: Pools, lang: str, texts: Iterable[str], hosts: Iterable[str | None], most: int) -> None:
    """Add documents of one language."""
    pool = pools.setdefault(lang, Pool(most))
    for text, host in zip(texts, hosts, strict=True):
        pool.add(text, host)


def pool_sources(sources: Sequence[Source], most_bytes: int, wanted: frozenset[str] | None = None) -> Pools:
    """Sample the files of corpora; documents without a label such as swh_Latn are left out.

    Raises:
        InputError: a file cannot be read, or no document has a label.
    """
    pools: Pools = {}
    for source in sources:
        for lang, texts, hosts in read_source(source):
            if lang is not None and LABEL.fullmatch(lang) and (wanted is None or lang in wanted):
                pool_batch(pools, lang, texts.to_pylist(), hosts.to_pylist(), most_bytes)
    if not pools:
        raise InputError("nothing to audit: no document has a label such as swh_Latn that is asked for")
    return pools


@dataclass(frozen=True, slots=True)
class Reference:
    """What text that is known to be right gives: a model, a vocabulary and common words by language."""

    models: Mapping[str, CharacterModel] = field(default_factory=dict)
    types: Mapping[str, TypeToken] = field(default_factory=dict)
    words: WordLists | None = None


def read_reference(corpus: str | None, settings: AuditSettings) -> Reference:
    """Learn from reference text; without any, an empty reference.

    Raises:
        InputError: the corpus cannot be read.
    """
    if corpus is None:
        return Reference()
    models, types, words = {}, {}, {}
    for lang, pool in sorted(pool_sources(find_sources([corpus]), settings.sample_bytes).items()):
        documents = pool.sampled()
        batch = TextBatch.from_arrow(pa.array([d.text for d in documents], pa.large_string()))
        types[lang] = count_types(batch.span_hashes(batch.words(), fold=True))
        words[lang] = _common_words(batch)
        if sum(d.size for d in documents) >= settings.least_bytes:
            models[lang] = train_characters(
                count_windows(map(_clean, (d.text for d in documents)), settings.order)
            )
    return Reference(models, types, WordLists.of("reference", words))


def _common_words(batch: TextBatch) -> list[str]:
    found = batch.slice_text(batch.words())
    counted = pc.value_counts(pc.utf8_lower(found)).to_pylist()
    ordered = sorted(counted, key=lambda one: (-one["counts"], one["values"]))
    return [one["values"] for one in ordered[:COMMON_WORDS]]


def _clean(text: str) -> str:
    return find_normalisation("characters").clean(text)


@dataclass(frozen=True, slots=True)
class Audit:
    """The audited languages: rows of AUDIT, and for each language what a person looks at."""

    rows: list[dict[str, Any]]
    documents: Mapping[str, list[Document]]
    frequent_lines: Mapping[str, tuple[tuple[str, int], ...]]

    def table(self) -> pa.Table:
        """Return the rows as a table."""
        return pa.Table.from_pylist(self.rows, schema=AUDIT)


def audit_pools(pools: Pools, settings: AuditSettings, reference: Reference | None = None) -> Audit:
    """Judge the sampled languages, in the order of their labels."""
    reference = reference or Reference()
    samples: dict[str, Sample] = {}
    evidence: dict[str, Evidence] = {}
    shown: dict[str, list[Document]] = {}
    words = reference.words or settings.words
    for lang in sorted(pools):
        documents = pools[lang].sampled()
        evidence[lang] = measure_documents(
            lang, [d.text for d in documents], [d.host for d in documents], words
        )
        shown[lang] = documents[:SHOWN_DOCUMENTS]
        if evidence[lang].text_bytes >= settings.least_bytes and len(documents) >= LEAST_DOCUMENTS:
            samples[lang] = make_sample(documents, settings)
    confusions = {c.lang: c for c in find_confusions(samples, settings.confusion, reference.models)}
    rows = [
        _row(lang, pools[lang], evidence[lang], confusions.get(lang), reference, settings)
        for lang in sorted(pools)
    ]
    return Audit(rows, shown, {lang: found.frequent_lines for lang, found in evidence.items()})


def _row(
    lang: str,
    pool: Pool,
    evidence: Evidence,
    confusion: Confusion | None,
    reference: Reference,
    settings: AuditSettings,
) -> dict[str, Any]:
    types = reference.types.get(lang)
    expected = types.expected_types(CURVE_WORDS) if types else None
    judged = Judged(lang, pool.documents, pool.text_bytes, evidence, confusion, expected)
    return audit_row(judged, settings.script, settings.kinds, settings.then)


def make_sample(documents: Sequence[Document], settings: AuditSettings) -> Sample:
    """Hold out the documents with the smallest hashes, a tenth of the text, and count the windows of all."""
    total = sum(document.size for document in documents)
    held, size = 0, 0
    while held < len(documents) - 1 and (held == 0 or size < settings.held_out_ratio * total):
        size += documents[held].size
        held += 1
    lines = [_clean(document.text) for document in documents]
    return Sample(
        count_windows(lines[held:], settings.order),
        count_windows(lines[:held], settings.order),
        tuple(
            count_windows([line[:SCORED_CHARACTERS]], settings.order)
            for line in lines[: min(held, settings.scored_documents)]
        ),
    )


def audit_corpora(
    corpora: Sequence[str],
    settings: AuditSettings | None = None,
    *,
    reference: str | None = None,
    languages: frozenset[str] | None = None,
) -> Audit:
    """Judge the languages of corpora, published ones or any that `train-lm` reads, in this process.

    Raises:
        InputError: a corpus cannot be read or has no labelled document.
        ModelError: the word lists do not exist.
    """
    settings = settings or AuditSettings()
    known = read_reference(reference, settings)
    pools = pool_sources(find_sources(corpora), settings.sample_bytes, languages)
    return audit_pools(pools, settings, known)
