"""The Kneser-Ney trainer: equal to lmplz, a probability distribution, in bounded memory."""

import math
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import kenlm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kneser_ney import find_discounts, train_arpa
from schemas.errors import InputError
from tests.lmplz_cases import (
    CASES,
    TRAINED,
    Case,
    digest,
    golden,
    open_model,
    score,
    sentences,
    train_with_lmplz,
)
from tests.strategies import examples

Corpus = list[list[str]]
NEAR = 1e-4  # in log10, for each unit scored

CORPORA = st.lists(st.lists(st.sampled_from("abcde"), max_size=7), min_size=1, max_size=40)


@pytest.mark.parametrize(
    "expected", list(golden()), ids=lambda e: "-".join(map(str, (e[0].lang, e[0].units)))
)
def test_scores_equal_those_that_lmplz_gave(expected: tuple[Case, str, int, float], tmp_path: Path) -> None:
    case, sha256, units, log10 = expected
    corpus = sentences(case)
    assert digest(corpus) == sha256, "the text changed: run tests/lmplz_cases.py with lmplz on PATH"
    train_arpa(corpus[:TRAINED], tmp_path / "own.arpa", order=case.order, prune=case.thresholds)
    found_units, found = score(tmp_path / "own.arpa", corpus[TRAINED:])
    assert found_units == units
    assert abs(found - log10) / units < NEAR


def test_there_are_golden_scores_for_five_languages_in_eight_shapes() -> None:
    assert [case for case, *_ in golden()] == CASES


@pytest.mark.parametrize("case", CASES[::3], ids=str)
def test_each_sentence_scores_as_under_lmplz(case: Case, tmp_path: Path) -> None:
    lmplz = shutil.which("lmplz")
    if lmplz is None:
        pytest.skip("lmplz is not on PATH; build it from the source distribution of kenlm")
    corpus = sentences(case)
    report = train_arpa(corpus[:TRAINED], tmp_path / "own.arpa", order=case.order, prune=case.thresholds)
    train_with_lmplz(lmplz, case, corpus[:TRAINED], tmp_path / "lmplz.arpa")
    own, other = open_model(tmp_path / "own.arpa"), open_model(tmp_path / "lmplz.arpa")
    for sentence in corpus[TRAINED:]:
        difference = own.score(" ".join(sentence)) - other.score(" ".join(sentence))
        assert abs(difference) / (len(sentence) + 1) < NEAR
    head = (tmp_path / "lmplz.arpa").read_text("utf-8").split("\n\n")[0].splitlines()[1:]
    assert tuple(int(line.partition("=")[2]) for line in head) == report.ngrams


def histories(corpus: Corpus, order: int) -> Iterator[tuple[str, ...]]:
    """Histories that occur, and some that do not."""
    yield ()
    for sentence in corpus[:6]:
        words = ["<s>", *sentence]
        yield from (tuple(words[max(0, end - order + 1) : end]) for end in range(1, len(words) + 1))
    yield ("e", "d", "x", "a")


def next_probabilities(model: kenlm.Model, history: Sequence[str], words: Sequence[str]) -> list[float]:
    state, after = kenlm.State(), kenlm.State()
    model.NullContextWrite(state)
    if history and history[0] == "<s>":
        model.BeginSentenceWrite(state)
    for word in history[1:] if history and history[0] == "<s>" else history:
        model.BaseScore(state, word, after)
        state, after = after, kenlm.State()
    return [10.0 ** model.BaseScore(state, word, after) for word in words]


@examples(60)
@given(corpus=CORPORA, order=st.integers(2, 5), prune=st.sampled_from([(0,), (0, 0, 1), (0, 1, 1, 2)]))
def test_the_probabilities_after_any_history_sum_to_one(
    tmp_path_factory: pytest.TempPathFactory, corpus: Corpus, order: int, prune: tuple[int, ...]
) -> None:
    path = tmp_path_factory.mktemp("sum") / "own.arpa"
    train_arpa(corpus, path, order=order, prune=prune[:order])
    model = open_model(path)
    words = [*sorted({word for sentence in corpus for word in sentence}), "</s>", "<unk>"]
    for history in histories(corpus, order):
        assert sum(next_probabilities(model, history, words)) == pytest.approx(1, abs=1e-4)


class SlowModel:
    """Interpolated modified Kneser-Ney from its definition: dictionaries and recursion, no pruning."""

    def __init__(self, corpus: Corpus, discounts: Sequence[Sequence[float]]) -> None:
        order = len(discounts)
        occurrences: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(order + 1)]
        for sentence in corpus:
            words = ["<s>", *sentence, "</s>"]
            for k in range(1, order + 1):
                for start in range(len(words) - k + 1):
                    occurrences[k][tuple(words[start : start + k])] += 1
        self.words = {word for (word,) in occurrences[1]} | {"<unk>"}
        self.counts = [Counter[tuple[str, ...]](), *occurrences[1:]]
        for k in range(1, order):
            before: dict[tuple[str, ...], set[str]] = defaultdict(set)
            for ngram in occurrences[k + 1]:
                before[ngram[1:]].add(ngram[0])
            for ngram in list(occurrences[k]):
                if ngram[0] != "<s>":
                    self.counts[k][ngram] = len(before[ngram])
        del self.counts[1][("<s>",)]
        self.discounts = [(0.0, 0.0, 0.0, 0.0), *((0.0, *by_count) for by_count in discounts)]
        self.after = [defaultdict[tuple[str, ...], list[int]](list) for _ in range(order + 1)]
        for k in range(1, order + 1):
            for ngram, count in self.counts[k].items():
                self.after[k][ngram[:-1]].append(count)
        self.probability = cache(self._probability)

    def _probability(self, history: tuple[str, ...], word: str) -> float:
        k = len(history) + 1
        follow = self.after[k].get(history)
        if not follow:
            return self.probability(history[1:], word)
        discount = self.discounts[k]
        total = sum(follow)
        weight = sum(discount[min(count, 3)] for count in follow) / total
        count = self.counts[k].get((*history, word), 0)
        lower = self.probability(history[1:], word) if history else 1 / (len(self.words) - 1)
        return float((count - discount[min(count, 3)]) / total + weight * lower)


