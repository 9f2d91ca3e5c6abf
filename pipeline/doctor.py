"""Say what this machine has for a run, what it lacks, and the command that gets it.

Nothing here touches the network, starts Spark or fails: what cannot be found is itself a finding.
"""

import importlib
import os
import re
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import schemas
from filters.models import LID176, find_model
from pipeline.java import java_home, seen_javas
from schemas.errors import MissingDependencyError, ModelError

TESTED_PYTHONS = ((3, 11), (3, 13))
SUPPORTED_SPARKS = ((3, 5), (4, 3))
GIGABYTE = 10**9
TIGHT_DISK = 20 * GIGABYTE  # a run keeps about twice the text it extracts, and Spark spills beside it
FULL_DISK = GIGABYTE
NAME_WIDTH = 16


class Level(StrEnum):
    """How a finding bears on a run: it goes, it goes with less, it does not go."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for: what was found, and how to better it (empty where it is fine)."""

    name: str
    level: Level
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package that a stage needs: its module, its requirement, what is lost without it."""

    name: str
    module: str
    requirement: str
    without: str
    level: Level = Level.WARNING

    @property
    def distribution(self) -> str:
        """The name in the requirement, without extras and bounds."""
        return re.split(r"[\[>]", self.requirement)[0]


PACKAGES = (
    Package("PyArrow", "pyarrow", "pyarrow>=18", "nothing runs", Level.ERROR),
    Package("NumPy", "numpy", "numpy>=2.0", "nothing runs", Level.ERROR),
    Package("SciPy", "scipy", "scipy>=1.13", "near-duplicates are not joined into clusters", Level.ERROR),
    Package("pandas", "pandas", "pandas>=2.2,<3", "Spark cannot hand Arrow batches to Python", Level.ERROR),
    Package("selectolax", "selectolax", "selectolax>=1.0", "no extractor of our own, the default"),
    Package("trafilatura", "trafilatura", "trafilatura>=2.3", "no extractor of most published recipes"),
    Package("Resiliparse", "resiliparse", "resiliparse>=2.0", "no title and language of pages"),
    Package("ISA-L", "isal", "isal>=1.7", "gzip is read at half the speed"),
    Package("chardet", "chardet", "chardet>=7.6,<8", "pages that declare no charset are not decoded"),
    Package("Brotli", "brotli", "brotli>=1.2", "pages sent as br are removed as undecodable"),
    Package("Zstandard", "zstandard", "zstandard>=0.23", "pages sent as zstd are removed as undecodable"),
    Package("SentencePiece", "sentencepiece", "sentencepiece>=0.2.0", "perplexity is not measured"),
    Package("KenLM", "kenlm", "kenlm-ex>=0.2.1", "perplexity is not measured"),
    Package("ICU", "icu4py", "icu4py>=1.0", "words of unspaced scripts are cut by character"),
    Package("xxHash", "xxhash", "xxhash>=3.5", "no signatures of the families that hash with it"),
    Package("Numba", "numba", "numba>=0.61", "signals take 1.5 times as long, signatures 3 times"),
    Package("boto3", "boto3", "boto3>=1.35", "s3:// addresses are not read"),
    Package("google-auth", "google.auth", "google-auth[requests]>=2.35", "gs:// is read without credentials"),
)


def diagnose(folder: Path | None = None) -> list[Finding]:
    """Return what was found, in the order in which a run needs it; free disk is that of `folder`."""
    return [
        _engine(),
        _python(),
        *_java(),
        _spark(),
        *map(_package, PACKAGES),
        _fasttext(),
        _lid_model(),
        _kenlm_trainer(),
        _s3_credentials(),
        _cores_and_memory(),
        _disk(folder or Path.cwd()),
    ]


def printable(findings: list[Finding]) -> str:
    """Return one line for each finding and one below it for each hint."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.level:<8} {finding.name:<{NAME_WIDTH}} {finding.text}")
        if finding.hint:
            lines.append(f"{'':<8} {'':<{NAME_WIDTH}} -> {finding.hint}")
    return "\n".join(lines)


def _engine() -> Finding:
    """Find where the four packages come from: their generic names can collide with another project's."""
    home = Path(str(schemas.__file__)).parents[1]
    strangers = []
    for name in ("filters", "pipeline", "jobs"):
        spec = find_spec(name)
        origin = spec.origin if spec else None
        if origin is None or Path(origin).parents[1] != home:
            strangers.append(f"{name} from {origin}")
    if strangers:
        hint = "run glotmill in an environment of its own"
        return Finding("glotmill", Level.ERROR, f"{home}, but {', '.join(strangers)}", hint)
    return Finding("glotmill", Level.OK, f"{_version('glotmill') or 'not installed, imported'} from {home}")


