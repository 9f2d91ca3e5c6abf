"""Global steps in the driver: not done again where the same documents reach them, done here where few do.

What reaches a step is told by digests of the documents, not by the rules before it, so that a rule that is
moved costs nothing where it moves no document.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.decide_here import decide
from pipeline.learning import learn_here, learned_together, steps_of, store
from pipeline.plan import GlobalStep, result_folder, table_schema
from pipeline.reached import key_columns, reached_digest, read_keys, result_file
from pipeline.recipe import fingerprint
from pipeline.run import ALL_PARTS, INPUT, RESULT, Run, input_fingerprint, part_fingerprints
from pipeline.sampling import candidates, cuts
from pipeline.steps import DedupStep, SampleStep, ThresholdStep
from pipeline.workspace import Receipt, Workspace
from schemas.decision import DECISION, is_removed
from schemas.document import ROW_BITS
from schemas.ledger import UNKNOWN_LANGUAGE

FEW_DOCUMENTS = 200_000
"""Up to this many documents a dedup step is done in the driver: two seconds and 200 MB of signatures."""

HandOut = Callable[[list[str], Callable[[str], Receipt]], list[Receipt]]
"""Runs some work on each part, here or on Spark."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The documents that reach a step: how many, and a digest of which of them for each part."""

    documents: int
    digests: tuple[str, ...]


def run_here(names: list[str], work: Callable[[str], Receipt]) -> list[Receipt]:
    """Run the work on each part in this process."""
    return [work(name) for name in names]


def reached(run: Run, planned: GlobalStep, hand_out: HandOut = run_here) -> Reached:
    """Return which documents reach a step now."""
    receipts = hand_out([str(part.number) for part in run.parts], partial(_reach_task, run, planned))
    digests = tuple(str(receipt.extra["digest"]) for receipt in receipts)
    return Reached(sum(receipt.records_in for receipt in receipts), digests)


def _reach_task(run: Run, planned: GlobalStep, part: str) -> Receipt:
    rows, digest = reached_digest(run, planned, int(part))
    return Receipt(planned.step.name, part, "", rows, {}, extra={"digest": digest})


def keep_results(run: Run, planned: GlobalStep, found: Reached) -> bool:
    """Take over the results of an earlier run of a step if the same documents reached it; say if so."""
    step, workspace = planned.step.name, run.workspace
    if not workspace.exists(workspace.receipt_name(step, ALL_PARTS)):
        return False
    receipt = Receipt.from_json(workspace.read_text(workspace.receipt_name(step, ALL_PARTS)))
    if receipt.extra.get(INPUT) != input_fingerprint(run, planned, found.digests):
        return False
    workspace.put_receipt(replace(receipt, fingerprint=part_fingerprints(run, step)[ALL_PARTS]))
    return True


def note_results(run: Run, planned: GlobalStep, found: Reached) -> None:
    """Note on the receipt of a step that is done what it was made from and what stands for its results."""
    workspace = run.workspace
    for one in done_together(run, planned):
        receipt = Receipt.from_json(workspace.read_text(workspace.receipt_name(one.step.name, ALL_PARTS)))
        made_from = input_fingerprint(run, one, found.digests)
        results = receipt.extra.get(RESULT) or _results(run, one, made_from)
        workspace.put_receipt(
            replace(
                receipt,
                fingerprint=part_fingerprints(run, one.step.name)[ALL_PARTS],
                extra={**receipt.extra, INPUT: made_from, RESULT: results},
            )
        )


def done_together(run: Run, planned: GlobalStep) -> list[GlobalStep]:
    """Return the steps that are done at once: thresholds next to each other; else the step alone."""
    return learned_together(run, planned.step) if isinstance(planned.step, ThresholdStep) else [planned]


def _results(run: Run, planned: GlobalStep, made_from: str) -> str:
    """What stands for results: of decisions what they follow from, of limits and the like their content."""
    if isinstance(planned.step, DedupStep):
        return made_from
    table = run.workspace.read_parquet(result_file(planned.step))
    return fingerprint([planned.step.name, table.to_pylist()])


