"""Pages that are left out by their address alone, before their text is extracted.

A list is named by

    a path            a folder in the format of UT1 (`adult/domains`, `adult/urls`, …), an archive of one
                      (`.tar.gz`), or a file with an entry a line
    ut1-datatrove     the archive of domains and addresses in the package `datatrove`
    datatrove-…       the lists of FineWeb there: banned-words, banned-subwords, soft-banned-words
    any other name    a list that `glotmill models fetch` got, or of a file in the folder GLOTMILL_LISTS

Hosts and addresses become one sorted array of 64-bit hashes (8 bytes each). It is built once on a machine and
mapped into the memory of its processes, which share it. Two different names are taken for one with a
probability of about n / 2**64 a look-up in a list of n.
"""

import hashlib
import importlib.util
import json
import os
import tarfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from filters.hashing import Hashes
from filters.hosts import HostMatch, address_form, addresses_in, hosts_in, split_addresses
from filters.list_files import LISTS_VARIABLE
from filters.model_registry import cache_folder, fetched_path
from filters.public_suffixes import ascii_host, suffix_rules
from filters.quantiles import string_hashes
from filters.url_words import folded_word, substrings_in, words_in
from pipeline.steps import UrlStep
from schemas.errors import InputError, MissingDependencyError, RecipeError, near_name

KINDS: Final = ("domains", "urls", "words", "substrings")
PARAMETERS: Final[Mapping[str, object]] = {
    "kind": "domains",
    "categories": (),
    "match": "suffixes",
    "at_least": 1,
}
"""What `with` of a `[[urls]]` table takes: what the list holds; folders of it (none: all); `suffixes` or
`registered` names of a host; how many different words of a list of words an address must have."""

PACKAGED: Final[Mapping[str, str]] = {
    "ut1-datatrove": "url_filterblacklistsv0_3_0.tar.gz",
    "datatrove-banned-words": "banned_words.txt",
    "datatrove-banned-subwords": "banned_subwords.txt",
    "datatrove-soft-banned-words": "soft_banned_words.txt",
}
"""Lists in the package datatrove: name -> file among its assets."""

COMMENT: Final = "#"


@dataclass(frozen=True, slots=True)
class UrlList:
    """A list that is open: `name` is the reason; hosts and addresses are hashes, words are texts."""

    name: str
    kind: str
    hashes: Hashes
    words: frozenset[str] = frozenset()
    match: str = "suffixes"
    at_least: int = 1


def open_list(name: str, block: str, parameters: Mapping[str, object]) -> UrlList:
    """Return a list, built if this machine has not built it yet.

    Raises:
        RecipeError: a parameter is unknown or none of its values.
        InputError: there is no such list, or it is empty.
        MissingDependencyError: the package that carries it is absent.
    """
    chosen = _checked(name, {**PARAMETERS, **parameters})
    kind = str(chosen["kind"])
    if kind in ("domains", "urls"):
        path = compact_file(block, kind, tuple(chosen["categories"]))
        hashes = np.load(path, mmap_mode="r")
        return UrlList(name, kind, hashes, match=str(chosen["match"]))
    source = find_list(block)
    with source.open(encoding="utf-8") as file:
        entries = (line.strip() for line in file)
        words = frozenset(folded_word(word) for word in entries if word and not word.startswith(COMMENT))
    if not words - {""}:
        raise InputError(f"{source}: expected a word a line, found none")
    return UrlList(name, kind, np.empty(0, np.uint64), words - {""}, at_least=int(chosen["at_least"]))


def _checked(name: str, chosen: dict[str, Any]) -> dict[str, Any]:
    for key in chosen:
        if key not in PARAMETERS:
            raise RecipeError(f"urls: {name}: no parameter {key!r}{near_name(key, list(PARAMETERS))}")
    for key, allowed in (("kind", KINDS), ("match", ("suffixes", "registered"))):
        if chosen[key] not in allowed:
            raise RecipeError(
                f"urls: {name}: {key}: expected one of {', '.join(allowed)}, got {chosen[key]!r}"
            )
    return chosen


def blocked(lists: Sequence[UrlList], urls: pa.Array) -> pa.Array:
    """Return for each address the name of the first list that has it, null where none has."""
    if not lists:
        return pa.nulls(len(urls), pa.string())
    urls = urls.cast(pa.string())
    hosts, rest = split_addresses(urls)
    codes = np.full(len(urls), -1)
    for number, one in reversed(list(enumerate(lists))):
        if one.kind == "domains":
            match: HostMatch = "registered" if one.match == "registered" else "suffixes"
            found = hosts_in(hosts, one.hashes, suffix_rules(), match)
        elif one.kind == "urls":
            found = addresses_in(hosts, rest, one.hashes)
        elif one.kind == "words":
            found = words_in(urls, one.words, one.at_least)
        else:
            found = substrings_in(urls, one.words)
        codes[found] = number
    indices = pa.array(codes, pa.int32(), mask=codes < 0)
    return pa.array([one.name for one in lists], pa.string()).take(indices)


