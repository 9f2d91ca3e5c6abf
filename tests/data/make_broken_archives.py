"""Writes archives that are broken or unusual, each named by its defect, and `manifest.tsv` beside them.

    python tests/data/make_broken_archives.py

Every archive has the same twenty small pages before it is broken. `least` in the manifest is the number of
pages that a careful reader gives whole at least; `damage` is what it should report, if anything.
"""

import argparse
import gzip
import re
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sample_records import Response, fetch_date, response_id

HERE = Path(__file__).parent
PAGES = 20
# The record that is broken where one is.
EIGHTH = 7
LENGTH = re.compile(rb"(?m)^Content-Length: (\d+)")
# Article 1 of the Declaration of Human Rights, free to reproduce.
TEXTS = {
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with reason and "
    "conscience and should act towards one another in a spirit of brotherhood.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison "
    "et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и "
    "совестью и должны поступать в отношении друг друга в духе братства.",
    "sw": "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa. Wote wamejaliwa akili na dhamiri, hivyo "
    "yapasa watendeane kindugu.",
    "ar": "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميراً وعليهم أن يعامل بعضهم "
    "بعضاً بروح الإخاء.",
}


@dataclass(frozen=True, slots=True)
class Defect:
    """One broken archive: how it is made of the records, and what a careful reader makes of it."""

    meaning: str
    make: Callable[[list[bytes]], bytes]
    least: int = PAGES - 1
    damage: str = ""


def page(number: int) -> Response:
    """Return one of the twenty pages."""
    lang, text = list(TEXTS.items())[number % len(TEXTS)]
    paragraphs = "".join(f"<p>{text} ({number + 1}.{part})</p>\n" for part in range(1, 7))
    head = f'<head><meta charset="utf-8"><title>{number + 1}</title></head>'
    body = f'<body><nav><a href="/">1</a> <a href="/2">2</a></nav><article>\n{paragraphs}</article></body>'
    html = f'<!DOCTYPE html>\n<html lang="{lang}">{head}\n{body}</html>\n'
    return Response(f"https://broken.example/{lang}/{number + 1}.html", html.encode())


def record(response: Response) -> bytes:
    """Return the record as a WARC has it before compression, written by hand so that it can be broken."""
    fields = f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(response.body)}"
    block = f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n".encode() + response.body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <{response_id(response)}>\r\n"
        f"WARC-Date: {fetch_date(response)}\r\nWARC-Target-URI: {response.url}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def pack(data: bytes) -> bytes:
    """Return one gzip member without a time."""
    return gzip.compress(data, mtime=0)


def members(records: list[bytes]) -> bytes:
    """Return one gzip member a record."""
    return b"".join(map(pack, records))


def edit_record(edit: Callable[[bytes], bytes]) -> Callable[[list[bytes]], bytes]:
    """Return a maker that edits the eighth record before compression."""
    return lambda records: members([*records[:EIGHTH], edit(records[EIGHTH]), *records[EIGHTH + 1 :]])


def edit_member(edit: Callable[[bytes], bytes]) -> Callable[[list[bytes]], bytes]:
    """Return a maker that edits the eighth gzip member."""
    return lambda records: (
        members(records[:EIGHTH]) + edit(pack(records[EIGHTH])) + members(records[EIGHTH + 1 :])
    )


def edit_field(name: str, value: str | None) -> Callable[[list[bytes]], bytes]:
    """Return a maker that sets the first field of this name in the eighth record, or drops it."""
    line = b"" if value is None else f"{name}: {value}\r\n".encode()
    field = re.compile(rf"(?m)^{name}: .*\r\n".encode())
    return edit_record(lambda data: field.sub(lambda _: line, data, count=1))


def edit_length(change: int) -> Callable[[list[bytes]], bytes]:
    """Return a maker that adds to the length which the eighth record says it has."""
    return edit_record(
        lambda data: LENGTH.sub(lambda m: b"Content-Length: %d" % (int(m[1]) + change), data, count=1)
    )


