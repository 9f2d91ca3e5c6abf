"""Long tokens, and patterns of tokens that follow themselves."""

from hypothesis import given
from hypothesis import strategies as st

from filters.signals.tokens import long_token_char_ratio, max_pattern_run
from tests.slow_published import pattern_run
from tests.strategies import examples


@examples(100)
@given(
    rows=st.lists(st.lists(st.sampled_from("ab"), max_size=14).map(" ".join), max_size=4),
    longest=st.integers(1, 5),
)
def test_pattern_runs_equal_a_slow_reference(rows: list[str], longest: int) -> None:
    found = max_pattern_run(rows, longest=longest).to_pylist()
    assert found == [pattern_run(row, longest) for row in rows]


def test_long_tokens_are_a_share_of_all_code_points() -> None:
    rows = ["国" * 20 + " 国" * 10, "国" * 19, "", None]
    assert long_token_char_ratio(rows).to_pylist() == [0.5, 0.0, None, None]
