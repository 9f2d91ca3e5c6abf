"""A recipe with every kind of dedup runs on the shipped archives, and no copy of what it relates is left."""

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from filters.signals.hashes import content_hash
from filters.text import TextBatch
from pipeline.plan import make_plan
from pipeline.recipe import load_recipe

pytestmark = [pytest.mark.spark, pytest.mark.e2e]

RECIPE = """
name = "every_dedup"
version = "1"
source = "test"
extractor = "resiliparse"

[[steps]]
dedup = "simhash"
with = { distance = 3, blocks = 5, within = "language" }

[[steps]]
dedup = "line"

[[steps]]
dedup = "spans"
with = { lines = 2 }

[[steps]]
dedup = "overlap"
with = { n = 5, share = 0.7 }

[[steps]]
dedup = "substring"
with = { size = 20 }

[[steps]]
dedup = "substring"
as = "repeated_bytes"
with = { unit = "byte", size = 200, keep = "none", within = "corpus" }

[[steps]]
dedup = "paragraph"
with = { keep = "smallest_key" }
"""


def test_every_kind_of_dedup_runs_in_a_recipe(glotmill, sample: Path, tmp_path: Path, read_corpus) -> None:
    recipe = tmp_path / "every.toml"
    recipe.write_text(RECIPE)
    plan = make_plan(load_recipe(str(recipe)))
    assert len(plan.passes) == 7
    output = tmp_path / "out"
    glotmill("run", recipe, sample, "--output", output, "--keep-workspace", "--master", "local[2]")
    removed = {}
    for name in (stage.step.name for stage in plan.global_steps):
        files = sorted((output / "_work" / "decisions" / name).glob("*.parquet"))
        removed[name] = sum(pq.read_metadata(file).num_rows for file in files)
    print(json.dumps(removed))
    assert all(removed.values()), removed
    texts = read_corpus(output).column("text").combine_chunks()
    lines = Counter(line.strip() for text in texts.to_pylist() for line in text.split("\n") if line.strip())
    assert lines.most_common(1)[0][1] < 5
    assert len(content_hash(TextBatch.from_arrow(texts)).unique()) == len(texts)
