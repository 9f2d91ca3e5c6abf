import io
import os
import random
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from pipeline import remote
from pipeline.https import HttpRange, Retry, _seconds
from pipeline.remote import list_folder, look, open_range
from schemas.errors import InputError
from tests.archives import members, outcomes, read_in_parts, warc
from tests.range_server import Site, serving

DATA = random.Random(7).randbytes(300_000)
FAST = Retry(tries=4, first_pause_seconds=0.001, longest_pause_seconds=0.01, timeout_seconds=5)


def read_url(url: str, offset: int = 0, length: int | None = None) -> bytes:
    with open_range(url, offset, length, FAST) as file:
        return file.read()


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, None), (0, 10), (5, 100_000), (299_990, None), (299_990, 500), (300_000, 10), (900_000, None)],
)
@pytest.mark.parametrize("kind", ["path", "file", "http", "http without ranges"])
def test_a_range_is_its_bytes_and_ends_where_the_file_does(
    tmp_path: Path, kind: str, offset: int, length: int | None
) -> None:
    expected = DATA[offset:] if length is None else DATA[offset : offset + length]
    if not kind.startswith("http"):
        path = tmp_path / "a b.bin"
        path.write_bytes(DATA)
        assert read_url(path.as_uri() if kind == "file" else str(path), offset, length) == expected
        return
    with serving(Site({"/a.bin": DATA}, has_ranges=kind == "http")) as site:
        assert read_url(f"{site.url}/a.bin", offset, length) == expected


def test_a_dropped_connection_is_taken_up_where_it_broke() -> None:
    with serving(Site({"/a.bin": DATA}, drop_after=70_000)) as site:
        assert read_url(f"{site.url}/a.bin", 1000, 290_000) == DATA[1000:291_000]
        assert site.requests == [f"bytes={start}-290999" for start in range(1000, 291_000, 70_000)]


def test_a_server_without_ranges_that_drops_is_read_to_the_end() -> None:
    site = Site({"/a.bin": DATA}, has_ranges=False)
    site.answers = [(0, {})]  # closes at once
    with serving(site):
        assert read_url(f"{site.url}/a.bin", 100_000) == DATA[100_000:]


@pytest.mark.parametrize("status", [403, 408, 425, 429, 500, 502, 503, 504])
def test_an_answer_that_may_get_better_is_tried_again(status: int) -> None:
    with serving(Site({"/a.bin": DATA}, answers=[(status, {}), (0, {}), (status, {})])) as site:
        assert read_url(f"{site.url}/a.bin", 5, 1000) == DATA[5:1005]
        assert len(site.requests) == 4


def refusal(url: str, offset: int = 0, length: int | None = None) -> str:
    """Return the message of the error that reading ends with."""
    with pytest.raises(InputError) as caught:
        read_url(url, offset, length)
    return str(caught.value)


def test_tries_are_bounded_and_the_error_says_what_happened() -> None:
    with serving(Site({"/a.bin": DATA}, answers=[(503, {})] * 9)) as site:
        message = refusal(f"{site.url}/a.bin", 5, 1000)
        assert message == (
            f"{site.url}/a.bin: cannot be read at byte 5, tried 4 times; last: 503 Service Unavailable; "
            "run again later, with fewer workers if the server limits clients"
        )
        assert len(site.requests) == 4


def test_a_server_that_says_nothing_is_asked_again() -> None:
    with serving(Site({"/a.bin": DATA}, answers=[(-1, {})])) as site:
        retry = Retry(first_pause_seconds=0.001, timeout_seconds=0.1)
        with open_range(f"{site.url}/a.bin", 0, 9, retry) as file:
            assert file.read() == DATA[:9]


@pytest.mark.parametrize(
    ("url", "message"), [("http://[::1/a", "Invalid IPv6"), ("http://h:x/a", "nonnumeric")]
)
def test_an_address_that_is_none_is_an_input_error(url: str, message: str) -> None:
    assert message in refusal(url)


def test_spaces_and_letters_in_an_address_are_escaped() -> None:
    with serving(Site({"/a%20%C3%BC.bin": DATA})) as site:
        assert read_url(f"{site.url}/a ü.bin", 0, 5) == DATA[:5]
        assert read_url(f"{site.url}/a%20%C3%BC.bin", 0, 5) == DATA[:5]


def test_progress_starts_the_count_of_tries_anew() -> None:
    with serving(Site({"/a.bin": DATA}, drop_after=66_000)) as site:
        retry = Retry(tries=2, first_pause_seconds=0.001)
        with open_range(f"{site.url}/a.bin", retry=retry) as file:
            assert file.read() == DATA


