import numpy as np
import pytest

from filters.limits import RULES, anchor_language, learn_limits, tail
from filters.quantiles import removed_at
from schemas.errors import RecipeError

HUNDRED = np.arange(100, dtype=float)


def learn_limit(rule, values, anchor, parameters):
    (limit,) = learn_limits(rule, values, anchor, parameters)
    return limit


@pytest.mark.parametrize(
    ("rule", "parameters", "limit"),
    [
        ("percentile", {}, 10.0),
        ("percentile", {"percentile": 90}, 89.0),
        ("percentile", {"percentile": 30, "side": "high"}, 29.0),
        ("ten_tail", {}, 10.0),
        ("ten_tail", {"side": "high"}, 89.0),
        ("ten_tail", {"share": 1.0}, 99.0),
        ("iqr", {}, 25 - 1.5 * 49),
        ("iqr", {"side": "high", "factor": 1}, 74 + 49.0),
        ("mean_std", {"deviations": 1.0}, 49.5 - HUNDRED.std()),
        ("mean_std", {"deviations": 2.0, "side": "high"}, 49.5 + 2 * HUNDRED.std()),
        ("median_std", {"least": 5.0, "most": 90.0}, 49.5 - HUNDRED.std()),
        ("median_std", {}, 0.9),
        ("median_std", {"deviations": 9}, 0.3),
    ],
)
def test_a_limit_is_learned_as_published(rule, parameters, limit):
    assert learn_limit(rule, HUNDRED, None, parameters) == pytest.approx(limit)


def test_a_limit_removes_the_share_of_the_anchor_language():
    anchor = np.array([1.0, 2.0, 3.0, 4.0])
    low = learn_limit("quantile", HUNDRED, anchor, {"limit": 2.5})
    high = learn_limit("quantile", HUNDRED, anchor, {"limit": 3.5, "side": "high"})
    assert (removed_at(HUNDRED, ">=", low), removed_at(HUNDRED, "<=", high)) == (50, 25)


def test_a_limit_stands_as_far_out_as_in_the_anchor_language():
    anchor = np.array([0.0, 2.0])  # mean 1, standard deviation 1
    limit = learn_limit("mean_std", HUNDRED, anchor, {"limit": 2.5})
    assert limit == pytest.approx(49.5 + 1.5 * HUNDRED.std())


def test_buckets_have_a_limit_for_each_percentile():
    assert learn_limits("buckets", HUNDRED, None, {}) == (29.0, 59.0)
    assert learn_limits("buckets", HUNDRED, None, {"percentiles": [90, 10, 50]}) == (9.0, 49.0, 89.0)


def test_an_anchor_without_spread_gives_the_mean():
    assert learn_limit("mean_std", HUNDRED, np.array([1.0, 1.0]), {"limit": 5.0}) == 49.5


@pytest.mark.parametrize("size", [10, 30, 70, 110, 1000])
def test_exactly_the_tenth_goes_on_either_side(size):
    values = np.arange(size, dtype=float)
    low, high = (learn_limit("percentile", values, None, {"percentile": p}) for p in (10, 90))
    assert removed_at(values, ">=", low) == removed_at(values, "<=", high) == size // 10


def test_ties_are_never_removed_in_part():
    values = np.array([0.0] * 50 + [1.0] * 50)
    assert removed_at(values, ">=", tail(values, 0.1, "low")) == 0


def test_only_rules_with_a_limit_of_their_own_have_an_anchor():
    assert anchor_language("percentile", {}) is None
    assert anchor_language("mean_std", {"deviations": 2}) is None
    assert anchor_language("mean_std", {"limit": 0.3}) == "eng_Latn"
    assert anchor_language("quantile", {"limit": 3, "lang": "deu_Latn"}) == "deu_Latn"


def test_an_unknown_rule_is_refused_with_the_nearest_name():
    with pytest.raises(RecipeError, match="got 'percentil'; did you mean percentile"):
        learn_limit("percentil", HUNDRED, None, {})


def test_every_rule_names_its_source():
    assert [rule.name for rule in RULES.values() if not (rule.source and rule.meaning)] == []
