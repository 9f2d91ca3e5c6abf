from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.registry import Measurement
from filters.rule import parse_rule
from pipeline.annotate import annotate_batch, annotate_part
from pipeline.plan import ChunkKeys, ChunkRules, DropChunks, Measure, RowPass
from pipeline.recipe import Recipe
from pipeline.steps import EditStep, KeepStep
from schemas.decision import DECISION
from schemas.document import DOCUMENT, IMAGES
from schemas.signals import LANGUAGE_COLUMNS, signals_schema
from schemas.table import column

RECIPE = Recipe("test", "1", "", "a test", (), chunk_max_characters=40)
LONG_WORDS = KeepStep("too_few_words", parse_rule("word_count >= 3"), {}, "chunk")
PLAIN = signals_schema(pa.schema([]), with_chunk_ends=False)


def batch(texts, langs=None):
    rows = len(texts)
    columns = {field.name: pa.nulls(rows, field.type) for field in (*DOCUMENT, *LANGUAGE_COLUMNS)}
    columns["doc_key"] = pa.array(np.arange(rows) + 100)
    columns["text"] = pa.array(texts, pa.string())
    columns["lang"] = pa.array(langs or ["swh_Latn"] * rows, pa.string())
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def planned(*operations):
    return RowPass("annotate_2", "signals", "signals_2", operations)


def annotate(texts, *operations, schema=PLAIN, langs=None, decisions=None):
    made, counts = annotate_batch(RECIPE, planned(*operations), schema, batch(texts, langs), decisions or {})
    return made, counts


def test_chunks_that_fail_are_dropped_and_counted_by_language():
    texts = ["moja mbili tatu\nmoja\nnne tano sita saba", "หนึ่ง", ""]
    made, counts = annotate(texts, ChunkRules((LONG_WORDS,)), langs=["swh_Latn", "tha_Thai", None])
    assert made.column("text").to_pylist() == ["moja mbili tatu\nnne tano sita saba", "", ""]
    assert made.column("text_is_empty").to_pylist() == [False, True, True]
    assert counts == {
        "annotate_2_chunks_1": Counter(
            {("swh_Latn", "kept"): 2, ("swh_Latn", "too_few_words"): 1, ("tha_Thai", "too_few_words"): 1}
        )
    }


def test_in_markdown_a_blank_line_goes_with_the_line_that_it_follows():
    markdown = replace(RECIPE, extraction={"form": "markdown"})
    texts = ["a b c\n\nd\n\n- e f g\n- h\n- i j k\n\nl m n", "a\n\nb\n\nc d e", ""]
    operation = ChunkRules((LONG_WORDS,))
    made, counts = annotate_batch(markdown, planned(operation), PLAIN, batch(texts), {})
    assert made.column("text").to_pylist() == ["a b c\n\n- e f g\n- i j k\n\nl m n", "c d e", ""]
    assert counts["annotate_2_chunks_1"] == Counter(
        {("swh_Latn", "kept"): 7, ("swh_Latn", "too_few_words"): 7}
    )


def test_in_markdown_blank_lines_are_no_duplicates_of_each_other():
    markdown = replace(RECIPE, extraction={"form": "markdown"})
    columns = {"doc_key": [100, 100, 100], "line": [1, 2, 3], "reason": ["dup"] * 3}
    table = pa.table({f.name: pa.array(columns.get(f.name, [None] * 3), f.type) for f in DECISION})
    rows = batch(["a\n\nb\n\nc"])
    made, _ = annotate_batch(markdown, planned(DropChunks("dup")), PLAIN, rows, {"dup": table})
    assert made.column("text").to_pylist() == ["a\n\nc"]


def test_in_markdown_the_fences_of_code_stay_with_what_they_fence():
    markdown = replace(RECIPE, extraction={"form": "markdown"})
    texts = [
        "a b c\n\n```\nd\n\ne f g\nh\n```\n\n```\ni\nj\n```\n\nk l m",
        "```\n\na\n\nb c d\n```\n\n> ```\n> a b c\n> ```\n\n```\n```\n\n```\na b c",
        "a",
    ]
    made, _ = annotate_batch(markdown, planned(ChunkRules((LONG_WORDS,))), PLAIN, batch(texts), {})
    assert made.column("text").to_pylist() == [
        "a b c\n\n```\ne f g\n```\n\nk l m",
        "```\n\nb c d\n```\n\n> ```\n> a b c\n> ```\n\na b c",
        "",
    ]


