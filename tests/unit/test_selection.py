import numpy as np
import pyarrow as pa

from filters.rule import parse_rule
from pipeline.recipe import Recipe
from pipeline.selection import by_language, select_batch
from pipeline.steps import DedupStep, KeepStep
from schemas.corpus import CORPUS, REMOVED
from schemas.decision import DECISION
from schemas.document import DOCUMENT
from schemas.signals import LANGUAGE_COLUMNS, TEXT_COLUMNS

WORDS = KeepStep("word_count", parse_rule("word_count >= 5"))
DIGITS = KeepStep("digit_ratio", parse_rule("digit_ratio <= 0.5"))
DEDUP = DedupStep("exact_duplicate", "exact")
RECIPE = Recipe("test", "1", "", "a test", (WORDS, DIGITS, DEDUP))


def signals(words, digits, langs, empty=None):
    rows = len(words)
    columns = {f.name: pa.nulls(rows, f.type) for f in (*DOCUMENT, *LANGUAGE_COLUMNS, *TEXT_COLUMNS)}
    columns |= {
        "doc_key": pa.array(np.arange(rows), pa.int64()),
        "doc_id": pa.array([f"id{i}" for i in range(rows)]),
        "text": pa.array([f"text {i}" for i in range(rows)]),
        "lang": pa.array(langs, pa.string()),
        "text_is_empty": pa.array(empty or [False] * rows),
        "word_count": pa.array(words, pa.int32()),
        "digit_ratio": pa.array(digits, pa.float32()),
    }
    return pa.table(columns)


def decisions(*rows):
    full = [
        {
            "doc_key": key,
            "line": None,
            "reason": None if key == keeper else "exact_duplicate",
            "keeper": keeper,
            "similarity": similarity,
            "cluster_size": size,
        }
        for key, keeper, similarity, size in rows
    ]
    return {"exact_duplicate": pa.Table.from_pylist(full, schema=DECISION)}


def select(table, decided=None, languages=None, ratio=0.0):
    return select_batch(RECIPE, table, decided or decisions(), languages=languages, removed_text_ratio=ratio)


def test_a_row_is_kept_or_removed_with_every_reason_in_order():
    chosen = select(signals([9, 1, 1, 9], [0.0, 0.0, 0.9, None], ["swh_Latn"] * 4))
    assert chosen.kept.column("doc_key").to_pylist() == [0, 3]
    assert chosen.kept.schema.equals(CORPUS)
    assert chosen.removed.schema.equals(REMOVED)
    assert chosen.removed.column("reasons").to_pylist() == [["word_count"], ["word_count", "digit_ratio"]]
    assert chosen.outcomes == {("swh_Latn", "kept"): 2, ("swh_Latn", "word_count"): 2}


def test_a_duplicate_names_its_keeper_and_the_keeper_its_cluster():
    decided = decisions((0, 0, 1.0, 2), (2, 0, 1.0, 2))
    chosen = select(signals([9, 9, 9], [0.0] * 3, ["swh_Latn"] * 3), decided)
    assert chosen.kept.column("cluster_size").to_pylist() == [2, 1]
    assert chosen.removed.column("keeper").to_pylist() == [0]
    assert chosen.removed.column("similarity").to_pylist() == [1.0]
    assert chosen.removed.column("reasons").to_pylist() == [["exact_duplicate"]]


def test_the_account_of_a_global_step_begins_with_the_rows_that_reach_it():
    decided = decisions((1, 1, 1.0, 2), (2, 1, 1.0, 2))
    chosen = select(signals([1, 9, 9], [0.0] * 3, ["swh_Latn"] * 3), decided)
    assert chosen.funnel["exact_duplicate"] == {
        ("", "records_in"): 2,
        ("swh_Latn", "kept"): 1,
        ("swh_Latn", "exact_duplicate"): 1,
    }


def test_documents_without_language_or_text_have_reasons_of_their_own():
    table = signals([9, 9], [0.0, 0.0], [None, "swh_Latn"], empty=[False, True])
    chosen = select(table)
    assert chosen.outcomes == {("", "language_unknown"): 1, ("swh_Latn", "no_text_left"): 1}


def test_only_the_languages_that_are_wanted_are_kept():
    chosen = select(signals([9, 9], [0.0, 0.0], ["tha_Thai", "swh_Latn"]), languages=frozenset(["swh_Latn"]))
    assert chosen.outcomes == {("tha_Thai", "language_not_wanted"): 1, ("swh_Latn", "kept"): 1}


def test_the_text_of_a_fixed_sample_of_removed_rows_is_kept_for_inspection():
    table = signals([1] * 1000, [0.0] * 1000, ["swh_Latn"] * 1000)
    shown = [t for t in select(table, ratio=0.01).removed.column("text").to_pylist() if t is not None]
    again = [t for t in select(table, ratio=0.01).removed.column("text").to_pylist() if t is not None]
    assert shown == again
    assert 1 <= len(shown) <= 30
    assert all(t is not None for t in select(table, ratio=1.0).removed.column("text").to_pylist())


def test_languages_come_in_the_order_of_their_codes():
    chosen = select(signals([9, 9, 9], [0.0] * 3, ["tha_Thai", "amh_Ethi", "tha_Thai"]))
    found = [(lang, rows.column("doc_key").to_pylist()) for lang, rows in by_language(chosen.kept)]
    assert found == [("amh_Ethi", [1]), ("tha_Thai", [0, 2])]


def test_an_empty_batch_gives_empty_tables():
    chosen = select(signals([], [], []))
    assert (chosen.kept.num_rows, chosen.removed.num_rows, chosen.outcomes) == (0, 0, {})


def test_the_time_of_a_page_is_given_to_the_second():
    table = signals([9, 9], [0.0, 0.0], ["swh_Latn"] * 2)
    times = pa.array([1716081219_500000, None], pa.timestamp("us", "UTC"))
    table = table.set_column(table.column_names.index("fetched_at"), "fetched_at", times)
    assert select(table).kept.column("timestamp").to_pylist() == ["2024-05-19T01:13:39Z", None]
