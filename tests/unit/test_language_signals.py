"""Language identification as signals: lid.176, a model with script labels, and what is not language."""

from collections import defaultdict
from pathlib import Path

import fasttext
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.languages import wikipedia_languages
from filters.models import LID176, open_identifier
from filters.registry import Measurement
from filters.signals import language
from filters.text import TextBatch
from schemas.errors import ModelError

TEXTS = {
    "eng_Latn": "All human beings are born free and equal in dignity and rights.",
    "swh_Latn": "Serikali ya Tanzania imesema kwamba wananchi wote wanapaswa kushiriki katika uchaguzi.",
    "jpn_Jpan": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "kor_Hang": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "zho_Hani": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。",
    "rus_Cyrl": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "srp_Cyrl": "Сва људска бића рађају се слободна и једнака у достојанству и правима.",
    "hin_Deva": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
    "arb_Arab": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
    "amh_Ethi": "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው።",
}


def measure(texts: list[str | None], **settings: object) -> Measurement:
    return Measurement({"text": pa.array(texts, pa.string())}, {"lid": settings})


def lang(text: str, **settings: object) -> str | None:
    label: str | None = measure([text], **settings).get("lang")[0].as_py()
    return label


@pytest.mark.parametrize("label", TEXTS)
def test_a_text_gets_its_language_and_script(label: str) -> None:
    assert lang(TEXTS[label]) == label


@pytest.mark.parametrize("text", [None, "", " \n\t\u3000\u2028"])
def test_a_text_without_words_has_no_language(text: str | None) -> None:
    row = measure([text])
    names = ("lid", "lang", "lang_score", "lang_second", "lang_second_score", "lang_margin")
    assert [row.get(name)[0].as_py() for name in names] == [None] * 6


@pytest.mark.parametrize("text", ["12345 67890", "😀😀😀", "... --- ..."])
def test_a_text_without_letters_has_a_label_but_no_script(text: str) -> None:
    assert measure([text]).get("lid")[0].as_py() is not None
    assert lang(text) is None


def test_scores_are_probabilities_and_the_margin_is_their_difference() -> None:
    row = measure([*TEXTS.values(), None])
    first, second = row.get("lang_score").to_pylist(), row.get("lang_second_score").to_pylist()
    margin = row.get("lang_margin").to_pylist()
    assert all(0 <= b <= a <= 1 for a, b in zip(first[:-1], second[:-1], strict=True))
    assert margin[:-1] == pytest.approx([a - b for a, b in zip(first[:-1], second[:-1], strict=True)])
    assert (first[-1], second[-1], margin[-1]) == (None, None, None)


def test_serbian_keeps_the_script_that_it_is_written_in() -> None:
    serbian = "Сва људска бића рађају се слободна и једнака у достојанству и правима."
    assert lang(serbian) == "srp_Cyrl"
    labels = pa.array(
        [{"label": "srp", "score": 0.9, "second": "hrv", "second_score": 0.1}] * 2, language.LID
    )
    texts = TextBatch.from_arrow(pa.array(["Sva ljudska bića rađaju se slobodna", serbian]))
    assert language.lang(labels, texts).to_pylist() == ["srp_Latn", "srp_Cyrl"]
    assert language.lang_second(labels, texts).to_pylist() == ["hrv_Latn", "hrv_Cyrl"]


def test_japanese_among_latin_names_is_still_jpan() -> None:
    text = "Apache HTTP Server の mod_include モジュールは設定ファイルで有効にします。"
    labels = pa.array([{"label": "jpn", "score": 0.9, "second": None, "second_score": None}], language.LID)
    batch = TextBatch.from_arrow(pa.array([text + "これは設定の例です。"]))
    assert language.lang(labels, batch).to_pylist() == ["jpn_Jpan"]
    assert language.lang_second(labels, batch).to_pylist() == [None]


def test_marks_that_go_with_any_script_name_none() -> None:
    labels = pa.array([{"label": "vie", "score": 0.9, "second": None, "second_score": None}], language.LID)
    batch = TextBatch.from_arrow(pa.array(["e\u0302\u0301\u0323 \u200d\u200d 12!?"]))
    assert language.lang(labels, batch).to_pylist() == ["vie_Latn"]


