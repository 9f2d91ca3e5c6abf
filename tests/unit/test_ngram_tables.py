"""Character models as tables: equal to KenLM, a distribution over all characters, mergeable counts."""

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kneser_ney import train_arpa
from filters.model_text import SPACE_SYMBOL
from filters.ngram_tables import (
    ASSIGNED,
    Texts,
    count_windows,
    cross_entropies,
    train_characters,
)
from tests.lmplz_cases import open_model
from tests.strategies import examples

ALPHABET = " abcdefghijklmnopqrstuvwxyz"
TRAINING = [ALPHABET.strip(), "the cat saw the house", "a dog saw a cat", "houses see dogs", "the sea"] * 3
OTHER = ["the dog", "cats see houses", "a"]
LINES = st.lists(st.text("abc d", min_size=1, max_size=9), min_size=1, max_size=12)


@pytest.mark.parametrize("order", [2, 3, 5])
def test_bits_are_those_that_kenlm_gives(order: int, tmp_path: Path) -> None:
    sentences = [line.replace(" ", SPACE_SYMBOL) for line in TRAINING]
    train_arpa(sentences, tmp_path / "own.arpa", order=order)
    kenlm = open_model(tmp_path / "own.arpa")
    model = train_characters(count_windows(TRAINING, order))
    found = cross_entropies([model], Texts([count_windows([line], order) for line in OTHER]))[0]
    for line, bits in zip(OTHER, found, strict=True):
        log10 = kenlm.score(" ".join(line.replace(" ", SPACE_SYMBOL)))
        assert bits == pytest.approx(-log10 * math.log2(10) / (len(line) + 1), rel=0.01)


@examples(12)
@given(lines=LINES, order=st.integers(2, 4))
def test_the_probabilities_of_what_may_come_next_sum_to_one(lines: list[str], order: int) -> None:
    model = train_characters(count_windows(lines, order))
    known = [chr(c) for c in model.alphabet.tolist() if c > 2]
    for history in ("", *("".join(two) for two in product("ab", repeat=2))):
        ends = [f"{history}{c}" for c in [*known, "\uffff"]]
        whole = Texts([count_windows([end], order) for end in [*ends, history]])
        scores = whole.scores(model)
        first = {end: _log_of_prefix(model, end, order) for end in ends}
        before = _log_of_prefix(model, history, order)
        close = math.exp(scores[-1] - before)
        total = close + sum(math.exp(first[end] - before) for end in ends[:-1])
        total += (ASSIGNED - len(model.alphabet) + 3) * math.exp(first[ends[-1]] - before)
        assert total == pytest.approx(1, abs=1e-4)


def _log_of_prefix(model: object, text: str, order: int) -> float:
    """The logarithm of the probability of a text without its end."""
    whole = count_windows([text], order)
    ended = whole.columns[0] == 2
    kept = type(whole)(tuple(column[~ended] for column in whole.columns), whole.counts[~ended])
    return 0.0 if kept.units == 0 else float(Texts([kept]).scores(model)[0])  # type: ignore[arg-type]


def test_a_text_scores_alike_alone_and_among_others() -> None:
    models = [train_characters(count_windows(some, 3)) for some in (TRAINING, ["漢字かな交じり文", "漢字"])]
    windows = [count_windows([line], 3) for line in [*OTHER, "漢字の文", "\U0001f600 x"]]
    together = cross_entropies(models, Texts(windows))
    alone = np.concatenate([cross_entropies(models, Texts([one])) for one in windows], axis=1)
    assert together == pytest.approx(alone, rel=1e-5)
    assert together[0, 3] > 15 > together[1, 3], "what is unknown is one of all characters"


def test_control_characters_do_not_stand_for_beginnings_and_ends() -> None:
    plain, other = count_windows(["ab cd"], 3), count_windows(["a\0b\x01 c\x02d"], 3)
    assert all(np.array_equal(a, b) for a, b in zip(plain.columns, other.columns, strict=True))
    assert count_windows(["a\ud800"], 2).units == 3
