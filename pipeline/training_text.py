"""Texts to train language models on, by language, from the forms that corpora have.

- a published corpus (`data/<lang>/*.parquet`, `tail/<lang>/*.parquet`; what was removed is not read);
- a folder with `<lang>/*.txt`, `<lang>/*.parquet`, `<lang>.txt` or `<lang>.parquet`;
- one such file, or a Parquet file with the columns `text` and `lang`.

Local or at any address that pyarrow opens. A Parquet row is a document, and so is a line of a text file. The
column `lang` says the language; without it, the folder or the file name does.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
from numpy.typing import NDArray

from pipeline.parquet_texts import stream_parquet
from schemas.errors import InputError

ROWS = 1000
"""Documents read at a time."""

LEAST_HELD_OUT, MOST_HELD_OUT = 10, 2000
"""Documents; a fifth of a corpus that is too small for the least."""

Hashes = NDArray[np.uint64]
Lengths = NDArray[np.int64]
Rows = NDArray[np.bool_]

LABEL = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}", re.ASCII)
"""What models are filed under: the labels that documents get."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a corpus."""

    corpus: str
    name: str
    """Its path below the corpus; empty when the corpus is one file."""
    lang: str | None
    """The language that the folder or the file is named by."""

    @property
    def address(self) -> str:
        """Where the file is, for messages."""
        return f"{self.corpus.rstrip('/')}/{self.name}" if self.name else self.corpus


@dataclass(frozen=True, slots=True)
class Amount:
    """What the corpora hold of one language."""

    documents: int = 0
    characters: int = 0
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """Which documents of a language go where, by their place."""

    digest: str
    """SHA-256 of the hashes of all documents in their order."""
    held_out: Rows
    training: Rows
    pieces: Rows
    """Those of the training documents that the SentencePiece model learns from."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a language's text is used for what."""

    held_out_ratio: float
    most_characters: int
    pieces_characters: int


def find_sources(corpora: Sequence[str]) -> list[Source]:
    """Return the files of the corpora that hold text, in the order given and by name.

    Raises:
        InputError: a corpus does not exist or holds no such file.
    """
    return [source for corpus in corpora for source in _find(corpus)]


def _find(corpus: str) -> list[Source]:
    fs, root = _open(corpus)
    kind = fs.get_file_info(root).type
    if kind == pafs.FileType.File:
        return [Source(corpus, "", _label(PurePosixPath(root)))]
    if kind == pafs.FileType.NotFound:
        raise InputError(f"corpus {corpus}: no such file or folder")
    found = fs.get_file_info(pafs.FileSelector(root, recursive=True))
    names = sorted(i.path[len(root) + 1 :] for i in found if i.type == pafs.FileType.File)
    texts = [n for n in names if n.endswith((".parquet", ".txt")) and not _hidden(n)]
    published = [n for n in texts if n.startswith(("data/", "tail/"))]
    if not texts:
        raise InputError(
            f"corpus {corpus}: expected <lang>/*.txt, <lang>/*.parquet, <lang>.txt or a published corpus, "
            f"got {len(names)} other files"
        )
    return [Source(corpus, name, _label(PurePosixPath(name))) for name in published or texts]


def _open(corpus: str) -> tuple[pafs.FileSystem, str]:
    if "://" in corpus:
        fs, root = pafs.FileSystem.from_uri(corpus)
        return fs, str(root)
    return pafs.LocalFileSystem(), str(Path(corpus).absolute())


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in PurePosixPath(name).parts)


def _label(path: PurePosixPath) -> str | None:
    """Return the language that the folder or the file is named by."""
    for name in (path.parent.name, path.name.partition(".")[0]):
        if LABEL.fullmatch(name):
            return name
    return None


def count_text(sources: Sequence[Source]) -> tuple[dict[str, Amount], int]:
    """Return the amount of text by language, and how many documents have none.

    Raises:
        InputError: a file cannot be read as what it should be.
    """
    amounts: dict[str, Amount] = {}
    nameless = 0
    for source in sources:
        for lang, texts, _ in read_source(source):
            if lang is None:
                nameless += len(texts)
                continue
            before = amounts.get(lang, Amount())
            more = () if source in before.sources else (source,)
            characters = before.characters + (pc.sum(pc.utf8_length(texts)).as_py() or 0)
            amounts[lang] = Amount(before.documents + len(texts), characters, (*before.sources, *more))
    return amounts, nameless


def read_texts(lang: str, sources: Sequence[Source]) -> Iterator[list[str]]:
    """Yield the documents of a language in their order, some at a time."""
    for source in sources:
        for found, texts, _ in read_source(source):
            if found == lang:
                yield texts.to_pylist()