def test_newlines_and_other_white_space_are_spaces() -> None:
    plain = measure([TEXTS["swh_Latn"]]).get("lid")
    assert measure([TEXTS["swh_Latn"].replace(" ", "\n")]).get("lid") == plain
    assert measure([TEXTS["swh_Latn"].replace(" ", "\u00a0")]).get("lid") == plain


def test_the_end_of_line_word_of_fasttext_does_not_end_the_text() -> None:
    assert lang(f"a </s> {TEXTS['swh_Latn']}") == "swh_Latn"


def test_boilerplate_at_the_top_of_a_long_page_does_not_decide() -> None:
    page = TEXTS["eng_Latn"] * 20 + "\n" + (TEXTS["rus_Cyrl"] + "\n") * 60
    assert lang(page[:1200]) == "eng_Latn"
    assert lang(page, sample=1500) == "rus_Cyrl"
    assert language.sample_lines(TextBatch.from_arrow(pa.array([page])), 1500)[0].count("human") > 5


@pytest.mark.parametrize(
    ("sample", "expected"), [(3, "a m z"), (6, "aa mm zz"), (9, "aaa mmm zzz"), (14, "aaaammmmmmzzzz")]
)
def test_a_third_each_is_read_of_head_middle_and_tail(sample: int, expected: str) -> None:
    row = TextBatch.from_arrow(pa.array(["aaaammmmmmzzzz"]))
    assert language.sample_lines(row, sample) == [expected]


def test_lone_surrogates_are_spaces() -> None:
    batch = TextBatch.from_arrow(pa.array(["a-b"]))
    batch.codepoints = batch.codepoints.copy()
    batch.codepoints[1] = 0xD800
    assert language.sample_lines(batch, 100) == ["a b"]


def test_an_empty_batch_has_empty_columns() -> None:
    row = measure([])
    assert [len(row.get(name)) for name in ("lid", "lang", "lang_margin")] == [0, 0, 0]


@pytest.fixture(scope="module")
def script_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small model with labels as GlotLID has them."""
    folder = tmp_path_factory.mktemp("lid")
    lines = [
        f"__label__{label} {' '.join(text.split()[i:] + text.split()[:i])}"
        for label, text in TEXTS.items()
        for i in range(12)
    ]
    (folder / "train.txt").write_text("\n".join(lines * 3) + "\n", encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), minn=1, maxn=3, dim=16, bucket=5000, epoch=30, lr=0.5, thread=1, verbose=0
    )
    model.save_model(str(folder / "model.bin"))
    return str(folder / "model.bin")


def test_labels_with_a_script_pass_through(script_model: str) -> None:
    found = measure(list(TEXTS.values()), model=script_model).get("lang").to_pylist()
    assert found == list(TEXTS)
    assert set(open_identifier(script_model).labels.values()) == set(TEXTS)


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("__label__spam buy now\n__label__ham hello there\n" * 20)
    fasttext.train_supervised(
        str(tmp_path / "train.txt"), dim=4, epoch=2, bucket=0, thread=1, verbose=0
    ).save_model(str(tmp_path / "spam.bin"))
    with pytest.raises(ModelError, match=r"spam\.bin: .*expected codes such as swh_Latn or sw, got"):
        open_identifier(str(tmp_path / "spam.bin"))


def known_pages(shared: Path) -> list[dict[str, str]]:
    table = pq.read_table(
        shared / "data/warc/assembled/assembled-truth.parquet",
        columns=["lid176", "lang", "source", "main_text", "mixed_language"],
    )
    return [r for r in table.to_pylist() if r["lid176"] and r["main_text"] and not r["mixed_language"]]


def test_93_percent_of_pages_in_languages_that_lid176_knows_get_their_language(shared: Path) -> None:
    pages = known_pages(shared)
    found = measure([page["main_text"] for page in pages], model=LID176).get("lang").to_pylist()
    codes = wikipedia_languages()
    right = defaultdict[str, list[bool]](list)
    for label, page in zip(found, pages, strict=True):
        code = (label or "").partition("_")[0]
        right[page["source"]].append(code == codes[page["lid176"]].code)
    every = [hit for hits in right.values() for hit in hits]
    assert sum(every) / len(every) >= 0.93  # 0.941 measured
    crawled = [hit for source, hits in right.items() if source != "udhr-html" for hit in hits]
    assert sum(crawled) / len(crawled) == 1.0  # what is wrong is one page each of rare languages
