"""What `glotmill doctor` finds on a whole machine, on an empty one, and on some that are wrong."""

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from filters.models import LID176_PACKAGE
from pipeline import doctor
from pipeline.doctor import Finding, Level
from pipeline.java import JavaFound, JavaSeen
from schemas.errors import MissingDependencyError

BARE_PYTHON = """
import sys
sys.path.insert(0, {root!r})
from pipeline.doctor import diagnose, printable
print(printable(diagnose()))
"""


def test_this_environment_lacks_nothing() -> None:
    findings = [finding for finding in doctor.diagnose() if finding.name != "Disk"]
    assert [finding for finding in findings if finding.level is not Level.OK] == []


def test_a_machine_without_any_package_is_told_of_each(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE_PYTHON.format(root=str(root))],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    told = {line[9:25].strip(): line[:8].strip() for line in lines if not line.startswith(" ")}
    expected = {package.name: package.level.value for package in doctor.PACKAGES}
    expected |= {"Java": "error", "Spark": "error", "fastText": "error", "lid.176": "warning"}
    assert expected.items() <= told.items()
    assert sum(line.lstrip().startswith("-> ") for line in lines) >= len(expected)


def test_every_hint_installs_what_the_project_declares(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    declared = {*project["project"]["dependencies"], *(name for extra in extras for name in extra)}
    hints = {package.requirement for package in doctor.PACKAGES}
    assert hints - declared == set()
    low, high = doctor.SUPPORTED_SPARKS
    assert f"pyspark>={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}" in declared
    assert LID176_PACKAGE in project["dependency-groups"]["models"]


def versions(monkeypatch: pytest.MonkeyPatch, known: dict[str, str]) -> None:
    monkeypatch.setattr(doctor, "_version", known.get)


@pytest.mark.parametrize(
    ("known", "level", "text"),
    [
        ({"pyspark": "4.3.0"}, Level.OK, "4.3.0"),
        ({"pyspark": "3.5.9+amzn.0"}, Level.OK, "3.5.9+amzn.0"),
        ({"pyspark": "4.4.0rc1"}, Level.WARNING, "4.4.0rc1, tested are 3.5 to 4.3"),
        ({"pyspark": "3.4.1"}, Level.WARNING, "3.4.1, tested are 3.5 to 4.3"),
        ({}, Level.ERROR, "absent: only commands without Spark work"),
        (
            {"pyspark": "4.3.0", "pyspark-client": "4.3.0"},
            Level.ERROR,
            "pyspark-client is installed, whose pyspark has no Spark in it",
        ),
    ],
)
def test_spark_is_judged_by_its_line(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, str], level: Level, text: str
) -> None:
    versions(monkeypatch, known)
    finding = doctor._spark()
    assert (finding.level, finding.text) == (level, text)


@pytest.mark.parametrize(
    ("owners", "level", "text"),
    [
        (["fasttext-community"], Level.OK, "fasttext-community 1"),
        (["fasttext-predict"], Level.WARNING, "fasttext-predict 2, which cannot train models"),
        (
            ["fasttext-predict", "fasttext-community"],
            Level.ERROR,
            "fasttext-community 1, fasttext-predict 2 hold one module and overwrite each other",
        ),
        ([], Level.ERROR, "absent: languages are not identified"),
    ],
)
def test_builds_of_fasttext_that_overwrite_each_other_are_an_error(
    monkeypatch: pytest.MonkeyPatch, owners: list[str], level: Level, text: str
) -> None:
    versions(monkeypatch, {"fasttext-community": "1", "fasttext-predict": "2"})
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"fasttext": owners})
    finding = doctor._fasttext()
    assert (finding.level, finding.text) == (level, text)


def test_a_package_that_is_there_but_does_not_load_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, {"kenlm-ex": "0.2.1"})
    package = doctor.Package("KenLM", "no_module_of_that_name", "kenlm-ex>=0.2.1", "no perplexity")
    assert doctor._package(package) == Finding(
        "KenLM",
        Level.ERROR,
        "kenlm-ex 0.2.1 cannot be imported: No module named 'no_module_of_that_name'",
        'make setup, or: pip install "kenlm-ex>=0.2.1"',
    )


def test_a_java_home_that_is_passed_over_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "old")
    monkeypatch.setattr(doctor, "java_home", lambda: JavaFound(Path("new"), "17.0.9", "java on the PATH"))
    old = JavaSeen("JAVA_HOME=old", Path("old"), "11.0.2", "Java 11.0.2", has_vector_module=True)
    monkeypatch.setattr(doctor, "seen_javas", lambda: iter([old]))
    assert doctor._java() == [
        Finding("Java", Level.OK, "17.0.9 (java on the PATH) in new"),
        Finding("JAVA_HOME", Level.WARNING, "passed over: Java 11.0.2", "unset or correct it"),
    ]


def test_without_java_the_hint_is_the_last_part_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_java() -> JavaFound:
        raise MissingDependencyError("Java: expected version 17 or 21, got none; install it")

    monkeypatch.setattr(doctor, "java_home", no_java)
    assert doctor._java() == [
        Finding("Java", Level.ERROR, "expected version 17 or 21, got none", "install it")
    ]


@pytest.mark.parametrize(("free", "level"), [(0, Level.ERROR), (10**10, Level.WARNING), (10**12, Level.OK)])
def test_free_disk_is_judged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, level: Level
) -> None:
    usage = doctor.shutil._ntuple_diskusage(10**13, 10**13 - free, free)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert doctor._disk(tmp_path).level is level


def test_credentials_are_looked_for_and_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "absent"))
    assert doctor._s3_credentials().text == "no credentials seen: public buckets only"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-secret")
    assert doctor._s3_credentials().text == "credentials by environment"


def test_findings_print_one_line_each_with_hints_below() -> None:
    findings = [Finding("Java", Level.OK, "17.0.9"), Finding("Disk", Level.ERROR, "full", "make room")]
    assert doctor.printable(findings) == (
        "ok       Java             17.0.9\nerror    Disk             full\n" + " " * 26 + "-> make room"
    )