def dedup_here(run: Run, planned: GlobalStep) -> int | None:
    """Decide on the documents that reach a dedup step, in this process; return how many go.

    None, and nothing is done, for a kind of step that only Spark knows.
    """
    step, workspace = planned.step, run.workspace
    if not isinstance(step, DedupStep):
        raise TypeError(f"{step.name}: expected a dedup step")
    started = time.monotonic()
    columns = key_columns(planned)
    table = table_schema(run.plan, planned.reads)
    schema = pa.schema([table.field(name) for name in columns])
    batches = [b for part in run.parts for b in read_keys(run, planned, columns, part.number)]
    decided = decide(pa.Table.from_batches([b.cast(schema) for b in batches], schema), step)
    if decided is None:
        return None
    workspace.delete(workspace.folder(f"decisions/{step.name}"))
    removed = _write_decisions(workspace, step.name, decided)
    _put_receipt(run, planned, removed, started, {"removed": removed})
    return removed


def _write_decisions(workspace: Workspace, step: str, decided: pa.Table) -> int:
    parts = pc.shift_right(decided.column("doc_key"), ROW_BITS)
    for part in sorted(pc.unique(parts).to_pylist()):
        rows = decided.filter(pc.equal(parts, part))
        workspace.put_parquet(workspace.table_name(f"decisions/{step}", part), DECISION, [rows])
    removed: int = pc.sum(is_removed(decided)).as_py() or 0
    return removed


def sample(run: Run, planned: GlobalStep, hand_out: HandOut = run_here) -> int:
    """Find the last document of each language that a sample takes; return the languages that it cuts.

    Each part gives no more rows than the sample may take of each language.
    """
    step, workspace = planned.step, run.workspace
    if not isinstance(step, SampleStep):
        raise TypeError(f"{step.name}: expected a sample")
    started = time.monotonic()
    names = [str(part.number) for part in run.parts]
    hand_out(names, partial(_sample_task, run, planned))
    files = (workspace.table_name(result_folder(step), int(name)) for name in names)
    table = cuts(step, map(workspace.read_parquet, files))
    workspace.put_parquet(result_file(step), table.schema, [table])
    workspace.delete(workspace.folder(result_folder(step)))
    _put_receipt(run, planned, 0, started, {"languages": table.num_rows})
    return int(table.num_rows)


def _sample_task(run: Run, planned: GlobalStep, part: str) -> Receipt:
    step, workspace = planned.step, run.workspace
    if not isinstance(step, SampleStep):
        raise TypeError(f"{step.name}: expected a sample")
    rows = candidates(step, read_keys(run, planned, key_columns(planned), int(part)))
    workspace.put_parquet(workspace.table_name(result_folder(step), int(part)), rows.schema, [rows])
    return Receipt(step.name, part, "", rows.num_rows, {})


def threshold_here(run: Run, planned: GlobalStep) -> int:
    """Learn the limits of a threshold and of those next to it in this process; return the languages."""
    started = time.monotonic()
    group = done_together(run, planned)
    languages = 0
    for step, learned in zip(steps_of(group), learn_here(run, group), strict=True):
        store(run, step, learned, time.monotonic() - started)
        languages = len(learned)
    return languages


def _put_receipt(
    run: Run, planned: GlobalStep, removed: int, started: float, extra: dict[str, object]
) -> None:
    step = planned.step.name
    made_from = part_fingerprints(run, step)[ALL_PARTS]
    seconds = round(time.monotonic() - started, 3)
    outcomes = {(UNKNOWN_LANGUAGE, step): removed}
    run.workspace.put_receipt(Receipt(step, ALL_PARTS, made_from, removed, outcomes, 0, seconds, extra))


def documents(run: Run) -> int:
    """Return how many documents the parts of a run have."""
    receipts = run.workspace.receipts("extract")
    return sum(n for receipt in receipts.values() for (_, o), n in receipt.outcomes.items() if o == "kept")
