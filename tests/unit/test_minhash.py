import csv
import json
from pathlib import Path

import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from filters.minhash import FAMILIES, agreement, sign, signatures, sketch, sketch_similarity
from filters.published_shingles import PUBLISHED, datatrove_text, published_shingles
from filters.shingles import Shingles, mix64
from schemas.errors import RecipeError

GOLDEN = {
    "datasketch_128_ws5": "datasketch",
    "textdedup_0.3.1": "text-dedup-0.3.1",
    "textdedup_f954b1e": "text-dedup-2023-07",
    "datatrove_minhash_ws_sha1_64": "datatrove-sha1",
    "datatrove_minhash_ws_xxh64": "datatrove-xxh64",
    "rpv2_minhash": "rpv2",
}


def shingles(*counts: int, seed: int = 0) -> Shingles:
    hashes = mix64(np.arange(seed, seed + sum(counts), dtype=np.uint64) + np.uint64(1))
    return Shingles(hashes, np.cumsum([0, *counts]))


@pytest.mark.parametrize("family", FAMILIES)
@given(counts=st.lists(st.integers(0, 40), max_size=8))
def test_a_signature_holds_the_least_value_of_each_permutation(family: str, counts: list[int]) -> None:
    given_shingles = shingles(*counts)
    base = given_shingles.hashes >> np.uint64(32)
    whole = signatures(base, given_shingles.offsets, 16, family=family)
    each = signatures(base, np.arange(len(base) + 1), 16, family=family)
    for i, count in enumerate(counts):
        first, last = given_shingles.offsets[i : i + 2]
        if count:
            assert whole[i].tolist() == each[first:last].min(axis=0).tolist()


def test_rows_longer_than_a_block_are_signed_whole() -> None:
    large = shingles(140_000, 3, 0, 132_000, 5)
    base = large.hashes >> np.uint64(32)
    signed = signatures(base, large.offsets, 4)
    for i, (first, last) in enumerate(zip(large.offsets[:-1], large.offsets[1:], strict=True)):
        alone = signatures(base[first:last], np.array([0, last - first]), 4)
        assert signed[i].tolist() == alone[0].tolist()


@pytest.mark.parametrize(("family", "scheme"), [("datasketch", "affine32"), ("datasketch-legacy", "legacy")])
@pytest.mark.parametrize("seed", [1, 42])
def test_signatures_equal_those_of_datasketch(family: str, scheme: str, seed: int) -> None:
    given_shingles = published_shingles(["the quick brown fox jumps over the lazy dog", "one"], "datasketch")
    signed = signatures(given_shingles.hashes, given_shingles.offsets, 64, family=family, seed=seed)
    for i, (first, last) in enumerate(zip(given_shingles.offsets, given_shingles.offsets[1:], strict=False)):
        reference = MinHash(64, seed=seed, scheme=scheme, hashfunc=int)
        reference.update_batch(given_shingles.hashes[first:last].tolist())
        assert signed[i].tolist() == reference.hashvalues.tolist()


def test_the_default_equals_datasketch_on_the_top_half_of_the_shingle_hash() -> None:
    given_shingles = shingles(50)
    multipliers = MinHash(128, scheme="affine32").permutations[0]
    permutations = np.array([multipliers, np.zeros_like(multipliers)])
    top = MinHash(
        128, scheme="affine32", hashfunc=lambda shingle: int(shingle) >> 32, permutations=permutations
    )
    top.update_batch(given_shingles.hashes.tolist())
    assert sign(given_shingles, 128)[0].tolist() == top.hashvalues.tolist()


def test_a_row_of_one_shingle_is_compared_by_all_its_64_bits() -> None:
    low_bits_differ = np.array([5 << 32, (5 << 32) + 1, 5 << 32, 5 << 32], np.uint64)
    signed = sign(Shingles(low_bits_differ, np.array([0, 1, 2, 4])), 64)
    assert agreement(signed[0], signed[1]) == 0
    assert agreement(signed[0], signed[2]) == 1


def test_agreement_estimates_jaccard_similarity_without_bias() -> None:
    common, own = 80, 10  # Jaccard 0.8
    errors, rough = [], []
    for trial in range(60):
        base = shingles(common + 2 * own, seed=trial * 1000).hashes
        left, right = base[: common + own], np.concatenate((base[:common], base[common + own :]))
        pair = sign(Shingles(np.concatenate((left, right)), np.array([0, len(left), 2 * len(left)])), 256)
        errors.append(float(agreement(pair[0], pair[1])) - 0.8)
        small = sketch(pair)
        rough.append(float(sketch_similarity(agreement(small[0], small[1]))) - 0.8)
    theory = (0.8 * 0.2 / 256) ** 0.5
    assert abs(np.mean(errors)) < 3 * theory / 60**0.5
    assert abs(np.mean(rough)) < 3 * theory / 60**0.5
    assert np.std(errors) == pytest.approx(theory, rel=0.3)


def test_an_unknown_family_names_the_nearest() -> None:
    with pytest.raises(RecipeError, match="did you mean datasketch"):
        signatures(np.empty(0, np.uint64), np.zeros(1, np.int64), family="datasketsh")


def test_an_unknown_tool_is_refused() -> None:
    with pytest.raises(RecipeError, match="unknown name 'spark'"):
        published_shingles(["a"], "spark")


def test_signatures_equal_the_golden_values_of_published_tools(shared: Path) -> None:
    tables = shared / "reference" / "tables"
    with (tables / "golden_texts.csv").open(encoding="utf-8") as file:
        texts = {row["text_id"]: json.loads(row["text_json"]) for row in csv.DictReader(file)}
    found, expected = {}, {}
    with (tables / "golden_values.csv").open(encoding="utf-8") as file:
        for tool, text, metric, value in list(csv.reader(file))[1:]:
            if tool == "datatrove_head_simplify_text" and metric == "text":
                found[tool, text, metric], expected[tool, text, metric] = datatrove_text(texts[text]), value
            if tool not in GOLDEN:
                continue
            given_shingles = published_shingles([texts[text]], GOLDEN[tool])
            family = PUBLISHED[GOLDEN[tool]].family
            signed = signatures(given_shingles.hashes, given_shingles.offsets, family=family)[0]
            found[tool, text, metric] = golden_form(tool, metric, given_shingles, signed)
            expected[tool, text, metric] = value
    assert found == expected
    assert len(expected) > 60


def golden_form(tool: str, metric: str, given_shingles: Shingles, signed: np.ndarray) -> str:
    if metric == "n_shingles":
        return str(len(given_shingles.hashes))
    if not len(given_shingles.hashes) and not tool.startswith("textdedup"):
        return "None"
    if metric == "sig_first3":
        return str(signed[:3].tolist())
    return signed[:9].astype(">u4").tobytes().hex()