def edit_block(block: bytes) -> Callable[[list[bytes]], bytes]:
    """Return a maker that gives the eighth record another block, its length set right."""
    length = b"Content-Length: %d" % len(block)
    return edit_record(
        lambda data: LENGTH.sub(length, data[: data.index(b"\r\n\r\n") + 4], count=1) + block + b"\r\n\r\n"
    )


def edit_body(body: bytes, *fields: str) -> Callable[[list[bytes]], bytes]:
    """Return a maker that gives the eighth record another body with other fields of HTTP."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8", *fields]
    return edit_block("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body)


def flip_middle(member: bytes) -> bytes:
    """Return the member with 16 bytes of its compressed data inverted."""
    middle = len(member) // 2
    return (
        member[:middle] + bytes(byte ^ 0xFF for byte in member[middle : middle + 16]) + member[middle + 16 :]
    )


def arc(records: list[bytes]) -> bytes:
    """Return the pages as an ARC 1.0 file in which the header line of the eighth record is garbage."""
    version = b"1 0 Archive\nURL IP-address Archive-date Content-type Archive-length\n"
    parts = [b"filedesc://broken.arc 0.0.0.0 20240518000000 text/plain %d\n%s\n" % (len(version), version)]
    for number, data in enumerate(records):
        block = data.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")
        head = f"{page(number).url} 192.0.2.7 20240518000000 text/html {len(block)}\n".encode()
        parts.append((b"?? garbage ??\n" if number == EIGHTH else head) + block + b"\n")
    return members(parts)


def swell_body(records: list[bytes]) -> bytes:
    """Return the archive with a body of 64 KiB that unpacks to 64 MiB."""
    return edit_body(pack(bytes(64 << 20)), GZIP)(records)


def nested_page(depth: int) -> bytes:
    """Return a page with elements so deep that a recursive parser falls over."""
    return b"<html><body>" + b"<div>" * depth + b"deep" + b"</div>" * depth + b"</body></html>"


BODY = page(EIGHTH).body
CHUNKED, GZIP, DEFLATE = "Transfer-Encoding: chunked", "Content-Encoding: gzip", "Content-Encoding: deflate"

DEFECTS = {
    # The file as a whole.
    "empty.warc.gz": Defect("no bytes at all", lambda _: b"", 0),
    "empty_member.warc.gz": Defect("one gzip member of nothing", lambda _: pack(b""), 0),
    "not_an_archive.warc.gz": Defect("a page, not an archive", lambda _: pack(BODY), 0, "damaged"),
    "single_member.warc.gz": Defect("one gzip member for all records", lambda r: pack(b"".join(r)), PAGES),
    "plain_named_gz.warc.gz": Defect("not compressed, whatever the name says", b"".join, PAGES),
    "packed_named_plain.warc": Defect("compressed, whatever the name says", members, PAGES),
    "zero_padding.warc.gz": Defect(
        "512 zero bytes between members", lambda r: bytes(512).join(map(pack, r)), PAGES
    ),
    "trailing_garbage.warc.gz": Defect(
        "240 bytes after the last member", lambda r: members(r) + b"no gzip here" * 20, PAGES, "damaged"
    ),
    "truncated_in_member.warc.gz": Defect(
        "file ends within the last member", lambda r: members(r)[: -len(pack(r[-1])) // 2], damage="truncated"
    ),
    "truncated_in_record.warc": Defect(
        "plain file ends within the last page", lambda r: b"".join(r)[:-500], damage="truncated"
    ),
    # One gzip member.
    "bad_gzip_data.warc.gz": Defect(
        "16 bytes of the 8th member are inverted", edit_member(flip_middle), damage="damaged"
    ),
    "bad_gzip_checksum.warc.gz": Defect(
        "CRC-32 of the 8th member is zero",
        edit_member(lambda m: m[:-8] + bytes(4) + m[-4:]),
        damage="damaged",
    ),
    "bad_gzip_header.warc.gz": Defect(
        "8th member lacks the magic bytes", edit_member(lambda m: bytes(2) + m[2:]), damage="damaged"
    ),
    # The head of one record.
    "length_too_long.warc.gz": Defect(
        "length of the 8th record is 400 too much", edit_length(400), damage="damaged"
    ),
    "length_too_short.warc.gz": Defect(
        "length of the 8th record lacks 400", edit_length(-400), damage="damaged"
    ),
    "length_missing.warc.gz": Defect(
        "8th record has no length", edit_field("Content-Length", None), damage="damaged"
    ),
    "length_no_number.warc.gz": Defect(
        "length of the 8th record is a word", edit_field("Content-Length", "many"), damage="damaged"
    ),
    "length_negative.warc.gz": Defect(
        "length of the 8th record is -5", edit_field("Content-Length", "-5"), damage="damaged"
    ),
    "version_missing.warc.gz": Defect(
        "8th record does not begin with WARC/1.0",
        edit_record(lambda d: d.partition(b"\r\n")[2]),
        damage="damaged",
    ),
    "type_missing.warc.gz": Defect("8th record does not say what it is", edit_field("WARC-Type", None)),
    "date_missing.warc.gz": Defect("8th record has no date", edit_field("WARC-Date", None)),
    "date_no_date.warc.gz": Defect("date of the 8th record is a word", edit_field("WARC-Date", "yesterday")),
    "record_id_missing.warc.gz": Defect("8th record has no id", edit_field("WARC-Record-ID", None)),
    "record_id_twice.warc.gz": Defect(
        "8th record has the id of the 1st", edit_field("WARC-Record-ID", f"<{response_id(page(0))}>"), PAGES
    ),
    "url_missing.warc.gz": Defect("8th record has no address", edit_field("WARC-Target-URI", None)),
    "url_odd.warc.gz": Defect(
        "address of the 8th record is none",
        edit_field("WARC-Target-URI", "<http://[::1 b\tad/%zz?q=\u00e9 x>"),
    ),
    # HTTP in one record.
    "http_missing.warc.gz": Defect(
        "8th response has no status line", edit_block(b"Content-Type: text/html\r\n\r\n" + BODY)
    ),
    "http_status_odd.warc.gz": Defect(
        "status of the 8th response is a word", edit_record(lambda d: d.replace(b" 200 OK", b" OK 200", 1))
    ),
    "chunk_size_odd.warc.gz": Defect(
        "chunk size is no number", edit_body(b"zz\r\n" + BODY + b"\r\n0\r\n\r\n", CHUNKED)
    ),
    "chunks_cut.warc.gz": Defect("chunk ends before its size", edit_body(b"fff\r\n" + BODY[:900], CHUNKED)),
    "body_gzip_cut.warc.gz": Defect("gzip body of the 8th page is cut", edit_body(pack(BODY)[:200], GZIP)),
    "body_deflate_raw.warc.gz": Defect(
        "deflate body without the frame of zlib", edit_body(zlib.compress(BODY)[2:-4], DEFLATE), PAGES
    ),
    "body_bomb.warc.gz": Defect("64 KiB that unpack to 64 MiB", swell_body),
    "body_nested.warc.gz": Defect("200,000 nested elements", edit_body(nested_page(200_000))),
    "body_null_bytes.warc.gz": Defect(
        "zero bytes all over the 8th page", edit_body(BODY.replace(b" ", b"\0 "))
    ),
    "arc_bad_header.arc.gz": Defect("ARC 1.0, header of the 8th record is garbage", arc, damage="damaged"),
}


def write_broken_archives(folder: Path) -> None:
    """Write each broken archive, and the manifest."""
    records = [record(page(number)) for number in range(PAGES)]
    lines = ["file\tleast\tdamage\tmeaning\n"]
    for name, defect in sorted(DEFECTS.items()):
        (folder / name).write_bytes(defect.make(records))
        lines.append(f"{name}\t{defect.least}\t{defect.damage}\t{defect.meaning}\n")
    (folder / "manifest.tsv").write_text("".join(lines), "utf-8")


def main() -> None:
    """Write the broken archives into the folder of this file, or another one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE / "broken")
    folder = parser.parse_args().output
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_broken_archives(folder)


if __name__ == "__main__":
    main()
