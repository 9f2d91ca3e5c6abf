"""The identifier that the package carries, and the command that uses it."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import filters.signals  # noqa: F401  declares every signal
from filters.models import GLOTLID_MINI, find_model, fingerprint, open_identifier
from filters.registry import Measurement
from jobs.command_line import app
from schemas.errors import InputError, ModelError

TEXTS = {
    "swh_Latn": "Serikali ya Tanzania imesema kwamba wananchi wote wanapaswa kushiriki katika uchaguzi.",
    "amh_Ethi": "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው።",
    "hin_Deva": "बच्चे सुबह स्कूल जाते हैं और शाम को मैदान में खेलते हैं।",
    "mya_Mymr": "ကလေးများသည် နေ့စဉ် ကျောင်းသို့ သွားကြသည်။",
    "khm_Khmr": "កុមារទៅសាលារៀនជារៀងរាល់ថ្ងៃ។",
    "tha_Thai": "เด็กๆ ไปโรงเรียนทุกวันและเล่นในสนามตอนเย็น",
    "zho_Hans": "孩子们每天早上去学校，晚上在操场上玩。老师教他们读书、写字和算术，他们很喜欢上学。",
    "arb_Arab": "يذهب الأطفال إلى المدرسة كل صباح ويلعبون في الملعب مساء.",
    "yor_Latn": "Àwọn ọmọdé ń lọ sí ilé ìwé ní àràárọ̀, wọ́n sì máa ń ṣeré ní ìrọ̀lẹ́.",
    "eng_Latn": "The children go to school every morning and play in the yard in the evening.",
}


def measure(texts: list[str], **settings: object) -> Measurement:
    return Measurement({"text": pa.array(texts)}, {"lid": {"model": GLOTLID_MINI, **settings}})


@pytest.mark.parametrize("label", TEXTS)
def test_a_sentence_gets_its_language_and_script(label: str) -> None:
    row = measure([TEXTS[label]])
    assert row.get("lang")[0].as_py() == label
    assert row.get("lang_score")[0].as_py() > 0.5


@pytest.mark.parametrize(
    "noise",
    [
        '<div class="col-md-6"><a href="/p/1.html" rel="nofollow"></a><img src="x.png"/></div><td></td>',
        "0,5 % 12.03.2019 1,200 €  3.75 kg 17-11-2020 88,1 % 44.10 px 2,000 19.99 4.5 % 01.01.2021",
        "function(){var a=b.c(d);if(!a){return null}for(var i=0;i<a.length;i++){e.push(a[i].f)}};$('#g')",
    ],
)
def test_what_is_no_language_has_none(noise: str) -> None:
    row = measure([noise])
    assert row.get("lid")[0].as_py()["label"] == "zxx_Zxxx"
    assert row.get("lang")[0].as_py() is None


def test_the_model_is_the_one_of_its_manifest() -> None:
    manifest = json.loads(find_model(GLOTLID_MINI).with_name("manifest.json").read_text("utf-8"))
    assert fingerprint(GLOTLID_MINI) == manifest["sha256"]
    assert len(open_identifier(GLOTLID_MINI).labels) == manifest["labels"] > 500


def test_scores_rise_with_the_probability_and_are_calibrated() -> None:
    identifier = open_identifier(GLOTLID_MINI)
    assert identifier.curve is not None
    probability, score = identifier.curve
    assert list(probability) == sorted(probability)
    assert list(score) == sorted(score)
    assert 0 <= score[0] < score[-1] <= 1
    asked = np.linspace(0, 1, 101)
    found = [replace(identifier, model=stand_in(p)).best_two("")[0][0] for p in asked]
    assert found == pytest.approx(np.interp(asked, probability, score).tolist())


def stand_in(probability: float) -> SimpleNamespace:
    """A model that gives one label with this probability."""
    label = next(iter(open_identifier(GLOTLID_MINI).labels))
    return SimpleNamespace(f=SimpleNamespace(predict=lambda *_: [(probability, label)]))


def test_a_choice_among_few_languages_shares_a_probability_of_one() -> None:
    text = TEXTS["swh_Latn"]
    (after,) = measure([text], only=["eng_Latn", "yor"]).get("lid").to_pylist()
    (before,) = measure([text], only=["eng_Latn", "yor"], renormalise=True).get("lid").to_pylist()
    assert (
        {after["label"], after["second"]} == {"eng_Latn", "yor_Latn"} == {before["label"], before["second"]}
    )
    assert before["score"] + before["second_score"] == pytest.approx(1, abs=1e-5)
    assert after["score"] + after["second_score"] < 0.1


def test_a_damaged_manifest_is_an_error(tmp_path: Path) -> None:
    copy = tmp_path / "model.ftz"
    copy.write_bytes(find_model(GLOTLID_MINI).read_bytes())
    (tmp_path / "manifest.json").write_text('{"calibration": {"probability": 1}}')
    with pytest.raises(ModelError, match=r"manifest.json: expected a manifest with a calibration"):
        open_identifier(str(copy))


def test_the_command_adds_four_columns_to_a_table(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": range(len(TEXTS)), "body": list(TEXTS.values())}), tmp_path / "in.parquet")
    arguments = [
        "identify",
        f"{tmp_path}/in.parquet",
        "-o",
        f"{tmp_path}/out.parquet",
        "--text-column",
        "body",
    ]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == ["id", "body", "lang", "lang_score", "lang_second", "script"]
    assert found.column("lang").to_pylist() == list(TEXTS)


def test_the_command_labels_each_line_of_standard_input() -> None:
    lines = [TEXTS["swh_Latn"], "", TEXTS["tha_Thai"]]
    done = CliRunner().invoke(app, ["identify", "-"], input="\n".join(lines) + "\n", catch_exceptions=False)
    found = [line.split("\t") for line in done.output.splitlines()]
    assert [row[-1] for row in found] == lines
    assert [(row[0], row[3]) for row in found] == [("swh_Latn", "Latn"), ("", ""), ("tha_Thai", "Thai")]


def test_a_table_needs_an_output() -> None:
    with pytest.raises(InputError, match="--output is missing"):
        CliRunner().invoke(app, ["identify", "in.parquet"], catch_exceptions=False)
