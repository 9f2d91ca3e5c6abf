"""Archives and corpus in a store that speaks the S3 protocol."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.workspace import Receipt, Workspace
from schemas.table import column

pytestmark = pytest.mark.spark

BUCKET = "glotmill"
SCHEMA = pa.schema([column("n", pa.int64(), "a number")])


@pytest.fixture(scope="module")
def store() -> Iterator[object]:
    """A client of a server on this machine, whose address stands in the environment."""
    import boto3  # these two take half a second, which a run without Spark need not wait
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    named = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }
    before = {name: os.environ.get(name) for name in named}
    os.environ.update(named)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    server.stop()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.mark.usefixtures("store")
def test_a_workspace_may_be_in_a_store():
    workspace = Workspace(f"s3://{BUCKET}/run/one")
    receipt = Receipt("extract", "0", "f", 1, {("", "kept"): 1})
    workspace.put_text("run.json", "{}")
    workspace.put_parquet("_work/documents/00000.parquet", SCHEMA, [pa.table({"n": pa.array([1, 2])})])
    workspace.put_receipt(receipt)
    assert workspace.entries() == ["_work", "run.json"]
    assert workspace.names("_work") == ["_work/documents/00000.parquet", "_work/ledger/extract/0.json"]
    assert workspace.receipts("extract") == {"0": receipt}
    assert workspace.read_parquet("_work/documents/00000.parquet").to_pydict() == {"n": [1, 2]}
    workspace.delete("_work")
    assert workspace.names("") == ["run.json"]


@pytest.mark.usefixtures("store")
def test_an_upload_that_fails_half_way_leaves_nothing():
    workspace = Workspace(f"s3://{BUCKET}/run/two")

    def batches():
        yield pa.table({"n": pa.array([1])})
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        workspace.put_parquet("t.parquet", SCHEMA, batches())
    assert workspace.names("") == []


@pytest.mark.slow
def test_a_corpus_made_from_and_into_a_store_is_that_of_the_disk(
    store, sample, glotmill, tmp_path, read_corpus
):
    names = ["sample-00000.warc.gz", "sample-00001.warc.gz"]
    for name in names:
        store.upload_file(str(sample / name), BUCKET, f"crawl/{name}")
    options = ("--master", "local[2]")
    glotmill("run", "glotmill", f"s3://{BUCKET}/crawl/", "--output", f"s3://{BUCKET}/corpus", *options)
    glotmill("run", "glotmill", *[sample / name for name in names], "--output", tmp_path / "corpus", *options)
    keys = [entry["Key"] for entry in store.list_objects_v2(Bucket=BUCKET, Prefix="corpus/")["Contents"]]
    for key in (key for key in keys if not key.endswith("/")):
        target = tmp_path / "fetched" / Path(key).relative_to("corpus")
        target.parent.mkdir(parents=True, exist_ok=True)
        store.download_file(BUCKET, key, str(target))
    columns = ["doc_key", "doc_id", "text", "lang", "cluster_size"]
    fetched = read_corpus(tmp_path / "fetched").select(columns)
    assert fetched.equals(read_corpus(tmp_path / "corpus").select(columns))
    assert fetched.num_rows > 100
    assert (tmp_path / "fetched" / "README.md").exists()
