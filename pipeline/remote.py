"""Bytes of archives wherever they lie: local files, `s3://`, `gs://`, `https://`, what else smart_open knows.

`open_range` gives one forward stream per range, so that a read of 64 MiB is a few requests, never one per
small read.
"""

import functools
import importlib
import importlib.util
import io
import json
import os
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipeline.https import HttpRange, Retry
from schemas.errors import InputError, MissingDependencyError

GOOGLE_STORAGE = "https://storage.googleapis.com"
HEAD_BYTES = 8 << 10
"""What `look` reads: more than the first record of an archive needs to be known as one."""

_S3_REQUEST_BYTES = 32 << 20
_S3_BUFFER_BYTES = 1 << 20
_S3_TRIES = 10
_EXISTS = (409, 412)  # S3's answers where an object is being written, or is there already
_NO_LIMIT = 1 << 62
_LOOK_RETRY = Retry(tries=5)  # some ten seconds: a user waits
_GOOGLE_SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"


@dataclass(frozen=True, slots=True)
class Look:
    """The size of a file, None where its server does not say or cannot serve ranges, and its first bytes."""

    size: int | None
    head: bytes


def scheme(uri: str) -> str:
    """Return `s3`, `gs`, `https` …; an empty string for a local path."""
    name, separator, _ = uri.partition("://")
    return name.lower() if separator and name.lower() != "file" else ""


def local_path(uri: str) -> Path:
    """Return the path of a local file, given as a path or as `file://`."""
    if uri.lower().startswith("file://"):
        return Path(urllib.parse.unquote(urllib.parse.urlsplit(uri).path))
    return Path(uri)


def open_range(uri: str, offset: int = 0, length: int | None = None, retry: Retry | None = None) -> BinaryIO:
    """Open `length` bytes of a file from `offset` on as one stream; None, or too many: to its end.

    Raises:
        InputError: there is no such file, or it cannot be read; also later, while reading.
    """
    match scheme(uri):
        case "":
            return _open_local(local_path(uri), offset, length)
        case "http" | "https":
            return cast(BinaryIO, io.BufferedReader(HttpRange(uri, offset, length, retry=retry), 1 << 18))
        case "gs":
            return cast(BinaryIO, io.BufferedReader(_google_range(uri, offset, length, retry), 1 << 18))
        case _:
            return cast(BinaryIO, _open_smart(uri, offset, length))


def look(uri: str, retry: Retry = _LOOK_RETRY) -> Look:
    """Return the size and the first bytes of a file, with one request.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    match scheme(uri):
        case "":
            with _open_local(local_path(uri), 0, None) as file:
                return Look(os.fstat(file.fileno()).st_size, file.read(HEAD_BYTES))
        case "http" | "https" | "gs" as name:
            if name == "gs":
                stream = _google_range(uri, 0, HEAD_BYTES, retry)
            else:
                stream = HttpRange(uri, 0, HEAD_BYTES, retry=retry)
            with io.BufferedReader(stream, HEAD_BYTES) as file:
                head = file.read(HEAD_BYTES)
                return Look(stream.total if stream.has_ranges else None, head)
        case "s3":
            return _look_s3(uri)
        case _:
            with open_range(uri, 0, HEAD_BYTES) as file:
                return Look(None, file.read(HEAD_BYTES))


def list_folder(uri: str) -> Iterator[tuple[str, int]]:
    """Yield address and size of every object below an `s3://` or `gs://` prefix.

    Raises:
        InputError: the bucket cannot be listed, or this kind of address has no folders.
    """
    match scheme(uri):
        case "s3":
            return _list_s3(uri)
        case "gs":
            return _list_google(uri)
    raise InputError(
        f"{uri}: expected an address whose folders can be listed (s3://, gs://), got {scheme(uri)}://; "
        "give the archives one by one, or a list of them such as warc.paths.gz"
    )


def _open_local(path: Path, offset: int, length: int | None) -> BinaryIO:
    try:
        file = path.open("rb")
        if offset:
            file.seek(offset)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; paths are relative to {Path.cwd()}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return file if length is None else cast(BinaryIO, _Bounded(file, length))


class _Bounded(io.RawIOBase):
    """The next `length` bytes of a stream."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self._stream, self._left = stream, length

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        size = self._left if size is None or size < 0 else min(size, self._left)
        data = self._stream.read(size)
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()


class _SmartRange(_Bounded):
    """A range of a file that smart_open opened; it takes up a dropped connection again by itself."""

    def __init__(self, uri: str, stream: BinaryIO, length: int) -> None:
        super().__init__(stream, length)
        self._uri = uri

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            return super().read(size)
        except Exception as error:  # each of smart_open's transports has exceptions of its own
            raise _unreadable(self._uri, error) from error


def _open_smart(uri: str, offset: int, length: int | None) -> _SmartRange:
    smart_open = _module("smart_open", "smart_open")
    parameters: dict[str, Any] = {}
    if scheme(uri) == "s3":
        request_bytes = _S3_REQUEST_BYTES if length is None else min(length, _S3_REQUEST_BYTES)
        parameters = {
            "client": s3_client(),
            "defer_seek": True,
            "buffer_size": _S3_BUFFER_BYTES,
            "range_chunk_size": max(request_bytes, 1),
        }
    try:
        stream = smart_open.open(uri, "rb", compression="disable", transport_params=parameters)
        if offset:
            stream.seek(offset)
    except Exception as error:  # likewise
        raise _unreadable(uri, error) from error
    return _SmartRange(uri, stream, length if length is not None else _NO_LIMIT)