def find_list(block: str) -> Path:
    """Return the file or the folder of a list.

    Raises:
        InputError: there is none.
        MissingDependencyError: the package that carries it is absent.
    """
    path = Path(block)
    if path.exists():
        return path
    if block in PACKAGED:
        package = importlib.util.find_spec("datatrove")  # finds the package without importing it
        if package is None or package.origin is None:
            raise MissingDependencyError(f"list {block}: pip install datatrove")
        return Path(package.origin).parent / "assets" / PACKAGED[block]
    folder = os.environ.get(LISTS_VARIABLE)
    for name in (block, f"{block}.txt", f"{block}.tar.gz") if folder else ():
        if (Path(str(folder)) / name).exists():
            return Path(str(folder)) / name
    fetched = fetched_path(block)
    if fetched is not None:
        return fetched
    known = f"{', '.join(PACKAGED)}, a fetched list or a name in the folder {LISTS_VARIABLE}"
    raise InputError(f"list {block}: expected a path, {known}; found none{near_name(block, list(PACKAGED))}")


def compact_file(block: str, kind: str, categories: tuple[str, ...] = ()) -> Path:
    """Return the file of a list's sorted hashes, built if there is none for what the list is now.

    Raises:
        InputError: there is no such list, or it has no entries of that kind.
    """
    source = find_list(block)
    made_by = string_hashes(pa.array([kind])).tobytes().hex()  # another hash function: another file
    parts = [
        made_by,
        *sorted(categories),
        *(f"{f}:{f.stat().st_size}:{f.stat().st_mtime_ns}" for f in _files(source)),
    ]
    name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
    target = cache_folder().parent / "blocklists" / f"{kind}-{name}.npy"
    if not target.is_file():
        hashes = np.unique(np.concatenate([np.empty(0, np.uint64), *_hashed(source, kind, categories)]))
        if not len(hashes):
            chosen = f" in {', '.join(categories)}" if categories else ""
            raise InputError(f"{source}: expected a file {kind!r} with an entry a line{chosen}, found none")
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.npy")
        np.save(aside, hashes)
        aside.replace(target)
    return target


def _files(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]


def _hashed(source: Path, kind: str, categories: tuple[str, ...]) -> Iterator[Hashes]:
    if source.is_dir():
        for path in _files(source):
            if path.name == kind and _chosen(path.parent.name, categories):
                with path.open("rb") as file:
                    yield from _hash_lines(file, kind)
    elif tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            for member in archive:
                place = Path(member.name)
                if place.name == kind and _chosen(place.parent.name, categories):
                    opened = archive.extractfile(member)
                    if opened is not None:
                        yield from _hash_lines(opened, kind)
    else:
        with source.open("rb") as file:
            yield from _hash_lines(file, kind)


def _chosen(category: str, categories: tuple[str, ...]) -> bool:
    return not categories or category in categories


def _hash_lines(file: IO[bytes], kind: str) -> Iterator[Hashes]:
    """Yield the hashes of the entries of a file, a block at a time."""
    options = {
        "read_options": csv.ReadOptions(column_names=["entry"], block_size=4 << 20),
        "parse_options": csv.ParseOptions(delimiter="\x01", quote_char=False),
        "convert_options": csv.ConvertOptions(column_types={"entry": pa.binary()}, strings_can_be_null=False),
    }
    try:
        with csv.open_csv(file, **options) as reader:
            for batch in reader:
                yield _hash_entries(_texts(batch.column(0)), kind)
    except pa.ArrowInvalid as error:
        if "Empty CSV file" not in str(error):
            raise InputError(f"list {getattr(file, 'name', '')}: expected an entry a line: {error}") from None


def _texts(lines: pa.Array) -> pa.Array:
    """Return lines as text; those that are not UTF-8 are no addresses and go."""
    try:
        return lines.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([line.decode("utf-8", "ignore") for line in lines.to_pylist()], pa.string())


def _hash_entries(lines: pa.Array, kind: str) -> Hashes:
    entries = pc.utf8_trim_whitespace(lines)
    entries = entries.filter(pc.invert(pc.match_substring_regex(entries, pattern="^(#|$)")))
    if kind == "urls":
        hosts, rest = split_addresses(entries)
        return string_hashes(pc.fill_null(address_form(hosts, rest), ""))
    entries = pc.ascii_trim(pc.ascii_lower(entries), characters=".")
    odd = np.asarray(pc.match_substring_regex(entries, pattern=r"[^\x00-\x7F]"), np.bool_)
    if odd.any():
        names = entries.to_pylist()
        for row in np.flatnonzero(odd).tolist():
            names[row] = ascii_host(names[row])
        entries = pa.array(names, pa.string())
    return string_hashes(entries)


def open_lists(steps: Sequence[UrlStep]) -> tuple[UrlList, ...]:
    """Return the lists of a recipe's `[[urls]]`, opened once per process.

    Raises:
        RecipeError: a parameter is unknown or none of its values.
        InputError: a list is not there, or is empty.
        MissingDependencyError: a package that carries one is absent.
    """
    return _opened(json.dumps([[step.name, step.block, dict(step.parameters)] for step in steps]))


@cache
def _opened(steps: str) -> tuple[UrlList, ...]:
    return tuple(open_list(*step) for step in json.loads(steps))


def lists_fingerprint(steps: Sequence[UrlStep]) -> list[str]:
    """Return what says whether lists are the same ones: their names, parameters and entries."""
    found = []
    for step, one in zip(steps, open_lists(steps), strict=True):
        entries = one.hashes.tobytes() if not one.words else "\n".join(sorted(one.words)).encode()
        digest = hashlib.sha256(entries).hexdigest()[:16]
        found.append(f"{step.name} {digest} {json.dumps(dict(step.parameters), sort_keys=True)}")
    return found
