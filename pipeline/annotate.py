"""Annotate: measure every document of a part, edit its text, drop bad chunks. Nothing is removed here."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.chunks import chunk_spans
from filters.registry import Measurement, Parameters
from filters.rule import fails
from filters.substrings import cut_ranges
from filters.text import Spans, TextBatch, cut_by_bytes
from pipeline.image_places import PLACE_UNKNOWN, follow_images
from pipeline.markdown_chunks import judge_blocks
from pipeline.plan import ChunkKeys, ChunkRules, DropChunks, DropRanges, Measure, RowPass
from pipeline.recipe import Recipe
from schemas.decision import is_removed
from schemas.document import DOCUMENT, IMAGES
from schemas.ledger import KEPT, UNKNOWN_LANGUAGE
from schemas.signals import LANGUAGE_COLUMNS
from schemas.table import conform

ChunkDecisions = Mapping[str, pa.Table]
"""For each chunk dedup step, the decisions on one part: doc_key and line (the chunk's number in its text)."""

ChunkCounts = dict[str, Counter[tuple[str, str]]]
"""For each chunk operation, how many chunks of each language had each outcome; the same of images."""


FAILED = "_failed"
"""Ends the name of the account of chunks that failed a rule, where some rules only count."""

CHUNK_COUNTS = ("chunk_count", "failed_chunk_count")
"""What the rules on chunks tell of a document, for `failed_chunk_ratio`."""


NewMeasurement = Callable[[Mapping[str, pa.Array], Mapping[str, Parameters]], Measurement]
"""Gives what measures columns with settings: a new one, or one that others have measured with already."""


@dataclass(slots=True)
class _State:
    """A batch on its way through the operations of a pass."""

    columns: dict[str, pa.Array]
    measure: NewMeasurement
    chunk_ends: pa.Array | None = None
    unit: str = "line"
    counts: ChunkCounts = field(default_factory=dict)

    @property
    def lang(self) -> pa.Array:
        return self.columns["lang"]


def annotate_batch(
    recipe: Recipe,
    planned: RowPass,
    schema: pa.Schema,
    batch: pa.RecordBatch,
    decisions: ChunkDecisions,
    measure: NewMeasurement = Measurement,
) -> tuple[pa.RecordBatch, ChunkCounts]:
    """Run the operations of a pass on one batch; return it with its new columns, and what became of chunks.

    `schema` is that of the table that the pass writes. The rows and their order stay as they are.
    """
    state = _State({name: batch.column(name) for name in batch.schema.names}, measure)
    state.chunk_ends = state.columns.pop("chunk_ends", None)
    if planned.reads == "documents":
        page = measure(_page(state), recipe.settings)
        state.columns |= {name: page.get(name) for name in LANGUAGE_COLUMNS.names}
    measurement = measure(_page(state), recipe.settings)
    for number, operation in enumerate(planned.operations, 1):
        if isinstance(operation, Measure):
            state.columns[operation.column] = _measure(measurement, operation)
            continue
        if isinstance(operation, ChunkKeys):
            _measure_chunks(recipe, operation, state, measurement.text)
            continue
        before = state.columns["text"]
        if isinstance(operation, ChunkRules):
            _drop_by_rules(recipe, operation, state, measurement.text, f"{planned.name}_chunks_{number}")
        elif isinstance(operation, DropChunks):
            _drop_by_decision(recipe, operation, state, measurement.text, decisions)
        elif isinstance(operation, DropRanges):
            _cut_by_decision(operation, state, measurement.text, decisions)
        else:
            edited = measurement.edited(operation.edit, **operation.parameters)
            state.columns["text"], state.chunk_ends = edited.text, None
        if IMAGES.name in state.columns:
            images = state.columns[IMAGES.name]
            state.columns[IMAGES.name] = follow_images(images, before, state.columns["text"])
        measurement = measure(_page(state), recipe.settings)
    if IMAGES.name in state.columns:
        _count_images(state, batch.column(IMAGES.name), f"{planned.name}_{IMAGES.name}")
    return _finish(state, batch, schema), state.counts


def _page(state: _State) -> dict[str, pa.Array]:
    """What signals may read: the page, its language, the counts of its chunks; all else is measured anew."""
    names = (*DOCUMENT.names, *LANGUAGE_COLUMNS.names, *CHUNK_COUNTS)
    return {name: state.columns[name] for name in names if name in state.columns}


def _measure(measurement: Measurement, operation: Measure) -> pa.Array:
    columns = measurement.columns
    if operation.column in LANGUAGE_COLUMNS.names:
        return columns[operation.column]
    if (
        operation.signal in LANGUAGE_COLUMNS.names
    ):  # under another name: the language of the text as it stands
        page = {name: columns[name] for name in DOCUMENT.names}
        measurement = Measurement(page, measurement.settings)
    return measurement.get(operation.signal, **operation.parameters)


def _finish(state: _State, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    text = state.columns["text"]
    columns = state.columns | {
        "text_is_empty": pc.equal(pc.binary_length(text), 0),
        "text_bytes": pc.binary_length(text).cast(pa.int64()),
    }
    if "chunk_ends" in schema.names:
        columns["chunk_ends"] = (
            state.chunk_ends
            if state.chunk_ends is not None
            else pa.nulls(batch.num_rows, pa.list_(pa.int64()))
        )
    if IMAGES.name in schema.names and IMAGES.name not in columns:  # of texts that were never pages
        columns[IMAGES.name] = pa.nulls(batch.num_rows, IMAGES.type)
    made = pa.RecordBatch.from_arrays([columns[n] for n in schema.names], names=schema.names)
    return conform(made, schema, "annotate")


def _chunks(recipe: Recipe, state: _State, text: TextBatch, unit: str) -> Spans:
    """The chunks of the text: those that an earlier operation left if cut the same way, or new ones."""
    if state.chunk_ends is None or state.unit != unit:
        state.unit = unit
        return chunk_spans(text, max_characters=recipe.chunk_max_characters, unit=unit)
    offsets = np.asarray(state.chunk_ends.offsets, np.int64)
    in_row = np.asarray(state.chunk_ends.values, np.int64)[offsets[0] : offsets[-1]]
    offsets = offsets - offsets[0]
    counts = np.diff(offsets)
    ends = in_row + np.repeat(text.row_offsets[:-1], counts)
    starts = np.empty_like(ends)
    starts[1:] = ends[:-1]
    first = offsets[:-1][counts > 0]
    starts[first] = text.row_offsets[:-1][counts > 0]
    return Spans(starts, ends, offsets)


def _drop_by_rules(recipe: Recipe, operation: ChunkRules, state: _State, text: TextBatch, stage: str) -> None:
    chunks = _chunks(recipe, state, text, operation.unit)
    parent = np.repeat(np.arange(len(text)), np.diff(chunks.offsets))
    lang = state.lang.take(pa.array(parent))
    stripped = pc.utf8_trim_whitespace(text.slice_text(chunks))
    measured = state.measure({"text": stripped, "lang": lang}, recipe.settings)
    reason, failure = np.full(len(parent), -1), np.full(len(parent), -1)
    for code in range(len(operation.rules) - 1, -1, -1):
        step = operation.rules[code]
        limits = recipe.limits.get(step.rule.limit_column or "", {})
        mask = fails(step.rule, measured.get(step.rule.signal, **step.parameters), lang, limits)
        failure[mask] = code
        if step.then == "drop":
            reason[mask] = code
    if recipe.is_markdown:
        reason, failure = judge_blocks((reason, failure), stripped, chunks)
    counts = np.bincount(parent[failure >= 0], minlength=len(text))
    state.columns["chunk_count"] = pa.array(np.diff(chunks.offsets), pa.int64())
    state.columns["failed_chunk_count"] = pa.array(counts, pa.int64())
    names = [step.name for step in operation.rules]
    if any(step.then == "count" for step in operation.rules):  # an account of failures, beside that of drops
        _count(state, chunks, failure, names, stage + FAILED)
    if any(step.then == "drop" for step in operation.rules):
        _drop(state, text, chunks, reason, names=names, stage=stage)


def _cut_by_decision(
    operation: DropRanges, state: _State, text: TextBatch, decisions: ChunkDecisions
) -> None:
    """Cut spans of text; they are counted as decisions only, since accounts are of documents and chunks."""
    table = decisions[operation.decisions]
    if not table.num_rows:
        return
    keys = np.asarray(state.columns["doc_key"], np.int64)
    decided, begins, ends = (
        np.asarray(table.column(name).combine_chunks(), np.int64) for name in ("doc_key", "begin", "end")
    )
    mine = np.isin(decided, keys)
    order = np.argsort(keys)
    rows = order[np.searchsorted(keys, decided[mine], sorter=order)]
    state.columns["text"] = cut_ranges(text, rows, begins[mine], ends[mine], operation.unit)
    state.chunk_ends = None


def _drop_by_decision(
    recipe: Recipe, operation: DropChunks, state: _State, text: TextBatch, decisions: ChunkDecisions
) -> None:
    state.unit = operation.unit  # the ends that are stored are of the chunks that were decided on
    chunks = _chunks(recipe, state, text, operation.unit)
    table = decisions[operation.decisions]
    table = table.filter(is_removed(table))
    keys = np.asarray(state.columns["doc_key"])
    decided = np.asarray(table.column("doc_key").combine_chunks(), np.int64)
    mine = np.isin(decided, keys)
    order = np.argsort(keys)
    rows = order[np.searchsorted(keys, decided[mine], sorter=order)]
    lines = np.asarray(table.column("line").combine_chunks(), np.int64)[mine]
    reason = np.full(len(chunks.starts), -1)
    reason[chunks.offsets[rows] + lines] = 0
    if recipe.is_markdown:
        [reason] = judge_blocks((reason,), pc.utf8_trim_whitespace(text.slice_text(chunks)), chunks)
    _drop(state, text, chunks, reason, names=[operation.decisions], stage=f"{operation.decisions}_chunks")


def _drop(
    state: _State, text: TextBatch, chunks: Spans, reason: np.ndarray, *, names: list[str], stage: str
) -> None:
    kept = reason < 0
    _count(state, chunks, reason, names, stage)
    rows = np.concatenate([[0], np.cumsum(kept)])[chunks.offsets]
    survivors = Spans(chunks.starts[kept], chunks.ends[kept], rows)
    pieces = pa.ListArray.from_arrays(pa.array(rows, pa.int32()), text.slice_text(survivors))
    joined = pc.utf8_rtrim_whitespace(pc.binary_join(pieces, ""))
    lengths = np.asarray(pc.utf8_length(joined), np.int64)
    ends = np.cumsum(survivors.ends - survivors.starts)
    before = np.concatenate([[0], ends])[rows[:-1]]
    counts = np.diff(rows)
    in_row = np.minimum(ends - np.repeat(before, counts), np.repeat(lengths, counts))
    state.columns["text"] = joined
    state.chunk_ends = pa.ListArray.from_arrays(pa.array(rows, pa.int32()), pa.array(in_row, pa.int64()))


def _count(state: _State, chunks: Spans, reason: np.ndarray, names: list[str], stage: str) -> None:
    codes = state.lang.dictionary_encode()
    by_row = np.asarray(pc.fill_null(codes.indices, -1), np.int64)
    by_chunk = np.repeat(by_row, np.diff(chunks.offsets))
    labels = [*codes.dictionary.to_pylist(), UNKNOWN_LANGUAGE]
    outcomes = [*names, KEPT]
    found, counts = np.unique(np.stack([by_chunk, reason]), axis=1, return_counts=True)
    counter = state.counts.setdefault(stage, Counter())
    for (label, outcome), n in zip(found.T.tolist(), counts.tolist(), strict=True):
        counter[labels[label], outcomes[outcome]] += n


def _count_images(state: _State, before: pa.Array, stage: str) -> None:
    """Count the images that are still with their documents, and those whose place is not known any more."""
    counter = state.counts.setdefault(stage, Counter())
    sizes = [pc.fill_null(pc.list_value_length(a), 0) for a in (before, state.columns[IMAGES.name])]
    for lang, had, has in zip(state.lang.to_pylist(), *(size.to_pylist() for size in sizes), strict=True):
        counts = {(lang or UNKNOWN_LANGUAGE, KEPT): has, (lang or UNKNOWN_LANGUAGE, PLACE_UNKNOWN): had - has}
        counter.update({outcome: n for outcome, n in counts.items() if n})


def _measure_chunks(recipe: Recipe, operation: ChunkKeys, state: _State, text: TextBatch) -> None:
    chunks = _chunks(recipe, state, text, operation.unit)
    offsets = pa.array(chunks.offsets, pa.int32())
    measured = state.measure({"text": pc.utf8_trim_whitespace(text.slice_text(chunks))}, recipe.settings)
    keys = measured.get(operation.signal, **operation.parameters)
    state.columns[operation.column] = pa.ListArray.from_arrays(offsets, keys)
    in_row = chunks.ends - np.repeat(text.row_offsets[:-1], np.diff(chunks.offsets))
    state.chunk_ends = pa.ListArray.from_arrays(offsets, pa.array(in_row, pa.int64()))


def annotate_part(
    recipe: Recipe,
    planned: RowPass,
    schema: pa.Schema,
    batches: Iterator[pa.RecordBatch],
    *,
    decisions: ChunkDecisions,
    counts: ChunkCounts,
) -> Iterator[pa.Table]:
    """Run a pass over the batches of a part, in pieces that fit a core's cache; yield a table for each.

    What became of chunks is added to `counts`.
    """
    for batch in batches:
        made = []
        for first, last in cut_by_bytes(batch.column("text")):
            piece = batch.slice(first, last - first)
            annotated, found = annotate_batch(recipe, planned, schema, piece, decisions)
            made.append(annotated)
            for stage, counter in found.items():
                counts.setdefault(stage, Counter()).update(counter)
        yield pa.Table.from_batches(made, schema)
