"""A run of three parts with made-up measurements, for tests of thresholds."""

import numpy as np
import pyarrow as pa

from pipeline.parts import Part
from pipeline.plan import table_schema
from pipeline.run import RunSettings, start_run
from pipeline.workspace import Workspace

RECIPE = """
name = "learned"
source = "test"
[[steps]]
keep = "letter_ratio >= 0.5"
[[steps]]
threshold = "word_count"
with = { rule = "percentile", percentile = 10, min_documents = 20 }
as = "words_p10"
[[steps]]
threshold = "line_count"
with = { rule = "percentile", percentile = 90, min_documents = 20 }
as = "lines_p90"
[[steps]]
keep = "word_count >= $words_p10"
[[steps]]
keep = "line_count <= $lines_p90"
[[steps]]
threshold = "char_count"
with = { rule = "ten_tail", min_documents = 20 REFERENCE }
as = "characters_p10"
[[steps]]
keep = "char_count >= $characters_p10"
[[steps]]
dedup = "exact"
"""


def signals(rows, schema, first=0):
    """Rows of `schema`: words and characters count up, a tenth has too few letters, two languages in turn."""
    number = np.arange(first, first + rows)
    known = {
        "doc_key": number,
        "doc_id": [f"<{i}>" for i in number],
        "url": [f"http://x/{i}" for i in number],
        "text": [f"text {i}" for i in number],
        "lang": ["swh_Latn" if i % 2 else "hin_Deva" for i in number],
        "letter_ratio": [0.1 if i % 10 == 0 else 0.9 for i in number],
        "word_count": number,
        "line_count": number % 100,
        "char_count": number * 5,
        "text_is_empty": [False] * rows,
        "text_bytes": number,
    }
    columns = []
    for field in schema:
        if field.name in known:
            columns.append(pa.array(known[field.name]).cast(field.type))
        elif field.nullable:
            columns.append(pa.nulls(rows, field.type))
        else:
            columns.append(pa.array([""] * rows).cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def write_recipe(folder, reference=""):
    """Write the recipe; `reference` is what stands after the parameters of its last threshold."""
    path = folder / "learned.toml"
    path.write_text(RECIPE.replace("REFERENCE", reference))
    return str(path)


def measured_run(folder):
    """Begin a run of three parts, whose signals are there."""
    workspace = Workspace(str(folder / "run"))
    parts = tuple(Part(number, "a.warc.gz", 0, 10) for number in range(3))
    started = start_run(workspace, write_recipe(folder), RunSettings(), parts)
    schema = table_schema(started.plan, "signals")
    for number in range(3):
        table = signals(200, schema, 200 * number)
        workspace.put_parquet(workspace.table_name("signals", number), schema, [table])
    return started
