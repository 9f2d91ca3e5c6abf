"""What a user gives as INPUT, and the archives behind it.

An INPUT is a WARC or ARC file (compressed with gzip or not), a glob, a folder, an `s3://`, `gs://`,
`https://` or `http://` address, or a list of such (`warc.paths.gz`, `*.paths`, `*.txt`). What is named must
be an archive; what a folder, a glob or a prefix merely contains and is none is passed over, and noted.
"""

import fnmatch
import glob
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.kinds import kind_of
from pipeline.remote import Look, list_folder, local_path, look, open_range, scheme
from schemas.errors import InputError

COMMON_CRAWL = "https://data.commoncrawl.org/"
"""What the lines of Common Crawl's `warc.paths.gz` are relative to."""

LOOKED_AT = 256
"""Up to so many remote archives are asked for their size, one request each, and can be cut."""

_LOOK_THREADS = 8
_ARCHIVE_NAME = re.compile(r"\.w?arc(\.(gz|open|lz4|zst|bz2|xz))*$", re.IGNORECASE)
_DERIVED_NAME = re.compile(r"\.(wet|wat)(\.(gz|zst))?$|\.(wet|wat)\.", re.IGNORECASE)
_LIST_NAME = re.compile(r"(\.paths|\.txt)(\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive to be read: its address, and its size in bytes where that is known."""

    uri: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that a folder, a glob or a prefix contains and that is not read."""

    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The archives behind the inputs, sorted by address, each once; and what was passed over."""

    archives: tuple[Archive, ...]
    skipped: tuple[Skipped, ...]


def list_archives(inputs: Sequence[str], archive_root: str = COMMON_CRAWL) -> Listing:
    """Find the archives behind `inputs`; lines of lists that are relative stand below `archive_root`.

    Raises:
        InputError: an input is missing, empty, or holds no archive.
    """
    if not inputs:
        raise InputError("no input: expected archives, folders, addresses or lists of archives")
    sizes: dict[str, int | None] = {}
    skipped: dict[str, str] = {}
    named: dict[str, str] = {}  # address, and the input that names it
    for text in inputs:
        if _is_collection(text):
            _add_collection(text, sizes, skipped)
        elif _LIST_NAME.search(text):
            named |= {line: text for line in _read_list(text, archive_root)}
        else:
            named[_absolute(text)] = text
    sizes |= _check_named(named)
    archives = tuple(Archive(uri, sizes[uri]) for uri in sorted(sizes))
    notes = tuple(Skipped(uri, skipped[uri]) for uri in sorted(skipped) if uri not in sizes)
    if not archives:
        raise _nothing_found(inputs, notes)
    return Listing(archives, notes)


def _absolute(uri: str) -> str:
    return uri if scheme(uri) else str(local_path(uri).expanduser().absolute())


def _is_collection(text: str) -> bool:
    if scheme(text) in ("http", "https"):
        return False
    if scheme(text):
        return text.endswith("/") or glob.has_magic(text)
    path = local_path(text).expanduser()
    return path.is_dir() or (glob.has_magic(text) and not path.exists())


def _add_collection(text: str, sizes: dict[str, int | None], skipped: dict[str, str]) -> None:
    """Sort what a folder, a glob or a prefix contains into archives and files to pass over."""
    found = False
    for uri, size in _contents(text):
        found = True
        reason = _why_skipped(uri, size)
        if reason:
            skipped[uri] = reason
        else:
            sizes[uri] = size
    if not found:
        raise InputError(f"{text}: expected archives, found no file at all")


def _contents(text: str) -> Iterator[tuple[str, int]]:
    if not scheme(text):
        path = local_path(text).expanduser()
        files = path.rglob("*") if path.is_dir() else _glob(path)
        yield from ((str(f.absolute()), f.stat().st_size) for f in files if f.is_file())
        return
    for uri, size in list_folder(re.split(r"[*?\[]", text)[0]):
        if not uri.endswith("/") and (text.endswith("/") or fnmatch.fnmatchcase(uri, text)):
            yield uri, size


def _glob(pattern: Path) -> Iterator[Path]:
    """Yield the files that a pattern matches, `**` included."""
    parts = pattern.absolute().parts
    fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:fixed]).glob("/".join(parts[fixed:]))


def _why_skipped(uri: str, size: int) -> str:
    if _DERIVED_NAME.search(uri):
        return "WET and WAT files hold text and metadata made from pages, not pages"
    if not _ARCHIVE_NAME.search(uri):
        return "not named like an archive (.warc, .warc.gz, .arc, .arc.gz)"
    return "" if size else "empty file"


def _read_list(text: str, archive_root: str) -> list[str]:
    with open_range(text) as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{text}: expected a list of archives, got damaged gzip: {error}") from error
    try:
        lines = [line.strip() for line in data.decode("utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise InputError(
            f"{text}: expected a list of archives, one a line; got bytes that are no text"
        ) from error
    uris = [line for line in lines if line and not line.startswith("#")]
    if not uris:
        raise InputError(f"{text}: expected a list of archives, one a line; got an empty list")
    root = archive_root if archive_root.endswith("/") else archive_root + "/"
    return [uri if scheme(uri) else _absolute(uri if uri.startswith("/") else root + uri) for uri in uris]


def _check_named(named: dict[str, str]) -> dict[str, int | None]:
    """Look into each archive that is named, remote ones only while they are few; return their sizes."""
    for uri, text in named.items():
        if _DERIVED_NAME.search(uri):
            raise InputError(
                f"{_where(uri, text)}: expected an archive of pages, got a WET or WAT file, which holds text "
                "or metadata made from pages; give the WARC files of the same crawl (warc.paths.gz)"
            )
    remote = [uri for uri in named if scheme(uri)]
    looked_at = [uri for uri in named if not scheme(uri) or len(remote) <= LOOKED_AT]
    sizes: dict[str, int | None] = dict.fromkeys(remote)
    with ThreadPoolExecutor(_LOOK_THREADS) as pool:
        for uri, seen in zip(looked_at, pool.map(look, looked_at), strict=True):
            fault = _fault(seen, uri)
            if fault:
                raise InputError(f"{_where(uri, named[uri])}: expected a WARC or ARC file, got {fault}")
            sizes[uri] = seen.size
    return sizes


def _where(uri: str, text: str) -> str:
    return uri if uri in (text, _absolute(text)) else f"{text}: {uri}"


def _fault(seen: Look, uri: str) -> str:
    """Return what a file is instead of an archive; an empty string where it is one."""
    if seen.size == 0 or not seen.head:
        return "an empty file"
    kind = kind_of(seen.head, uri)
    return f"{kind.foreign}; archives are read as they are or with gzip" if kind.foreign else kind.doubt


def _nothing_found(inputs: Iterable[str], notes: tuple[Skipped, ...]) -> InputError:
    reasons = sorted({note.reason for note in notes})
    return InputError(
        f"{', '.join(inputs)}: expected WARC or ARC files, found none; "
        f"{len(notes)} files were passed over: {'; '.join(reasons)}"
    )
