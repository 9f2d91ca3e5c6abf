import numpy as np
import pyarrow as pa
import pytest

from filters.limits import RULES
from filters.quantiles import bottom, rank_error, string_hashes
from pipeline.samples import merge_rows, sample_languages, sample_rows
from pipeline.thresholds import (
    SHARED_PARAMETERS,
    Procedure,
    all_limits,
    bucket_column,
    learn,
    levels_of,
    limits_by_language,
    limits_file,
    limits_table,
    parameter_faults,
    reference_stamp,
    write_limits,
)
from pipeline.workspace import Workspace
from schemas.errors import InputError
from schemas.limit import LIMIT


def sample(values, size=100_000, name=""):
    values = np.asarray(list(values), float)
    keys = string_hashes(pa.array([f"{name}{i}" for i in range(len(values))], pa.string()))
    return bottom(keys, values[:, None], len(values), size)


def learned(samples, reference=None, **chosen):
    procedure = Procedure("p10", chosen.pop("rule", "percentile"), chosen.pop("parameters", {}), **chosen)
    return {one.lang: one for one in learn(procedure, samples, 0, reference)}


def test_each_language_has_a_limit_of_its_own():
    found = learned({"swh_Latn": sample(range(100)), "hin_Deva": sample(range(100, 300))}, comparison=">=")
    assert (found["swh_Latn"].limit, found["hin_Deva"].limit) == (10.0, 120.0)
    assert (found["swh_Latn"].would_remove, found["hin_Deva"].would_remove) == (10, 20)
    assert (found["swh_Latn"].level, found["swh_Latn"].rank_error) == ("language", 0.0)


def test_a_thin_language_borrows_from_its_script_before_its_family_and_all():
    samples = {
        "npi_Deva": sample([500.0]),
        "hin_Deva": sample(range(100)),
        "guj_Gujr": sample(range(1000, 1100)),
        "vie_Latn": sample(range(9000, 9100)),
        "sna_Latn": sample([1.0]),
        "kor_Hang": sample([1.0]),
    }
    found = learned(samples, min_documents=100)
    assert (found["npi_Deva"].level, found["npi_Deva"].limit) == ("script Deva", 10.0)
    assert found["sna_Latn"].level == "script Latn"
    assert found["kor_Hang"].level == "global"
    family = learned(samples, min_documents=100, fallback=("language", "family", "global"))
    assert family["npi_Deva"].level.startswith("family ")
    assert family["npi_Deva"].sampled == 201
    assert family["npi_Deva"].own_limit is None


def test_no_language_speaks_for_all():
    samples = {"aaa_Latn": sample(range(100_000)), "bbb_Latn": sample([-5.0] * 100), "ccc_Latn": sample([])}
    found = learned(samples, min_documents=100, parameters={"percentile": 20})
    assert (found["ccc_Latn"].level, found["ccc_Latn"].limit, found["ccc_Latn"].sampled) == (
        "script Latn",
        -5.0,
        434,
    )


def test_where_nothing_can_be_learned_nothing_is_removed():
    found = learned({"swh_Latn": sample(range(5))}, min_documents=100, comparison=">=")
    assert (found["swh_Latn"].limit, found["swh_Latn"].level, found["swh_Latn"].would_remove) == (
        None,
        "none",
        0,
    )


def test_what_is_no_language_lends_nothing():
    found = learned({"zxx_Latn": sample(range(500)), "swh_Latn": sample(range(5))}, min_documents=100)
    assert found["swh_Latn"].level == "none"
    assert found["zxx_Latn"].level == "language"


def test_shrinkage_moves_a_thin_language_towards_its_relatives():
    samples = {"hin_Deva": sample([10.0] * 1000), "npi_Deva": sample([20.0] * 50, name="n")}
    levels = ("language", "script")
    found = learned(samples, min_documents=50, shrink=150, fallback=levels)
    assert found["npi_Deva"].limit == pytest.approx((50 * 20 + 150 * 10) / 200)
    assert found["npi_Deva"].own_limit == 20.0
    assert found["npi_Deva"].own_weight == pytest.approx(0.25)
    assert found["hin_Deva"].own_weight == pytest.approx(1000 / 1150)


def test_a_level_that_does_not_hold_is_passed_over_in_shrinkage():
    samples = {"hin_Deva": sample([10.0] * 90), "npi_Deva": sample([20.0] * 30, name="n")}
    found = learned(samples, min_documents=40, shrink=10, fallback=("language", "script"))
    assert (found["npi_Deva"].own_weight, found["npi_Deva"].level) == (0.0, "script Deva")
    assert found["npi_Deva"].limit == 10.0


def test_a_reference_gives_limits_and_the_run_what_they_remove():
    run = {"eng_Latn": sample([1, 2, 3, 4]), "swh_Latn": sample([0.0] * 30 + [9.0] * 10)}
    reference = {"eng_Latn": sample(range(100)), "swh_Latn": sample(range(1, 201))}
    found = learned(run, reference, rule="quantile", parameters={"limit": 3}, comparison=">=")
    assert found["swh_Latn"].limit == 7.0
    assert (found["swh_Latn"].would_remove, found["swh_Latn"].documents, found["swh_Latn"].sampled) == (
        30,
        40,
        200,
    )


def test_a_language_that_others_follow_must_be_there():
    with pytest.raises(
        InputError, match=r"p10: expected 100 documents of eng_Latn.*got 1; name a `reference`"
    ):
        learned(
            {"eng_Latn": sample([1.0]), "swh_Latn": sample(range(200))},
            rule="quantile",
            parameters={"limit": 1},
        )


