"""Errors of character set detection by set: this engine, its detector alone, and two other detectors.

    python tests/bench/bench_charset.py

Files are those of ../shared/data/charset and the legacy pages of ../shared/data/warc/assembled, each with its
own declarations and without any. A reading is right when it gives the text of the true set, up to one
character in a thousand. The libraries are asked without declarations only.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import chardet
import charset_normalizer
import pyarrow.parquet as pq
from resiliparse.parse.encoding import detect_encoding
from warcio.archiveiterator import ArchiveIterator

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.charset import codec_name, decode_html

SHARED = Path(__file__).parents[3] / "shared" / "data"
DECLARED = re.compile(rb"(charset|encoding)\s*=\s*[\"']?[\w-]+", re.IGNORECASE)


def best_guess(payload: bytes) -> str | None:
    found = charset_normalizer.from_bytes(payload).best()
    return found.encoding if found else None


def by_label(guess: Callable[[bytes], str | None]) -> Callable[[bytes, str | None], str]:
    """A way to read that asks `guess` for the set alone."""

    def read(payload: bytes, _content_type: str | None) -> str:
        label = guess(payload) or "cp1252"
        codec = label if label.lower().startswith("utf") else codec_name(label) or "cp1252"
        return payload.decode(codec, "replace")

    return read


def engine(payload: bytes, content_type: str | None) -> str:
    return decode_html(payload, content_type).text


WAYS: dict[str, tuple[bool, Callable[[bytes, str | None], str]]] = {
    "declared": (True, engine),
    "undeclared": (False, engine),
    "chardet": (False, by_label(lambda payload: chardet.detect(payload)["encoding"])),
    "resiliparse": (False, by_label(lambda payload: detect_encoding(payload, html5_compatible=False))),
    "charset-normalizer": (False, by_label(best_guess)),
}


def samples() -> list[tuple[str, bytes, str | None]]:
    """(true set, payload, content type)."""
    found: list[tuple[str, bytes, str | None]] = []
    for row in pq.read_table(SHARED / "charset" / "charset_truth.parquet").to_pylist():
        if row["charset"] != "EUC-TW":  # Python has no such codec
            found.append((row["charset"].lower(), row["data"], None))
    folder = SHARED / "warc" / "assembled"
    truth = {row["record_id"]: row for row in pq.read_table(folder / "assembled-truth.parquet").to_pylist()}
    for path in sorted(folder.glob("*.warc.gz")):
        for record in ArchiveIterator(BytesIO(path.read_bytes())):
            row = truth.get(record.rec_headers.get_header("WARC-Record-ID"))
            if record.rec_type == "response" and row and row["body_charset"] != "utf-8":
                content_type = record.http_headers.get_header("Content-Type")
                found.append((row["body_charset"], record.content_stream().read(), content_type))
    return found


def is_right(text: str, payload: bytes, charset: str) -> bool:
    codec = codec_name(charset) or charset
    codec = charset if codec.startswith(("utf-16", "utf-32")) else codec
    expected, text = (
        t.replace("\0", "").removeprefix("\ufeff") for t in (payload.decode(codec, "replace"), text)
    )
    if len(text) != len(expected):
        return False
    return sum(a != b for a, b in zip(text, expected, strict=True)) <= len(text) / 1000


def main() -> None:
    found = samples()
    wrong: dict[str, Counter[str]] = {name: Counter() for name in WAYS}
    seconds: Counter[str] = Counter()
    for charset, payload, content_type in found:
        for name, (is_declared, read) in WAYS.items():
            asked = payload if is_declared else DECLARED.sub(b"", payload)
            start = time.process_time()
            text = read(asked, content_type if is_declared else None)
            seconds[name] += time.process_time() - start
            wrong[name][charset] += not is_right(text, asked, charset)
    totals = Counter(charset for charset, _, _ in found)
    print(f"{'errors':16}{'files':>6}" + "".join(f"{name:>20}" for name in WAYS))
    for charset, count in sorted(totals.items()):
        print(f"{charset:16}{count:6}" + "".join(f"{wrong[name][charset] or '':>20}" for name in WAYS))
    print(f"{'all':16}{len(found):6}" + "".join(f"{wrong[name].total():20}" for name in WAYS))
    print(f"{'ms a file':22}" + "".join(f"{seconds[name] / len(found) * 1e3:20.2f}" for name in WAYS))


if __name__ == "__main__":
    main()
