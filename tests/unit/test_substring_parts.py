"""Repeated spans, part by part, are those of all texts at once."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.substrings import Substrings, cut_ranges
from filters.text import TextBatch
from pipeline.repeats import Copies, find_copies, join_runs, shared_values, stream_copies
from pipeline.substring_parts import WINDOWS, Setting, part_anchors, part_digests, part_windows

PLACES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 5)), unique=True, max_size=40
)


def windows_of(places: list[tuple[int, int, int]]) -> pa.RecordBatch:
    columns = zip(*sorted(places), strict=True) if places else ((), (), ())
    arrays = [pa.array(c, f.type) for c, f in zip(columns, WINDOWS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=WINDOWS)


@given(PLACES, st.lists(st.integers(1, 9)), st.booleans())
def test_copies_are_found_wherever_batches_end(
    places: list[tuple[int, int, int]], sizes: list[int], keep_first: bool
) -> None:
    rows = windows_of(places)
    cuts = np.minimum(np.cumsum([0, *sizes, 100]), rows.num_rows).tolist()
    batches = [rows.slice(a, b - a) for a, b in pairwise(cuts)]
    found = [pair for c in stream_copies(batches, keep_first=keep_first) for pair in tuples(c)]
    in_order = sorted(places, key=lambda place: place[1:])
    hashes, keys, units = (np.array([p[i] for p in in_order], np.int64) for i in range(3))
    once = find_copies(hashes.view(np.uint64), keys, units, keep_first=keep_first)
    assert sorted(found) == sorted(tuples(once))
    expected: dict[int, list[tuple[int, int]]] = {}
    for hashed, key, unit in sorted(places):
        expected.setdefault(hashed, []).append((key, unit))
    spare = 1 if keep_first else 0
    assert len(found) == sum(len(of) - spare for of in expected.values() if len(of) > 1)


def tuples(copies: Copies) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in copies), strict=True))


def documents(seed: int) -> pa.RecordBatch:
    random = np.random.default_rng(seed)
    boiler = [" ".join(f"b{n}" for n in random.integers(0, 999, 30)) for _ in range(4)]
    texts = []
    for _ in range(24):
        own = [" ".join(f"w{n}" for n in random.integers(0, 99_999, 20)) for _ in range(3)]
        texts.append(
            " ".join([own[0], boiler[random.integers(4)], own[1], boiler[random.integers(4)], own[2]])
        )
    keys = [(row // 8 << 32) + row % 8 for row in range(24)]
    langs = [["eng_Latn", None][row % 2] for row in range(24)]
    return pa.record_batch({"doc_key": keys, "lang": pa.array(langs, pa.string()), "text": texts})


@pytest.mark.parametrize("in_language", [False, True])
@pytest.mark.parametrize("keep_first", [False, True])
def test_three_looks_at_each_part_find_what_one_look_at_all_does(in_language: bool, keep_first: bool) -> None:
    rows = documents(1)
    setting = Setting(Substrings("word", 12), in_language, keep_first)
    parts = [rows.slice(first, 8) for first in range(0, 24, 8)]
    anchored = [part_anchors([part], setting, number) for number, part in enumerate(parts)]
    names = [np.repeat(np.asarray(b[0]).view(np.uint64), np.asarray(b[2])) for b in anchored]
    shared = shared_values(names)
    found = pa.Table.from_batches([b for part in parts for b in part_windows([part], setting, shared)])
    found = found.sort_by([(name, "ascending") for name in WINDOWS.names]).combine_chunks()
    copies = [
        np.concatenate(c) for c in zip(*stream_copies(found.to_batches(), keep_first=keep_first), strict=True)
    ]
    runs = join_runs(Copies(*copies))
    asked = pa.table(
        {
            "run_key": np.tile(runs.keys, 2),
            "run_unit": np.tile(runs.units, 2),
            "is_copy": np.repeat([True, False], len(runs.keys)),
            "doc_key": np.concatenate((runs.keys, runs.of_keys)),
            "unit": np.concatenate((runs.units, runs.of_units)),
            "count": np.tile(runs.counts, 2),
        }
    )
    sides = pa.Table.from_batches(
        [b for part in parts for b in part_digests([part], setting, asked)]
    ).to_pylist()
    digests: dict[tuple[int, int], set[bytes]] = {}
    for side in sides:
        digests.setdefault((side["run_key"], side["run_unit"]), set()).add(side["digest"])
    assert len(sides) == asked.num_rows > 20
    assert {len(of) for of in digests.values()} == {1}
    row_of = {key: row for row, key in enumerate(rows.column("doc_key").to_pylist())}
    gone = [side for side in sides if side["is_copy"]]
    row = np.array([row_of[side["doc_key"]] for side in gone])
    begins, ends = (np.array([side[name] for side in gone]) for name in ("begin", "end"))
    cut = cut_ranges(TextBatch.from_arrow(rows.column("text")), row, begins, ends, "word").to_pylist()
    assert cut == expected_cut(rows, 12, in_language, keep_first)


def expected_cut(rows: pa.RecordBatch, size: int, in_language: bool, keep_first: bool) -> list[str]:
    seen: dict[tuple[object, str], tuple[int, int]] = {}
    texts = rows.column("text").to_pylist()
    gone: list[set[int]] = [set() for _ in texts]
    for row, (text, lang) in enumerate(zip(texts, rows.column("lang").to_pylist(), strict=True)):
        words = text.split()
        begins = np.cumsum([0, *(len(word) + 1 for word in words)]).tolist()
        for i in range(len(words) - size + 1):
            window = " ".join(words[i : i + size])
            name = (lang if in_language else None, window)
            if name in seen:
                gone[row] |= set(range(begins[i], begins[i] + len(window)))
                first, at = seen[name]
                if not keep_first:
                    gone[first] |= set(range(at, at + len(window)))
            else:
                seen[name] = (row, begins[i])
    return ["".join(c for i, c in enumerate(t) if i not in g) for t, g in zip(texts, gone, strict=True)]