@examples(60)
@given(corpus=CORPORA, order=st.integers(2, 4))
def test_probabilities_equal_those_of_the_plain_definition(
    tmp_path_factory: pytest.TempPathFactory, corpus: Corpus, order: int
) -> None:
    path = tmp_path_factory.mktemp("slow") / "own.arpa"
    report = train_arpa(corpus, path, order=order)
    model, slow = open_model(path), SlowModel(corpus, report.discounts)
    words = sorted(slow.words - {"<s>"})
    for history in histories(corpus, order):
        if "x" in history:
            continue
        known = history[-(order - 1) :]
        expected = [slow.probability(known, word) for word in words]
        assert next_probabilities(model, history, words) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("prune", [(0,), (0, 0, 1)])
def test_sorting_in_files_with_little_memory_gives_the_same_file(
    prune: tuple[int, ...], tmp_path: Path
) -> None:
    corpus = sentences(CASES[0])
    train_arpa(corpus, tmp_path / "whole.arpa", order=5, prune=prune)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    train_arpa(corpus, tmp_path / "runs.arpa", order=5, prune=prune, memory=1, scratch=scratch)
    train_arpa(corpus, tmp_path / "pieces.arpa", order=5, prune=prune, memory=1)
    whole = (tmp_path / "whole.arpa").read_bytes()
    assert (tmp_path / "runs.arpa").read_bytes() == whole
    assert (tmp_path / "pieces.arpa").read_bytes() == whole
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    "corpus",
    [
        [["a"]],
        [[]],
        [["a"] * 50],
        [["a", "b"]] * 50,
        [[str(i)] for i in range(50)],
        [["<s>", "a", "</s>", "<unk>"]],
    ],
    ids=["one-word", "one-empty-line", "one-word-often", "one-line-often", "all-different", "special-words"],
)
@pytest.mark.parametrize("order", [2, 5])
def test_the_smallest_corpora_give_finite_models(corpus: Corpus, order: int, tmp_path: Path) -> None:
    train_arpa(corpus, tmp_path / "own.arpa", order=order)
    text = (tmp_path / "own.arpa").read_text("utf-8")
    numbers = [line.split("\t")[0] for line in text.splitlines() if "\t" in line]
    assert all(math.isfinite(float(number)) for number in numbers)
    assert math.isfinite(open_model(tmp_path / "own.arpa").score("a b unknown"))


def test_fifty_sentences_train_with_the_fallback_discounts(tmp_path: Path) -> None:
    report = train_arpa([["only", str(i)] for i in range(50)], tmp_path / "own.arpa", order=3)
    assert report.discounts == ((0.5, 1.0, 1.5),) * 3
    assert (report.sentences, report.tokens, report.ngrams) == (50, 100, (54, 101, 100))


def test_discounts_are_those_of_chen_and_goodman() -> None:
    y = 40 / (40 + 2 * 20)
    expected = [0, 1 - 2 * y * 20 / 40, 2 - 3 * y * 10 / 20, 3 - 4 * y * 5 / 10]
    assert find_discounts([0, 40, 20, 10, 5, 3]).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("numbers", [[9, 0, 2, 1, 1, 0], [0, 4, 2, 0, 1, 9], [0, 10, 1, 9, 5, 0]])
def test_where_discounts_make_no_sense_they_fall_back(numbers: list[int]) -> None:
    assert find_discounts(numbers).tolist() == [0, 0.5, 1, 1.5]


def test_special_words_in_the_text_are_left_out(tmp_path: Path) -> None:
    train_arpa([["a", "<s>", "b", "</s>", "<unk>", "c"]], tmp_path / "one.arpa", order=3)
    train_arpa([["a", "b", "c"]], tmp_path / "other.arpa", order=3)
    assert (tmp_path / "one.arpa").read_bytes() == (tmp_path / "other.arpa").read_bytes()


def test_a_string_is_a_sentence_of_characters(tmp_path: Path) -> None:
    train_arpa(["abc▁d"], tmp_path / "one.arpa", order=3)
    train_arpa([list("abc▁d")], tmp_path / "other.arpa", order=3)
    assert (tmp_path / "one.arpa").read_bytes() == (tmp_path / "other.arpa").read_bytes()


@pytest.mark.parametrize(
    ("corpus", "options", "message"),
    [
        ([], {}, "expected sentences to train on, got none"),
        ([["a b"]], {}, "'a b': expected one without white space"),
        ([["a", ""]], {}, "'': expected one without white space"),
        ([["a", "\ud800"]], {}, "which is no character"),
        ([["a"]], {"order": 1}, "order: expected 2 to 6, got 1"),
        ([["a"]], {"order": 7}, "order: expected 2 to 6, got 7"),
        ([["a"]], {"prune": (1,)}, "thresholds that begin with 0"),
        ([["a"]], {"prune": (0, 2, 1)}, "do not fall"),
        ([["a"]], {"order": 2, "prune": (0, 0, 0)}, "at most 2 thresholds"),
    ],
)
def test_what_cannot_be_trained_on_is_an_error(
    corpus: Corpus, options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        train_arpa(corpus, tmp_path / "own.arpa", **{"order": 3, **options})  # type: ignore[arg-type]
