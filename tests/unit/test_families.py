"""Relations and scripts of languages."""

import pytest

from filters.families import Relation, groups_of, known_scripts, relation, unicode_scripts


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("spa_Latn", "arg_Latn", Relation.CLOSE),
        ("eng_Latn", "hin_Deva", Relation.FAMILY),
        ("eng_Latn", "swh_Latn", Relation.OTHER),
        ("eus_Latn", "spa_Latn", Relation.OTHER),
        ("zho_Hans", "cmn_Hani", Relation.SAME),
        ("ekk_Latn", "fin_Latn", Relation.CLOSE),
        ("zgh_Tfng", "tzm_Tfng", Relation.CLOSE),
        ("qqq_Latn", "eng_Latn", Relation.UNKNOWN),
    ],
)
def test_languages_are_related_as_in_glottolog(one: str, other: str, expected: Relation) -> None:
    assert relation(one, other) is relation(other, one) is expected


def test_a_language_belongs_to_groups_from_the_smallest_to_the_family() -> None:
    groups = groups_of("swh_Latn")
    assert groups is not None
    assert [group.size for group in groups] == sorted(group.size for group in groups)


def test_scripts_are_those_of_unicode() -> None:
    assert unicode_scripts("jpn_Jpan") == {"Hani", "Hira", "Kana"}
    assert known_scripts("srp_Latn") >= {"Cyrl", "Latn"}
    assert known_scripts("kor_Hang") == {"Hang", "Hani"}
    assert known_scripts("swh_Latn") == {"Latn"}
    assert known_scripts("qqq_Latn") == frozenset()
