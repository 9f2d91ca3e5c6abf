import pytest

from pipeline.publish import Slice, Tail, plan_shards
from pipeline.recipe import load_recipe
from pipeline.workspace import Receipt
from schemas.errors import RecipeError


def receipt(part, **languages):
    entries = {
        lang: {"first": first, "groups": groups, "rows": rows, "bytes": size}
        for lang, (first, groups, rows, size) in languages.items()
    }
    return Receipt("select", str(part), "f", 0, {}, extra={"languages": entries})


def plan(*receipts, size=100):
    return plan_shards({r.part: r for r in receipts}, size)


def test_parts_of_a_language_fill_shards_in_the_order_of_their_numbers():
    shards = plan(*(receipt(n, swh_Latn=(0, 1, 5, 60)) for n in (10, 2, 1)))
    assert [[piece.part for piece in shard.slices] for shard in shards] == [[1], [2], [10]]
    assert [shard.name for shard in shards] == [
        "data/swh_Latn/train-00000-of-00003.parquet",
        "data/swh_Latn/train-00001-of-00003.parquet",
        "data/swh_Latn/train-00002-of-00003.parquet",
    ]


def test_small_parts_share_a_shard():
    shards = plan(*(receipt(n, swh_Latn=(0, 1, 5, 40)) for n in range(4)))
    assert [len(shard.slices) for shard in shards] == [2, 2]


def test_languages_do_not_share_shards():
    shards = plan(receipt(0, tha_Thai=(1, 2, 7, 10), amh_Ethi=(0, 1, 3, 10)))
    assert [(shard.lang, shard.slices) for shard in shards] == [
        ("amh_Ethi", (Slice(0, 0, 1, 3),)),
        ("tha_Thai", (Slice(0, 1, 2, 7),)),
    ]


def test_a_corpus_of_nothing_has_no_shards():
    assert plan(receipt(0)) == []


def test_languages_with_little_text_are_kept_apart():
    found = [receipt(n, swh_Latn=(0, 1, 5, 60), amh_Ethi=(1, 1, 2, 10)) for n in (0, 1)]
    for one in found:
        one.extra["languages"]["swh_Latn"]["chunks"] = 40
        one.extra["languages"]["amh_Ethi"]["chunks"] = 90
    receipts = {r.part: r for r in found}

    def folders(tail):
        return {shard.lang: shard.name.split("/")[0] for shard in plan_shards(receipts, 1000, tail)}

    assert folders(Tail()) == {"swh_Latn": "data", "amh_Ethi": "data"}
    assert folders(Tail(documents=5)) == {"swh_Latn": "data", "amh_Ethi": "tail"}
    assert folders(Tail(chunks=81)) == {"swh_Latn": "tail", "amh_Ethi": "data"}
    assert folders(Tail(chunks=80, documents=4)) == {"swh_Latn": "data", "amh_Ethi": "data"}


def test_a_recipe_says_which_languages_are_kept_apart(tmp_path):
    path = tmp_path / "own.toml"
    steps = '[[steps]]\nedit = "drop_javascript_lines"\n'
    path.write_text(f'name = "own"\nsource = "t"\n[tail]\nchunks = 30_000\ndocuments = 5\n{steps}')
    assert (load_recipe(str(path)).tail_chunks, load_recipe(str(path)).tail_documents) == (30_000, 5)
    path.write_text(f'name = "own"\nsource = "t"\n[tail]\nchunk = 5\ndocuments = "x"\n{steps}')
    with pytest.raises(RecipeError, match=r"unknown field 'chunk'; did you mean chunks\?(.|\n)*got 'x'"):
        load_recipe(str(path))
