"""An audit as a step: the samples of parts are the sample of the whole; verdicts remove and relabel."""

import random

import pyarrow as pa
import pytest

from pipeline.audit_steps import audit_here, judge_pools, pool_receipts, sample_task
from pipeline.parts import Part
from pipeline.plan import table_schema
from pipeline.reached import read_found, result_file
from pipeline.run import RunSettings, start_run, unfinished
from pipeline.workspace import Workspace

RECIPE = """
name = "audited"
source = "test"
[[steps]]
audit = "confusion"
as = "confused"
then = "relabel"
with = { sample_bytes = 6000, least_bytes = 3000 }
"""
SWAHILI = "habari ya asubuhi watu wote wa nchi yetu wanapenda amani na chakula kizuri sana kila siku"
ENGLISH = "good morning all the people of our country love peace and very nice food every single day"
CORPORA = {"swh_Latn": (SWAHILI, 120), "eng_Latn": (ENGLISH, 150), "yor_Latn": (ENGLISH, 60)}


def part_of(number, schema):
    """Documents of three languages, one of which is English under another label."""
    random_ = random.Random(number)
    rows = [
        {"lang": lang, "text": " ".join(random_.choices(words.split(), k=12)), "host": f"{lang[:3]}.example"}
        for lang, (words, count) in CORPORA.items()
        for _ in range(count)
    ]
    found = {name: [row[name] for row in rows] for name in ("lang", "text", "host")}
    found |= {"doc_key": list(range(1000 * number, 1000 * number + len(rows))), "doc_id": [""] * len(rows)}
    found |= {"text_is_empty": [False] * len(rows), "text_bytes": [len(row["text"]) for row in rows]}
    columns = []
    for field in schema:
        values = found.get(field.name)
        if values is None:
            values = [None if field.nullable else ""] * len(rows)
        columns.append(pa.array(values).cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


@pytest.fixture
def run(tmp_path):
    (tmp_path / "audited.toml").write_text(RECIPE)
    workspace = Workspace(str(tmp_path / "run"))
    parts = tuple(Part(number, "a.warc.gz", 0, 10) for number in range(3))
    started = start_run(workspace, str(tmp_path / "audited.toml"), RunSettings(), parts)
    schema = table_schema(started.plan, "signals")
    for number in range(3):
        workspace.put_parquet(workspace.table_name("signals", number), schema, [part_of(number, schema)])
    return started


def test_an_audit_gives_verdicts_that_relabel(run):
    (planned,) = run.plan.global_steps
    assert audit_here(run, planned) == 3
    verdicts = read_found(run).verdicts["confused"]
    assert {lang: (on.verdict, on.relabel_to) for lang, on in verdicts.items()} == {
        "eng_Latn": ("keep", None),
        "swh_Latn": ("keep", None),
        "yor_Latn": ("relabel", "eng_Latn"),
    }
    assert unfinished(run, "confused") == []


def test_samples_of_parts_are_the_sample_of_the_whole(run):
    (planned,) = run.plan.global_steps
    audit_here(run, planned)
    here = run.workspace.read_parquet(result_file(planned.step)).to_pylist()
    receipts = [sample_task(run, planned, str(part.number)) for part in run.parts]
    assert judge_pools(run, planned, pool_receipts(run, planned, receipts), 0.0) == 3
    assert run.workspace.read_parquet(result_file(planned.step)).to_pylist() == here
    assert [row["documents"] for row in here] == [450, 360, 180]
    assert not run.workspace.exists(run.workspace.folder("audit_samples/confused"))
