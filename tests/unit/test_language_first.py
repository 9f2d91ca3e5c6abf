"""A quick look at all text of a page says whether it may be in a wanted language."""

import pytest

from pipeline.language_first import wanted_languages

ENGLISH = "The rain fell on the old stone bridge, and two travellers waited under the arch until it stopped. "
GERMAN = "Der Regen fiel auf die alte Brücke aus Stein, und zwei Reisende warteten, bis er aufhörte. "
THAI = "ฝนตกลงบนสะพานหินเก่า นักเดินทางสองคนรออยู่ใต้ซุ้มประตูจนกระทั่งฝนหยุด "


@pytest.mark.parametrize("model", ["lid.176", "glotlid-mini"])
@pytest.mark.parametrize(
    ("languages", "text", "may_be"),
    [
        (["eng_Latn"], ENGLISH * 5, True),
        (["eng_Latn"], GERMAN * 5, False),
        (["deu_Latn", "tha_Thai"], GERMAN * 50, True),
        (["tha_Thai"], GERMAN * 50, False),
        (["tha_Thai"], THAI * 5, True),
        (["tha_Thai"], "Home News Contact " * 40 + THAI * 30 + ENGLISH * 10, True),
        (["tha_Thai"], ENGLISH[:99], True),  # too short to say
        (["tha_Thai"], "", True),
    ],
)
def test_a_page_is_ruled_out_where_its_text_is_in_other_languages(model, languages, text, may_be):
    assert wanted_languages(languages, model)(text) == may_be