def _python() -> Finding:
    low, high = TESTED_PYTHONS
    text = f"{sys.version.split()[0]} ({sys.executable})"
    if low <= sys.version_info[:2] <= high:
        return Finding("Python", Level.OK, text)
    return Finding("Python", Level.WARNING, text, f"tested with {_span(low, high)}")


def _java() -> list[Finding]:
    try:
        found = java_home()
    except MissingDependencyError as error:
        text, _, hint = str(error).removeprefix("Java: ").rpartition("; ")
        return [Finding("Java", Level.ERROR, text, hint)]
    chosen = Finding("Java", Level.OK, f"{found.version} ({found.source}) in {found.home}")
    if not os.environ.get("JAVA_HOME"):
        return [chosen]
    first = next(seen_javas())
    if not first.fault:
        return [chosen]
    return [chosen, Finding("JAVA_HOME", Level.WARNING, f"passed over: {first.fault}", "unset or correct it")]


def _spark() -> Finding:
    version = _version("pyspark")
    low, high = SUPPORTED_SPARKS
    hint = _install(f"pyspark>={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}")
    if _version("pyspark-client"):
        text = "pyspark-client is installed, whose pyspark has no Spark in it"
        return Finding("Spark", Level.ERROR, text, f"pip uninstall pyspark-client; {hint}")
    if version is None:
        return Finding("Spark", Level.ERROR, "absent: only commands without Spark work", hint)
    line = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if low <= line <= high:
        return Finding("Spark", Level.OK, version)
    return Finding("Spark", Level.WARNING, f"{version}, tested are {_span(low, high)}", hint)


def _package(package: Package) -> Finding:
    version = _version(package.distribution)
    hint = _install(package.requirement)
    try:
        importlib.import_module(package.module)
    except ImportError as error:
        if version is None:
            return Finding(package.name, package.level, f"absent: {package.without}", hint)
        text = f"{package.distribution} {version} cannot be imported: {error}"
        return Finding(package.name, Level.ERROR, text, hint)
    return Finding(package.name, Level.OK, f"{package.distribution} {version or '(version unknown)'}")


def _fasttext() -> Finding:
    """Find which of the many builds of fastText is installed; two of them overwrite each other."""
    owners = sorted(set(metadata.packages_distributions().get("fasttext", ())))
    hint = _install("fasttext-community>=0.11.9")
    named = ", ".join(f"{owner} {_version(owner)}" for owner in owners)
    if not owners:
        return Finding("fastText", Level.ERROR, "absent: languages are not identified", hint)
    if len(owners) > 1:
        hint = f"pip uninstall {' '.join(owners)}; {hint}"
        return Finding("fastText", Level.ERROR, f"{named} hold one module and overwrite each other", hint)
    if owners == ["fasttext-predict"]:
        return Finding("fastText", Level.WARNING, f"{named}, which cannot train models", hint)
    return Finding("fastText", Level.OK, named)


def _lid_model() -> Finding:
    try:
        path = find_model(LID176)
    except ModelError as error:
        text, _, hint = str(error).removeprefix(f"model {LID176}: ").rpartition("; ")
        return Finding(LID176, Level.WARNING, text, hint)
    return Finding(LID176, Level.OK, f"{path} ({path.stat().st_size:,} bytes)")


def _kenlm_trainer() -> Finding:
    programs = {name: shutil.which(name) for name in ("lmplz", "build_binary")}
    if all(programs.values()):
        return Finding("KenLM trainer", Level.OK, f"lmplz and build_binary: {programs['lmplz']}")
    return Finding("KenLM trainer", Level.OK, "built in (lmplz and build_binary are not on the PATH)")


def _s3_credentials() -> Finding:
    """Look where credentials usually are; asking for them could mean a wait for the network."""
    places = {
        "environment": bool(os.environ.get("AWS_ACCESS_KEY_ID")),
        "profile": bool(os.environ.get("AWS_PROFILE")),
        "web identity": bool(os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")),
        "file": Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
        .expanduser()
        .is_file(),
    }
    found = [place for place, is_there in places.items() if is_there]
    text = f"credentials by {', '.join(found)}" if found else "no credentials seen: public buckets only"
    return Finding("S3", Level.OK, text)


def _cores_and_memory() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Finding("Machine", Level.OK, f"{cores} cores, {memory / GIGABYTE:.1f} GB of memory")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / GIGABYTE:.1f} GB free in {folder}"
    hint = "name an --output with more room"
    if free < FULL_DISK:
        return Finding("Disk", Level.ERROR, text, hint)
    return (
        Finding("Disk", Level.WARNING, text, hint) if free < TIGHT_DISK else Finding("Disk", Level.OK, text)
    )


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _install(requirement: str) -> str:
    return f'make setup, or: pip install "{requirement}"'


def _span(low: tuple[int, int], high: tuple[int, int]) -> str:
    return f"{low[0]}.{low[1]} to {high[0]}.{high[1]}"