def test_a_trickle_is_no_progress() -> None:
    with serving(Site({"/a.bin": DATA}, drop_after=100)) as site:
        message = refusal(f"{site.url}/a.bin")
    assert "at byte 400, tried 4 times; last: the answer ended 299600 bytes early" in message


def test_a_missing_file_is_not_asked_for_twice() -> None:
    with serving(Site({})) as site:
        message = refusal(f"{site.url}/a.bin")
        assert message == f"{site.url}/a.bin: expected a file, got 404 Not Found; check the address"
        assert len(site.requests) == 1


def test_a_server_that_is_not_there_is_an_input_error() -> None:
    with serving(Site({})) as site:
        url = f"{site.url}/a.bin"
    assert "tried 4 times; last: no answer: ConnectionRefusedError" in refusal(url)


def test_a_length_that_lies_is_found_out() -> None:
    with serving(Site({"/a.bin": DATA}, said_lengths=[-100, 100])) as site:
        assert read_url(f"{site.url}/a.bin", 0, 100_000) == DATA[:100_000]
        assert site.requests == ["bytes=0-99999", "bytes=99900-99999"]
    with serving(Site({"/a.bin": DATA}, said_lengths=[-100] * 9)) as site:
        assert "last: the answer ended 100 bytes early" in refusal(f"{site.url}/a.bin", 0, 100_000)


def test_an_answer_for_another_range_is_refused() -> None:
    with serving(Site({"/a.bin": DATA}, said_start=7)) as site:
        message = refusal(f"{site.url}/a.bin", 10, 10)
    assert "asked for bytes from 10, got bytes 17-19/300000" in message


def test_a_file_that_is_replaced_while_it_is_read_is_an_error() -> None:
    with serving(Site({"/a.bin": DATA}, drop_after=70_000, etags=['"1"', '"1"', '"2"'])) as site:
        message = refusal(f"{site.url}/a.bin")
    assert 'expected version "1", got "2"; the file was replaced while it was read' in message


def test_retry_after_is_honoured_as_seconds_or_date(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("pipeline.https.time.sleep", slept.append)
    answers = [(503, {"Retry-After": "3"}), (429, {"Retry-After": "9999"}), (403, {})]
    with serving(Site({"/a.bin": DATA}, answers=answers)) as site:
        retry = Retry(first_pause_seconds=0.5, longest_pause_seconds=100)
        with open_range(f"{site.url}/a.bin", retry=retry) as file:
            assert file.read(10) == DATA[:10]
    assert slept[:2] == [3, 100]
    assert 1 <= slept[2] <= 2
    assert _seconds(None) is None
    assert _seconds("soon") is None
    assert 50 < (_seconds(formatdate(time.time() + 60, usegmt=True)) or 0) <= 60


def test_a_small_read_does_not_become_a_request() -> None:
    with serving(Site({"/a.bin": DATA})) as site:
        with open_range(f"{site.url}/a.bin", 0, 200_000) as file:
            assert b"".join(file.read(17) for _ in range(1000)) == DATA[:17_000]
        assert len(site.requests) == 1


def test_look_tells_size_and_head_with_one_request(tmp_path: Path) -> None:
    with serving(Site({"/a.bin": DATA, "/empty": b""})) as site:
        seen = look(f"{site.url}/a.bin", FAST)
        assert (seen.size, seen.head) == (300_000, DATA[: remote.HEAD_BYTES])
        assert len(site.requests) == 1
        assert (look(f"{site.url}/empty").size, look(f"{site.url}/empty").head) == (0, b"")
    path = tmp_path / "a.bin"
    path.write_bytes(DATA)
    assert (look(str(path)).size, look(str(path)).head) == (300_000, DATA[: remote.HEAD_BYTES])


def test_a_file_on_a_server_without_ranges_has_no_size_to_cut_by() -> None:
    with serving(Site({"/a.bin": DATA}, has_ranges=False)) as site:
        assert look(f"{site.url}/a.bin").size is None


@pytest.mark.parametrize("name", ["nothing.warc", "folder"])
def test_a_local_file_that_cannot_be_opened_is_an_input_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=f"{name}: (no such file|cannot be read)"):
        open_range(str(tmp_path / name))