def _unreadable(uri: str, error: Exception) -> InputError:
    if isinstance(error, InputError):
        return error
    cause = error.__cause__ or error
    hint = "check the address"
    if any(code in str(cause) for code in ("AccessDenied", "403", "Forbidden")):
        hint = "set AWS credentials that may read it"
    return InputError(f"{uri}: cannot be read: {cause}; {hint}")


def _module(name: str, distribution: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"{name}: not installed, and this address needs it; pip install {distribution}"
        ) from error


def s3_client() -> Any:
    """Return this process's S3 client: signed where there are credentials, anonymous where there are none.

    `GLOTMILL_S3_ENDPOINT`, else the usual `AWS_ENDPOINT_URL`, points it to another server than Amazon's.
    """
    return _s3_client(os.environ.get("GLOTMILL_S3_ENDPOINT") or os.environ.get("AWS_ENDPOINT_URL"))


@functools.cache
def _s3_client(endpoint: str | None) -> Any:
    boto3 = _module("boto3", "boto3")
    from botocore import UNSIGNED
    from botocore.config import Config

    session = boto3.Session()
    retries = {"mode": "standard", "max_attempts": _S3_TRIES}
    if session.get_credentials() is None:
        config = Config(signature_version=UNSIGNED, retries=retries)
    else:
        config = Config(retries=retries)
    region = session.region_name or "us-east-1"
    return session.client("s3", endpoint_url=endpoint, config=config, region_name=region)


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.partition("://")[2].partition("/")
    if not bucket:
        raise InputError(f"{uri}: expected {scheme(uri)}://BUCKET/KEY, got no bucket")
    return bucket, key


def put_new_s3(uri: str, body: bytes) -> bool | None:
    """Write a small object where there is none yet, by S3's condition `If-None-Match: *`.

    Returns:
        Whether there was none. None, with nothing written, where that cannot be asked: boto3 is missing or
        not set to the store that PyArrow writes to, the store knows no conditions, it refuses.
    """
    other = os.environ.get("GLOTMILL_S3_ENDPOINT") not in (None, "", os.environ.get("AWS_ENDPOINT_URL"))
    if other or "?" in uri or "@" in uri or importlib.util.find_spec("boto3") is None:
        return None
    bucket, key = _bucket_and_key(uri)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        s3_client().put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as error:
        return False if error.response["ResponseMetadata"]["HTTPStatusCode"] in _EXISTS else None
    except BotoCoreError:
        return None
    return True


def _look_s3(uri: str) -> Look:
    bucket, key = _bucket_and_key(uri)
    client = s3_client()
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{HEAD_BYTES - 1}")
        with answer["Body"] as body:
            head = body.read()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "InvalidRange":
            return Look(0, b"")
        raise _unreadable(uri, error) from error
    except BotoCoreError as error:
        raise _unreadable(uri, error) from error
    total = answer.get("ContentRange", "").rpartition("/")[2]
    return Look(int(total) if total.isdigit() else answer["ContentLength"], head)


def _list_s3(uri: str) -> Iterator[tuple[str, int]]:
    bucket, prefix = _bucket_and_key(uri)
    client = s3_client()
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                yield f"s3://{bucket}/{found['Key']}", found["Size"]
    except (BotoCoreError, ClientError) as error:
        raise _unreadable(uri, error) from error


def _google_url(path: str) -> str:
    return (os.environ.get("STORAGE_EMULATOR_HOST") or GOOGLE_STORAGE).rstrip("/") + path


def _google_headers() -> Mapping[str, str]:
    """Return the header that Google's default credentials make; none where there are none: public objects."""
    credentials = _google_credentials()
    if credentials is None:
        return {}
    if not credentials.valid:
        transport = importlib.import_module("google.auth.transport.requests")
        credentials.refresh(transport.Request())
    return {"Authorization": f"Bearer {credentials.token}"}


def _google_object_headers() -> Mapping[str, str]:
    """Likewise, and ask for the object as stored: without this header Google unpacks those marked as gzip."""
    return {"Accept-Encoding": "gzip", **_google_headers()}


@functools.cache
def _google_credentials() -> Any:
    try:
        auth = importlib.import_module("google.auth")
    except ImportError:  # then public objects only
        return None
    try:
        return auth.default(scopes=[_GOOGLE_SCOPE])[0]
    except auth.exceptions.DefaultCredentialsError:
        return None


def _google_range(uri: str, offset: int, length: int | None, retry: Retry | None) -> HttpRange:
    bucket, key = _bucket_and_key(uri)
    url = _google_url(f"/{bucket}/{urllib.parse.quote(key)}")
    return HttpRange(url, offset, length, retry=retry, headers=_google_object_headers, name=uri)


def _list_google(uri: str) -> Iterator[tuple[str, int]]:
    bucket, prefix = _bucket_and_key(uri)
    query = {"prefix": prefix, "fields": "items(name,size),nextPageToken"}
    while True:
        url = _google_url(f"/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(query)}")
        with io.BufferedReader(HttpRange(url, headers=_google_headers, name=uri)) as answer:
            page = json.load(answer)
        for found in page.get("items", []):
            yield f"gs://{bucket}/{found['name']}", int(found["size"])
        if "nextPageToken" not in page:
            return
        query["pageToken"] = page["nextPageToken"]