def test_above_the_size_of_a_sample_counts_are_estimated_and_the_error_is_stated():
    found = learned({"swh_Latn": sample(range(10_000), size=1000)}, comparison=">=")["swh_Latn"]
    assert (found.documents, found.sampled, found.would_remove, found.is_exact) == (10_000, 1000, 1000, False)
    assert found.rank_error == rank_error(1000)
    assert abs(found.limit / 10_000 - 0.1) < found.rank_error


def test_documents_without_a_value_count_but_say_nothing():
    keys = string_hashes(pa.array([str(i) for i in range(200)]))
    values = np.where(np.arange(200) < 100, np.arange(200), np.nan)
    found = learned({"swh_Latn": bottom(keys, values[:, None], 200)}, comparison=">=")["swh_Latn"]
    assert (found.documents, found.sampled, found.limit, found.would_remove) == (200, 100, 10.0, 10)


def test_the_stamp_of_a_reference_follows_its_files(tmp_path):
    (tmp_path / "a.parquet").write_text("1")
    one = reference_stamp({"reference": str(tmp_path)})
    (tmp_path / "a.parquet").write_text("22")
    two = reference_stamp({"reference": str(tmp_path / "a.parquet")})
    assert ([size for _, size, _ in one], [size for _, size, _ in two]) == ([1], [2])
    assert reference_stamp({"reference": "run"}) == reference_stamp({"reference": "nowhere"}) == []


def test_levels_go_in_the_order_asked_for():
    assert levels_of("swh_Latn", ("global", "script")) == [("global", ""), ("script", "Latn")]
    assert levels_of("swh", ("language", "script")) == [("language", "swh")]


def test_limits_are_stored_and_read_again(tmp_path):
    procedure = Procedure("perplexity_tail", "buckets", {})
    found = learn(procedure, {"swh_Latn": sample(range(100)), "yor_Latn": sample([])}, 0)
    workspace = Workspace(str(tmp_path))
    write_limits(workspace, "perplexity_tail", found)
    name = limits_file("perplexity_tail")
    assert limits_by_language(workspace.read_parquet(name)) == {"swh_Latn": 59.0, "yor_Latn": 59.0}
    assert limits_by_language(limits_table(found)) == {"swh_Latn": 59.0, "yor_Latn": 59.0}
    assert limits_table([]).schema == LIMIT


def test_documents_stand_in_the_bucket_below_the_next_limit():
    table = limits_table(learn(Procedure("b", "buckets", {}), {"swh_Latn": sample(range(100))}, 0))
    lang = pa.array(["swh_Latn"] * 5 + [None])
    values = pa.array([0.0, 28.9, 29.0, 59.0, None, 1.0])
    assert bucket_column(values, lang, all_limits(table)).to_pylist() == [
        "head",
        "head",
        "middle",
        "tail",
        "all",
        "all",
    ]


def batch(lang, ids, values, first_key=0):
    columns = {
        "doc_id": ids,
        "doc_key": list(range(first_key, first_key + len(ids))),
        "lang": lang,
        "x": values,
    }
    types = {"doc_id": pa.string(), "doc_key": pa.int64(), "lang": pa.string(), "x": pa.float32()}
    return pa.record_batch({name: pa.array(columns[name], types[name]) for name in columns})


def test_samples_of_parts_merge_to_the_sample_of_all():
    rng = np.random.default_rng(0)
    lang = rng.choice(["swh_Latn", "yor_Latn", None], 600).tolist()
    values = [None if v > 0.9 else float(np.float32(v)) for v in rng.random(600)]
    ids = [None if i % 7 == 0 else f"<{i}>" for i in range(600)]
    whole = sample_languages([batch(lang, ids, values)], ["x"], 50)
    parts = [
        sample_languages([batch(lang[a:b], ids[a:b], values[a:b], a)], ["x"], 50)
        for a, b in ((0, 3), (3, 400), (400, 600))
    ]
    merged = merge_rows([sample_rows(part, i) for i, part in enumerate(parts)], 50)
    assert list(merged) == list(whole) == ["swh_Latn", "yor_Latn"]
    for name, found in whole.items():
        assert merged[name].documents == found.documents
        assert merged[name].keys.tolist() == found.keys.tolist()
        np.testing.assert_array_equal(merged[name].values, found.values)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "fallback",
            ["x"],
            "fallback: expected some of language, script, family, global, got ['x']",
        ),
        ("fallback", [], "fallback: expected some of language, script, family, global, got []"),
        ("side", "left", "side: expected low or high, got 'left'"),
        ("percentile", 101, "percentile: expected a number from 0 to 100, got 101"),
        ("percentiles", [30, -1], "percentiles: expected a number from 0 to 100, got [30, -1]"),
        ("share", "0.1", "share: expected a number from 0 to 1, got '0.1'"),
        ("min_documents", 0, "min_documents: expected a number from 1 to inf, got 0"),
        ("limit", True, "limit: expected a number from -inf to inf, got True"),
    ],
)
def test_a_parameter_out_of_bounds_is_a_fault(name, value, said):
    assert parameter_faults({name: value}) == [said]


def test_the_defaults_are_no_faults():
    assert [
        f for rule in RULES.values() for f in parameter_faults({**SHARED_PARAMETERS, **rule.parameters})
    ] == []
