"""Writes one large archive for benchmarks and kill tests out of the pages of smaller ones.

    python tests/data/make_large_archive.py large.warc.gz --megabytes 500
    python tests/data/make_large_archive.py large.warc.gz --megabytes 200 --pages FOLDER --duplicates 0.3

Pages are taken again and again in an order drawn by lot. Each time the paragraphs of a page are drawn from
all paragraphs of its language, so that a copy has the layout and language of its page and a text of its own.
A share of the copies is left as it was: exact duplicates under other addresses. The same arguments give the
same bytes.
"""

import argparse
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sample_records import ArchiveWriter, Response
from warcio.archiveiterator import ArchiveIterator

HERE = Path(__file__).parent
LANGUAGE = re.compile(rb"<html\b[^>]*\blang=[\"']?([A-Za-z-]+)")
# The text of a paragraph without markup; braces are those of scripts and styles.
PARAGRAPH = re.compile(rb"(?<=>)[^<>{}]{60,}(?=<)")


@dataclass(frozen=True, slots=True)
class Template:
    """A page that copies are made of: its language is what its html element says."""

    url: str
    content_type: str
    lang: bytes
    html: bytes


def read_templates(folder: Path) -> list[Template]:
    """Return the UTF-8 pages of all WARC files of a folder that are kept without coding, in order."""
    return [template for path in sorted(folder.glob("*.warc*")) for template in read_archive(path)]


def read_archive(path: Path) -> Iterator[Template]:
    """Yield the pages of one archive that can be edited as they are."""
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type != "response" or record.http_headers.get_statuscode() != "200":
                continue
            coded = record.http_headers.get_header("Content-Encoding") or record.http_headers.get_header(
                "Transfer-Encoding"
            )
            content_type = record.http_headers.get_header("Content-Type") or ""
            html = record.raw_stream.read()
            lang = LANGUAGE.search(html[:2000])
            if not coded and lang and "html" in content_type and is_utf8(html) and len(html) < 1 << 20:
                url = record.rec_headers.get_header("WARC-Target-URI")
                yield Template(url, content_type, lang.group(1).lower(), html)


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def copies(templates: Sequence[Template], seed: int, duplicates: float) -> Iterator[Response]:
    """Yield copies without end: in each round every page once."""
    pools: dict[bytes, list[bytes]] = defaultdict(list)
    for template in templates:
        pools[template.lang] += PARAGRAPH.findall(template.html)
    rng = random.Random(seed)
    number = 0
    while True:
        for template in rng.sample(templates, len(templates)):
            number += 1
            body = template.html
            pool = pools[template.lang]
            if rng.random() >= duplicates and pool:
                body = PARAGRAPH.sub(lambda _, pool=pool: rng.choice(pool), body)  # type: ignore[misc]
            mark = "&" if "?" in template.url else "?"
            headers = (("Content-Type", template.content_type),)
            yield Response(f"{template.url}{mark}copy={number}", body, headers=headers)


def write_large_archive(
    output: Path, megabytes: int, pages: Path, *, seed: int = 1, duplicates: float = 0.1
) -> int:
    """Write copies until the file has so many millions of bytes; return their number.

    Raises:
        SystemExit: the folder has no page that copies can be made of.
    """
    templates = read_templates(pages)
    if not templates:
        raise SystemExit(f"{pages}: expected WARC files with UTF-8 pages that name their language, got none")
    with ArchiveWriter(output) as archive:
        for number, response in enumerate(copies(templates, seed, duplicates)):
            if output.stat().st_size >= megabytes * 1_000_000:
                return number
            archive.write(response)
    return 0


def main() -> None:
    """Write the archive that the arguments ask for, say how many pages it has."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="archive to be written, .warc.gz")
    parser.add_argument("--megabytes", type=int, default=200, help="size of the compressed archive (200)")
    parser.add_argument("--pages", type=Path, default=HERE / "sample", help="folder of archives (the sample)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--duplicates", type=float, default=0.1, help="share of copies left as they were (0.1)"
    )
    a = parser.parse_args()
    number = write_large_archive(a.output, a.megabytes, a.pages, seed=a.seed, duplicates=a.duplicates)
    print(f"{a.output}: {number} pages")


if __name__ == "__main__":
    main()
