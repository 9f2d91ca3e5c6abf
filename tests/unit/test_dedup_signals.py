import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from filters.minhash import agreement
from filters.signals.dedup import minhash, published_minhash, rehydration_count, rehydration_count_by_language
from pipeline.candidates import matrix
from schemas.errors import RecipeError

TEXTS = [
    "one two three four five six",
    "",
    None,
    "One, two three. FOUR five six!",
    "six five four three two one",
]


def test_a_signature_is_null_where_there_is_no_word() -> None:
    signed = minhash(TEXTS)
    assert signed.is_valid().to_pylist() == [True, False, False, True, True]
    assert {len(value) for value in signed.drop_null().to_pylist()} == {4 * 128}
    assert minhash(["", "..."]).to_pylist() == [None, None]


def test_case_and_punctuation_change_no_signature() -> None:
    signed = minhash(TEXTS)
    assert signed[0] == signed[3]
    assert signed[0] != signed[4]


def test_a_signature_does_not_depend_on_the_batch() -> None:
    mixed = [*TEXTS, "这是一个简短的测试文本", "soft\u00adhyphen here now or later on"]
    assert minhash(mixed).to_pylist() == [minhash([text]).to_pylist()[0] for text in mixed]


def test_short_texts_are_alike_only_where_they_are_equal() -> None:
    signed = matrix(minhash(["read more", "Read more", "read", "more read"]), np.uint32)
    assert [float(agreement(signed[0], other)) for other in signed] == [1, 1, 0, 0]


@pytest.mark.parametrize("unit", ["word", "character"])
def test_number_and_kind_of_units_are_settings(unit: str) -> None:
    assert len(minhash(["a b c d e f g"], n=3, unit=unit, permutations=10)[0].as_py()) == 40
    assert minhash(["a b c d e f g"], n=3, unit=unit) != minhash(["a b c d e f g"], n=4, unit=unit)
    assert minhash(["a b c d e f g"], seed=1) != minhash(["a b c d e f g"], seed=2)


@pytest.mark.parametrize("settings", [{"unit": "line"}, {"n": 0}])
def test_impossible_units_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match="expected unit word or character and n of at least 1"):
        minhash(["a"], **settings)


def test_a_published_signature_is_null_where_the_tool_makes_no_shingle() -> None:
    long = " ".join(str(i) for i in range(20))
    signed = published_minhash([long, "too short", None], tool="rpv2")
    assert signed.is_valid().to_pylist() == [True, False, False]
    assert len(signed[0].as_py()) == 8 * 128


def test_documents_are_repeated_for_the_size_of_their_cluster() -> None:
    sizes = [1, 2, 3, 4, 5, 99, 100, 999, 1000, 5000, None]
    assert rehydration_count(sizes).to_pylist() == [1, 2, 3, 3, 5, 5, 8, 8, 1, 1, None]
    assert rehydration_count([1, 7], from_sizes=[1, 5], counts=[4, 2]).to_pylist() == [4, 2]
    with pytest.raises(RecipeError, match="rising from_sizes"):
        rehydration_count([1], from_sizes=[2, 1], counts=[1, 2])


def test_repetitions_are_those_of_the_published_table(shared: Path) -> None:
    with (shared / "reference" / "tables" / "fineweb2_rehydration_default.csv").open(
        encoding="utf-8"
    ) as file:
        rows = list(csv.DictReader(file))
    sizes = [int(row["from_cluster_size"]) for row in rows]
    assert rehydration_count(sizes).to_pylist() == [int(row["repetitions"]) for row in rows]


def test_documents_are_repeated_as_fineweb2_does_in_their_language(shared: Path) -> None:
    path = shared / "reference" / "tables" / "fineweb2_rehydration_up_to_10.csv"
    with path.open(encoding="utf-8") as file:
        weights = {row["lang_script"]: row["from_cluster_size_weight_pairs"] for row in csv.DictReader(file)}
    langs, sizes, expected = [], [], []
    for lang, steps in sorted(weights.items()):
        for size, weight in (pair.split(":") for pair in steps.split(";")):
            langs.append(lang)
            sizes.append(int(size))
            expected.append(int(weight))
    found = rehydration_count_by_language(pa.array(sizes, pa.int32()), pa.array(langs))
    assert found.to_pylist() == expected
    assert rehydration_count_by_language(
        pa.array([1, 6, 5, 7, None, 700], pa.int32()),
        pa.array(["aak_Latn", "aak_Latn", "xxx_Latn", None, "aak_Latn", "eng_Latn"]),
    ).to_pylist() == [9, 8, 5, 5, None, 8]