def split_text(lang: str, amount: Amount, limits: Limits) -> Split:
    """Decide by hash which documents are held out and which are trained on; copies stay together.

    The documents with the smallest hashes are held out, the next are trained on until there is text enough.
    """
    batches = list(_measure(lang, amount))
    hashes = np.concatenate([h for h, _ in batches])
    lengths = np.concatenate([n for _, n in batches])
    different = np.unique(hashes)
    held = max(round(limits.held_out_ratio * len(different)), min(LEAST_HELD_OUT, len(different) // 5))
    held = min(held, MOST_HELD_OUT)
    held_out = hashes < different[held] if held > 0 else np.zeros(len(hashes), dtype=np.bool_)
    training = _first_by_hash(hashes, lengths, ~held_out, limits.most_characters)
    pieces = _first_by_hash(hashes, lengths, training, limits.pieces_characters)
    return Split(hashlib.sha256(hashes.astype("<u8").tobytes()).hexdigest(), held_out, training, pieces)


def _measure(lang: str, amount: Amount) -> Iterator[tuple[Hashes, Lengths]]:
    """Yield hashes and lengths in characters of documents."""
    for texts in read_texts(lang, amount.sources):
        digests = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts]
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        yield np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64), lengths


def _first_by_hash(hashes: Hashes, lengths: Lengths, eligible: Rows, most: int) -> Rows:
    """Return the eligible documents in the order of their hashes until they have `most` characters."""
    places = np.flatnonzero(eligible)
    places = places[np.argsort(hashes[places], kind="stable")]
    enough = int(np.searchsorted(np.cumsum(lengths[places]), most, side="right"))
    chosen = np.zeros(len(hashes), dtype=np.bool_)
    chosen[places[: max(enough, 1)]] = True
    return chosen


def read_chosen(lang: str, amount: Amount, rows: Rows) -> Iterator[list[str]]:
    """Yield the documents of a language that are set in `rows`."""
    place = 0
    for texts in read_texts(lang, amount.sources):
        here = rows[place : place + len(texts)].tolist()
        place += len(texts)
        yield [text for text, chosen in zip(texts, here, strict=True) if chosen]


def read_source(source: Source) -> Iterator[tuple[str | None, pa.Array, pa.Array]]:
    """Yield the documents of a file that are not empty, with their language and their sites.

    A site is the column `host`, or that of `url`; null where a file has neither.

    Raises:
        InputError: the file cannot be read as what it should be.
    """
    fs, root = _open(source.corpus)
    path = f"{root}/{source.name}" if source.name else root
    try:
        if path.endswith(".parquet"):
            yield from _read_parquet(source, fs, path)
        else:
            yield from _read_lines(source, fs, path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source.address}: cannot be read: {error}") from error


def _read_parquet(
    source: Source, fs: pafs.FileSystem, path: str
) -> Iterator[tuple[str | None, pa.Array, pa.Array]]:
    with stream_parquet(fs.open_input_file(path)) as file:
        names = file.schema_arrow.names
        if "text" not in names or ("lang" not in names and source.lang is None):
            raise InputError(
                f"{source.address}: expected the columns text and lang, or text in a file named by its "
                f"language (swh_Latn.parquet), got {', '.join(names)}"
            )
        columns = [name for name in ("text", "lang", "host", "url") if name in names]
        for batch in file.iter_batches(ROWS, columns=columns):
            texts = batch.column("text").cast(pa.large_string())
            full = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(texts), ""), False)
            texts, hosts = texts.filter(full), _hosts(batch).filter(full)
            if "lang" not in names:
                yield source.lang, texts, hosts
                continue
            langs = batch.column("lang").cast(pa.string()).filter(full)
            for lang in pc.unique(langs).to_pylist():
                mine = pc.equal(langs, lang) if lang is not None else langs.is_null()
                mine = pc.fill_null(mine, False)
                yield lang, texts.filter(mine), hosts.filter(mine)


def _hosts(batch: pa.RecordBatch) -> pa.Array:
    if "host" in batch.schema.names:
        return batch.column("host").cast(pa.string())
    if "url" not in batch.schema.names:
        return pa.nulls(batch.num_rows, pa.string())
    found = pc.extract_regex(
        batch.column("url").cast(pa.string()), r"^[a-z]+://(?:[^/?#]*@)?(?P<host>[^/:?#]+)"
    )
    return pc.utf8_lower(pc.struct_field(found, "host"))


def _read_lines(
    source: Source, fs: pafs.FileSystem, path: str
) -> Iterator[tuple[str | None, pa.Array, pa.Array]]:
    if source.lang is None:
        raise InputError(
            f"{source.address}: expected a text file named by its language (swh_Latn.txt), or in a folder "
            "named by it"
        )
    with io.TextIOWrapper(fs.open_input_stream(path), encoding="utf-8-sig", newline="\n") as file:
        lines: list[str] = []
        for line in file:
            if text := line.strip():
                lines.append(text)
            if len(lines) >= ROWS:
                yield source.lang, pa.array(lines, pa.large_string()), pa.nulls(len(lines), pa.string())
                lines = []
    if lines:
        yield source.lang, pa.array(lines, pa.large_string()), pa.nulls(len(lines), pa.string())