def test_google_storage_is_read_and_listed_over_https(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = b'{"items": [{"name": "crawl/a b.warc", "size": "300000"}]}'
    files = {"/bucket/crawl/a%20b.warc": DATA, "/storage/v1/b/bucket/o": listing}
    with serving(Site(files, drop_after=120_000)) as site:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", site.url)
        assert read_url("gs://bucket/crawl/a b.warc", 10) == DATA[10:]
        assert look("gs://bucket/crawl/a b.warc").size == 300_000
        assert list(list_folder("gs://bucket/crawl/")) == [("gs://bucket/crawl/a b.warc", 300_000)]
        with pytest.raises(InputError, match="gs://bucket/none: expected a file, got 404"):
            read_url("gs://bucket/none")


def test_an_https_folder_cannot_be_listed() -> None:
    with pytest.raises(InputError, match="give the archives one by one, or a list"):
        list(list_folder("https://data.example/crawl/"))


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """A server that speaks S3, with a public bucket."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def no_credentials() -> Iterator[pytest.MonkeyPatch]:
    """An environment in which boto3 finds nothing; one for all tests, since a client takes long to make."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.delenv(name, raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "/dev/null")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        remote._s3_client.cache_clear()
        yield patch
    remote._s3_client.cache_clear()


@pytest.fixture(scope="module")
def s3(moto: str, no_credentials: pytest.MonkeyPatch) -> str:
    """The address of a bucket with three objects."""
    no_credentials.setenv("GLOTMILL_S3_ENDPOINT", moto)
    client = remote.s3_client()
    client.create_bucket(Bucket="crawl", ACL="public-read-write")
    for key, body in {"data/a b.bin": DATA, "data/empty": b"", "other": b"x"}.items():
        client.put_object(Bucket="crawl", Key=key, Body=body, ACL="public-read")
    return "s3://crawl"


def test_s3_is_read_looked_at_and_listed_without_credentials(s3: str) -> None:
    assert read_url(f"{s3}/data/a b.bin", 1000, 250_000) == DATA[1000:251_000]
    assert read_url(f"{s3}/data/a b.bin", 299_000) == DATA[299_000:]
    assert read_url(f"{s3}/data/a b.bin", 400_000, 10) == b""
    assert look(f"{s3}/data/a b.bin").size == 300_000
    assert look(f"{s3}/data/empty").size == 0
    assert list(list_folder(f"{s3}/data/")) == [(f"{s3}/data/a b.bin", 300_000), (f"{s3}/data/empty", 0)]


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("address", ["s3://crawl/none", "s3://nobucket/a", "s3://"])
def test_what_s3_does_not_hold_is_an_input_error(address: str) -> None:
    with pytest.raises(InputError, match=address):
        read_url(address)
    with pytest.raises(InputError, match=address):
        look(address)


def test_credentials_of_the_environment_sign_requests(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    remote._s3_client.cache_clear()
    assert remote.s3_client().meta.config.signature_version != "unsigned"
    assert read_url(f"{s3}/other") == b"x"
    remote._s3_client.cache_clear()


def test_a_new_object_is_written_only_where_there_is_none(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remote.put_new_s3(f"{s3}/lock", b"mine") is None  # PyArrow would write to another store
    monkeypatch.setenv("AWS_ENDPOINT_URL", os.environ["GLOTMILL_S3_ENDPOINT"])
    assert [remote.put_new_s3(f"{s3}/lock", body) for body in (b"mine", b"yours")] == [True, False]
    assert read_url(f"{s3}/lock") == b"mine"
    assert remote.put_new_s3("s3://nobucket/lock", b"mine") is None


@pytest.mark.usefixtures("no_credentials")
def test_a_connection_to_s3_that_drops_is_taken_up_where_it_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Site({"/crawl/a.bin": DATA}, drop_after=180_000)) as site:
        monkeypatch.delenv("GLOTMILL_S3_ENDPOINT", raising=False)
        monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)
        assert read_url("s3://crawl/a.bin", 1000, 250_000) == DATA[1000:251_000]
        assert site.requests == ["bytes=1000-250999", "bytes=181000-299999"]


@pytest.mark.usefixtures("s3")
def test_an_archive_is_read_in_parts_from_s3_and_https_as_from_disk(tmp_path: Path) -> None:
    data = members([warc(number=i) for i in range(40)])
    path = tmp_path / "a.warc.gz"
    path.write_bytes(data)
    expected = read_in_parts(str(path), len(data), 3000)
    assert outcomes(expected[0]) == [*map(str, range(40))]
    remote.s3_client().put_object(Bucket="crawl", Key="a.warc.gz", Body=data, ACL="public-read")
    assert read_in_parts("s3://crawl/a.warc.gz", len(data), 3000) == expected
    with serving(Site({"/a.warc.gz": data})) as site:
        assert read_in_parts(f"{site.url}/a.warc.gz", len(data), 3000) == expected


def test_a_stream_is_read_in_whatever_pieces_are_asked_for() -> None:
    with serving(Site({"/a.bin": DATA}, drop_after=100_001)) as site:
        stream = io.BufferedReader(HttpRange(f"{site.url}/a.bin", 3, 200_000, retry=FAST), 64)
        got = bytearray()
        for size in [1, 10, 100, 70_000, 1]:
            got += stream.read(size)
        got += stream.read()
        assert bytes(got) == DATA[3:200_003]
        stream.close()
