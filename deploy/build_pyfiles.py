"""Write the zip for `spark-submit --py-files`: the four packages, the same bytes for the same files.

Usage: python deploy/build_pyfiles.py dist/glotmill.zip
"""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("filters", "jobs", "pipeline", "schemas")
DAWN_OF_ZIP = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold; a real one would change the bytes
READABLE_BY_ALL = 0o644 << 16


def packed_files() -> Iterator[Path]:
    """Yield the files of the four packages, sorted, without what Python or an editor left there."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            hidden = any(
                part.startswith(".") or part == "__pycache__" for part in path.parts[len(ROOT.parts) :]
            )
            if path.is_file() and not hidden:
                yield path


def build(target: Path) -> int:
    """Write the zip to `target` and return how many files it holds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".part")
    with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in packed_files():
            entry = zipfile.ZipInfo(path.relative_to(ROOT).as_posix(), DAWN_OF_ZIP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = READABLE_BY_ALL
            archive.writestr(entry, path.read_bytes())
        count = len(archive.namelist())
    aside.replace(target)
    return count


if __name__ == "__main__":
    target = Path(sys.argv[1])
    print(f"{target}: {build(target)} files, {target.stat().st_size / 1e6:.2f} MB")