def test_images_follow_the_text_and_are_counted_by_language():
    texts, langs = ["moja mbili tatu\nmoja", "moja", "moja mbili tatu"], ["swh_Latn", "tha_Thai", None]
    rows = batch(texts, langs)
    images = [[{"url": "a", "alt": "", "position": p} for p in places] for places in ([15, 20], [], [15])]
    rows = rows.append_column(IMAGES, pa.array(images, IMAGES.type))
    schema = signals_schema(pa.schema([]), with_chunk_ends=False, with_images=True)
    made, counts = annotate_batch(RECIPE, planned(ChunkRules((LONG_WORDS,))), schema, rows, {})
    assert [[i["position"] for i in row] for row in made.column("images").to_pylist()] == [[15, 15], [], [15]]
    assert counts["annotate_2_images"] == Counter({("swh_Latn", "kept"): 2, ("", "kept"): 1})


def test_an_image_whose_place_is_not_known_is_counted():
    rows = batch(["abc http://x.y/z\n\n\nhttp://x.y/z\ndef"])
    rows = rows.append_column(IMAGES, pa.array([[{"url": "a", "alt": "", "position": 16}]], IMAGES.type))
    schema = signals_schema(pa.schema([]), with_chunk_ends=False, with_images=True)
    made, counts = annotate_batch(
        RECIPE, planned(EditStep("drop_addresses", "drop_addresses")), schema, rows, {}
    )
    assert made.column("text").to_pylist() == ["abc\ndef"]
    assert made.column("images").to_pylist() == [[]]
    assert counts["annotate_2_images"] == Counter({("swh_Latn", "image_place_unknown"): 1})


def test_the_first_rule_that_a_chunk_fails_is_its_reason():
    no_digits = KeepStep("digits", parse_rule("digit_ratio <= 0.1"), {}, "chunk")
    _, counts = annotate(["2024"], ChunkRules((no_digits, LONG_WORDS)))
    assert counts["annotate_2_chunks_1"] == Counter({("swh_Latn", "digits"): 1})


def test_chunks_that_are_only_counted_stay_and_tell_their_share():
    schema = signals_schema(pa.schema([column("failed", pa.float32(), "x")]), with_chunk_ends=False)
    counted = KeepStep("too_few_words", parse_rule("word_count >= 3"), {}, "chunk", "count")
    texts = ["moja mbili tatu\nmoja\nnne\nsita saba nane", "moja mbili tatu", "moja", ""]
    made, counts = annotate(
        texts, ChunkRules((counted,)), Measure("failed", "failed_chunk_ratio"), schema=schema
    )
    assert made.column("text").to_pylist() == texts
    assert made.column("failed").to_pylist() == [0.5, 0.0, 1.0, None]
    failures = Counter({("swh_Latn", "kept"): 3, ("swh_Latn", "too_few_words"): 3})
    assert counts == {"annotate_2_chunks_1_failed": failures}


def test_a_chunk_that_is_dropped_counts_as_failed_too():
    schema = signals_schema(pa.schema([column("failed", pa.float32(), "x")]), with_chunk_ends=False)
    long = KeepStep("too_long", parse_rule("word_count <= 3"), {}, "chunk", "count")
    made, _ = annotate(
        ["moja mbili tatu\nmoja\nmoja mbili tatu nne\nmoja mbili tatu"],
        ChunkRules((LONG_WORDS, long)),
        Measure("failed", "failed_chunk_ratio"),
        schema=schema,
    )
    assert made.column("text").to_pylist() == ["moja mbili tatu\nmoja mbili tatu nne\nmoja mbili tatu"]
    assert made.column("failed").to_pylist() == [0.5]


def test_chunks_are_cut_anew_where_a_later_step_cuts_otherwise():
    texts = ["Moja mbili. Tatu nne tano.\nSita saba nane."]
    first = keyed(texts, ChunkRules((LONG_WORDS,), "sentence"))
    assert first.column("text").to_pylist() == ["Tatu nne tano.\nSita saba nane."]
    assert first.column("chunk_ends").to_pylist() == [[15, 30]]


