"""Every stage, from archives to corpus, in order: read this first.

    archives ──► extract ──► annotate ──► dedup … ──► select ──► publish ──► corpus, card, ledger
                  (text)     (signals)    (keys)      (rules)    (by language)

A row stage reads one part and writes one part; a global step (thresholds, dedup, audit, sample) relates the
keys of all parts; publish groups rows by language. `glotmill plan RECIPE` prints what a recipe makes of this:
one annotate pass, and one more after each step that cuts text out (duplicate chunks, spans); one global step
for each threshold, dedup, audit and sample of so many documents.

With `images = true` a column `images` goes from extract to the corpus; annotate moves its places with the
text (`image_places.py`). Beside outcomes, the ledger has accounts: of chunks, of images, of each rule, and of
giant pages whose end extract did not read (`schemas/ledger.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from pipeline import audit_steps, learning, reached, sampling, tasks
from pipeline.plan import StageKind
from schemas.audit import AUDIT
from schemas.corpus import CORPUS
from schemas.decision import DECISION
from schemas.document import DOCUMENT
from schemas.limit import LIMIT
from schemas.part import PARTS
from schemas.signals import signals_schema

SIGNALS = signals_schema(pa.schema([]), with_chunk_ends=False)
"""The columns that every signals table has; a recipe adds its own."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: what it reads and writes, the function that a task runs, the job that hands out the tasks."""

    name: str
    kind: StageKind
    reads: pa.Schema
    writes: pa.Schema
    task: Callable[..., object]
    job: str


FLOW = (
    Stage("extract", "row", PARTS, DOCUMENT, tasks.extract_task, "jobs/extract_text.py"),
    Stage("annotate", "row", DOCUMENT, SIGNALS, tasks.annotate_task, "jobs/annotate_documents.py"),
    Stage("thresholds", "global", SIGNALS, LIMIT, learning.part_samples, "jobs/learn_thresholds.py"),
    Stage("dedup", "global", SIGNALS, DECISION, reached.read_keys, "jobs/dedup_documents.py"),
    Stage("audit", "global", SIGNALS, AUDIT, audit_steps.sample_task, "jobs/audit_languages.py"),
    Stage("sample", "global", SIGNALS, sampling.CUT, sampling.candidates, "jobs/sample_documents.py"),
    Stage("select", "row", SIGNALS, CORPUS, tasks.select_task, "jobs/select_documents.py"),
    Stage("publish", "publish", CORPUS, CORPUS, tasks.publish_task, "jobs/publish_corpus.py"),
)
