"""The signals that read other columns than the text, or models, equal their slow references.

Every declared signal has a slow reference, and every parameter of one is tried.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filters.signals  # noqa: F401  (declares the signals)
from filters.registry import SIGNALS, Measurement
from filters.signals.language import LID
from tests.slow_kinds import Reference
from tests.slow_models import LANG, make_models
from tests.slow_references import OF_COLUMNS, OF_TEXT, assert_equal, of_models
from tests.strategies import TEXTS, examples

SENTENCES = (
    "The dog and the cat are in the house.",
    "Der Hund und die Katze sind im Haus.",
    "Собака и кошка находятся в доме.",
    "यह पाठ केवल जाँच के लिए लिखा गया है।",
    "他们在学校里学习汉语。",
    "犬と猫は家の中にいます。",
    "يولد جميع الناس أحرارًا.",
    "the cat saw a aa 12",
    "12 x",
    "</s>",
    "",
)
PAGES = st.lists(st.sampled_from(SENTENCES), max_size=4)
EVEN_PAGES = st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=4).map(lambda lines: 5 * lines)
CODES = ("eng", "deu", "hin", "jpn", "kor", "arb", "ara", "cmn", "zho", "nob", "nor", "und", "zxx")
LABELS = (
    LANG,
    "deu_Latn",
    "hin_Deva",
    "jpn_Jpan",
    "kor_Hang",
    "ara_Arab",
    "zho_Hani",
    "aak_Latn",
    "xxx_Zzzz",
)
URL_PIECES = (
    *(
        "http://",
        "HTTPS://",
        "www.",
        "a.b",
        "[::1]",
        ":80",
        ":443",
        ":x",
        "@",
        "/",
        "..",
        ".",
        ";jsessionid=1",
    ),
    *("?", "&", "=", "utm_a", "ref", "SID", "#", "#!", "%41", "%e0%a4", "+", " ", "\n", "é", "क", "A", "℀"),
)
URL_ENDS = st.lists(st.sampled_from(URL_PIECES), max_size=12).map("".join)
SCORES = st.floats(0, 1, width=32)
NAMES = st.sampled_from((*CODES, *LABELS))
VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[object]]] = {
    "text": (pa.string(), TEXTS | PAGES.map("\n".join) | EVEN_PAGES.map("\n".join) | PAGES.map(" ".join)),
    "lang": (pa.string(), st.sampled_from(LABELS)),
    "url": (pa.string(), TEXTS | URL_ENDS | URL_ENDS.map(lambda end: f"http://a.b.c/{end}")),
    "lid": (
        LID,
        st.fixed_dictionaries(
            {"label": NAMES, "score": SCORES, "second": st.none() | NAMES, "second_score": st.none() | SCORES}
        ),
    ),
    "perplexity": (pa.float64(), st.floats(0, 400) | st.sampled_from((10.0, 100.0, 200.0, 300.0))),
    "cluster_size": (pa.int32(), st.integers(0, 12) | st.integers(0, 2000)),
    "chunk_count": (pa.int32(), st.integers(0, 9)),
    "failed_chunk_count": (pa.int32(), st.integers(0, 9)),
}


def by_inputs(references: Sequence[Reference]) -> dict[tuple[str, ...], list[Reference]]:
    found: dict[tuple[str, ...], list[Reference]] = defaultdict(list)
    for reference in references:
        found[SIGNALS[reference[0]].inputs].append(reference)
    return found


def assert_equal_on_drawn_rows(
    inputs: tuple[str, ...], references: Sequence[Reference], data: st.DataObject
) -> None:
    row = st.tuples(*(st.none() | VALUES[name][1] for name in inputs))
    rows = data.draw(st.lists(row, max_size=5), "rows")
    columns = {name: pa.array([row[i] for row in rows], VALUES[name][0]) for i, name in enumerate(inputs)}
    assert_equal(Measurement(columns), references, rows)


@pytest.mark.parametrize("inputs", by_inputs(OF_COLUMNS), ids=", ".join)
@examples(80)
@given(data=st.data())
def test_each_signal_of_some_columns_equals_its_slow_reference(
    inputs: tuple[str, ...], data: st.DataObject
) -> None:
    assert_equal_on_drawn_rows(inputs, by_inputs(OF_COLUMNS)[inputs], data)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_models(folder)
    return folder


@pytest.mark.parametrize("inputs", [("text",), ("text", "lang")], ids=", ".join)
@examples(80)
@given(data=st.data())
def test_each_signal_of_models_equals_its_slow_reference(
    inputs: tuple[str, ...], models: Path, data: st.DataObject
) -> None:
    assert_equal_on_drawn_rows(inputs, by_inputs(of_models(models))[inputs], data)


def test_every_signal_has_a_slow_reference() -> None:
    known = {name for name, _, _ in (*OF_TEXT, *OF_COLUMNS, *of_models(Path()))}
    assert sorted(SIGNALS.keys() - known) == []
    assert sorted(known - SIGNALS.keys()) == []


def test_every_parameter_of_a_signal_is_tried_with_another_value_than_its_own() -> None:
    tried = defaultdict(set)
    for name, parameters, _ in (*OF_TEXT, *OF_COLUMNS, *of_models(Path())):
        tried[name] |= {key for key, value in parameters.items() if value != SIGNALS[name].parameters[key]}
    untried = {name: sorted(signal.parameters.keys() - tried[name]) for name, signal in SIGNALS.items()}
    assert {name: left for name, left in untried.items() if left} == {}