def test_a_long_line_is_cut_by_sentence_and_keeps_its_other_sentences():
    text = "Hii ni sentensi ya kwanza kabisa. Fupi. Hii ni sentensi ya tatu na ndefu."
    made, _ = annotate([text], ChunkRules((LONG_WORDS,)))
    assert made.column("text").to_pylist() == [
        "Hii ni sentensi ya kwanza kabisa. Hii ni sentensi ya tatu na ndefu."
    ]


def test_a_signal_is_measured_on_the_text_as_it_stands():
    schema = signals_schema(
        pa.schema([column("before", pa.int32(), "x"), column("after", pa.int32(), "x")]),
        with_chunk_ends=False,
    )
    made, _ = annotate(
        ["moja mbili tatu\nmoja"],
        Measure("before", "word_count"),
        ChunkRules((LONG_WORDS,)),
        Measure("after", "word_count"),
        schema=schema,
    )
    assert made.column("before").to_pylist() == [4]
    assert made.column("after").to_pylist() == [3]


KEYED = signals_schema(pa.schema([column("dup", pa.list_(pa.int64()), "x")]), with_chunk_ends=True)


def keyed(texts, *before):
    return annotate(texts, *before, ChunkKeys("dup", "stripped_hash", {}), schema=KEYED)[0]


def test_each_chunk_has_a_key_and_an_end():
    made = keyed(["moja mbili\nmoja, mbili!\ntatu", ""])
    keys = made.column("dup").to_pylist()
    assert len(keys[0]) == 3
    assert keys[0][0] == keys[0][1] != keys[0][2]
    assert keys[1] == []
    assert made.column("chunk_ends").to_pylist() == [[11, 24, 28], []]


def test_chunks_decided_against_are_dropped_by_the_ends_that_were_stored():
    texts = ["moja mbili tatu\nfupi\nnne tano sita\nsaba nane tisa", "x y z\nx y z"]
    first = keyed(texts, ChunkRules((LONG_WORDS,)))
    decided = pa.Table.from_pylist(
        [
            {"doc_key": 100, "line": 1, "reason": "dup", "keeper": 7, "similarity": 1.0, "cluster_size": 2},
            {
                "doc_key": 101,
                "line": 0,
                "reason": "dup",
                "keeper": None,
                "similarity": 1.0,
                "cluster_size": 2,
            },
            {"doc_key": 999, "line": 0, "reason": "dup", "keeper": 7, "similarity": 1.0, "cluster_size": 2},
        ],
        schema=DECISION,
    )
    made, counts = annotate_batch(
        RECIPE,
        planned(DropChunks("dup")),
        signals_schema(pa.schema([]), with_chunk_ends=True),
        first,
        {"dup": decided},
    )
    assert made.column("text").to_pylist() == ["moja mbili tatu\nsaba nane tisa", "x y z"]
    assert counts == {"dup_chunks": Counter({("swh_Latn", "kept"): 3, ("swh_Latn", "dup"): 2})}


@given(st.lists(st.text(max_size=120), max_size=6))
def test_the_stored_ends_cut_every_text_into_the_chunks_that_were_keyed(texts):
    clean = [text.encode("utf-8", "ignore").decode().strip() for text in texts]
    made = keyed(clean, ChunkRules((KeepStep("short", parse_rule("char_count >= 4"), {}, "chunk"),)))
    for text, ends, keys in zip(
        made.column("text").to_pylist(),
        made.column("chunk_ends").to_pylist(),
        made.column("dup").to_pylist(),
        strict=True,
    ):
        starts = [0, *ends][: len(ends)]
        chunks = [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        again = Measurement({"text": pa.array(chunks, pa.string())}).get("stripped_hash").to_pylist()
        assert again == keys
        assert "".join(text[start:end] for start, end in zip(starts, ends, strict=True)) == text


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_part_gives_the_same_rows_however_it_is_batched(size):
    texts = ["moja mbili tatu\nmoja", "हिन्दी में एक वाक्य", "", "一二三四五。", "x " * 50] * 4
    whole = batch(texts)
    pieces = iter([whole.slice(i, size) for i in range(0, len(texts), size)])
    counts: dict = {}
    made = annotate_part(
        RECIPE, planned(ChunkRules((LONG_WORDS,))), PLAIN, pieces, decisions={}, counts=counts
    )
    expected, expected_counts = annotate(texts, ChunkRules((LONG_WORDS,)))
    assert pa.concat_tables(made).combine_chunks().to_batches()[0].equals(expected)
    assert counts == expected_counts
